"""Billing numbers in payment references, as people type them (``C11``)."""

import re
import unicodedata
from typing import NamedTuple

MAX_LENGTH = 64
MAX_PIECES = 12  # a number that is typed in groups of digits
MIN_DIGITS = 5  # shorter numbers without letters are years, amounts and street numbers as well

_PIECE = re.compile(r"[^\W_]+")
_GLUE = re.compile(r"[-/_.\\]")
# A structured creditor reference (ISO 11649) is RF, two check digits and the number itself.
_CREDITOR_REFERENCE = re.compile(r"rf\d\d(?=[a-z0-9])")
# Odoo's payment transactions count the attempts to pay a document: CBI/000113-2
_ATTEMPT = re.compile(r"-\d{1,3}(?![^\W_]|[-/_.\\]\w)")


class Piece(NamedTuple):
    """Letters and digits that stand together in a text, and where."""

    text: str
    start: int
    end: int


class Text(NamedTuple):
    """A text without capitals and accents, and its pieces."""

    text: str
    pieces: list[Piece]


def normalize_number(number):
    """Return what is compared of a billing number: its letters and digits, without capitals and accents.

    :param str number: a billing number
    :rtype: str
    """
    return "".join(_PIECE.findall(_fold(number or "")))


def get_candidates(texts):
    """Return all that could be a billing number in these texts, to be looked up.

    :param list[str] texts: payment references
    :return: in the form of `normalize_number`
    :rtype: set[str]
    """
    return {
        key
        for text in map(_read, texts)
        for begin in range(len(text.pieces))
        for _end, key in _get_keys(text.pieces, begin)
    }


def find_numbers(texts, numbers):
    """Return the billing numbers that these texts name, in their order and each once.

    The longest number counts: CBI/00011 is not in CBI/000113, nor in CBI/00011/3.

    :param list[str] texts: payment references; a number does not begin in one and end in another
    :param Iterable[str] numbers: all billing numbers that could be meant, also those that are not to be paid
    :rtype: list[str]
    """
    by_key = {}
    for number in numbers:
        by_key.setdefault(normalize_number(number), set()).add(number)
    return list(dict.fromkeys(number for text in map(_read, texts) for number in _find(text, by_key)))


def _find(text, by_key):
    begin = 0
    while begin < len(text.pieces):
        for end, key in sorted(_get_keys(text.pieces, begin), reverse=True):
            if key in by_key and _stands_alone(text, begin, end, key):
                number = _choose(by_key[key], text.pieces[begin:end])
                if number:
                    yield number
                begin = end
                break
        else:
            begin += 1


def _get_keys(pieces, begin):
    """Yield where a number that begins at a piece could end, and what it would be."""
    key = ""
    for end, piece in enumerate(pieces[begin : begin + MAX_PIECES], start=begin + 1):
        key += piece.text
        if len(key) > MAX_LENGTH:
            break
        if any(map(str.isdigit, key)):
            yield end, key


def _choose(numbers, pieces):
    """Return the one number that is meant, of those that differ in punctuation only; none if it is not certain."""
    if len(numbers) > 1 or all(piece.text.isdigit() for piece in pieces[1:]) and pieces[0].text.isdigit():
        typed = [piece.text for piece in pieces]
        # digits that stand apart may be anything, an amount for example: they are a number as it is written only
        numbers = {number for number in numbers if typed in (_PIECE.findall(_fold(number)), [normalize_number(number)])}
    return next(iter(numbers)) if len(numbers) == 1 else None


def _stands_alone(text, begin, end, key):
    """Return whether a number is not a part of another one, whose other parts stand before or behind it."""
    if key.isdigit() and len(key) < MIN_DIGITS:
        return False
    first, last = text.pieces[begin], text.pieces[end - 1]
    if key[0].isdigit() and begin and _are_glued(text, text.pieces[begin - 1], first):
        return False
    following = text.pieces[end] if end < len(text.pieces) else None
    if not following or not following.text[0].isdigit() or not _are_glued(text, last, following):
        return True
    return bool(_ATTEMPT.match(text.text, last.end))


def _are_glued(text, piece, following):
    return bool(_GLUE.fullmatch(text.text, piece.end, following.start)) or piece.end == following.start


def _read(text):
    text = _fold(text or "")
    pieces = []
    for match in _PIECE.finditer(text):
        cut = match.start()
        if _CREDITOR_REFERENCE.match(match.group()) and _is_creditor_reference(match.group()):
            cut += 4
            pieces.append(Piece(text[match.start() : cut], match.start(), cut))
        pieces.append(Piece(text[cut : match.end()], cut, match.end()))
    return Text(text, pieces)


def _is_creditor_reference(reference):
    """Return whether the check digits are right: those who typed CBI behind RF12 by chance are not meant."""
    if not reference.isascii():
        return False
    digits = "".join(str(int(character, 36)) for character in reference[4:] + reference[:4])
    return int(digits) % 97 == 1


def _fold(text):
    """Return a text without capitals, accents and other ways to write the same letter: banks drop them."""
    text = unicodedata.normalize("NFKD", text.casefold()).casefold()
    return "".join(character for character in text if not unicodedata.combining(character))
