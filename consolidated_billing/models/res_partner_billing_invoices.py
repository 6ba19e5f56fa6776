from odoo import fields, models


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
        counts = {}
        Billing = self.env["consolidated.billing.invoice"]
        if Billing.has_access("read"):
            rows = Billing._read_group(
                [("commercial_partner_id", "in", self._get_billed_accounts().ids), ("state", "!=", "cancelled")],
                ["commercial_partner_id"],
                ["__count"],
            )
            counts = {partner.id: count for partner, count in rows}
        for partner in self:
            partner.consolidated_billing_count = sum(counts.get(pid, 0) for pid in partner._get_billed_accounts().ids)

    def _get_billed_accounts(self):
        """Return the accounts that receive, or received, consolidated billing invoices over these partners' entries.

        :rtype: res.partner
        """
        accounts = self.commercial_partner_id
        return accounts | accounts.grouping_partner_id

    def action_view_consolidated_billing_invoices(self):
        """Open the consolidated billing invoices of this account, or of the grouping account that is billed for it."""
        action = self.env["ir.actions.actions"]._for_xml_id("consolidated_billing.consolidated_billing_invoice_action")
        return {**action, "domain": [("commercial_partner_id", "in", self._get_billed_accounts().ids)], "context": {}}
