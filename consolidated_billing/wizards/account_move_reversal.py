from odoo import models


class AccountMoveReversal(models.TransientModel):
    _inherit = "account.move.reversal"

    def reverse_moves(self, is_modify=False):
        """Override of `account` for the invoice that replaces a credited one.

        It belongs to the grouping account as well, and bills the same again (``R11``).
        """
        engine = self.env["consolidated.billing.engine"]._as_engine()
        action = super(AccountMoveReversal, self.with_env(engine.env)).reverse_moves(is_modify=is_modify)
        if is_modify:
            lines = self.new_move_ids.invoice_line_ids.sale_line_ids
            self.new_move_ids._note_billed_again(dict.fromkeys(lines.ids, 0.0))
        return action

    def _modify_default_reverse_values(self, origin_move):
        """Override of `account`: the corrected invoice bills the same orders."""
        values = super()._modify_default_reverse_values(origin_move)
        return {**values, **origin_move._get_billing_description()}
