from odoo import Command, fields
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

    # === the scheduled action itself ===#

    def _run_cron(self):
        cron = self.env.ref("consolidated_billing.ir_cron_prepare_billing_runs").sudo()
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        return self.env["consolidated.billing.run"].search([], order="id")

    def _create_second_company(self, **values):
        second = self._create_company(name="Second Company", **values)
        self.env.user.company_ids += second
        product = self.product.with_company(second)
        order = self.env["sale.order"].create(
            {
                "partner_id": self._create_account("Customer of the Second").id,
                "company_id": second.id,
                "order_line": [Command.create({"product_id": product.id, "price_unit": 50.0, "tax_ids": False})],
            }
        )
        order.action_confirm()
        return second, order

    def test_every_company_gets_its_runs(self):
        member = self._create_order()
        second, order = self._create_second_company()
        runs = self._run_cron()
        self.assertRecordValues(
            runs.sorted(lambda run: run.company_id.id),
            [
                {"company_id": self.company.id, "by_grouping_account": True, "state": "prepared"},
                {"company_id": second.id, "by_grouping_account": False, "state": "prepared"},
            ],
        )
        self.assertEqual(runs.filtered(lambda run: run.company_id == second).group_ids.order_ids, order)
        self.assertEqual(runs.filtered(lambda run: run.company_id == self.company).group_ids.order_ids, member)

    def test_only_the_company_that_says_so_generates_on_schedule(self):
        self._create_order()
        second, _order = self._create_second_company()
        second.billing_run_generate = True
        runs = self._run_cron()
        states = {run.company_id: run.state for run in runs}
        self.assertEqual(states, {self.company: "prepared", second: "generating"})

    @freeze_time("2026-03-30 20:00:00")
    def test_today_is_the_day_where_the_company_is(self):
        """It is Tuesday in Auckland already, and still Monday in Los Angeles."""
        self._create_order(next_bill_date="2026-03-31")
        second, order = self._create_second_company()
        order.next_bill_date = "2026-03-31"
        self.company.partner_id.tz = "America/Los_Angeles"
        second.partner_id.tz = "Pacific/Auckland"
        run = self._run_cron()
        self.assertRecordValues(
            run,
            [
                {
                    "company_id": second.id,
                    "cutoff_date": fields.Date.to_date("2026-03-31"),
                    "invoice_date": fields.Date.to_date("2026-03-31"),
                }
            ],
        )

    @freeze_time("2026-03-31")
    def test_a_company_whose_books_are_closed_does_not_stop_the_others(self):
        self._create_order()
        second, _order = self._create_second_company()
        self.company.sale_lock_date = "2026-04-30"
        runs = self._run_cron()
        draft = runs.filtered(lambda run: run.state == "draft" and run.by_grouping_account)
        self.assertEqual(draft.company_id, self.company)
        self.assertIn("locked until", draft.message_ids[0].body)
        self.assertEqual(runs.filtered(lambda run: run.state == "prepared").company_id, second)
        self.company.sale_lock_date = False
        self.assertFalse(self._run_cron() - runs)  # the draft is prepared, no other one is made
        self.assertEqual(draft.state, "prepared")
