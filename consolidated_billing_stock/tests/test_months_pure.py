"""Quantities are divided by the months of their deliveries, and add up (``K9``)."""

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.consolidated_billing.tests import test_merge_key_pure  # noqa: F401 its settings of hypothesis
from odoo.addons.consolidated_billing_stock.tools.months import divide_by_month

months = st.sampled_from([f"2026-{number:02}" for number in range(1, 13)])
quantities = st.dictionaries(months, st.integers(0, 1000), max_size=5)


@tagged("post_install", "-at_install")
class TestMonths(BaseCase):
    @given(quantities, quantities, st.integers(-500, 2000), months)
    def test_nothing_is_lost(self, delivered, billed, quantity, otherwise):
        parts = divide_by_month(delivered, billed, quantity, otherwise)
        self.assertEqual(sum(parts.values()), quantity)
        self.assertEqual(list(parts), sorted(parts))
        self.assertFalse([part for part in parts.values() if part * quantity <= 0])

    @given(quantities)
    def test_what_is_delivered_is_billed_with_its_month(self, delivered):
        parts = divide_by_month(delivered, {}, sum(delivered.values()), "2027-01")
        self.assertEqual(parts, {month: part for month, part in sorted(delivered.items()) if part})

    def test_what_is_billed_already_is_not_billed_again(self):
        delivered = {"2026-10": 5, "2026-11": 3}
        self.assertEqual(divide_by_month(delivered, {"2026-11": 3}, 5, "2026-09"), {"2026-10": 5})
        self.assertEqual(divide_by_month(delivered, {None: 4}, 4, "2026-09"), {"2026-10": 1, "2026-11": 3})

    def test_what_is_not_delivered_has_the_other_month(self):
        self.assertEqual(divide_by_month({"2026-11": 3}, {}, 10, "2026-10"), {"2026-10": 7, "2026-11": 3})

    def test_a_return_reduces_its_month(self):
        delivered = {"2026-10": 3, "2026-11": 3}
        self.assertEqual(divide_by_month(delivered, {"2026-10": 5, "2026-11": 3}, -2, "2026-09"), {"2026-10": -2})
