from unittest.mock import patch

from odoo.tests import freeze_time, tagged

from .cbi_common import CbiCommon


@tagged("post_install", "-at_install")
class TestCbiSchedule(CbiCommon):
    """Scheduled runs of kind ``consolidate``: one for each company and treatment with something due."""

    def _run_cron(self, day):
        """Run the scheduled action on a day; return the runs of kind ``consolidate`` that it made."""
        Run = self.env["consolidated.billing.run"]
        before = Run.search([])
        with freeze_time(day), patch.object(self.env.registry["ir.cron"], "_commit_progress", lambda *a, **kw: 9.0):
            Run.with_user(self.env.ref("base.user_root"))._cron_prepare_due()
        return (Run.search([]) - before).filtered(lambda run: run.kind == "consolidate")

    def test_customers_whose_cycle_falls_on_today_get_a_run(self):
        invoice = self._post()
        late = self._create_account("Mid", billing_profile_id=self._create_profile("Mid", cycle_days="15").id)
        self._post(late)
        run = self._run_cron("2026-03-31")
        self.assertRecordValues(
            run, [{"state": "prepared", "company_id": self.company.id, "by_grouping_account": False}]
        )
        self.assertEqual(str(run.cutoff_date), "2026-03-31")
        self.assertEqual(self._get_entries(run), invoice)

    def test_on_other_days_nothing_is_prepared(self):
        self._post()
        self.assertFalse(self._run_cron("2026-03-30"))

    def test_each_treatment_has_its_own_run(self):
        self._group_members()
        alone, grouped = self._post(), self._post(self.account_12346)
        runs = self._run_cron("2026-03-31")
        self.assertEqual(
            {run.by_grouping_account: self._get_entries(run) for run in runs}, {False: alone, True: grouped}
        )

    def test_a_run_over_orders_that_waits_does_not_stop_the_other_kind(self):
        self._create_order(self.acme)
        with freeze_time("2026-03-30"):
            self.env["consolidated.billing.run"].create({}).action_prepare()
        self._post()
        self.assertEqual(len(self._run_cron("2026-03-31")), 1)

    def test_a_run_that_waits_for_a_person_is_not_prepared_twice(self):
        self._post()
        self.assertTrue(self._run_cron("2026-03-31"))
        self.assertFalse(self._run_cron("2026-03-31"))

    def test_documents_are_made_at_once_where_the_company_says_so_and_stay_drafts(self):
        self.company.billing_run_generate = True
        self._post()
        run = self._run_cron("2026-03-31")
        self.assertEqual(run.state, "generating")
        run._process_groups()
        run.invalidate_recordset()
        self.assertEqual(run.consolidated_billing_ids.state, "draft")

    def test_each_company_has_its_own_run(self):
        other = self.setup_other_company()
        company = other["company"]
        self.acme.with_company(company).billing_profile_id = self.profile
        for data in (self.company_data, other):
            self.env["account.move"].with_company(data["company"]).create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.acme.id,
                    "invoice_date": "2026-03-10",
                    "journal_id": data["default_journal_sale"].id,
                    "invoice_line_ids": [(0, 0, {"name": "X", "price_unit": 10.0, "tax_ids": False})],
                }
            ).action_post()
        runs = self._run_cron("2026-03-31")
        self.assertEqual(runs.company_id, self.company + company)
        self.assertEqual(runs.mapped("amount_proposed"), [10.0, 10.0])

    def test_a_run_that_waits_does_not_let_the_next_cutoff_date_pass(self):
        self.profile.cycle_days = "15,31"
        self._post()
        waiting = self._run_cron("2026-03-31")
        later = self._post(date="2026-04-10")
        run = self._run_cron("2026-04-15")
        self.assertEqual(self._get_entries(run), later)
        self.assertEqual(waiting.state, "prepared")

    def test_a_cutoff_date_on_which_the_server_was_down_is_made_up_for(self):
        invoice = self._post()
        self._post(date="2026-04-01")
        self.env.ref("consolidated_billing.ir_cron_prepare_billing_runs").lastcall = "2026-03-30 03:00:00"
        run = self._run_cron("2026-04-02")
        self.assertEqual(str(run.cutoff_date), "2026-03-31")
        self.assertEqual(self._get_entries(run), invoice)

    def test_a_cutoff_date_of_long_ago_is_left_to_a_person(self):
        self._post(date="2025-11-10")
        self.env.ref("consolidated_billing.ir_cron_prepare_billing_runs").lastcall = "2025-11-01 03:00:00"
        self.assertEqual([str(run.cutoff_date) for run in self._run_cron("2026-03-15")], ["2026-02-28"])
