"""What discounts and down payments deduct from the invoices of an order adds up exactly (``K8``, ``I5``)."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.consolidated_billing.tools.deduction import BASE, Deduction, get_share

from . import test_merge_key_pure  # noqa: F401 its settings of hypothesis

TAX = 7
amounts = st.integers(1, 10**7)
pieces = st.lists(st.integers(0, 10**6), min_size=1, max_size=12).filter(any)


def create_deduction(base, tax=0, steps=100):
    total = {BASE: base, TAX: tax} if tax else {BASE: base}
    return Deduction(total, dict(total), steps, steps)


def add(portions, name=BASE):
    return sum(portion.amounts.get(name, 0) for portion in portions if portion)


def take_all(deduction, lines):
    """Bill lines one after the other, each with what is due of the deduction."""
    portions, whole = [], sum(lines)
    for number in range(len(lines)):
        done = sum(lines[: number + 1])
        share = get_share(done, whole, number == len(lines) - 1)
        portions.append(deduction.take(share, None))
    return portions


@tagged("post_install", "-at_install")
class TestDeduction(BaseCase):
    @given(amounts, st.integers(0, 10**6), pieces)
    def test_whatever_the_division_the_whole_is_deducted_in_the_end(self, base, tax, lines):
        deduction = create_deduction(base, tax)
        portions = take_all(deduction, lines)
        self.assertEqual(add(portions), base)
        self.assertEqual(add(portions, TAX), tax)
        self.assertEqual(sum(portion.steps for portion in portions if portion), 100)
        self.assertEqual(deduction.steps_left, 0)

    @given(amounts, pieces)
    def test_each_invoice_gets_its_share_to_the_cent(self, base, lines):
        portions = take_all(create_deduction(base, steps=10**9), lines)
        done = 0
        for number in range(len(lines) - 1):
            done += portions[number].amounts[BASE] if portions[number] else 0
            exact = Fraction(base * sum(lines[: number + 1]), sum(lines))
            self.assertLessEqual(abs(done - exact), Fraction(1, 2))

    @given(amounts, st.integers(0, 10**6), pieces)
    def test_no_invoice_bears_more_than_what_is_billed(self, base, tax, lines):
        deduction = create_deduction(base, tax)
        for line in lines:
            limits = {BASE: line, TAX: line // 7}
            portion = deduction.take(Fraction(1), limits, waits=True)
            if portion:
                self.assertLessEqual(portion.amounts[BASE], limits[BASE])
                self.assertLessEqual(portion.amounts.get(TAX, 0), limits[TAX])
        in_all = {BASE: base, **({TAX: tax} if tax else {})}
        last = deduction.take(Fraction(1), None)
        taken = {name: in_all[name] - deduction.left[name] for name in in_all}
        self.assertEqual(taken, in_all, last)
        self.assertEqual(deduction.steps_left, 0)

    def test_the_rest_waits_for_the_next_invoice(self):
        deduction = create_deduction(50000, 7500)
        first = deduction.take(Fraction(1), {BASE: 10000, TAX: 1500}, waits=True)
        self.assertEqual(first, ({BASE: 10000, TAX: 1500}, 20, False))
        last = deduction.take(Fraction(1), {BASE: 90000, TAX: 13500}, waits=True)
        self.assertEqual(last, ({BASE: 40000, TAX: 6000}, 80, False))

    def test_what_is_deducted_at_once_is_whole(self):
        portion = create_deduction(50000, 7500).take(Fraction(1), {BASE: 90000, TAX: 13500})
        self.assertEqual(portion, ({BASE: 50000, TAX: 7500}, 100, True))

    def test_a_part_is_never_without_a_step_of_quantity(self):
        deduction = create_deduction(100000)
        self.assertEqual(deduction.take(Fraction(1, 1000), None), ({BASE: 100}, 1, False))
        self.assertEqual(deduction.take(Fraction(2, 1000), None), ({BASE: 100}, 1, False))

    def test_the_last_step_is_kept_for_the_rest(self):
        deduction = create_deduction(1000, steps=2)
        self.assertEqual(deduction.take(Fraction(1, 4), None).steps, 1)
        self.assertIsNone(deduction.take(Fraction(2, 4), None))
        self.assertEqual(deduction.take(Fraction(1), None), ({BASE: 750}, 1, False))

    def test_a_cent_of_tax_that_cannot_be_borne_waits(self):
        deduction = create_deduction(1000, 151)
        first = deduction.take(Fraction(1), {BASE: 1000, TAX: 150}, waits=True)
        self.assertEqual(first.amounts, {BASE: 999, TAX: 150})
        self.assertEqual(deduction.take(Fraction(1), {BASE: 5, TAX: 5}, waits=True).amounts, {BASE: 1, TAX: 1})

    def test_nothing_is_billed_of_nothing(self):
        deduction = create_deduction(1000)
        self.assertIsNone(deduction.take(Fraction(0), None))
        self.assertIsNone(deduction.take(Fraction(1), {BASE: 0}))
        self.assertIsNone(deduction.take(Fraction(1), {BASE: -500}))

    def test_more_than_what_was_ordered_deducts_no_more(self):
        self.assertEqual(get_share(150, 100, False), 1)
        self.assertEqual(get_share(0, 0, False), 1)
        self.assertEqual(get_share(-50, 100, False), 0)
