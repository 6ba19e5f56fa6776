"""A Python on which Odoo runs is found or brought; small programs stand in for uv and other Pythons."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from devtools import pythons

CHECKOUT = Path(pythons.__file__).parent.parent
OLD = "import sys; sys.version_info = ({0}, 0); sys.argv = ['dev']; sys.path.insert(0, {1!r}); "
OLD += "from devtools import pythons; pythons.ensure()"


@pytest.mark.parametrize("version", [(3, 9, 18), (3, 14, 0), (2, 7, 18)])
def test_an_unsuitable_python_is_named(version):
    message = pythons.check(version)
    assert f"this is Python {version[0]}.{version[1]}:" in message and "python3.12 ./dev" in message


@pytest.mark.parametrize("version", [(3, 10, 0), (3, 13, 5)])
def test_a_suitable_python_is_accepted(version):
    assert pythons.check(version) is None


@pytest.mark.parametrize("name", ["dev", "devtools/pythons.py"])
def test_an_old_python_can_read_what_it_must_read(name):
    ast.parse((CHECKOUT / name).read_text(), feature_version=(3, 8))


def make_program(folder, name, text):
    """Write a program of the shell."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def start(tmp_path, version="3, 14", **variables):
    """Start what an unsuitable Python does, with the programs of a folder alone on the path."""
    env = {"PATH": f"{tmp_path / 'bin'}:/usr/bin-nowhere", "HOME": str(tmp_path), **variables}
    code = OLD.format(version, str(CHECKOUT))
    return subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=60)


def test_a_suitable_python_on_the_path_is_used(tmp_path):
    make_program(tmp_path / "bin", "python3.11", 'case "$1" in -c) echo 3.11;; *) echo "started $*";; esac')
    assert start(tmp_path).stdout == "started dev\n"


def test_uv_brings_a_python_where_there_is_none(tmp_path):
    python = make_program(tmp_path / "bin", "brought", 'case "$1" in -c) echo 3.12;; *) echo "started $*";; esac')
    make_program(tmp_path / "bin", "uv", f'echo "$*" "$UV_PYTHON_INSTALL_DIR" >> {tmp_path}/asked; echo {python}')
    answer = start(tmp_path, XDG_CACHE_HOME=str(tmp_path / "cache"))
    assert answer.stdout.splitlines()[-1] == "started dev"
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked[0] == f"python install --no-bin 3.12 {tmp_path}/cache/consolidated-billing-dev/python"


@pytest.mark.parametrize("version", ["3, 9", "3, 14"])
def test_without_any_the_sentence_says_what_to_do(tmp_path, version):
    make_program(tmp_path / "bin", "uv", "exit 1")  # the network does not allow it
    answer = start(tmp_path, version)
    assert answer.returncode == 1
    assert answer.stderr.startswith("dev: Odoo 19 needs Python 3.10 to 3.13") and answer.stderr.count("\n") == 1


def test_the_script_is_never_started_twice(tmp_path):
    make_program(tmp_path / "bin", "python3.11", 'case "$1" in -c) echo 3.11;; *) echo started;; esac')
    answer = start(tmp_path, **{pythons.RESTARTED: "python3.11"})
    assert "started" not in answer.stdout and "Odoo 19 needs" in answer.stderr


def test_a_python_without_its_standard_library_is_not_suitable(tmp_path):
    assert not pythons.works(str(make_program(tmp_path / "bin", "python3.12", "exit 1")))
    assert not pythons.works(os.fspath(tmp_path / "nowhere"))
    assert pythons.works(sys.executable)
