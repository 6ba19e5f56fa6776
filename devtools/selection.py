"""Which folders a selection of tests (`-k`) can concern: the others need no database."""

import re


def selection_words(arguments):
    """Return the words of pytest's option -k, one of which a chosen test contains; None if any test may be chosen."""
    expressions = [value for option, value in zip(arguments, arguments[1:], strict=False) if option == "-k"]
    expressions += [part[2:].lstrip("=") for part in arguments if re.match(r"-k.", part)]
    if not expressions:
        return None
    words = re.findall(r"[^\s()]+", expressions[-1].lower())
    if not words or "not" in words:
        return None
    return [word for word in words if word not in ("and", "or")]


def may_contain(folder, arguments):
    """Tell whether a folder can have tests that the arguments of pytest choose, by the text of its files."""
    words = selection_words(arguments)
    if words is None:
        return True
    for path in folder.rglob("*.py"):
        text = f"{path.relative_to(folder.parent)}\n{path.read_text(errors='replace')}".lower()
        if any(word in text for word in words):
            return True
    return False
