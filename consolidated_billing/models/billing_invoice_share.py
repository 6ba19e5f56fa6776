from typing import NamedTuple

from odoo import api, fields, models
from odoo.fields import Domain


class BillingShare(NamedTuple):
    """What a member of a grouping account sees of a document that its grouping account receives.

    :param number: the billing number
    :param date: the date of the document
    :param account: who receives it
    :param total: what the member's own entries add up to, in the currency of the document
    :param lines: the member's own entries
    """

    number: str
    date: str
    account: str
    total: float
    lines: models.Model


class ConsolidatedBillingInvoiceLine(models.Model):
    """A member's own entries on the documents of its grouping account, for the portal."""

    _inherit = "consolidated.billing.invoice.line"

    profile_id = fields.Many2one(groups="base.group_user")

    @api.model
    def _get_share_domain(self, partner):
        """Return which entries are a customer's share of documents that somebody else receives.

        :param res.partner partner: the customer, or one of its contacts
        :rtype: Domain
        """
        account = partner.commercial_partner_id.id
        return (
            Domain("state", "=", "final")
            & Domain("partner_id", "child_of", account)
            & ~Domain("account_partner_id", "child_of", account)
        )

    @api.model
    def _count_shared_documents(self, partner):
        """Return on how many final documents of others a customer has entries.

        :rtype: int
        """
        return self._read_group(self._get_share_domain(partner), [], ["billing_id:count_distinct"])[0][0]

    @api.model
    def _get_shares(self, partner, limit=None, offset=0):
        """Return a customer's share of the documents that its grouping account receives, the latest first.

        :param res.partner partner: the customer, or one of its contacts
        :param int limit: how many documents at most
        :rtype: list[BillingShare]
        """
        rows = self._read_group(
            self._get_share_domain(partner),
            ["billing_id"],
            ["id:recordset", "amount_total:sum", "invoice_date:max"],
            order="invoice_date:max DESC, billing_id:max DESC",
            limit=limit,
            offset=offset,
        )
        return [
            # a member may not read the document: its number and whose it is are all that is taken from it
            BillingShare(
                billing.sudo().name,
                day,
                billing.sudo().commercial_partner_id.name,
                lines.currency_id.round(total),
                lines.sorted(lambda line: (line.date, line.id)),
            )
            for billing, lines, total, day in rows
        ]

    def _get_portal_url(self):
        """Return the address of the invoice of this entry, where the user may read it.

        :rtype: str
        """
        move = self.move_id
        if move and move.has_access("read") and move.is_sale_document():
            return f"/my/invoices/{move.id}"
        return ""
