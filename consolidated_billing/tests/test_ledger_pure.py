"""What explains a balance adds up to it, whatever happened: without a database."""

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.consolidated_billing.tools.ledger import Ledger, LedgerPayment, Origin, Transfer, explain_transfers

from . import test_merge_key_pure  # noqa: F401 its settings of hypothesis

ACCOUNT, MEMBER = 1, 2
FOLLOWING = Origin(ACCOUNT, is_first=False)
CENTS = st.integers(-100_000, 100_000).map(float)
AMOUNTS = st.dictionaries(st.integers(1, 4), CENTS, max_size=4)


def ledger(**values):
    """Return a ledger in which nothing happened but what is given."""
    return Ledger.empty()._replace(**values)


def payment(account_id, amount):
    return LedgerPayment(account_id, 7, "PAY", None, amount, amount)


def explain(origin=FOLLOWING, **values):
    """Return what is not nothing, by account and reason."""
    return [transfer for transfer in explain_transfers(ledger(**values), origin) if transfer.amount]


@tagged("post_install", "-at_install")
class TestLedger(BaseCase):
    """Transferred balances: for which account, why, and how much."""

    def test_what_is_listed_and_paid_explains_the_balance(self):
        self.assertFalse(explain(now={ACCOUNT: 80.0}, listed={ACCOUNT: 100.0}, payments=[payment(ACCOUNT, -20.0)]))

    def test_a_member_without_a_balance_before_joined(self):
        self.assertEqual(explain(now={MEMBER: 30.0}), [Transfer(MEMBER, "joined", 30.0)])

    def test_a_member_that_is_not_covered_any_more_left(self):
        origin = Origin(ACCOUNT, opening=30.0, is_first=False)
        self.assertEqual(explain(origin, before={MEMBER: 30.0}, uncovered={MEMBER}), [Transfer(MEMBER, "left", -30.0)])

    def test_what_comes_to_an_account_without_documents_was_open_before(self):
        self.assertEqual(explain(Origin(ACCOUNT), now={ACCOUNT: 5.0}), [Transfer(ACCOUNT, "before", 5.0)])

    def test_an_entry_that_is_listed_later_leaves_the_transfers(self):
        origin = Origin(ACCOUNT, opening=-30.0, is_first=False)
        self.assertEqual(
            explain(
                origin,
                now={ACCOUNT: -30.0},
                before={ACCOUNT: -30.0},
                listed={ACCOUNT: -30.0},
                unlisted_before={ACCOUNT: -30.0},
            ),
            [Transfer(ACCOUNT, "listed", 30.0)],
        )

    def test_a_document_that_does_not_say_whose_its_balance_is_counts_as_the_accounts(self):
        origin = Origin(ACCOUNT, opening=30.0, is_first=False)
        self.assertFalse(explain(origin, now={ACCOUNT: 30.0}))

    @given(
        now=AMOUNTS,
        before=AMOUNTS,
        listed=AMOUNTS,
        listed_late=AMOUNTS,
        unlisted=AMOUNTS,
        unlisted_before=AMOUNTS,
        uncovered=st.sets(st.integers(1, 4)),
        paid=AMOUNTS,
        withdrawn=AMOUNTS,
        opening=CENTS,
        flags=st.tuples(st.booleans(), st.booleans(), st.booleans()),
    )
    def test_transfers_are_what_the_document_does_not_show_otherwise(
        self, now, before, listed, paid, withdrawn, opening, flags, **others
    ):
        values = ledger(
            now=now,
            before=before,
            listed=listed,
            payments=[payment(*item) for item in paid.items()],
            withdrawn=[payment(*item) for item in withdrawn.items() if item[0] not in others["uncovered"]],
            **others,
        )
        transfers = explain_transfers(values, Origin(ACCOUNT, opening, *flags))
        shown = opening + sum(listed.values()) + sum(paid.values()) + sum(t.amount for t in transfers)
        self.assertAlmostEqual(shown, sum(now.values()))
        told = sum(t.amount for t in transfers if t.reason == "withdrawn")
        self.assertAlmostEqual(told, sum(p.amount for p in values.withdrawn))
