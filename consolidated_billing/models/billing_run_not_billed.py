from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, float_compare


class ConsolidatedBillingRunLine(models.Model):
    """What a run does not bill: not proposed, switched off, or a part of the quantity (``R1``, ``R7``).

    These amounts add up to what the run calls *Not Proposed*: on the screen, in the invoice list and the spreadsheet.
    """

    _inherit = "consolidated.billing.run.line"

    is_left = fields.Boolean(
        string="Not Billed",
        compute="_compute_left",
        search="_search_is_left",
        help="The run does not bill this line, or not all of it.",
    )
    quantity_left = fields.Float(
        string="Left Quantity",
        digits="Product Unit",
        compute="_compute_left",
        help="The quantity that could be billed, and is not billed by this run.",
    )
    amount_left = fields.Monetary(
        string="Left Amount",
        compute="_compute_left",
        help="What could be billed, and is not billed by this run; order lines without taxes.",
    )
    left_reason = fields.Char(
        string="Why Not Billed",
        compute="_compute_left_reason",
        help="Why the line is not billed, or not all of it.",
    )

    # === COMPUTE METHODS ===#

    def _is_proposed(self):
        """Return whether the run proposes this line, or billed it: as in the totals of the run.

        :rtype: bool
        """
        self.ensure_one()
        group = self.group_id
        return bool(self.selected and (group.selected or group.is_reversed))

    @api.depends(
        "amount_open",
        "amount_untaxed",
        "group_id.is_reversed",
        "group_id.selected",
        "order_line_id",
        "quantity",
        "quantity_open",
        "selected",
    )
    def _compute_left(self):
        for line in self:
            quantity, amount = line.quantity_open, line.amount_open
            if line._is_proposed():
                is_order_line = bool(line.order_line_id)
                quantity = quantity - line.quantity if is_order_line else 0.0
                amount = amount - line.amount_untaxed if is_order_line else 0.0
            line.quantity_left = quantity
            line.amount_left = line.currency_id.round(amount)
            line.is_left = not line._is_proposed() or bool(
                float_compare(quantity, 0.0, precision_digits=6) or line.amount_left
            )

    def _search_is_left(self, operator, value):
        if operator != "in":
            return NotImplemented
        wanted = bool(set(value) & {True})
        return Domain.custom(to_sql=lambda model, alias, query: self._get_left_condition(alias, wanted))

    @api.model
    def _get_left_condition(self, alias, wanted):
        """Return which lines are not billed, or not wholly.

        :param str alias: of the table of lines
        :param bool wanted: whether these lines are asked for, or all others
        :rtype: SQL
        """
        return SQL(
            """
            (%(line)s.selected IS NOT TRUE
             OR NOT EXISTS (SELECT FROM consolidated_billing_run_group AS grp
                             WHERE grp.id = %(line)s.group_id AND (grp.selected OR grp.is_reversed))
             OR %(line)s.order_line_id IS NOT NULL
                AND (%(line)s.quantity != %(line)s.quantity_open OR %(line)s.amount_untaxed != %(line)s.amount_open)
            ) = %(wanted)s
            """,
            line=SQL.identifier(alias),
            wanted=wanted,
        )

    @api.depends("credited_by", "group_id.is_reversed", "group_id.selected", "is_left", "selected", "skip_reason")
    def _compute_left_reason(self):
        for line in self:
            line.left_reason = line._get_left_reason()

    def _is_lowered(self):
        """Return whether only a part of the quantity is to be billed.

        :rtype: bool
        """
        self.ensure_one()
        return bool(float_compare(self.quantity, self.quantity_open, precision_digits=6))

    def _get_left_reason(self):
        """Return why this line is not billed, or not all of it; empty when it is.

        :rtype: str
        """
        self.ensure_one()
        group = self.group_id
        is_rest = self.is_left and group.is_reversed  # what was billed of it says "reversed"
        if not self.is_left or self.skip_reason and not is_rest:
            return self.skip_reason or ""
        if not group.selected and not group.is_reversed:
            return self.env._("the document is switched off")
        if not self.selected:
            return self.env._("switched off")
        if self.order_line_id._is_dependent():
            return self.env._("it follows the other lines of its order")
        if self.credited_by:
            return self.order_line_id._get_credited_reason(self.credited_by)
        if not self._is_lowered():
            return self.env._("rounding")
        return self.env._("%(quantity)s of %(open)s are billed", quantity=self.quantity, open=self.quantity_open)
