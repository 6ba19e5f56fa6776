from odoo import models


class AccountMoveReversal(models.TransientModel):
    _inherit = "account.move.reversal"

    def reverse_moves(self, is_modify=False):
        """Override of `account`: the invoice that replaces a credited one bills the same again (``R11``)."""
        action = super().reverse_moves(is_modify)
        if is_modify:
            lines = self.new_move_ids.invoice_line_ids.sale_line_ids
            self.new_move_ids._note_billed_again(dict.fromkeys(lines.ids, 0.0))
        return action
