from collections import Counter

from odoo import fields, models
from odoo.fields import Domain

from .account_move_billing import ACCOUNT_MOVES


class ResPartner(models.Model):
    """The consolidated billing invoices of a customer: those of the account that is billed for it."""

    _inherit = "res.partner"

    consolidated_billing_count = fields.Integer(
        string="Consolidated Billing Invoices",
        compute="_compute_consolidated_billing_count",
        help="How many consolidated billing invoices this account, or the grouping account that is billed for it, "
        "received.",
    )

    def _compute_consolidated_billing_count(self):
        counts = Counter()
        Billing = self.env["consolidated.billing.invoice"]
        if Billing.has_access("read"):
            rows = Billing._read_group(
                self._get_billing_domain() & Domain("state", "!=", "cancelled"), ["commercial_partner_id"], ["__count"]
            )
            for account, count in rows:
                counts[account.commercial_partner_id.id] += count
        for partner in self:
            partner.consolidated_billing_count = sum(counts[pid] for pid in partner._get_billed_accounts().ids)

    # === CRUD METHODS ===#

    def write(self, vals):
        """Override of `account` to let paid documents not hinder an account in becoming a contact of another one.

        The entries of an account follow it. Those of documents on which something is open cannot.
        """
        if "parent_id" not in vals:
            return super().write(vals)
        return super(ResPartner, self.with_context(billed_account_moves=ACCOUNT_MOVES)).write(vals)

    # === BUSINESS METHODS ===#

    def _get_billed_accounts(self):
        """Return the accounts that receive, or received, consolidated billing invoices over these partners' entries.

        :rtype: res.partner
        """
        accounts = self.commercial_partner_id
        return accounts | accounts.grouping_partner_id

    def _get_billing_domain(self):
        """Return which documents are these partners': also those of an account that became a contact since.

        :rtype: Domain
        """
        return Domain("commercial_partner_id.commercial_partner_id", "in", self._get_billed_accounts().ids)

    def action_view_consolidated_billing_invoices(self):
        """Open the consolidated billing invoices of this account, or of the grouping account that is billed for it."""
        action = self.env["ir.actions.actions"]._for_xml_id("consolidated_billing.consolidated_billing_invoice_action")
        return {**action, "domain": list(self._get_billing_domain()), "context": {}}
