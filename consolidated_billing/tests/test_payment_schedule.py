"""Payment terms share an invoice when they yield the same (``K2``)."""

from freezegun import freeze_time

from odoo import Command
from odoo.tests import tagged

from .common import ConsolidatedBillingCommon


@freeze_time("2026-01-01")
@tagged("post_install", "-at_install")
class TestPaymentSchedule(ConsolidatedBillingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.end_of_month = cls._create_line_term(
            "End of Month", {"nb_days": 0, "delay_type": "days_after_end_of_month"}
        )
        cls.immediate = cls._create_term("Immediate", 0)
        cls.halves = cls._create_term("Halves", 0, 30)

    @classmethod
    def _create_line_term(cls, name, *lines, **values):
        share = 100.0 / len(lines)
        lines = [{"value": "percent", "value_amount": share, **line} for line in lines]
        return cls.env["account.payment.term"].create(
            {"name": name, "line_ids": [Command.create(line) for line in lines], **values}
        )

    def _invoice(self, *terms):
        """Invoice an order for each of the terms."""
        none = self.env["account.payment.term"]
        orders = [self._create_order(payment_term_id=(term or none).id) for term in terms]
        self.orders = self.env["sale.order"].concat(*orders)
        return self.orders._create_invoices()

    def assertTogether(self, *terms):
        invoices = self._invoice(*terms)
        self.assertPartition(invoices, self.orders)
        return invoices

    def assertApart(self, *terms):
        self.assertPartition(self._invoice(*terms), *self.orders)

    def test_net_30_and_net_45_are_apart(self):
        self.assertApart(self.net_30, self.net_45)

    def test_no_term_is_due_on_the_invoice_date(self):
        invoice = self.assertTogether(None, self.immediate)
        self.assertEqual(str(invoice.invoice_date_due), "2026-01-01")

    def test_no_term_and_net_30_are_apart(self):
        self.assertApart(None, self.net_30)

    def test_two_terms_with_the_same_due_date_share_an_invoice(self):
        invoice = self.assertTogether(self.net_30, self.end_of_month)
        self.assertEqual(str(invoice.invoice_date_due), "2026-01-31")

    def test_they_are_apart_on_a_day_on_which_they_yield_different_dates(self):
        with freeze_time("2026-01-02"):
            self.assertApart(self.net_30, self.end_of_month)

    def test_halves_and_a_single_payment_are_apart(self):
        self.assertApart(self.halves, self.net_30)

    def test_equal_installments_of_two_terms_share_an_invoice(self):
        self.assertTogether(self.halves, self._create_term("50/50", 0, 30))

    def test_different_shares_on_the_same_days_are_apart(self):
        other = self._create_line_term(
            "30/70",
            {"value_amount": 30, "nb_days": 0},
            {"value_amount": 70, "nb_days": 30},
        )
        self.assertApart(self.halves, other)

    def test_an_early_payment_discount_is_apart(self):
        discount = self._create_discount(2)
        self.assertApart(self.net_30, discount)

    def test_equal_discounts_share_and_different_ones_do_not(self):
        self.assertTogether(self._create_discount(2), self._create_discount(2))
        self.assertApart(self._create_discount(2), self._create_discount(3))
        self.assertApart(self._create_discount(2), self._create_discount(2, discount_days=5))

    def _create_discount(self, percentage, **values):
        return self._create_line_term(
            f"{percentage}% discount",
            {"nb_days": 30},
            early_discount=True,
            discount_percentage=percentage,
            **{"discount_days": 10, **values},
        )

    def test_a_fixed_installment_and_a_percentage_are_apart(self):
        fixed = self._create_line_term(
            "50.00 now",
            {"value": "fixed", "value_amount": 50, "nb_days": 0},
            {"value_amount": 100, "nb_days": 30},
        )
        self.assertApart(self.halves, fixed)

    # === the term on the invoice ===#

    def test_the_invoice_has_the_bill_to_s_own_term_if_it_yields_the_schedule(self):
        self.account_12345.property_payment_term_id = self.end_of_month
        other = self._create_term("30 days net", 30)
        invoice = self.assertTogether(self.net_30, other)
        self.assertEqual(invoice.invoice_payment_term_id, self.end_of_month)

    def test_else_it_has_the_term_of_the_earliest_order(self):
        self.account_12345.property_payment_term_id = self.net_45
        late = self._create_order(payment_term_id=self.net_30.id, date_order="2026-01-05")
        early = self._create_order(payment_term_id=self.end_of_month.id, date_order="2026-01-03")
        (late + early).write({"state": "sale"})
        late.date_order, early.date_order = "2026-01-05", "2026-01-03"
        invoice = (late + early)._create_invoices()
        self.assertEqual(invoice.invoice_payment_term_id, self.end_of_month)

    def test_a_common_term_stays_even_if_the_bill_to_s_own_yields_the_same(self):
        self.account_12345.property_payment_term_id = self.end_of_month
        invoice = self.assertTogether(self.net_30, self.net_30)
        self.assertEqual(str(invoice.invoice_date_due), "2026-01-31")

    def test_no_due_date_changes_by_merging(self):
        terms = (self.net_30, self.net_45, self.halves, self.end_of_month, None)
        invoices = self._invoice(*terms)
        for order in self.orders:
            invoice = invoices.filtered(lambda m, o=order: o in m.line_ids.sale_line_ids.order_id)
            alone = order.copy()
            alone.action_confirm()
            alone.payment_term_id = order.payment_term_id
            single = alone._create_invoices()
            self.assertEqual(invoice.invoice_date_due, single.invoice_date_due)
