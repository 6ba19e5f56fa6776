from itertools import product

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

GC_BATCH_SIZE = 10000  # lines that are dropped in one transaction


class ConsolidatedBillingRun(models.Model):
    """What happens without a person: scheduled runs, and dropping what nobody needs any more."""

    _inherit = "consolidated.billing.run"

    @api.model
    def _cron_prepare_due(self):
        """Prepare one run for each company, kind and treatment with something due; empty ones are dropped again.

        A run is empty, too, when all that it found was credited by hand: it would wait for a person for ever.

        Orders are invoiced before posted entries are consolidated. A company that generates on schedule starts its
        runs at once. Commits after each run. What cannot be prepared stays as a draft that says why, and does not stop
        the others.
        """
        companies = self.env["res.company"].search([("active", "=", True)])
        treatments = list(product(companies, self._fields["kind"].get_values(self.env), (True, False)))
        self.env["ir.cron"]._commit_progress(remaining=len(treatments))
        for company, kind, by_grouping_account in treatments:
            self._at_home_of(company)._prepare_due(company, by_grouping_account, kind)
            self.env["ir.cron"]._commit_progress(1)

    @api.model
    def _at_home_of(self, company):
        """Return the model as it is used where a company is: its language, and the day that it is there now.

        :param res.company company: its address (a contact) has a time zone and a language, else those of the user count
        """
        user, address = self.env.user, company.partner_id
        return self.with_company(company).with_context(
            tz=address.tz or user.tz or "UTC", lang=address.lang or user.lang or "en_US"
        )

    @api.model
    def _prepare_due(self, company, by_grouping_account, kind="invoice", cutoff_date=None):
        """Prepare a run for what is due, unless an open run of the same treatment waits for a person.

        :param res.company company: the company that bills
        :param bool by_grouping_account: the treatment
        :param str kind: what the run makes
        :param date cutoff_date: what is due on this day, whatever waits of other days; by default what is due today
        :return: the run (empty when there is nothing to do)
        :rtype: consolidated.billing.run
        """
        treatment = {"company_id": company.id, "kind": kind, "by_grouping_account": by_grouping_account}
        if cutoff_date:
            treatment["cutoff_date"] = cutoff_date
        domain = [(name, "=", value) for name, value in treatment.items()]
        if self.search_count([*domain, ("state", "=", "prepared")], limit=1):
            return self.browse()
        today = fields.Date.context_today(self)
        dates = {"cutoff_date": cutoff_date or today, "invoice_date": today}
        # the one that could not be prepared last time
        run = self.search([*domain, ("state", "=", "draft"), ("user_id", "=", self.env.uid)], limit=1)
        run.write(dates)
        run = run or self.create({**treatment, **dates})
        if not run._try_to_prepare():
            return run
        if not run._get_chosen_count():
            run.unlink()
            return self.browse()
        if company.billing_run_generate:
            run.action_generate()
        return run

    def _try_to_prepare(self):
        """Prepare the run; when that is refused, say so in its chatter.

        :rtype: bool
        """
        try:
            with self.env.cr.savepoint():
                self.action_prepare()
        except UserError as error:
            self._message_log(body=self.env._("This run could not be prepared on schedule: %(error)s", error=error))
            return False
        return True

    @api.autovacuum
    def _gc_lines(self):
        """Drop what was not billed by runs that ended 30 days ago or earlier; what was billed stays (``R7``).

        :return: how many lines were dropped, and whether more are left
        :rtype: tuple[int, bool]
        """
        limit = fields.Datetime.subtract(fields.Datetime.now(), days=30)
        ended = Domain("run_id.write_date", "<", limit)
        # people may not delete a part of a run that billed something
        Line = self.env["consolidated.billing.run.line"].sudo()
        Group = self.env["consolidated.billing.run.group"].sudo()
        lines = Line.search(
            ended
            & Domain("is_billed", "=", False)
            & Domain("group_id", "not any", Domain("is_reversed", "=", True))
            & (
                Domain("run_id.state", "=", "cancelled")
                | (Domain("run_id.state", "=", "done") & Domain("group_id", "=", False))
            ),
            limit=GC_BATCH_SIZE,
        )
        lines.unlink()
        groups = Group.search(
            ended
            & Domain("run_id.state", "=", "cancelled")
            & Domain("line_ids", "=", False)
            & Domain("move_id", "=", False)
            & Domain("is_reversed", "=", False),
            limit=GC_BATCH_SIZE,
        )
        groups.unlink()
        return len(lines), GC_BATCH_SIZE in (len(lines), len(groups))
