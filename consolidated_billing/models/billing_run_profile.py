from odoo import models
from odoo.fields import Domain

from ..tools.engine_context import give


class ConsolidatedBillingRun(models.Model):
    """Billing profiles in runs over orders: which customers, and what their merge keys compare (``K4``, ``I4``)."""

    _inherit = "consolidated.billing.run"

    def _get_candidate_domain(self):
        """Extend: only orders whose bill-to has one of the chosen profiles."""
        domain = super()._get_candidate_domain()
        if not self.profile_ids:
            return domain
        # profiles are each company's own
        partners = self.env["res.partner"].with_company(self.company_id).with_context(active_test=False)
        payers = partners._search(partners._get_billing_profile_domain(self.profile_ids), bypass_access=True)
        return domain & Domain("partner_invoice_id", "in", payers)

    def _get_merge_context(self):
        """Return the context in which the merge keys of this run are computed, now and when they are checked again.

        :rtype: dict
        """
        self.ensure_one()
        return give(
            billing_invoice_date=self.invoice_date,
            billing_cutoff_date=self.cutoff_date,
            billing_separate_credits=self.deduct_down_payments,
        )
