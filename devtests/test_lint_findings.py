"""What Odoo's own checks say about addons of other publishers is not held against ours."""

import pytest

START = "2026-01-01 00:00:00,000 1 ERROR cb odoo.addons.test_lint.tests."
SUMMARY = "2026-01-01 00:00:00,000 1 ERROR cb odoo.tests.result: {} failed, 0 error(s) of 18 tests when loading\n"
SIGNATURE = START + "test_signatures: FAIL: Subtest TestLint.test_lint (module='{}', model='x', method='write')\n"
INDEX = START + (
    "test_index: FAIL: TestIndex.test_enforce\nTraceback (most recent call last):\nAssertionError: The following:\n"
    "- if not sure -> 'btree_not_null': \n{}"
)
FOREIGN = "queue.job.function.channel_id (inverse of queue.job.channel.job_function_ids)\n"


@pytest.mark.parametrize(
    ("log", "found"),
    [
        (SIGNATURE.format("queue_job") + SUMMARY.format(1), False),
        (SIGNATURE.format("consolidated_billing") + SUMMARY.format(1), True),
        (INDEX.format(FOREIGN) + SUMMARY.format(1), False),
        (INDEX.format(FOREIGN + "queue.x.y (inverse of a.b)\n") + SUMMARY.format(1), True),
        (SIGNATURE.format("queue_job") + INDEX.format(FOREIGN) + SUMMARY.format(2), False),
        (SIGNATURE.format("queue_job") + SUMMARY.format(2), True),
        (SIGNATURE.format("queue_job"), True),
    ],
    ids=["theirs", "ours", "their index", "our index", "two of theirs", "one without a record", "no summary"],
)
def test_only_findings_of_ours_count(dev, capsys, log, found):
    assert dev.report_findings(log, 1) is found
    assert bool(capsys.readouterr().out) is (found and ("consolidated_billing" in log or "queue.x" in log))
