from odoo import api, fields, models
from odoo.tools import float_round


class ConsolidatedBillingCollect(models.TransientModel):
    """Say which lines were billed before and credited by hand, and leave them to the user (``R11``)."""

    _inherit = "consolidated.billing.collect"

    credited_note = fields.Text(
        string="Credited",
        compute="_compute_credited_note",
        help="Which orders were billed before, wholly or in part, and credited by hand.",
    )

    @api.depends("line_ids.credited_by")
    def _compute_credited_note(self):
        for wizard in self:
            notes = {}
            for line in wizard.line_ids.filtered("credited_by"):
                notes.setdefault(line.order_id.name, {})[line.credited_by] = True
            get_reason = self.env["sale.order.line"]._get_credited_reason
            wizard.credited_note = "\n".join(f"{order}: {get_reason(', '.join(by))}" for order, by in notes.items())

    def _prepare_lines(self):
        """Extend: what was credited is switched off, or only the rest of a line is chosen."""
        rows = super()._prepare_lines()
        lines = self.env["sale.order.line"].browse([row["order_line_id"] for row in rows])
        quantities = {row["order_line_id"]: row["quantity_open"] for row in rows}
        credited = lines._get_credited_by_hand(quantities)
        for row in rows:
            part = credited.get(row["order_line_id"])
            if part:
                rest = float_round(row["quantity_open"] - part.quantity, precision_digits=6)
                row["credited_by"] = part.by
                row["selected"] = bool(rest)
                row["quantity"] = min(row["quantity"], rest) if rest else row["quantity"]
        return rows


class ConsolidatedBillingCollectLine(models.TransientModel):
    _inherit = "consolidated.billing.collect.line"

    credited_by = fields.Char(
        readonly=True,
        help="The credit notes by which the line, or a part of it, was credited by hand after it had been billed.",
    )
