"""Tests of the script `dev`; they need neither Odoo nor a network."""

import importlib.util
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest

LOADER = SourceFileLoader("dev", str(Path(__file__).resolve().parent.parent / "dev"))


@pytest.fixture
def dev(tmp_path, monkeypatch):
    """Return the script as a module, with folders of its own."""
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("dev", LOADER))
    LOADER.exec_module(module)
    monkeypatch.setattr(module, "STATE", tmp_path / "state")
    monkeypatch.setattr(module, "CACHE", tmp_path / "cache")
    (tmp_path / "state").mkdir()
    (tmp_path / "cache").mkdir()
    return module


def test_help_fits_a_screen(dev, capsys):
    assert dev.main(["--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
