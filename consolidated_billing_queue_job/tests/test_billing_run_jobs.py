from odoo.exceptions import AccessError

from odoo.addons.consolidated_billing.models.consolidation_run_generate import BILLING_BATCH_SIZE

from ..hooks import uninstall_hook
from .common import BillingQueueCommon


class TestBillingRunJobs(BillingQueueCommon):
    """Which jobs a run adds to the queue, and when."""

    def _get_triggers(self):
        cron = self.env.ref("consolidated_billing.ir_cron_generate_billing_runs")
        return self.env["ir.cron.trigger"].sudo().search_count([("cron_id", "=", cron.id)])

    def test_each_batch_of_documents_becomes_a_job_in_a_channel_of_its_own(self):
        run = self._create_run()
        jobs = self._get_jobs(run)
        self.assertRecordValues(
            jobs,
            [
                {
                    "channel": "root.consolidated_billing",
                    "identity_key": f"consolidated_billing.run/{run.id}/{number}",
                    "name": f"{run.name}: batch {number}",
                    "user_id": self.accountant.id,
                    "company_id": self.company.id,
                    "method_name": "_process_job",
                }
                for number in (1, 2, 3)
            ],
        )
        self.assertEqual([len(*job.args) for job in jobs], [2, 2, 1])
        self.assertEqual([group_id for job in jobs for group_id in job.args[0]], run.group_ids.sorted("id").ids)

    def test_consolidated_billing_invoices_are_created_in_the_larger_batches_of_their_kind(self):
        run = self.env["consolidated.billing.run"].create({"kind": "consolidate"})
        self.assertEqual(run._get_batch_limits()[0], BILLING_BATCH_SIZE)
        self.env["consolidated.billing.run.group"].sudo()._as_engine().create(
            [{"run_id": run.id, "partner_id": self.customers[0].id, "currency_id": self.company.currency_id.id}]
            * (BILLING_BATCH_SIZE + 1)
        )
        self.assertEqual([len(ids) for _number, ids in run._get_waiting_batches()], [BILLING_BATCH_SIZE, 1])

    def test_the_scheduled_action_is_not_woken(self):
        before = self._get_triggers()
        self._create_run()
        self.assertEqual(self._get_triggers(), before)

    def test_what_is_deselected_gets_no_job(self):
        run = self._create_run(generate=False)
        run.group_ids.sorted("id")[:4].selected = False
        run.action_generate()
        self.assertEqual([job.args for job in self._get_jobs(run)], [[[run.group_ids.sorted("id")[4].id]]])

    def test_work_that_waits_is_not_added_a_second_time(self):
        run = self._create_run()
        jobs = self._get_jobs(run)
        run._trigger_workers()
        self.assertEqual(self._get_jobs(run), jobs)

    def test_resuming_adds_only_what_is_left_and_does_not_wait(self):
        run = self._create_run()
        first, second, third = self._get_jobs(run)
        self._perform(first)
        run.action_pause()
        self._perform(second)
        run.action_resume()
        jobs = self._get_jobs(run)
        self.assertIn(third, jobs)
        self.assertEqual([job.args for job in jobs.sorted("identity_key")], [second.args, third.args])

    def test_retrying_adds_the_batches_of_failed_documents_only(self):
        run = self._create_run()
        broken = run.group_ids.sorted("id")[2]
        self._perform(self._get_jobs(run)[0])
        broken.sudo()._fail("Out of order")
        self._perform(self._get_jobs(run))
        self.assertEqual(run.state, "done")
        run.action_retry_failed()
        self.assertEqual(self._get_jobs(run).mapped("identity_key"), [f"consolidated_billing.run/{run.id}/2"])

    def test_adding_jobs_needs_the_same_few_queries_for_each(self):
        run = self._create_run(generate=False)
        run.action_generate()
        self.env.flush_all()
        self._get_jobs(run).sudo().unlink()
        with self.assertQueryCount(11):  # 2 for all, 3 for each job
            run._trigger_workers()
            self.env.flush_all()

    def test_who_may_bill_needs_no_right_on_the_queue(self):
        run = self._create_run()
        with self.assertRaises(AccessError):
            self._get_jobs(run).with_user(self.accountant).read(["state"])
        self.assertEqual(run.with_user(self.accountant).open_job_count, 3)

    def test_the_jobs_of_a_run_are_shown_to_those_who_look_after_the_queue(self):
        run = self._create_run()
        other = self._create_run()
        manager = self._create_user("manager", "account.group_account_invoice", "queue_job.group_queue_job_manager")
        manager.write({"company_ids": [(4, self.company.id)], "company_id": self.company.id})
        action = run.with_user(manager).action_view_jobs()
        shown = self.env["queue.job"].with_user(manager).search(action["domain"])
        self.assertEqual(shown, self._get_jobs(run).with_user(manager))
        self.assertTrue(self._get_jobs(other))
        form = self.env["consolidated.billing.run"].with_user(manager).get_view(view_type="form")["arch"]
        self.assertIn("action_view_jobs", form)
        form = self.env["consolidated.billing.run"].with_user(self.accountant).get_view(view_type="form")["arch"]
        self.assertNotIn("action_view_jobs", form)

    def test_jobs_belong_to_the_company_of_their_run(self):
        company = self.setup_other_company()["company"]
        self.accountant.company_ids += company
        run = self._create_run(generate=False)
        run.with_context(allowed_company_ids=[company.id, self.company.id]).action_generate()
        self.assertEqual(self._get_jobs(run).company_id, self.company)

    def test_uninstalling_leaves_the_rest_of_a_run_to_the_scheduled_action(self):
        run = self._create_run()
        jobs = self._get_jobs(run)
        self._perform(jobs[0])
        before = self._get_triggers()
        uninstall_hook(self.env(su=True))
        self.assertEqual(jobs.exists(), jobs[0])
        self.assertEqual(self._get_triggers(), before + 1)

    def test_a_deleted_run_takes_its_jobs_along(self):
        run = self._create_run()
        jobs = self._get_jobs(run)
        run.action_cancel()
        self.env.cr.execute("DELETE FROM consolidated_billing_run WHERE id = %s", [run.id])
        self.env.invalidate_all()
        self.assertFalse(jobs.exists())
