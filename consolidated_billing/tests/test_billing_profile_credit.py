"""Returns and credits, deducted or on credit notes of their own, as the billing profile says (``I4``)."""

from odoo import Command
from odoo.tests import tagged

from .common import ConsolidatedBillingCommon


@tagged("post_install", "-at_install")
class TestBillingProfileCredit(ConsolidatedBillingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ohio = cls._create_account("Bloom Ohio", grouping_partner_id=cls.account_12345.id)

    def _use(self, **options):
        """Give the grouping account a profile with these options."""
        self.account_12345.billing_profile_id = self._create_profile(**options)

    def _open(self, orders, **values):
        return self.env["sale.advance.payment.inv"].create({"sale_order_ids": orders.ids, **values})

    def _create_return(self, partner=None, quantity=3.0, **values):
        """Create an order of 5, invoiced, of which some are returned."""
        order = self._create_order(partner, lines=[{"product_uom_qty": 5.0, **values}])
        order._create_invoices().action_post()
        order.order_line.product_uom_qty = 5.0 - quantity
        return order

    def test_net_deducts_returns_on_the_invoice_as_core_does(self):
        self._use(credit_policy="net")
        orders = self._create_return() + self._create_order(lines=[{"price_unit": 500.0}])
        invoice = orders._create_invoices(final=True)
        self.assertRecordValues(invoice, [{"move_type": "out_invoice", "amount_untaxed": 200.0}])

    def test_separate_credits_returns_on_a_credit_note_of_their_own(self):
        self._use(credit_policy="separate")
        orders = self._create_return() + self._create_order(lines=[{"price_unit": 500.0}])
        orders += self._create_return(self.ohio, quantity=1.0)
        wizard = self._open(orders)
        self.assertEqual(wizard.preview_summary, "3 orders → 2 invoices")
        reasons = {row.amount_untaxed: row.reason for row in wizard.preview_ids}
        self.assertEqual(reasons, {500.0: "document: invoice ≠ credit note", -400.0: "document: credit note ≠ invoice"})
        moves = wizard._create_invoices(orders).sorted("move_type")
        self.assertRecordValues(
            moves,
            [
                {"move_type": "out_invoice", "amount_untaxed": 500.0, "partner_id": self.account_12345.id},
                {"move_type": "out_refund", "amount_untaxed": 400.0, "partner_id": self.account_12345.id},
            ],
        )
        self.assertEqual(self._get_products(moves[1]).mapped("quantity"), [3.0, 1.0])
        self.assertEqual(orders.order_line.mapped("qty_to_invoice"), [0.0, 0.0, 0.0])
        moves.action_post()

    def test_an_order_that_is_sold_and_returned_makes_an_invoice_and_a_credit_note(self):
        self._use(credit_policy="separate")
        order = self._create_return()
        order.order_line = [Command.create({"product_id": self.product.id, "price_unit": 70.0})]
        moves = order._create_invoices(final=True).sorted("move_type")
        self.assertRecordValues(
            moves,
            [
                {"move_type": "out_invoice", "amount_untaxed": 70.0},
                {"move_type": "out_refund", "amount_untaxed": 300.0},
            ],
        )

    def test_a_line_with_a_negative_price_is_a_credit(self):
        self._use(credit_policy="separate")
        order = self._create_order(lines=[{"price_unit": 500.0}, {"price_unit": -80.0}])
        moves = order._create_invoices(final=True).sorted("move_type")
        self.assertRecordValues(
            moves,
            [
                {"move_type": "out_invoice", "amount_untaxed": 500.0},
                {"move_type": "out_refund", "amount_untaxed": 80.0},
            ],
        )

    def test_without_deducting_nothing_is_split(self):
        """Core makes credit notes only with that option; a negative invoice would be worse than one that is less."""
        self._use(credit_policy="separate")
        order = self._create_order(lines=[{"price_unit": 500.0}, {"price_unit": -80.0}])
        self.assertEqual(self._open(order, deduct_down_payments=False).preview_summary, "1 order → 1 invoice")
        self.assertRecordValues(order._create_invoices(), [{"move_type": "out_invoice", "amount_untaxed": 420.0}])

    def test_one_invoice_per_order_stays_one(self):
        self._use(credit_policy="separate")
        orders = self._create_order(lines=[{"price_unit": 500.0}, {"price_unit": -80.0}]) + self._create_order()
        wizard = self._open(orders, consolidated_billing=False)
        self.assertEqual(wizard.preview_summary, "2 orders → 2 invoices")
        self.assertEqual(wizard._create_invoices(orders).mapped("amount_untaxed"), [420.0, 100.0])

    def test_down_payments_are_deducted_from_the_invoice(self):
        self._use(credit_policy="separate")
        order = self._create_order(lines=[{"price_unit": 500.0}, {"price_unit": -80.0}])
        self._open(order, advance_payment_method="fixed", fixed_amount=100)._create_invoices(order).action_post()
        moves = order._create_invoices(final=True).sorted("move_type")
        self.assertEqual(moves.mapped("move_type"), ["out_invoice", "out_refund"])
        self.assertEqual(moves[1].amount_untaxed, 80.0)
        self.assertTrue(moves[0].invoice_line_ids.sale_line_ids.filtered("is_downpayment"))

    def test_discounts_stay_with_what_they_reduce(self):
        self._use(credit_policy="separate")
        order = self._create_order(lines=[{"price_unit": 500.0}], confirm=False)
        self.env["sale.order.discount"].create(
            {"sale_order_id": order.id, "discount_type": "so_discount", "discount_percentage": 0.1}
        ).action_apply_discount()
        order.action_confirm()
        self.assertRecordValues(
            order._create_invoices(final=True), [{"move_type": "out_invoice", "amount_untaxed": 450.0}]
        )

    def test_a_discount_is_taken_back_on_the_credit_note(self):
        self._use(credit_policy="separate")
        order = self._create_order(lines=[{"price_unit": 500.0}], confirm=False)
        self.env["sale.order.discount"].create(
            {"sale_order_id": order.id, "discount_type": "so_discount", "discount_percentage": 0.1}
        ).action_apply_discount()
        order.action_confirm()
        order._create_invoices(final=True).action_post()
        order.order_line.product_uom_qty = 0.0
        self.assertRecordValues(
            order._create_invoices(final=True), [{"move_type": "out_refund", "amount_untaxed": 450.0}]
        )

    # === the collective invoice ===#

    def test_a_collective_invoice_overrides_the_options_but_for_credit_notes(self):
        self._use(split_by_customer=True, split_by_month=True, bill_date_match="period", credit_policy="separate")
        orders = self._create_order() + self._create_order(self.ohio, next_bill_date="2026-12-01")
        orders[0].date_order = "2026-01-05 12:00:00"
        wizard = self.env["consolidated.billing.collect"].create({"order_ids": orders.ids})
        self.assertEqual(wizard.preview_summary, "2 orders → 1 invoice")
        wizard.action_create_invoice()
        self.assertPartition(orders.invoice_ids, orders)
        orders = self._create_return() + self._create_order(lines=[{"price_unit": 500.0}])
        wizard = self.env["consolidated.billing.collect"].create({"order_ids": orders.ids})
        self.assertEqual(wizard.preview_summary, "2 orders → 2 invoices")
