from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import float_compare, float_is_zero


class ConsolidatedBillingRunLine(models.Model):
    """One order line in a billing run: what is proposed of it, or why it is not."""

    _name = "consolidated.billing.run.line"
    _description = "Billing Run Line"
    _inherit = ["consolidated.billing.typed.numbers", "consolidated.billing.engine"]
    _order = "id"
    _check_company_auto = True

    run_id = fields.Many2one(
        "consolidated.billing.run",
        string="Billing Run",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        help="The run that found this line.",
    )
    company_id = fields.Many2one(related="run_id.company_id", help="The company that bills.")
    group_id = fields.Many2one(
        "consolidated.billing.run.group",
        string="Document",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
        help="The document on which the line is billed. Empty: it is not proposed.",
    )
    order_id = fields.Many2one(
        "sale.order", readonly=True, index="btree_not_null", ondelete="set null", help="The order."
    )
    order_line_id = fields.Many2one(
        "sale.order.line",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The order line. Empty: the whole order is not proposed.",
    )
    partner_id = fields.Many2one(
        "res.partner", string="Customer", compute="_compute_partner_id", help="The customer that ordered."
    )
    product_id = fields.Many2one(related="order_line_id.product_id", help="The product of the order line.")
    currency_id = fields.Many2one("res.currency", readonly=True, help="The currency of the order.")
    quantity = fields.Float(
        digits="Product Unit",
        help="The quantity to bill, in the unit of the order line. Lower it to bill a part.",
    )
    quantity_open = fields.Float(
        string="Open Quantity",
        digits="Product Unit",
        readonly=True,
        help="The quantity that could be billed when the run was prepared.",
    )
    amount_untaxed = fields.Monetary(
        string="Tax Excluded", readonly=True, help="What is billed of this line, without taxes."
    )
    amount_open = fields.Monetary(
        string="Open Amount",
        readonly=True,
        help="What could be billed when the run was prepared, without taxes.",
    )
    selected = fields.Boolean(default=True, help="Only selected lines are billed. Deselect what shall wait.")
    skip_reason = fields.Char(
        string="Why Not",
        readonly=True,
        help="Why the line is not proposed, or was not billed after all.",
    )
    frozen_values = fields.Json(
        readonly=True, help="What the proposal of an order line relies on; a line that changed since is skipped."
    )
    is_claim = fields.Boolean(readonly=True, help="The run claims this order line: no other open run can propose it.")
    is_part = fields.Boolean(
        readonly=True, help="The order line is on several documents of the run: one of them claims it for all."
    )
    is_billed = fields.Boolean(string="Billed", readonly=True, help="The line was billed by this run.")

    _claim_unique = models.UniqueIndex(
        "(order_line_id) WHERE is_claim AND order_line_id IS NOT NULL",
        "Another billing run has claimed one of these order lines in the meantime. Prepare this run again.",
    )

    # === COMPUTE METHODS ===#

    @api.depends("order_id.partner_id", "entry_partner_id")
    def _compute_partner_id(self):
        for line in self:
            line.partner_id = line.order_id.partner_id or line.entry_partner_id

    # === CONSTRAINT METHODS ===#

    @api.constrains("quantity")
    def _check_quantity(self):
        """A part of what is open can be billed, never more, and not in the other direction."""
        precision = self.env["decimal.precision"].precision_get("Product Unit")
        for line in self.filtered(lambda line: line.group_id and line.order_line_id):
            low, high = sorted((0.0, line.quantity_open))
            if (
                float_compare(line.quantity, low, precision_digits=precision) < 0
                or float_compare(line.quantity, high, precision_digits=precision) > 0
            ):
                raise ValidationError(
                    self.env._(
                        "%(quantity)s of %(line)s cannot be billed: choose a quantity between %(low)s and %(high)s.",
                        quantity=line.quantity,
                        line=line.order_line_id.display_name,
                        low=low,
                        high=high,
                    )
                )

    # === CRUD METHODS ===#

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse: a proposal is made by preparing a run."""
        if not self._is_engine():
            raise UserError(self.env._("What a billing run proposes cannot be typed. Prepare a billing run instead."))
        return super().create(vals_list)

    def write(self, vals):
        """Let people choose lines and quantities only while the run is prepared; totals and claims follow."""
        chosen = {"selected", "quantity"} & vals.keys() and not self._is_engine()
        if not chosen:
            return super().write(vals)
        if self.filtered(lambda line: not line.group_id):
            raise UserError(
                self.env._("What is not proposed cannot be chosen. Remove the cause and prepare the run again.")
            )
        self.run_id._check_can_choose()
        if "quantity" in vals and self.order_line_id.filtered(lambda line: line._is_dependent()):
            raise UserError(
                self.env._(
                    "What is billed of a discount, a charge or a down payment follows from the other lines of its "
                    "order. Change their quantities, or deselect the line to bill it later."
                )
            )
        result = super().write(vals)
        self.filtered(
            lambda line: line.order_line_id and line.selected and float_is_zero(line.quantity, precision_digits=6)
        )._write_as_engine({"selected": False})
        self.group_id._update_deductions()
        self.run_id._update_totals()
        self.run_id._update_claims()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_run(self):
        """Nobody deletes what was found to bill; only the autovacuum drops what a run left out (``R7``)."""
        if self and not self.env.su:
            raise UserError(
                self.env._("A line of a billing run cannot be deleted. Deselect it to leave it for a later run.")
            )

    # === ACTIONS ===#

    def action_select(self):
        """Take the lines into the run again."""
        return self.write({"selected": True})

    def action_deselect(self):
        """Leave the lines for a later run."""
        return self.write({"selected": False})

    # === BUSINESS METHODS ===#

    def _get_amounts_to_invoice(self):
        """Return what an invoice over these lines amounts to, with what is chosen here.

        :rtype: AmountsToInvoice
        """
        values = {line.order_line_id.id: line._get_values() for line in self}
        values = {line_id: billed for line_id, billed in values.items() if billed}
        return self.order_line_id.browse(values)._get_amounts_to_invoice(
            values=values, cash_rounding=self.run_id.cash_rounding_id
        )

    @api.model
    def _get_frozen_values(self, order_line, is_open):
        """Return what the proposal relies on (``R2``), as plain values.

        :param sale.order.line order_line: the proposed line
        :param float is_open: how much of it is due at the cutoff date
        :rtype: dict
        """
        return {
            "price_unit": order_line.price_unit,
            "discount": order_line.discount,
            "tax_ids": sorted(order_line.tax_ids._ids),
            "product_id": order_line.product_id.id,
            "open": is_open,
        }

    def _get_values(self):
        """Return what is billed of the order line: values of the invoice line; nothing when it waits.

        :rtype: dict
        """
        self.ensure_one()
        if float_is_zero(self.quantity, precision_digits=6):
            return {}
        return {**((self.frozen_values or {}).get("values") or {}), "quantity": self.quantity}

    def _get_change(self, is_open):
        """Say what changed on the order line since the run was prepared (``R2``).

        :param float is_open: how much of it is due at the cutoff date now, or was until this run billed a part of it
        :return: a reason, empty when nothing changed
        :rtype: str
        """
        self.ensure_one()
        order_line = self.order_line_id
        if order_line.order_id.state != "sale":
            return self.env._("the order was cancelled")
        frozen, now = self.frozen_values, self._get_frozen_values(order_line, is_open)
        if float_is_zero(now["open"], precision_digits=6) and not float_is_zero(frozen["open"], precision_digits=6):
            return self.env._("invoiced meanwhile")
        changes = {
            "open": self.env._("quantity to invoice"),
            "price_unit": self.env._("price"),
            "discount": self.env._("discount"),
        }
        for name, label in changes.items():
            if float_compare(now[name], frozen[name], precision_digits=6):
                return self.env._(
                    "%(what)s changed from %(before)s to %(after)s",
                    what=label,
                    before=frozen[name],
                    after=now[name],
                )
        if now["tax_ids"] != frozen["tax_ids"]:
            return self.env._("taxes changed")
        if now["product_id"] != frozen["product_id"]:
            return self.env._("product changed")
        return ""
