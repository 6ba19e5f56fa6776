from odoo import models


class ConsolidatedBillingRun(models.Model):
    _inherit = "consolidated.billing.run"

    def _bill_batch(self, groups):
        """Extend: invoices are linked with the hours up to the cutoff date; `sale_timesheet` reads the context."""
        return super()._bill_batch(groups.with_context(timesheet_end_date=self.cutoff_date))
