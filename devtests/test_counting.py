"""`./dev test` counts what was collected against what ran."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parent.parent / "devtools"


def result(collected, outcomes, **values):
    return {
        "collected": collected,
        "outcomes": outcomes,
        "deselected": [],
        "broken": [],
        "exitstatus": 0,
        **values,
    }


def test_passed_and_failed_are_counted(dev):
    count = dev.count_outcomes(result(["a", "b"], {"a": "passed", "b": "failed"}, exitstatus=1), "x")
    assert count == (1, 1)


def test_a_skipped_test_has_failed(dev, capsys):
    assert dev.count_outcomes(result(["a"], {"a": "skipped"}), "x") == (0, 1)
    assert "a: skipped" in capsys.readouterr().out


def test_a_collected_test_that_did_not_run_has_failed(dev, capsys):
    assert dev.count_outcomes(result(["a", "b"], {"a": "passed"}), "x") == (1, 1)
    assert "b: not executed" in capsys.readouterr().out


def test_a_file_that_cannot_be_imported_has_failed(dev):
    assert dev.count_outcomes(result([], {}, broken=["test_a.py"], exitstatus=2), "x") == (0, 1)


def test_pytest_without_a_result_has_failed(dev):
    assert dev.count_outcomes(None, "x") == (0, 1)


def test_an_internal_error_of_pytest_has_failed(dev):
    assert dev.count_outcomes(result(["a"], {"a": "passed"}, exitstatus=3), "x") == (1, 1)


def test_a_test_file_that_pytest_overlooks_is_found(dev):
    tests = dev.ROOT / "addon" / "tests"
    tests.mkdir(parents=True)
    (tests / "common.py").write_text("class Common:\n    def helper(self): pass\n")
    (tests / "test_seen.py").write_text("class A:\n    def test_a(self): pass\n")
    (tests / "overlooked.py").write_text("class B:\n    def test_b(self): pass\n")
    files = dev.test_files(tests)
    seen = result(["addon/tests/test_seen.py::A::test_a"], {})
    assert dev.uncollected_files(files, seen) == ["addon/tests/overlooked.py"]


def test_no_match_is_a_failure_with_a_sentence(dev, monkeypatch, capsys):
    monkeypatch.setattr(dev, "prepare", lambda *_a, **_k: dev.Workshop(None, None, None, None, [], None))
    monkeypatch.setattr(dev, "run_pytest", lambda *_args: result([], {}, exitstatus=5))
    assert dev.main(["test", "-k", "nothing"]) == 1
    captured = capsys.readouterr()
    assert captured.err == "dev: No test matches `-k nothing`.\n"


@pytest.mark.parametrize("outcome, code", [("passed", 0), ("failed", 1)])
def test_the_last_line_is_the_count(dev, monkeypatch, capsys, outcome, code):
    monkeypatch.setattr(dev, "prepare", lambda *_a, **_k: dev.Workshop(None, None, None, None, [], None))
    monkeypatch.setattr(dev, "run_pytest", lambda *_args: result(["a"], {"a": outcome}))
    assert dev.main(["test"]) == code
    passed = int(outcome == "passed")
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == f"{passed} passed, {1 - passed} failed"


def test_paths_choose_the_folder(dev):
    for name in ("addon/tests/test_a.py", "devtests/test_dev.py"):
        path = dev.ROOT / name
        path.parent.mkdir(parents=True)
        path.write_text("def test_name(): pass\n")
    assert dev.arguments_for("addon", ["-k", "name"]) == ["addon", "-k", "name"]
    assert dev.arguments_for("addon", ["-k", "elsewhere"]) is None
    assert dev.arguments_for("addon", ["addon/tests/test_a.py::A", "-x"]) == [
        "addon/tests/test_a.py::A",
        "-x",
    ]
    assert dev.arguments_for("devtests", ["addon/tests/test_a.py"]) is None


TESTS = """
import unittest

class TestAll(unittest.TestCase):
    def test_passes(self): pass
    def test_fails(self): self.fail()
    def test_skips(self): self.skipTest("why not")
    @unittest.expectedFailure
    def test_is_expected_to_fail(self): self.fail()
    def test_subtest_fails(self):
        for number in range(2):
            with self.subTest(number=number):
                self.assertEqual(number, 0)
    def tearDown(self):
        if self._testMethodName == "test_tear_down_fails": raise ValueError
    def test_tear_down_fails(self): pass
"""


def test_the_plugin_writes_what_happened(tmp_path):
    (tmp_path / "test_all.py").write_text(TESTS)
    (tmp_path / "test_broken.py").write_text("import nothing_like_that\n")
    target = tmp_path / "result.json"
    env = {**os.environ, "PYTHONPATH": str(TOOLS), "DEV_TEST_RESULT": str(target)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:odoo", "-p", "count_plugin"]
    command += ["-p", "no:cacheprovider", "--continue-on-collection-errors", str(tmp_path)]
    subprocess.run(command, env=env, cwd=tmp_path, capture_output=True)
    written = json.loads(target.read_text())
    outcomes = {name.split("::")[-1]: outcome for name, outcome in written["outcomes"].items()}
    assert outcomes == {
        "test_passes": "passed",
        "test_fails": "failed",
        "test_skips": "skipped",
        "test_is_expected_to_fail": "skipped",
        "test_subtest_fails": "failed",
        "test_tear_down_fails": "failed",
    }
    assert written["broken"] == ["test_broken.py"] and len(written["collected"]) == 6


LOG = """\
2026-01-01 00:00:00,000 1 INFO db odoo.modules: fine
2026-01-01 00:00:00,000 1 WARNING db odoo.addons.base: unexpected
with a second line
2026-01-01 00:00:00,000 1 INFO db odoo.modules: fine
2026-01-01 00:00:00,000 1 WARNING db odoo: Running as user 'root' is a security risk.
"""


def test_only_unexpected_warnings_count(dev):
    problems = dev.log_problems(LOG)
    assert len(problems) == 1 and problems[0].endswith("unexpected\nwith a second line")


def test_the_tests_of_odoo_are_counted_from_its_log(dev):
    line = "2026-01-01 00:00:00,000 1 ERROR db odoo.tests.result: {} failed, {} error(s) of 10 tests"
    assert dev.count_odoo_log(line.format(0, 0), 0) == (10, 0)
    assert dev.count_odoo_log(line.format(1, 2), 1) == (7, 3)
    assert dev.count_odoo_log("crashed at the start", 1) == (0, 1)


def test_a_test_that_odoo_skipped_has_not_passed(dev):
    log = """\
2026-01-01 00:00:00,000 1 INFO db odoo.addons.sale: Starting TestA.test_a ...
2026-01-01 00:00:00,000 1 INFO db odoo.addons.sale: skipped TestA.test_a : no browser
2026-01-01 00:00:00,000 1 INFO db odoo.tests.result: 0 failed, 0 error(s) of 3 tests"""
    assert dev.count_odoo_log(log, 0) == (2, 0)
