from odoo import models


class AccountMoveReversal(models.TransientModel):
    _inherit = "account.move.reversal"

    def reverse_moves(self, is_modify=False):
        """Override of `account` to let the corrected invoice belong to the grouping account as well."""
        engine = self.env["consolidated.billing.engine"]._as_engine()
        return super(AccountMoveReversal, self.with_env(engine.env)).reverse_moves(is_modify=is_modify)

    def _modify_default_reverse_values(self, origin_move):
        """Override of `account`: the corrected invoice bills the same orders."""
        values = super()._modify_default_reverse_values(origin_move)
        return {**values, **origin_move._get_billing_description()}
