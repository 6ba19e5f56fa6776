from datetime import timedelta

from odoo import SUPERUSER_ID, fields

from .common import BillingQueueCommon


class TestBillingRunCron(BillingQueueCommon):
    """The scheduled action and the jobs do not disturb each other; it finishes what jobs leave."""

    def _let_time_pass(self, run, minutes):
        """Make all jobs of a run as old as that."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE queue_job SET date_created = %s WHERE billing_run_id = %s",
            [fields.Datetime.now() - timedelta(minutes=minutes), run.id],
        )
        self.env.invalidate_all()

    def _run_cron(self):
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            self.env(cr=cr, user=SUPERUSER_ID)["consolidated.billing.run"]._cron_generate()

    def test_the_scheduled_action_leaves_a_run_to_its_jobs(self):
        run = self._create_run()
        self._run_cron()
        self.assertEqual(run.proposed_count, 5)

    def test_it_goes_on_with_a_run_whose_jobs_are_gone(self):
        run = self._create_run()
        self._get_jobs(run)[1:].unlink()
        self._perform(self._get_jobs(run))
        self.assertEqual(run.proposed_count, 3)
        self._run_cron()
        self.assertRecordValues(run, [{"state": "done", "done_count": 5}])

    def test_it_goes_on_with_a_run_whose_jobs_were_cancelled_in_the_queue(self):
        run = self._create_run()
        self._get_jobs(run).button_cancelled()
        self._run_cron()
        self.assertEqual(run.state, "done")

    def test_it_goes_on_when_the_queue_stands_still(self):
        run = self._create_run()
        self._let_time_pass(run, 6)
        self._run_cron()
        self.assertEqual(run.state, "done")
        self.assertEqual(len(self._get_jobs(run)), 3)
        self._perform(self._get_jobs(run))
        self.assertEqual(len(run.move_ids), 5)

    def test_a_queue_that_works_on_other_runs_does_not_stand_still(self):
        first = self._create_run()
        self._let_time_pass(first, 60)
        second = self._create_run()
        self._perform(self._get_jobs(second)[0])
        self._run_cron()
        self.assertRecordValues(first + second, [{"proposed_count": 5}, {"proposed_count": 3}])

    def test_a_queue_that_works_in_other_channels_does_not_help(self):
        run = self._create_run()
        self._let_time_pass(run, 6)
        self.env["res.partner"].with_delay(channel="root").exists()
        self._run_cron()
        self.assertEqual(run.state, "done")

    def test_a_job_that_waits_for_its_next_try_is_alive(self):
        run = self._create_run()
        self._let_time_pass(run, 6)
        self._get_jobs(run)[0].eta = fields.Datetime.now() + timedelta(minutes=2)
        self._run_cron()
        self.assertEqual(run.proposed_count, 5)

    def test_it_looks_after_documents_in_hands_when_a_run_is_cancelled(self):
        run = self._create_run().sudo().with_context(job_uuid="some job")
        cron = self.env.ref("consolidated_billing.ir_cron_generate_billing_runs")
        triggers = [("cron_id", "=", cron.id)]
        before = self.env["ir.cron.trigger"].sudo().search_count(triggers)
        run._look_again_later()
        self.assertEqual(self.env["ir.cron.trigger"].sudo().search_count(triggers), before)
        run.action_cancel()
        run._look_again_later()
        self.assertEqual(self.env["ir.cron.trigger"].sudo().search_count(triggers), before + 1)
