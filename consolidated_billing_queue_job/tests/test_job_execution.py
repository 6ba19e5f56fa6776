from unittest.mock import patch

import psycopg2

from odoo.addons.consolidated_billing.models.billing_run_worker import LOCK_TIMEOUT
from odoo.addons.queue_job.exception import RetryableJobError

from ..models.billing_run_job import JOB_LOCK_TIMEOUT
from .common import BillingQueueCommon


class TestJobExecution(BillingQueueCommon):
    """What a job does with its documents, and what it leaves to its next try."""

    def _patch_run(self, name, function):
        patcher = patch.object(self.env.registry["consolidated.billing.run"], name, function)
        patcher.start()
        self.addCleanup(patcher.stop)

    def _hold(self, group):
        """Let a document be in the hands of another worker."""
        lock = self.env.registry["consolidated.billing.run"]._lock_next_groups

        def lock_others(run, size, group_ids=None):
            return lock(run, size, group_ids) - group

        self._patch_run("_lock_next_groups", lock_others)

    def _get_outcome(self, run):
        return sorted(
            (move.partner_id.name, move.amount_total, tuple(move.invoice_line_ids.mapped("name")), move.user_id.name)
            for move in run.move_ids
        )

    # === RESULTS ===#

    def test_jobs_create_what_the_scheduled_action_creates(self):
        by_cron = self._create_run()
        by_cron._process_groups()
        by_jobs = self._create_run()
        results = self._perform(self._get_jobs(by_jobs))
        self.assertEqual(results, ["Documents processed: 2", "Documents processed: 2", "Documents processed: 1"])
        self.assertRecordValues(by_cron + by_jobs, [{"state": "done", "progress": 100.0, "done_count": 5}] * 2)
        self.assertEqual(len(self._get_outcome(by_jobs)), 5)
        self.assertEqual(self._get_outcome(by_jobs), self._get_outcome(by_cron))

    def test_each_job_moves_the_progress_of_the_run(self):
        run = self._create_run()
        progress = []
        for job in self._get_jobs(run):
            self._perform(job)
            progress.append(run.progress)
        self.assertEqual(progress, [40.0, 80.0, 100.0])

    def test_the_order_of_the_jobs_does_not_matter(self):
        run = self._create_run()
        self._perform(self._get_jobs(run)[::-1])
        self.assertRecordValues(run, [{"state": "done", "done_count": 5}])

    def test_a_job_that_is_executed_twice_bills_nothing_twice(self):
        run = self._create_run()
        jobs = self._get_jobs(run)
        self.assertEqual(self._perform(jobs[0] + jobs[0])[1], "Documents processed: 0")
        self.assertEqual(len(run.move_ids), 2)

    def test_documents_are_created_by_the_responsible_user(self):
        run = self._create_run()
        self._perform(self._get_jobs(run))
        self.assertEqual(run.move_ids.create_uid, self.accountant)

    # === PAUSE AND CANCEL ===#

    def test_jobs_of_a_paused_run_end_at_once(self):
        run = self._create_run()
        run.action_pause()
        results = self._perform(self._get_jobs(run))
        self.assertEqual(set(results), {"Nothing to do: the run is paused, cancelled or done."})
        self.assertRecordValues(run, [{"state": "generating", "proposed_count": 5}])

    def test_jobs_of_a_cancelled_run_end_at_once(self):
        run = self._create_run()
        jobs = self._get_jobs(run)
        self._perform(jobs[0])
        run.action_cancel()
        self._perform(jobs[1:])
        self.assertRecordValues(run, [{"state": "cancelled", "done_count": 2, "proposed_count": 0}])

    # === SOMEBODY ELSE ===#

    def test_a_job_comes_back_for_a_document_that_another_worker_has_in_hands(self):
        run = self._create_run()
        groups = run.group_ids.sorted("id")
        job = self._get_jobs(run)[0]
        self._hold(groups[1])
        with self.assertRaisesRegex(RetryableJobError, "Documents of this batch that somebody else holds: 1"):
            run.with_context(job_uuid=job.uuid)._process_job(*job.args)
        self.assertEqual(groups[:2].mapped("state"), ["done", "proposed"])

    def test_the_last_try_leaves_the_rest_to_the_scheduled_action(self):
        run = self._create_run()
        job = self._get_jobs(run)[0]
        self._hold(run.group_ids.sorted("id")[1])
        job.retry = job.max_retries - 1
        self.assertEqual(self._perform(job), ["Documents processed: 1"])

    def test_a_lock_conflict_sends_the_job_back_to_the_queue(self):
        run = self._create_run()

        def conflict(run, groups):
            raise psycopg2.errors.LockNotAvailable("somebody else")

        self._patch_run("_bill_groups", conflict)
        with self.assertRaises(RetryableJobError) as error:
            self._perform(self._get_jobs(run)[0])
        self.assertIsNone(error.exception.seconds, "the retry pattern of the job function counts")

    def test_the_queue_waits_longer_before_each_try(self):
        pattern = self.env.ref("consolidated_billing_queue_job.job_function_process_job").sudo()._parse_retry_pattern()
        self.assertEqual(pattern, {1: (5, 10), 2: (20, 40), 3: (60, 90), 4: (120, 180)})

    def test_a_document_that_is_held_fails_on_the_last_try_only(self):
        run = self._create_run()
        first, second = run.group_ids.sorted("id")[:2].sudo()
        run.sudo().with_context(billing_job_comes_back=True)._give_up(first)
        run.sudo()._give_up(second)
        self.assertEqual((first + second).mapped("state"), ["proposed", "failed"])
        self.assertIn("Somebody else is working on the same orders", second.error)

    def test_a_job_waits_for_locks_as_long_as_the_scheduled_action_on_its_last_try_only(self):
        run = self._create_run()
        self.assertEqual(run.with_context(billing_job_comes_back=True)._get_lock_timeout(), JOB_LOCK_TIMEOUT)
        self.assertEqual(run.with_context(billing_job_comes_back=False)._get_lock_timeout(), LOCK_TIMEOUT)

    # === ERRORS ===#

    def test_a_document_fails_alone(self):
        run = self._create_run()
        broken = run.group_ids.sorted("id")[0]
        bill = self.env.registry["consolidated.billing.run"]._bill_batch

        def bill_others(run, groups):
            if broken in groups:
                raise ValueError("broken")
            return bill(run, groups)

        self._patch_run("_bill_batch", bill_others)
        self._perform(self._get_jobs(run))
        self.assertRecordValues(run, [{"state": "done", "done_count": 4, "failed_count": 1}])
        self.assertIn("broken", broken.error)

    def test_an_error_that_would_stop_every_job_stops_the_run(self):
        run = self._create_run()
        stopped = []

        def fail(run, limit=None, group_ids=None):
            raise ValueError("broken")

        self._patch_run("_process_groups", fail)
        self._patch_run("_stop_after_error", lambda run, error: stopped.append((run.id, str(error))))
        with self.assertRaisesRegex(ValueError, "broken"):
            self._perform(self._get_jobs(run)[0])
        self.assertEqual(stopped, [(run.id, "broken")])
