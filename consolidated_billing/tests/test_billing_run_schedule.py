from odoo.tests import freeze_time, tagged

from .common import ConsolidatedBillingCommon


@tagged("post_install", "-at_install")
class TestBillingRunSchedule(ConsolidatedBillingCommon):
    """Runs that nobody starts by hand."""

    @freeze_time("2026-03-31")
    def _prepare_due(self):
        Run = self.env["consolidated.billing.run"]
        return [Run._prepare_due(self.company, grouped) for grouped in (True, False)]

    def test_the_scheduled_actions_are_there_and_preparing_is_not_active(self):
        self.assertTrue(self.env.ref("consolidated_billing.ir_cron_generate_billing_runs").active)
        self.assertFalse(self.env.ref("consolidated_billing.ir_cron_prepare_billing_runs").active)

    def test_each_treatment_with_something_due_gets_a_run(self):
        member = self._create_order()
        later = self._create_order(self._create_account("Later"), next_bill_date="2026-04-01")
        grouped, other = self._prepare_due()
        self.assertEqual(grouped.group_ids.order_ids, member)
        self.assertRecordValues(grouped, [{"state": "prepared", "by_grouping_account": True}])
        self.assertFalse(other, f"nothing is due of {later.name}")

    def test_a_run_that_waits_for_a_person_is_not_prepared_twice(self):
        self._create_order()
        self.assertTrue(self._prepare_due()[0])
        self._create_order()
        self.assertFalse(self._prepare_due()[0])

    def test_runs_are_generated_only_where_the_company_says_so(self):
        self._create_order()
        self.company.billing_run_generate = True
        run = self._prepare_due()[0]
        self.assertEqual(run.state, "generating")
        run._process_groups()
        self.assertEqual(run.done_count, 1)
