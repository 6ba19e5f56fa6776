from odoo import api, fields, models
from odoo.fields import Command


class SaleAdvancePaymentInv(models.TransientModel):
    _inherit = "sale.advance.payment.inv"

    preview_summary = fields.Char(
        string="Result",
        compute="_compute_preview",
        help="How many invoices the selected orders make.",
    )
    preview_ids = fields.One2many(
        comodel_name="sale.advance.payment.inv.preview",
        inverse_name="wizard_id",
        string="Invoices to Create",
        compute="_compute_preview",
        help="Every invoice that will be created, and why it is apart from the others of the same payer.",
    )
    preview_skipped = fields.Text(
        string="Not Invoiced",
        compute="_compute_preview",
        help="The selected orders of which nothing can be invoiced now, and why.",
    )

    @api.depends(lambda self: self._get_preview_triggers())
    def _compute_preview(self):
        for wizard in self:
            orders = wizard.sale_order_ids._origin
            if wizard.advance_payment_method != "delivered" or not orders:
                wizard.update({"preview_summary": False, "preview_ids": False, "preview_skipped": False})
                continue
            groups = wizard._plan_invoices(orders)
            reasons = wizard._explain(groups)
            skipped = orders._get_nothing_to_invoice_reasons(final=wizard.deduct_down_payments, planned=groups)
            wizard.preview_summary = wizard._get_preview_summary(orders, groups)
            wizard.preview_ids = [Command.clear()] + [
                Command.create(wizard._prepare_preview(planned, reason))
                for planned, reason in zip(groups, reasons, strict=True)
            ]
            wizard.preview_skipped = "\n".join(f"{order.display_name}: {reason}" for order, reason in skipped.items())

    @api.model
    def _get_preview_triggers(self):
        """Return the names of the fields on which the preview depends. Extension point: see `_get_quantities_to_bill`.

        :rtype: list[str]
        """
        return [
            "sale_order_ids",
            "advance_payment_method",
            "deduct_down_payments",
            "consolidated_billing",
            "bill_credited",
        ]

    def _plan_invoices(self, orders):
        """Partition what will be invoiced exactly as `create_invoices` does.

        :param sale.order orders: the selected orders
        :rtype: list[PlannedInvoice]
        """
        quantities = self._get_chosen_quantities(orders)
        plan = orders._plan_invoices if self.consolidated_billing else orders._plan_invoices_of_each
        return plan(final=self.deduct_down_payments, quantities=quantities)

    def _explain(self, groups):
        """Say of each invoice why it is apart: the merge key, or the choice not to merge at all.

        :rtype: list[str]
        """
        if self.consolidated_billing or len(groups) < 2:
            return self.env["sale.order"]._explain_groups(groups)
        reason = self.env._("Consolidated Billing is not ticked: one invoice per order")
        return [reason] * len(groups)

    def _get_preview_summary(self, orders, groups):
        values = {"orders": len(orders), "invoices": len(groups)}
        if len(orders) == 1:
            if len(groups) == 1:
                return self.env._("1 order → 1 invoice")
            return self.env._("1 order → %(invoices)s invoices", **values)
        if len(groups) == 1:
            return self.env._("%(orders)s orders → 1 invoice", **values)
        return self.env._("%(orders)s orders → %(invoices)s invoices", **values)

    def _prepare_preview(self, planned, reason):
        """Prepare one row of the preview.

        :param PlannedInvoice planned: the invoice
        :param str reason: why it is apart from its neighbours
        :rtype: dict
        """
        orders = planned.lines.order_id
        amounts = planned.lines._get_amounts_to_invoice(values=planned.values)
        return {
            "partner_id": orders[:1].partner_invoice_id.id,
            "order_ids": [Command.set(orders.ids)],
            "order_count": len(orders),
            "currency_id": orders[:1].currency_id.id,
            "amount_untaxed": amounts.untaxed,
            "amount_total": amounts.total,
            "reason": orders._explain_negative(amounts.total, reason, self.deduct_down_payments),
        }
