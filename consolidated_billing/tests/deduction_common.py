from collections import defaultdict

from .billing_run_common import BillingRunCommon


class DeductionCommon(BillingRunCommon):
    """Orders with discounts and down payments, billed in parts."""

    def _discount(self, order, amount=10.0, discount_type="so_discount"):
        """Grant a discount on the whole order as a salesperson does: in percent, or a fixed amount."""
        values = (
            {"discount_percentage": amount / 100} if discount_type == "so_discount" else {"discount_amount": amount}
        )
        self.env["sale.order.discount"].create(
            {"sale_order_id": order.id, "discount_type": discount_type, **values}
        ).action_apply_discount()

    def _create_discounted(self, lines, amount=10.0, discount_type="so_discount", partner=None, **values):
        order = self._create_order(partner or self.acme, lines, confirm=False, **values)
        self._discount(order, amount, discount_type)
        order.action_confirm()
        return order

    def _pay_down(self, order, amount, method="percentage", post=True):
        """Create a down payment by core's wizard, posted by default."""
        name = "amount" if method == "percentage" else "fixed_amount"
        wizard = self.env["sale.advance.payment.inv"].create(
            {"sale_order_ids": order.ids, "advance_payment_method": method, name: amount}
        )
        invoice = wizard._create_invoices(order)
        if post:
            invoice.action_post()
        return invoice

    def _run(self, generate=True, partner=None, **values):
        run = self._create_run(partner_ids=(partner or self.acme).ids, **values)
        if generate and run.group_ids:
            self._generate(run)
        return run

    def _bill(self, cutoff_date="2026-11-20", **values):
        """Bill Acme by a run and return the invoices."""
        return self._run(cutoff_date=cutoff_date, invoice_date="2026-11-20", **values).move_ids.sudo()

    @staticmethod
    def _get_discount_line(order):
        return order.order_line.filtered(lambda line: not line._can_be_invoiced_alone() and not line.is_downpayment)

    def _sum_taxes(self, moves):
        """Return the amounts per tax, credit notes deducted."""
        totals = defaultdict(float)
        for line in moves.line_ids.filtered("tax_line_id"):
            totals[line.tax_line_id] -= line.amount_currency
        return {tax: round(amount, 2) for tax, amount in totals.items()}

    def assertBilled(self, order):
        """Assert that nothing of the order is left to invoice."""
        for line in order.order_line.filtered(lambda line: not line.display_type):
            self.assertEqual((line.name, round(line.qty_to_invoice, 6)), (line.name, 0.0))
        self.assertEqual(order.invoice_status, "invoiced")

    def assertProposalIsRight(self, run):
        """Assert that the documents amount to what was proposed, to the cent."""
        for group in run.group_ids.filtered("move_id"):
            sign = -1 if group.move_id.move_type == "out_refund" else 1
            self.assertEqual(round(group.amount_total - sign * group.move_id.amount_total, 6), 0.0)
            self.assertEqual(round(group.amount_untaxed - sign * group.move_id.amount_untaxed, 6), 0.0)
