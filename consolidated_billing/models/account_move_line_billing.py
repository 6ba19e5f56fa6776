from odoo import api, fields, models

# What a journal item of a billed entry is: nobody may change it while a consolidated billing invoice shows it.
BILLED_ITEM_FIELDS = {
    "account_id",
    "amount_currency",
    "amount_residual",
    "amount_residual_currency",
    "balance",
    "credit",
    "company_id",
    "currency_id",
    "date",
    "debit",
    "discount",
    "display_type",
    "move_id",
    "move_name",
    "name",
    "parent_state",
    "partner_id",
    "payment_id",
    "price_subtotal",
    "price_total",
    "price_unit",
    "product_id",
    "product_uom_id",
    "quantity",
    "reconciled",
    "statement_line_id",
    "tax_ids",
}


class AccountMoveLine(models.Model):
    """Journal items of billed entries, and their protection (``C5``)."""

    _name = "account.move.line"
    _inherit = ["consolidated.billing.engine", "account.move.line", "consolidated.billing.number.mixin"]

    consolidated_billing_line_id = fields.Many2one(
        "consolidated.billing.invoice.line",
        string="Billed As",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The entry of a consolidated billing invoice that bills this journal item: one at most.",
    )
    billing_number = fields.Char(
        related="consolidated_billing_line_id.billing_id.name",
        string="Billing Number",
        help="The number of the consolidated billing invoice that bills this journal item.",
    )

    # What is not billed yet is few, however long the history of a customer is.
    _unbilled_index = models.Index(
        "(account_id, partner_id) WHERE consolidated_billing_line_id IS NULL AND parent_state = 'posted'"
        " AND payment_id IS NULL AND statement_line_id IS NULL"
    )

    # === CRUD METHODS ===#

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `account` to protect billed entries: nothing is added to them (``C5``)."""
        move_ids = {vals.get("move_id") for vals in vals_list}
        if not all(move_ids):
            move_ids.add(self.default_get(["move_id"]).get("move_id"))
        moves = self.env["account.move"].browse(filter(None, move_ids))
        moves._check_not_billed(set())
        return super().create(vals_list)

    def write(self, vals):
        """Override of `account` to protect billed entries (``C5``)."""
        names = vals.keys() & BILLED_ITEM_FIELDS
        if names:
            self.filtered(lambda item: item._will_change_what_is_billed(names, vals)).move_id._check_not_billed(set())
        return super().write(vals)

    def _get_engine_refusal(self, names):
        """Extend: an item is not billed by saying so."""
        if "consolidated_billing_line_id" not in names:
            return super()._get_engine_refusal(names)
        return self.env["account.move"]._get_typed_billing_refusal()

    def _will_change_what_is_billed(self, names, vals):
        """Return whether new values change what a document shows of this journal item of a posted entry.

        The description matters for what was sold: the format with details shows it.
        """
        if self.move_id.state != "posted":
            return False
        shown = names if self.display_type == "product" else names - {"name"}
        return any(self.env["account.move"]._field_will_change(self, vals, name) for name in shown)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_billed(self):
        """Also when the whole entry is deleted: `account` deletes its journal items first."""
        self.move_id._check_not_billed(set())
