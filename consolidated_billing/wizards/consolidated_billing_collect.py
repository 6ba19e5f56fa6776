from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command, Domain
from odoo.tools import float_compare, float_is_zero

from ..tools.days import nearest
from ..tools.engine_context import give
from ..tools.merge_key import drop_part
from ..tools.selection import BillingSelection

SOFT_PARTS = ("grouping", "bill_date", "customer", "delivery_address", "month")


class ConsolidatedBillingCollect(models.TransientModel):
    """The collective invoice (``003_…``, ``W1``): choose open lines of several orders and bill them on one invoice."""

    _name = "consolidated.billing.collect"
    _description = "Collective Invoice"
    _inherit = ["consolidated.billing.typed.numbers"]
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        help="The company that bills.",
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        check_company=True,
        help="The customer, or the grouping account, with the outstanding orders.",
    )
    order_ids = fields.Many2many(
        "sale.order",
        string="Orders",
        compute="_compute_order_ids",
        store=True,
        readonly=False,
        check_company=True,
        help="The orders with something to invoice. Remove those that shall wait.",
    )
    date_from = fields.Date(string="Orders From", help="Only orders from this day on.")
    date_to = fields.Date(string="Orders To", help="Only orders up to this day.")
    share = fields.Float(
        string="Share (%)",
        default=100.0,
        digits=(16, 2),
        help="For an instalment: the percentage of the ordered quantity to bill now, at most what is open.",
    )
    deduct_down_payments = fields.Boolean(
        default=True, help="Deduct down payments and credit returns of the chosen orders."
    )
    line_ids = fields.One2many(
        "consolidated.billing.collect.line",
        "collect_id",
        string="Open Lines",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
        help="All open lines of the orders. Deselect lines or lower quantities.",
    )
    preview_summary = fields.Char(
        string="Result",
        compute="_compute_preview",
        help="What will be created from the chosen lines.",
    )
    preview_reason = fields.Text(
        string="Why Several",
        compute="_compute_preview",
        help="Why not everything fits on one invoice.",
    )

    # === COMPUTE METHODS ===#

    @api.depends("partner_id", "date_from", "date_to")
    def _compute_order_ids(self):
        for wizard in self:
            if wizard.partner_id:
                wizard.order_ids = self.env["sale.order"].search(wizard._get_order_domain())
            else:
                wizard.order_ids = wizard.order_ids

    def _get_order_domain(self):
        """Return the domain of the orders of which something can be collected.

        :rtype: Domain
        """
        domain = Domain("company_id", "=", self.company_id.id) & self.env["sale.order"]._get_outstanding_domain(
            self.partner_id._origin
        )
        if self.date_from:
            domain &= Domain("date_order", ">=", self.date_from)
        if self.date_to:
            domain &= Domain("date_order", "<", fields.Date.add(nearest(self.date_to), days=1))
        return domain

    @api.depends("order_ids", "share", "deduct_down_payments")
    def _compute_line_ids(self):
        for wizard in self:
            rows = wizard._prepare_lines()
            wizard.line_ids = [Command.clear(), *map(Command.create, rows)]

    def _prepare_lines(self):
        """Prepare the open lines of the orders, order by order.

        :return: values of the lines of this wizard
        :rtype: list[dict]
        """
        orders = self.order_ids._origin
        return [
            {
                "order_id": order.id,
                "order_line_id": line.id,
                "quantity": self._get_quantity(line),
                "quantity_open": line.qty_to_invoice,
                "selected": True,
            }
            for order in orders._sort_for_billing(orders)
            for line in order._get_invoiceable_lines(self.deduct_down_payments)
            if not line.display_type
        ]

    def _get_quantity(self, order_line):
        """Return the share of the ordered quantity; dependent lines follow the others, and are offered whole.

        :param sale.order.line order_line: the line
        :return: quantity in the unit of the line
        :rtype: float
        """
        is_open = order_line.qty_to_invoice
        if order_line._is_dependent() or is_open < 0 or self.share >= 100.0:
            return is_open
        return order_line._get_share_quantity(self.share)

    @api.depends("line_ids.selected", "line_ids.quantity")
    def _compute_preview(self):
        for wizard in self:
            groups = wizard._plan()
            orders = self.env["sale.order"]
            for planned in groups:
                orders |= planned.lines.order_id
            wizard.preview_summary = wizard.env["sale.advance.payment.inv"]._get_preview_summary(orders, groups)
            reasons = map(wizard._explain_negative, groups, orders._explain_groups(groups))
            wizard.preview_reason = "\n".join(
                f"{', '.join(planned.lines.order_id.mapped('name'))}: {reason}"
                for planned, reason in zip(groups, reasons, strict=True)
                if reason
            )

    def _explain_negative(self, planned, reason):
        """Add to the reason of an invoice that its total is negative."""
        total = planned.lines._get_amounts_to_invoice(values=planned.values).total
        return planned.lines.order_id._explain_negative(total, reason, self.deduct_down_payments)

    # === CONSTRAINT METHODS ===#

    @api.constrains("share")
    def _check_share(self):
        for wizard in self:
            if wizard.share <= 0.0 or wizard.share > 100.0:
                raise ValidationError(
                    self.env._(
                        "A share of %(share)s %% cannot be billed: choose more than 0 and at most 100 percent.",
                        share=wizard.share,
                    )
                )

    @api.constrains("date_from", "date_to")
    def _check_dates(self):
        for wizard in self:
            if wizard.date_from and wizard.date_to and wizard.date_from > wizard.date_to:
                raise ValidationError(
                    self.env._(
                        "The period is reversed: %(date_from)s is after %(date_to)s. Exchange the dates.",
                        date_from=wizard.date_from,
                        date_to=wizard.date_to,
                    )
                )

    # === ACTIONS ===#

    def action_create_invoice(self):
        """Bill the chosen lines on one invoice, or on as few as law and the hard parts of the key allow (``W1``).

        :return: the action that opens what was created
        :raise UserError: nothing is chosen, or a quantity is not open any more
        """
        self.ensure_one()
        groups = self._plan()
        if not groups:
            raise UserError(self.env._("Choose at least one line with a quantity to bill."))
        lines = self._get_chosen_lines()
        lines._check_still_open()
        orders = lines.order_id
        lines._note_shares(groups)
        selection = BillingSelection([(planned.key, planned.values) for planned in groups])
        chosen = orders.with_context(**give(billing_selection=selection))
        moves = chosen._create_invoices(final=self.deduct_down_payments)
        return orders.action_view_invoice(invoices=moves.with_env(self.env))

    # === BUSINESS METHODS ===#

    def _get_chosen_lines(self):
        return self.line_ids.filtered(
            lambda line: line.selected and not float_is_zero(line.quantity, precision_digits=6)
        )

    def _plan(self):
        """Plan the invoices over the chosen lines and quantities by the hard parts of the merge key.

        :rtype: list[PlannedInvoice]
        """
        quantities = {line.order_line_id._origin.id: line.quantity for line in self._get_chosen_lines()}
        order_lines = self.env["sale.order.line"].browse(quantities)
        orders = order_lines.order_id._with_merge_cache()
        order_lines = order_lines.with_env(orders.env)
        keys = {line.id: self._get_hard_key(line) for line in order_lines if not line._is_dependent()}
        return orders._plan_lines(order_lines, keys, quantities)

    @api.model
    def _get_hard_key(self, order_line):
        key = order_line._get_merge_key()
        for name in self._get_soft_parts(key):
            key = drop_part(key, name)
        return key

    @api.model
    def _get_soft_parts(self, key):
        """Return the parts of the key that the user's choice overrides (``W1``)."""
        return [name for name, _value in key if name in SOFT_PARTS or name.startswith("extra.")]


