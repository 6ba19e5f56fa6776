"""The script `dev` as a module."""

import importlib.util
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(CHECKOUT))  # for the package devtools

from devtools import fresh, printing, steps, styles  # noqa: E402

LOADER = SourceFileLoader("dev", str(CHECKOUT / "dev"))
VARIABLES = ("ODOO_HOME", "ODOO_GIT_URL", "PGHOST", "PGHOSTADDR", "PGPORT", "PGSERVICE")


@pytest.fixture
def dev(tmp_path, monkeypatch):
    """Return the script, with folders of its own and without the user's settings."""
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("dev", LOADER))
    LOADER.exec_module(module)
    for name in ("ROOT", "STATE", "CACHE"):
        folder = tmp_path / name.lower()
        folder.mkdir()
        for place in (module, steps, printing, styles, fresh):
            monkeypatch.setattr(place, name, folder, raising=False)
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    return module


@pytest.fixture
def make_odoo():
    """Return a function that writes a folder that looks like Odoo's source."""

    def make(folder, version="19, 0"):
        (folder / "odoo" / "addons" / "base").mkdir(parents=True)
        (folder / "odoo" / "release.py").write_text(f"version_info = ({version}, 0, FINAL, 0, '')\n")
        (folder / "addons" / "web").mkdir(parents=True)
        (folder / "addons" / "web" / "__manifest__.py").write_text("{}")
        return folder

    return make
