from odoo import api, fields, models
from odoo.exceptions import UserError
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

    # === CRUD METHODS ===#

    @api.model
    def default_get(self, fields):
        """Override of `account`: what was billed again has no default, whatever the context says."""
        return super().default_get([name for name in fields if name != "billed_again_quantity"])

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `account` to refuse what the engine alone notes."""
        if any("billed_again_quantity" in vals for vals in vals_list):
            self._refuse_billed_again()
        return super().create(vals_list)

    def write(self, vals):
        """Override of `account` to refuse what the engine alone notes."""
        if "billed_again_quantity" in vals:
            self._refuse_billed_again()
        return super().write(vals)

    @api.model
    def _refuse_billed_again(self):
        raise UserError(
            self.env._("What an invoice bills again is noted when it is created from the order. Create it from there.")
        )
