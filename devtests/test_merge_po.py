"""Updating translations keeps what was translated and changes nothing needlessly."""

import importlib.util
from pathlib import Path

import pytest

polib = pytest.importorskip("polib")
SCRIPT = Path(__file__).resolve().parent.parent / "devtools" / "merge_po.py"

EXPORT = """
msgid ""
msgstr ""
"Project-Id-Version: Odoo Server 19.0\\n"
"POT-Creation-Date: {date}\\n"
"Content-Type: text/plain; charset=UTF-8\\n"

#. module: a
#: model:x
msgid "Kept"
msgstr ""

#. module: a
#: model:y
msgid "New"
msgstr ""
"""
TRANSLATION = """
msgid ""
msgstr ""
"Language: fr\\n"

#. module: a
#: model:old
msgid "Kept"
msgstr "Gardé"

#. module: a
#: model:x
msgid "Gone"
msgstr "Parti"
"""


@pytest.fixture
def merge(tmp_path):
    """Return a function that merges an export of a given date."""
    spec = importlib.util.spec_from_file_location("merge_po", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def run(date="2026-01-01"):
        (tmp_path / "export.pot").write_text(EXPORT.format(date=date))
        module.main(*(str(tmp_path / name) for name in ("export.pot", "a.pot", "fr.po")))
        return polib.pofile(str(tmp_path / "fr.po"))

    return run


def test_translations_are_kept_and_old_terms_dropped(merge, tmp_path):
    (tmp_path / "fr.po").write_text(TRANSLATION)
    assert {entry.msgid: entry.msgstr for entry in merge()} == {"Kept": "Gardé", "New": ""}


def test_a_new_date_alone_changes_no_file(merge, tmp_path):
    merge("2026-01-01")
    before = [(tmp_path / name).read_text() for name in ("a.pot", "fr.po")]
    merge("2026-02-02")
    assert [(tmp_path / name).read_text() for name in ("a.pot", "fr.po")] == before
