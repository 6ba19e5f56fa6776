from odoo import fields, models
from odoo.tools import SQL


class AccountMove(models.Model):
    """Invoices that bill again what was credited by hand (``R11``)."""

    _inherit = "account.move"

    def _note_billed_again(self, not_credited):
        """Note at each line of new invoices how much of a quantity that was credited by hand it bills again.

        :param dict[int, float] not_credited: what could be billed that was never credited, by order line id
        """
        rest = dict(not_credited)
        # who invoices orders need not see the invoices
        for item in self.sudo().invoice_line_ids:
            line = item.sale_line_ids.filtered(lambda sol: sol.id in rest)[:1]
            if line:
                billed = abs(item.product_uom_id._compute_quantity(item.quantity, line.product_uom_id))
                again = max(0.0, billed - rest[line.id])
                rest[line.id] = max(0.0, rest[line.id] - billed)
                item._write_billed_again(line.product_uom_id._compute_quantity(again, item.product_uom_id))


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    billed_again_quantity = fields.Float(
        digits="Product Unit",
        readonly=True,
        copy=False,
        help="How much of the quantity was billed before and credited by hand: this line bills it again.",
    )

    def _write_billed_again(self, quantity):
        """Note what this line bills again. Nobody else can: it decides what later billing runs propose.

        :param float quantity: in the unit of this line
        """
        self.ensure_one()
        self.env.cr.execute(
            SQL("UPDATE account_move_line SET billed_again_quantity = %s WHERE id = %s", quantity, self.id)
        )
        self.invalidate_recordset(["billed_again_quantity"], flush=False)

    def _get_engine_refusal(self, names):
        """Extend: an item bills nothing again by saying so."""
        if "billed_again_quantity" not in names:
            return super()._get_engine_refusal(names)
        return self.env._(
            "What an invoice bills again is noted when it is created from the order. Create it from there."
        )
