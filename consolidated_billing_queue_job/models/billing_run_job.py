from odoo import models

from odoo.addons.consolidated_billing.models.billing_run_worker import CONCURRENCY_ERRORS
from odoo.addons.queue_job.exception import RetryableJobError

JOB_LOCK_TIMEOUT = "2s"  # a job comes back later instead of keeping its worker waiting


class ConsolidatedBillingRun(models.Model):
    """What a job does: the same as the scheduled action, on one batch of documents (``R5``)."""

    _inherit = "consolidated.billing.run"

    def _process_job(self, group_ids):
        """Create the documents of one batch; what somebody else holds is tried again later.

        It may commit (see its job function), and does so in a transaction of its own, beside the one in which the
        queue keeps the job locked: what is created stays created, however the job ends.

        :param list[int] group_ids: the documents of the batch, also those that exist already
        :return: what was done, for those who look after the queue
        :rtype: str
        :raise RetryableJobError: documents are left; the queue starts the job again when its retry pattern says so
        """
        run = self.sudo()  # only the state is read here: documents are created in the responsible user's name
        if not run.exists() or not run._is_generating():
            return self.env._("Nothing to do: the run is paused, cancelled or done.")
        comes_back = run._get_tries_left() > 0
        try:
            run = run.with_context(billing_job_comes_back=comes_back)
            count = run._process_groups(limit=len(group_ids), group_ids=group_ids)
        except CONCURRENCY_ERRORS as error:
            raise RetryableJobError(str(error)) from error
        except Exception as error:  # whatever it is, it would stop the other jobs as well
            run._stop_after_error(error)
            raise
        left = run._count_waiting(group_ids)
        if left and comes_back:
            raise RetryableJobError(
                self.env._("Documents of this batch that somebody else holds: %(count)s", count=left)
            )
        return self.env._("Documents processed: %(count)s", count=count)

    def _is_generating(self):
        return self.state == "generating" and not self.is_paused

    def _get_tries_left(self):
        """Return how many times the queue would start this job again; none when nobody does.

        :rtype: float
        """
        # who may bill need not see the queue
        job = self.env["queue.job"].sudo().search([("uuid", "=", self.env.context.get("job_uuid"))], limit=1)
        if not job:
            return 0
        return job.max_retries - job.retry - 1 if job.max_retries else float("inf")

    def _count_waiting(self, group_ids):
        """Return how many of these documents still wait to be created, if the run goes on.

        :param list[int] group_ids: the documents of a batch
        :rtype: int
        """
        self.invalidate_recordset()
        if not self._is_generating():
            return 0
        return self.env["consolidated.billing.run.group"].search_count(
            [("id", "in", group_ids), ("state", "=", "proposed")]
        )

    # === HOW A JOB DIFFERS FROM THE SCHEDULED ACTION ===#

    def _get_lock_timeout(self):
        """Extend: a job that comes back does not wait long for somebody who works on the same orders."""
        if self.env.context.get("billing_job_comes_back"):
            return JOB_LOCK_TIMEOUT
        return super()._get_lock_timeout()

    def _give_up(self, groups):
        """Extend: leave documents to the next try of the job; on its last one they fail, with the reason (``R4``)."""
        if self.env.context.get("billing_job_comes_back"):
            return None
        return super()._give_up(groups)

    def _look_again_later(self):
        """Extend: documents that another job has in hands come back with that job."""
        if self.env.context.get("job_uuid") and self.state == "generating":
            return None
        return super()._look_again_later()

    def _job_store_values(self, job):
        """Extend `queue_job`: note on a job which run it belongs to."""
        values = super()._job_store_values(job)
        if job.method_name == "_process_job":
            values["billing_run_id"] = job.recordset.id
        return values