class ConsolidatedBillingCollectLine(models.TransientModel):
    _name = "consolidated.billing.collect.line"
    _description = "Collective Invoice Line"
    _inherit = ["consolidated.billing.typed.numbers"]

    collect_id = fields.Many2one(
        "consolidated.billing.collect", required=True, ondelete="cascade", help="The open wizard."
    )
    order_id = fields.Many2one("sale.order", readonly=True, help="The order.")
    order_line_id = fields.Many2one("sale.order.line", readonly=True, help="The open order line.")
    partner_id = fields.Many2one(related="order_id.partner_id", string="Customer", help="The customer that ordered.")
    product_id = fields.Many2one(related="order_line_id.product_id", help="The product of the order line.")
    currency_id = fields.Many2one(related="order_id.currency_id", help="The currency of the order.")
    ordered = fields.Float(
        string="Ordered",
        related="order_line_id.product_uom_qty",
        help="The ordered quantity, in the unit of the order line.",
    )
    quantity_open = fields.Float(
        string="Open Quantity", digits="Product Unit", readonly=True, help="What can be billed now."
    )
    quantity = fields.Float(digits="Product Unit", help="What to bill now, at most what is open.")
    is_dependent = fields.Boolean(
        compute="_compute_is_dependent",
        help="A discount, a charge or a down payment: what is billed of it follows from the other lines of its order.",
    )
    price_unit = fields.Float(
        related="order_line_id.price_unit", help="Price of one unit in the currency of the order."
    )
    selected = fields.Boolean(default=True, help="Only selected lines are billed.")

    @api.depends("order_line_id")
    def _compute_is_dependent(self):
        for line in self:
            line.is_dependent = bool(line.order_line_id) and line.order_line_id._is_dependent()

    @api.constrains("quantity", "quantity_open")
    def _check_quantity(self):
        for line in self:
            line._check_quantity_is_open(line.quantity_open)

    def _check_still_open(self):
        """Refuse quantities that somebody else billed since the wizard was opened."""
        for line in self:
            line._check_quantity_is_open(line.order_line_id.qty_to_invoice)

    def _note_shares(self, groups):
        """Note on the invoice lines to come of which share they are, unless another quantity was typed.

        :param list[PlannedInvoice] groups: the invoices
        """
        for line in self:
            share, order_line = line.collect_id.share, line.order_line_id
            if order_line._is_dependent() or line.quantity != line.collect_id._get_quantity(order_line):
                continue
            for planned in groups:
                if order_line.id in planned.values:
                    planned.values[order_line.id]["billing_share"] = share

    def _check_quantity_is_open(self, is_open):
        low, high = sorted((0.0, is_open))
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        if (
            float_compare(self.quantity, low, precision_digits=digits) < 0
            or float_compare(self.quantity, high, precision_digits=digits) > 0
        ):
            raise ValidationError(
                self.env._(
                    "%(quantity)s of %(line)s cannot be billed: between %(low)s and %(high)s are open.",
                    quantity=self.quantity,
                    line=self.order_line_id.display_name,
                    low=low,
                    high=high,
                )
            )
