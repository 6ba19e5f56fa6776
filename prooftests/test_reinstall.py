"""The addon is uninstalled and installed again: a number once given is never given again (``C4``)."""

from ledger_checks import RUN

NUMBERS = "SELECT name FROM consolidated_billing_invoice ORDER BY name"
SEQUENCES = "SELECT count(*) FROM ir_sequence WHERE code = 'consolidated.billing.invoice'"
FLAGGED = """
    SELECT count(*) FROM information_schema.columns
     WHERE table_name = 'account_move' AND column_name = 'consolidated_billing_id'
"""


def bill(database, prefix):
    database.call("create_entries", customers=2, entries=1, prefix=prefix)
    run = database.start_run(**RUN)
    database.call("work", run=run)
    return [name for (name,) in database.sql(NUMBERS)]


def test_numbers_go_on_after_the_addon_was_uninstalled_and_installed_again(database):
    assert bill(database, "First") == ["CBI/000001", "CBI/000002"]
    sequences = database.value(SEQUENCES)
    database.manage("uninstall", "consolidated_billing")
    assert not database.value(FLAGGED)
    assert database.value(SEQUENCES) == sequences
    database.manage("install", "consolidated_billing")
    assert bill(database, "Second") == ["CBI/000003", "CBI/000004"]  # and no record of "lost" numbers before
    assert database.value(SEQUENCES) == sequences
