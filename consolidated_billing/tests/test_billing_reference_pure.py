"""Billing numbers in payment references, typed in every way (``C11``)."""

import string

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.consolidated_billing.tools.billing_reference import find_numbers, get_candidates, normalize_number

from . import test_merge_key_pure  # noqa: F401 its settings of hypothesis

NUMBER = "CBI/000113"

words = st.lists(st.sampled_from(["invoice", "thanks", "our", "ref", "to", "für", "é"]), max_size=4).map(" ".join)
prefixes = st.sampled_from(["CBI/", "CBI/2026/", "2026/11/", "R-", "FAC.", "Réc-", "SC/%", "b2b_"])
suffixes = st.sampled_from(["", "/A", "-X", "/2026"])
numbers = st.builds(
    lambda prefix, digits, suffix: f"{prefix}{digits:06d}{suffix}", prefixes, st.integers(1, 9999999), suffixes
)
separators = st.sampled_from(["", " ", "/", "-", "  ", ". ", "\n"])


@tagged("post_install", "-at_install")
class TestBillingReference(BaseCase):
    def assertNames(self, text, *named, known=(NUMBER,)):
        with self.subTest(text=text):
            texts = [text] if isinstance(text, str) else text
            self.assertEqual(find_numbers(texts, known), list(named))
            self.assertLessEqual(set(map(normalize_number, named)), get_candidates(texts))

    def test_a_number_is_recognised_as_people_type_it(self):
        for text in (
            "CBI/000113",
            "CBI000113",
            "cbi 000113",
            "Cbi-000113.",
            "Invoice CBI/000113 thanks",
            "invoice:cbi000113,thanks",
            "(CBI 000 113)",
            "CBI/000113.Thanks",
            "Payment-CBI/000113-2",
            "ＣＢＩ／０００１１３",
            "4711/CBI/000113",
            "RF61CBI000113",
            "RF61 CBI0 0011 3",
        ):
            self.assertNames(text, NUMBER)

    def test_a_part_of_another_number_is_no_number(self):
        for text in (
            "CBI/0001130",
            "CBI/000113/7",
            "CBI/000113-2026-04",
            "XCBI/000113",
            "CBI/00113",
            "CBI",
            "000113",
            "CBI/2000113",
            "RF12CBI000113",
            "",
            "CBI /",
        ):
            self.assertNames(text)
        self.assertNames(["CBI", "000113"])

    def test_the_longest_number_counts(self):
        known = ["CBI/00011", NUMBER, "CBI/000113/A", "B-CBI/000113"]
        self.assertNames("CBI/000113", NUMBER, known=known)
        self.assertNames("cbi 00011 3", NUMBER, known=known)
        self.assertNames("cbi 00011", "CBI/00011", known=known)
        self.assertNames("cbi000113a", "CBI/000113/A", known=known)
        self.assertNames("B-CBI/000113", "B-CBI/000113", known=known)

    def test_several_numbers_are_named_in_their_order_and_once(self):
        known = [NUMBER, "CBI/000114"]
        self.assertNames("CBI000114 + CBI/000113, cbi 000114", "CBI/000114", NUMBER, known=known)
        self.assertNames("CBI/000113/CBI/000114", *known, known=known)
        self.assertNames("CBI/000113-CBI/000114", *known, known=known)

    def test_digits_without_letters_are_a_number_only_where_they_stand_alone(self):
        for text in ("000113", "Invoice 000113, thanks", "no.: 000113"):
            self.assertNames(text, "000113", known=["000113"])
        for text in ("INV/000113", "1.000113", "000 113", "0001,13", "000113-2026"):
            self.assertNames(text, known=["000113"])
        self.assertNames("paid 5 of 2026", known=["5", "2026"])
        for text in ("2026/000113", "2026 000113", "2026000113"):
            self.assertNames(text, "2026/000113", known=["2026/000113"])
        self.assertNames("20 26000113", known=["2026/000113"])

    def test_numbers_that_differ_in_punctuation_only_are_left_to_a_person(self):
        known = ["CBI/1/1000113", "CBI/11/000113"]
        self.assertNames("CBI11000113", known=known)
        self.assertNames("cbi 11 000113", "CBI/11/000113", known=known)

    @given(numbers, separators, words, words, st.booleans())
    def test_any_number_is_found_in_any_sentence(self, number, separator, before, behind, lower):
        typed = "".join(separator if character in string.punctuation else character for character in number)
        typed = typed.lower() if lower else typed
        if normalize_number(number).isdigit() and separator not in ("", " ", "/", "-"):
            return
        self.assertEqual(find_numbers([f"{before} {typed.strip()} {behind}"], [number]), [number])

    @given(st.lists(numbers, min_size=2, max_size=6, unique_by=normalize_number))
    def test_all_numbers_of_a_list_are_found_and_no_other(self, given_numbers):
        for separator in (", ", "; ", " + ", "\n"):
            self.assertEqual(find_numbers([separator.join(given_numbers)], [*given_numbers, "CBI/1"]), given_numbers)

    @given(st.text(max_size=60), st.lists(numbers, max_size=4))
    def test_nothing_is_found_that_is_not_in_the_text(self, text, known):
        for number in find_numbers([text], known):
            self.assertIn(normalize_number(number), normalize_number(text))
