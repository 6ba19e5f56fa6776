from odoo import api, fields, models

from ..tools.engine_context import give
from ..tools.selection import BillingSelection


class SaleAdvancePaymentInv(models.TransientModel):
    """Which lines and quantities the wizard bills: what it shows is what it creates (``R11``, ``K5``)."""

    _inherit = "sale.advance.payment.inv"

    bill_credited = fields.Boolean(
        string="Bill Again",
        compute="_compute_bill_credited",
        store=True,
        readonly=False,
        help="Bill again what was credited by hand. Not ticked: only what was not billed before.",
    )
    credited_note = fields.Text(
        string="Credited",
        compute="_compute_credited_note",
        help="What of the selected orders was billed before, and credited by hand.",
    )

    @api.depends("sale_order_ids")
    def _compute_bill_credited(self):
        """Who opens the wizard for one order means this order; among many it would come back unnoticed."""
        for wizard in self:
            wizard.bill_credited = len(wizard.sale_order_ids) == 1

    @api.depends("sale_order_ids", "advance_payment_method")
    def _compute_credited_note(self):
        for wizard in self:
            is_regular = wizard.advance_payment_method == "delivered"
            lines = wizard.sale_order_ids._origin.order_line if is_regular else self.env["sale.order.line"]
            notes = {}
            for line_id, part in lines._get_credited_by_hand().items():
                notes.setdefault(lines.browse(line_id).order_id, {})[part.by] = True
            wizard.credited_note = "\n".join(
                f"{order.display_name}: {lines._get_credited_reason(', '.join(by))}" for order, by in notes.items()
            )

    # === ACTIONS ===#

    def create_invoices(self):
        """Override of `sale` to bill what the preview shows.

        Other addons override `_create_invoices` of the wizard without `super`; the orders bring the choice with them.
        """
        wizard = self
        if len(self) == 1 and self.advance_payment_method == "delivered":
            orders = self.sale_order_ids
            if self._get_chosen_quantities(orders) is not None:
                documents = [(planned.key, planned.values) for planned in self._plan_invoices(orders)]
                wizard = self.with_context(**give(billing_selection=BillingSelection(documents)))
        return super(SaleAdvancePaymentInv, wizard).create_invoices()

    # === BUSINESS METHODS ===#

    def _get_chosen_quantities(self, orders):
        """Return what is billed of the orders, or nothing when it is all that can be invoiced.

        :param sale.order orders: the selected orders
        :return: quantity in the unit of the line by id of the order line
        :rtype: dict[int, float] | None
        """
        lines = orders.order_line
        everything = {line.id: line.qty_to_invoice for line in lines if line.qty_to_invoice}
        quantities = self._get_quantities_to_bill(orders, everything)
        if not self.bill_credited:
            quantities = lines._leave_out_credited(quantities)
        return quantities if quantities != everything else None

    def _get_quantities_to_bill(self, orders, quantities):
        """Return how much of each line is billed, before what was credited is left out.

        Extension point: an addon that adds a choice to the wizard, a period for example, applies it here. The preview
        and the invoices follow.

        :param sale.order orders: the selected orders
        :param dict[int, float] quantities: what can be invoiced, in the unit of the line, by id of the order line
        :return: the same, with less of some lines; lines that are missing are not billed
        :rtype: dict[int, float]
        """
        return quantities
