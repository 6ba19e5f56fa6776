from itertools import product

from odoo import api, fields, models
from odoo.fields import Domain


class ConsolidatedBillingRun(models.Model):
    """What happens without a person: scheduled runs, and dropping what nobody needs any more."""

    _inherit = "consolidated.billing.run"

    @api.model
    def _cron_prepare_due(self):
        """Prepare one run for each company, kind and treatment with something due; empty ones are dropped again.

        Orders are invoiced before posted entries are consolidated. A company that generates on schedule starts its
        runs at once. Commits after each run.
        """
        companies = self.env["res.company"].search([("active", "=", True)])
        treatments = list(product(companies, self._fields["kind"].get_values(self.env), (True, False)))
        self.env["ir.cron"]._commit_progress(remaining=len(treatments))
        for company, kind, by_grouping_account in treatments:
            self.with_company(company)._prepare_due(company, by_grouping_account, kind)
            self.env["ir.cron"]._commit_progress(1)

    @api.model
    def _prepare_due(self, company, by_grouping_account, kind="invoice"):
        """Prepare a run for what is due today, unless an open run of the same treatment waits for a person.

        :param res.company company: the company that bills
        :param bool by_grouping_account: the treatment
        :param str kind: what the run makes; consolidated billing invoices are due for customers whose billing cycle
            falls on today
        :return: the run (empty when there is nothing to do)
        :rtype: consolidated.billing.run
        """
        waiting = self.search_count(
            [
                ("company_id", "=", company.id),
                ("by_grouping_account", "=", by_grouping_account),
                ("kind", "=", kind),
                ("state", "=", "prepared"),
            ],
            limit=1,
        )
        if waiting:
            return self.browse()
        today = fields.Date.context_today(self)
        run = self.create(
            {
                "company_id": company.id,
                "kind": kind,
                "by_grouping_account": by_grouping_account,
                "cutoff_date": today,
                "invoice_date": today,
            }
        )
        run.action_prepare()
        if not run.proposed_count:
            run.unlink()
            return self.browse()
        if company.billing_run_generate:
            run.action_generate()
        return run

    @api.autovacuum
    def _gc_lines(self):
        """Drop what was not billed by runs that ended 30 days ago or earlier; what was billed stays (``R7``)."""
        limit = fields.Datetime.subtract(fields.Datetime.now(), days=30)
        ended = Domain("run_id.write_date", "<", limit)
        # people may not delete a part of a run that billed something
        Line = self.env["consolidated.billing.run.line"].sudo()
        Group = self.env["consolidated.billing.run.group"].sudo()
        Line.search(
            ended
            & Domain("is_billed", "=", False)
            & Domain("group_id", "not any", Domain("is_reversed", "=", True))
            & (
                Domain("run_id.state", "=", "cancelled")
                | (Domain("run_id.state", "=", "done") & Domain("group_id", "=", False))
            )
        ).unlink()
        Group.search(
            ended
            & Domain("run_id.state", "=", "cancelled")
            & Domain("line_ids", "=", False)
            & Domain("move_id", "=", False)
            & Domain("is_reversed", "=", False)
        ).unlink()
