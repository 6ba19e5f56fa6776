from odoo import models
from odoo.exceptions import UserError


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _merge(self, partner_ids, dst_partner=None, extra_checks=True):
        """Override of `base` to refuse merging a grouping account in use into another contact (``G2``).

        Core moves foreign keys in SQL, without constraints: members would silently point to somebody else.
        """
        partners, billings = self.env["res.partner"].browse(partner_ids).exists(), []
        if len(partners) > 1:
            kept = (
                dst_partner if dst_partner and dst_partner in partners else self._get_ordered_partner(partners.ids)[-1]
            )
            merged_away = partners - kept
            for account, members in merged_away._get_grouped_partners_by_account().items():
                raise UserError(account._get_grouping_account_in_use_message(members))
            # A mark that nobody uses would make the kept contact point to one that is about to be deleted.
            merged_away.filtered("is_grouping_account").grouping_partner_id = False
            billings = self._get_billings_by_account(merged_away)
        result = super()._merge(partner_ids, dst_partner=dst_partner, extra_checks=extra_checks)
        for documents in billings:
            documents._end_chains()
        return result

    def _get_billings_by_account(self, accounts):
        """Return the consolidated billing invoices of each of these accounts.

        :rtype: list[consolidated.billing.invoice]
        """
        # who merges contacts need not see their documents: they are noted to be of another account
        rows = (
            self.env["consolidated.billing.invoice"]
            .sudo()
            ._read_group([("commercial_partner_id", "in", accounts.ids)], ["commercial_partner_id"], ["id:recordset"])
        )
        return [documents for _account, documents in rows]
