from datetime import timedelta

from odoo import api, fields, models

LONGEST_GAP = 31  # days that are made up for after the scheduled action stood still


class ConsolidatedBillingRun(models.Model):
    """Scheduled runs of kind ``consolidate``: one for each cutoff date of a billing profile."""

    _inherit = "consolidated.billing.run"

    @api.model
    def _prepare_due(self, company, by_grouping_account, kind="invoice", cutoff_date=None):
        """Extend: prepare a run for each cutoff date since the scheduled action ran last, also if the server was down.

        :return: the runs
        """
        if kind != "consolidate" or cutoff_date:
            return super()._prepare_due(company, by_grouping_account, kind, cutoff_date)
        runs = self.browse()
        for day in self._get_days_since_last_time():
            if self._is_cutoff_date_of_profiles(company, day):
                runs |= super()._prepare_due(company, by_grouping_account, kind, day)
        return runs

    @api.model
    def _get_days_since_last_time(self):
        """Return the days since the scheduled action ran last, today included.

        :rtype: list[date]
        """
        today = fields.Date.context_today(self)
        # who bills need not see scheduled actions
        last = self.env.ref("consolidated_billing.ir_cron_prepare_billing_runs").sudo().lastcall
        gap = (today - fields.Datetime.context_timestamp(self, last).date()).days if last else 1
        return [today - timedelta(days=days) for days in reversed(range(max(1, min(gap, LONGEST_GAP))))]

    @api.model
    def _is_cutoff_date_of_profiles(self, company, day):
        """Return whether the billing cycle of a profile for consolidated billing falls on a day (``C1``).

        :rtype: bool
        """
        Profile = self.env["consolidated.billing.profile"]
        profiles = Profile.search([("consolidated_billing", "=", True), *Profile._check_company_domain(company)])
        return any(profile._is_cutoff_date(day) for profile in profiles)
