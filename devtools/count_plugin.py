"""Pytest plugin: write down which tests were collected and what became of them.

The file named by DEV_TEST_RESULT gets a JSON object; `./dev test` compares the
two lists, so that a test that was left out is a failure and not a silence.
"""

import json
import os

OUTCOMES = {}
COLLECTED = []
BROKEN = []
DESELECTED = []


def pytest_collectreport(report):
    """Remember files that could not be imported."""
    if report.failed:
        BROKEN.append(report.nodeid)


def pytest_deselected(items):
    """Remember what ``-k`` and the like left out."""
    DESELECTED.extend(item.nodeid for item in items)


def pytest_collection_finish(session):
    """Remember what is going to run."""
    COLLECTED.extend(item.nodeid for item in session.items)


def pytest_runtest_logreport(report):
    """Keep the worst outcome of set-up, call, sub-tests and tear-down."""
    rank = {"passed": 0, "skipped": 1, "failed": 2}
    if report.when != "call" and report.passed:
        return
    known = OUTCOMES.get(report.nodeid, "passed")
    OUTCOMES[report.nodeid] = max(known, report.outcome, key=rank.__getitem__)


def pytest_sessionfinish(session, exitstatus):
    """Write the file."""
    path = os.environ.get("DEV_TEST_RESULT")
    if path:
        result = {
            "collected": COLLECTED,
            "deselected": DESELECTED,
            "broken": BROKEN,
            "outcomes": OUTCOMES,
            "exitstatus": int(exitstatus),
        }
        with open(path, "w") as handle:
            json.dump(result, handle)
