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

    def _process_groups(self, limit=None, group_ids=None):
        """Create the proposed documents of the runs in ``self``: the one entry of every worker (``R5``).

        Cron, job queue and tests call it; several workers can work on one run at once. Commits after each batch, but
        never inside a test's transaction.

        :param int limit: how many documents to process at most, ``None`` for all
        :param list[int] group_ids: only these documents, by default all of the runs
        :return: number of documents processed (created, failed or skipped)
        :rtype: int
        """
        processed = 0
        for run in self:
            run = run._as_responsible()
            goes_on = True
            size, _lines = run._get_batch_limits()
            while goes_on and (limit is None or processed < limit):
                most = min(size, limit - processed) if limit is not None else size
                count, goes_on = run._process_batch(most, group_ids)
                processed += count
            if run.state in ("generating", "cancelled") and not run._has_waiting_groups():
                run._process_batch(1)  # out of time, or at its limit, with the last document: end the run all the same
            if processed and self._is_out_of_time():
                break
        return processed

    def _get_batch_limits(self):
        """Return how many documents, and how many of their lines, are created together.

        :rtype: tuple[int, int]
        """
        return GROUP_BATCH_SIZE, LINE_BATCH_SIZE

    def _as_responsible(self):
        """Return the run as seen by who generates it: documents are created in that user's name and company."""
        self.ensure_one()
        user = self.user_id
        return self.with_user(user).with_context(allowed_company_ids=self.company_id.ids, lang=user.lang, tz=user.tz)

    def _is_out_of_time(self):
        end = self.env.context.get("cron_end_time")
        return bool(end) and time.monotonic() >= end

    def _process_batch(self, size, only=None):
        """Process the next documents and commit; one by one when somebody worked on the same orders (``R4``, ``R5``).

        :param int size: how many documents at most
        :param list[int] only: ids of the documents to choose from, by default all of the run
        :return: number of documents processed, and whether the worker goes on
        :rtype: tuple[int, bool]
        """
        for attempt in range(1, MAX_TRIES + 1):
            group_ids = []
            try:
                groups = self._lock_next_groups(size, only)
                group_ids = groups.ids
                if groups:
                    self._bill_groups(groups)
                else:
                    self._finish_if_complete()
                remaining_time = self._commit_batch(len(groups))
                return len(groups), bool(groups and remaining_time)
            except CONCURRENCY_ERRORS as error:
                self._try_again(error, attempt)
            if group_ids:
                return self._process_one_by_one(group_ids)
        return 0, False

    def _process_one_by_one(self, group_ids):
        """Process documents with a commit after each, so that only those fail that somebody else holds (``R4``).

        :param list[int] group_ids: ids of the documents; other workers may have processed some in the meantime
        :return: number of documents processed, and whether the worker goes on
        :rtype: tuple[int, bool]
        """
        processed, remaining_time = 0, float("inf")
        for group_id in group_ids:
            count, remaining_time = self._process_alone(group_id)
            processed += count
            if not remaining_time:
                break
        return processed, bool(remaining_time)

    def _process_alone(self, group_id):
        """Process one document and commit; give it up when somebody else holds its orders for too long (``R4``).

        :return: number of documents processed, and seconds that the worker has left
        :rtype: tuple[int, float]
        """
        for attempt in range(1, MAX_TRIES + 1):
            try:
                group = self._lock_next_groups(1, [group_id])
                if group:
                    self._bill_groups(group)
                return len(group), self._commit_batch(len(group))
            except CONCURRENCY_ERRORS as error:
                self._try_again(error, attempt)
                if isinstance(error, psycopg2.errors.LockNotAvailable):
                    break  # waited long enough
        group = self._lock_next_groups(1, [group_id])
        self._give_up(group)
        return len(group), self._commit_batch(len(group))

    def _give_up(self, groups):
        """Let documents fail whose orders somebody else holds for too long. Extension point: a job comes back instead.

        :param consolidated.billing.run.group groups: locked, proposed groups
        """
        groups._fail(
            self.env._("Somebody else is working on the same orders, and did not finish in time. Try it again later.")
        )

    def _try_again(self, error, attempt):
        """Roll back and wait a moment after a concurrency error."""
        if self._is_in_test():
            raise error
        self.env.cr.rollback()
        self.env.invalidate_all()
        _logger.info("Run %s: documents are tried again after %s", self.id, type(error).__name__)
        time.sleep(random.uniform(0.05, 0.1) * 2**attempt)  # noqa: S311 no cryptography

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

    def _get_lock_timeout(self):
        """Return how long a batch waits for somebody who works on the same orders, as PostgreSQL writes it.

        :rtype: str
        """
        return LOCK_TIMEOUT

    def _lock_next_groups(self, size, group_ids=None):
        """Lock the next documents of the run that no other worker holds.

        :param int size: how many documents at most
        :param list[int] group_ids: only these documents, by default all of the run
        :rtype: consolidated.billing.run.group (empty: nothing left, paused or cancelled)
        """
        Group = self.env["consolidated.billing.run.group"]
        _groups, most_lines = self._get_batch_limits()
        self.env.flush_all()
        self.env.cr.execute(SQL("SET LOCAL lock_timeout = %s", self._get_lock_timeout()))
        self.env.cr.execute(
            SQL(
                """
                SELECT grp.id, grp.line_count
                  FROM consolidated_billing_run_group AS grp
                  JOIN consolidated_billing_run AS run ON run.id = grp.run_id
                 WHERE run.id = %s AND run.state = 'generating' AND NOT COALESCE(run.is_paused, FALSE)
                   AND grp.state = 'proposed' AND grp.selected AND (%s IS NULL OR grp.id = ANY(%s))
              ORDER BY grp.id
                 LIMIT %s
                   FOR NO KEY UPDATE OF grp SKIP LOCKED
                """,
                self.id,
                group_ids,
                group_ids,
                size,
            )
        )
        ids, lines = [], 0
        for group_id, line_count in self.env.cr.fetchall():
            lines += line_count
            if ids and lines > most_lines:
                break
            ids.append(group_id)
        return Group.browse(ids)
