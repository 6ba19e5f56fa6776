from odoo import models

from ..tools.printed_pages import keep_together


class IrActionsReport(models.Model):
    """Printed documents."""

    _inherit = "ir.actions.report"

    def _prepare_html(self, html, report_model=False):
        """Override of `base` to keep on one page what belongs together on grouped invoices."""
        return super()._prepare_html(keep_together(html), report_model=report_model)
