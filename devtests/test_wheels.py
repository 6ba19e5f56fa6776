"""The check that the registry has a wheel of each pinned package; a small program stands in for pip."""

import json
import sys

import pytest

from devtools import wheels

PIP = """\
import sys
arguments = sys.argv[1:]
with open({log!r}, "a") as log:
    log.write(" ".join(arguments) + "\\n")
for pin in arguments:
    if pin in {gaps!r} and "aarch64" in " ".join(arguments):
        sys.exit("ERROR: No matching distribution found for " + pin)
"""


@pytest.fixture
def pip(tmp_path):
    """Return a function that makes a pip without wheels of some packages for aarch64."""

    def make(*gaps):
        script = tmp_path / "pip.py"
        script.write_text(PIP.format(log=str(tmp_path / "asked"), gaps=gaps))
        return [sys.executable, script]

    return make


@pytest.mark.parametrize(
    "marker, python, machine, expected",
    [
        ("python_version < '3.11'", "3.10", "x86_64", True),
        ("python_version < '3.9'", "3.10", "x86_64", False),
        ("python_version >= '3.11' and python_version < '3.13'", "3.12", "x86_64", True),
        ("python_version >= '3.11' and python_version < '3.13'", "3.13", "x86_64", False),
        ("python_version >= '3.12' and platform_machine != 'aarch64'", "3.12", "aarch64", False),
        ("platform_machine == 'aarch64' or python_version == '3.10'", "3.10", "x86_64", True),
    ],
)
def test_a_marker_counts_for_the_python_and_machine_that_are_asked_about(marker, python, machine, expected):
    assert wheels.applies(marker, python, machine) is expected


def test_a_marker_that_cannot_be_judged_is_refused():
    with pytest.raises(ValueError, match="cannot be judged"):
        wheels.applies("sys_platform == 'win32'", "3.12", "x86_64")


def test_a_gap_is_named_with_its_python_and_machine(pip, tmp_path):
    lines = ["lxml==1", "psutil==2", "six==3 ; python_version < '3.13'"]
    gaps = wheels.missing(pip("lxml==1", "psutil==2"), lines, tmp_path / "answers", ["3.12", "3.13"])
    expected = [
        f"{pin} has no wheel for Python {python} on aarch64" for pin in lines[:2] for python in ("3.12", "3.13")
    ]
    assert gaps == expected


def test_two_versions_of_a_package_are_asked_about_one_after_the_other():
    assert wheels.batches(["lxml==1", "six==3", "LXML==2", "six==3"]) == [["lxml==1", "six==3"], ["LXML==2"]]


def test_a_pin_is_asked_about_once(pip, tmp_path):
    answers = tmp_path / "answers"
    assert wheels.missing(pip(), ["lxml==1"], answers, ["3.12"], ["x86_64"]) == []
    assert wheels.missing(pip(), ["lxml==1", "six==3"], answers, ["3.12"], ["x86_64"]) == []
    asked = (tmp_path / "asked").read_text().splitlines()
    assert [line.split()[-1] for line in asked] == ["lxml==1", "six==3"]
    assert wheels.missing(pip("lxml==1"), ["lxml==1", "six==3"], answers, ["3.12"], ["x86_64"]) == []


def test_a_gap_is_asked_about_again(pip, tmp_path):
    answers = tmp_path / "answers"
    assert wheels.missing(pip("lxml==1"), ["lxml==1"], answers, ["3.12"], ["aarch64"])
    assert wheels.missing(pip(), ["lxml==1"], answers, ["3.12"], ["aarch64"]) == []


def test_a_registry_that_does_not_answer_is_no_gap_and_no_answer(tmp_path):
    script = tmp_path / "pip.py"
    script.write_text("import sys; sys.exit('Read timed out.\\nERROR: No matching distribution found for lxml==1')")
    answers = tmp_path / "answers"
    problems = wheels.missing([sys.executable, script], ["lxml==1"], answers, ["3.12"], ["x86_64"])
    assert len(problems) == 1 and "could not be asked" in problems[0]
    assert json.loads(answers.read_text()) == []


@pytest.mark.parametrize("name", ["server", "lint", "oca", "oca-bench"])
def test_every_package_has_one_version_on_every_python_and_machine(dev, monkeypatch, name):
    monkeypatch.setattr(dev, "TOOLS", wheels.Path(wheels.__file__).parent)
    for python in wheels.PYTHONS:
        for machine in wheels.MACHINES:
            pins = wheels.pins_for(dev.requirement_lines(name), python, machine)
            names = [pin.partition("==")[0].lower() for pin in pins]
            assert all(pin.count("==") == 1 for pin in pins)
            assert len(names) == len(set(names)), (python, machine)
