"""Merge a fresh export into a .pot file and into translations.

usage: merge_po.py EXPORT.pot TEMPLATE.pot LANGUAGE.po...

Translations are kept, terms that no longer exist are dropped, and nothing is
written when the terms did not change, so that dates alone make no difference.
The layout is the one that oca-checks-po asks for.
"""

import sys
from pathlib import Path

import polib


def terms(catalog):
    """Return what a catalog says, without its dates."""
    return [
        (entry.msgid, entry.msgstr, entry.comment, sorted(entry.occurrences), sorted(entry.flags)) for entry in catalog
    ]


def load(path, export, language=None):
    """Return an existing catalog, or an empty one with the header of the export."""
    if path.exists():
        return polib.pofile(str(path), wrapwidth=78)
    catalog = polib.POFile(wrapwidth=78)
    catalog.metadata = dict(export.metadata)
    if language:
        catalog.metadata["Language"] = language
        if language.startswith("fr"):
            catalog.metadata["Plural-Forms"] = "nplurals=2; plural=n > 1;"
    return catalog


def merged(export, catalog):
    """Return the entries of the export, with the translations of the catalog."""
    translations = {entry.msgid: entry for entry in catalog if not entry.obsolete}
    for entry in export:
        known = translations.get(entry.msgid)
        # An empty translation shows the source, so equal texts need none.
        entry.msgstr = known.msgstr if known and known.msgstr != entry.msgid else ""
        entry.flags = [flag for flag in entry.flags if flag != "fuzzy"]
        if known and "fuzzy" in known.flags:
            entry.flags.append("fuzzy")
        entry.occurrences.sort()
    return sorted(export, key=lambda entry: entry.msgid)


def update(path, export_path, language=None):
    """Write one catalog if its terms changed; return a line about it."""
    export = polib.pofile(str(export_path))
    catalog = load(path, export, language)
    before = terms(catalog) if path.exists() else None
    entries = merged(export, catalog)
    result = polib.POFile(wrapwidth=78)
    result.header = catalog.header or export.header
    result.metadata = catalog.metadata
    result.extend(entries)
    missing = sum(1 for entry in entries if not entry.msgstr) if language else 0
    state = "unchanged" if before == terms(result) else "written"
    if state == "written":
        if language is None:
            result.metadata = dict(export.metadata)
        path.write_text(str(result), encoding="utf-8")
    return f"{path.name}: {state}, {len(entries)} terms" + (f", {missing} untranslated" if language else "")


def main(export, template, *translations):
    """Update the template and all translations."""
    print(update(Path(template), export))
    for path in map(Path, translations):
        print(update(path, export, path.stem))


if __name__ == "__main__":
    main(*sys.argv[1:])
