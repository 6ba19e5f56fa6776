import logging
import random
import time

import psycopg2

import odoo.modules.module
from odoo import api, models
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

GROUP_BATCH_SIZE = 20  # documents that are created together: fast, and little is done again
LINE_BATCH_SIZE = 500
LOCK_TIMEOUT = "10s"  # how long a batch waits for somebody who works on the same orders
MAX_TRIES = 5
CONCURRENCY_ERRORS = (
    psycopg2.errors.SerializationFailure,
    psycopg2.errors.DeadlockDetected,
    psycopg2.errors.LockNotAvailable,
)


class ConsolidatedBillingRun(models.Model):
    """The worker of a run: batches, locks, commits and retries (``R5``)."""

    _inherit = "consolidated.billing.run"

    def _process_groups(self, limit=None):
        """Create the proposed documents of the runs in ``self``: the one entry of every worker (``R5``).

        Cron, job queue and tests call it; several workers can work on one run at once. Commits after each batch, but
        never inside a test's transaction.

        :param int limit: how many documents to process at most, ``None`` for all
        :return: number of documents processed (created, failed or skipped)
        :rtype: int
        """
        processed = 0
        for run in self:
            run = run._as_responsible()
            while limit is None or processed < limit:
                count, remaining_time = run._process_batch(
                    min(GROUP_BATCH_SIZE, limit - processed) if limit is not None else GROUP_BATCH_SIZE
                )
                processed += count
                if not count or not remaining_time:
                    break
            if processed and self._is_out_of_time():
                break
        return processed

    def _as_responsible(self):
        """Return the run as seen by who generates it: documents are created in that user's name and company."""
        self.ensure_one()
        user = self.user_id
        return self.with_user(user).with_context(allowed_company_ids=self.company_id.ids, lang=user.lang, tz=user.tz)

    def _is_out_of_time(self):
        end = self.env.context.get("cron_end_time")
        return bool(end) and time.monotonic() >= end

    def _process_batch(self, size):
        """Process the next documents and commit; try again when somebody worked on the same orders.

        :param int size: how many documents at most
        :return: number of documents processed, and seconds that the worker has left
        :rtype: tuple[int, float]
        """
        for attempt in range(1, MAX_TRIES + 1):
            try:
                self.env.cr.execute(SQL("SET LOCAL lock_timeout = %s", LOCK_TIMEOUT))
                groups = self._lock_next_groups(size)
                if groups:
                    self._bill_groups(groups)
                else:
                    self._finish_if_complete()
                return len(groups), self._commit_batch(len(groups))
            except CONCURRENCY_ERRORS as error:
                if self._is_in_test():
                    raise
                self.env.cr.rollback()
                self.env.invalidate_all()
                _logger.info("Run %s: batch is tried again after %s", self.id, type(error).__name__)
                if attempt == MAX_TRIES:
                    return self._fail_next_group(size)
                time.sleep(random.uniform(0.1, 0.2) * 2**attempt)  # noqa: S311 no cryptography
        return 0, 0.0

    def _fail_next_group(self, size):
        """Give one document up that somebody else holds, so that the others go on (``R4``)."""
        groups = self._lock_next_groups(1)
        groups._fail(
            self.env._("Somebody else is working on the same orders, and did not finish in time. Try it again later.")
        )
        return len(groups), self._commit_batch(len(groups))

    def _commit_batch(self, processed):
        """Commit what was done (``R5``) and free the memory.

        :return: seconds that the worker has left
        :rtype: float
        """
        self.env.flush_all()
        if self._is_in_test():
            return float("inf")
        remaining = self.env["ir.cron"]._commit_progress(processed)
        self.env.invalidate_all()
        return remaining

    @api.model
    def _is_in_test(self):
        return bool(odoo.modules.module.current_test)

    def _lock_next_groups(self, size):
        """Lock the next documents of the run that no other worker holds.

        :rtype: consolidated.billing.run.group (empty: nothing left, paused or cancelled)
        """
        Group = self.env["consolidated.billing.run.group"]
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                SELECT grp.id, grp.line_count
                  FROM consolidated_billing_run_group AS grp
                  JOIN consolidated_billing_run AS run ON run.id = grp.run_id
                 WHERE run.id = %s AND run.state = 'generating' AND NOT COALESCE(run.is_paused, FALSE)
                   AND grp.state = 'proposed' AND grp.selected
              ORDER BY grp.id
                 LIMIT %s
                   FOR NO KEY UPDATE OF grp SKIP LOCKED
                """,
                self.id,
                size,
            )
        )
        ids, lines = [], 0
        for group_id, line_count in self.env.cr.fetchall():
            lines += line_count
            if ids and lines > LINE_BATCH_SIZE:
                break
            ids.append(group_id)
        return Group.browse(ids).with_context(billing_run_engine=True)
