"""Which open items an amount settles, on which accounts, and what is left of instalments (``C6``, ``C10``)."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.consolidated_billing.tools.settlement import allocate, pay_earliest, split_amount

from . import test_merge_key_pure  # noqa: F401 its settings of hypothesis

cents = st.integers(-50000, 50000).map(lambda number: number / 100)
positive = st.integers(1, 50000).map(lambda number: number / 100)
open_items = st.lists(cents.filter(bool), max_size=8)


def round_cents(amount):
    return round(amount, 2) + 0.0


@tagged("post_install", "-at_install")
class TestSettlement(BaseCase):
    def test_credits_are_used_first_and_then_the_first_items_are_paid(self):
        self.assertEqual(allocate(79.0, [-46.0, 115.0, 230.0], round_cents), [-46.0, 115.0, 10.0])
        self.assertEqual(allocate(0.0, [-46.0, 115.0], round_cents), [-46.0, 46.0])
        self.assertEqual(allocate(500.0, [-46.0, 115.0], round_cents), [-46.0, 115.0])
        self.assertEqual(allocate(-30.0, [-50.0, -20.0, 10.0], round_cents), [-40.0, 0.0, 10.0])

    @given(cents, open_items)
    def test_what_is_settled_adds_up_and_is_never_more_than_what_is_open(self, amount, items):
        settled = allocate(amount, items, round_cents)
        used = round_cents(sum(settled))
        self.assertLessEqual(abs(used), abs(amount) + 0.001)
        self.assertGreaterEqual(used * amount, 0.0)
        for share, item in zip(settled, items, strict=True):
            self.assertLessEqual(abs(share), abs(item))
            self.assertGreaterEqual(share * item, 0.0)
        if round_cents(abs(used)) < abs(amount):
            # something of the payment is left: nothing that it could pay is open
            self.assertTrue(all(share == item for share, item in zip(settled, items, strict=True) if item * amount > 0))

    @given(cents, open_items, st.data())
    def test_the_shares_of_the_accounts_add_up_to_the_payment(self, amount, items, data):
        accounts = [data.draw(st.sampled_from("abc")) for _item in items]
        settled = allocate(amount, items, round_cents)
        shares = split_amount(amount, settled, accounts, "a", round_cents)
        self.assertEqual(next(iter(shares)), "a")
        self.assertAlmostEqual(sum(shares.values()), amount, places=2)
        for account in {*accounts} - {"a"}:
            due = sum(share for share, other in zip(settled, accounts, strict=True) if other == account)
            self.assertAlmostEqual(shares.get(account, 0.0), due, places=2)

    @given(st.lists(positive, min_size=2, max_size=6), st.integers(0, 100))
    def test_open_instalments_add_up_to_what_is_open_and_the_last_are_left(self, amounts, percent):
        instalments = [(date(2026, 1, 1) + timedelta(30 * n), amount) for n, amount in enumerate(amounts)]
        due = round_cents(sum(amounts) * percent / 100)
        left = pay_earliest(instalments, due, round_cents)
        self.assertAlmostEqual(sum(amount for _day, amount in left), due, places=2)
        self.assertEqual(
            [day for day, _amount in left], [day for day, _amount in instalments][len(amounts) - len(left) :]
        )
        self.assertEqual([amount for _day, amount in left[1:]], amounts[len(amounts) - len(left) :][1:])
