import logging
import random
import time

import psycopg2

import odoo.modules.module
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date

from ..tools.merge_key import explain
from ..tools.selection import BillingSelection

_logger = logging.getLogger(__name__)

GROUP_BATCH_SIZE = 20  # documents that are created together: fast, and little is done again after a crash
LINE_BATCH_SIZE = 500
LOCK_TIMEOUT = "10s"  # how long a batch waits for somebody who works on the same orders
MAX_TRIES = 5
PROPOSAL_VALID_DAYS = 31

CONCURRENCY_ERRORS = (
    psycopg2.errors.SerializationFailure,
    psycopg2.errors.DeadlockDetected,
    psycopg2.errors.LockNotAvailable,
)


class ConsolidatedBillingRun(models.Model):
    """Generating the documents of a run in the background, in batches that survive a crash (``R2`` to ``R5``)."""

    _inherit = "consolidated.billing.run"

    # === ACTIONS ===#

    def action_generate(self):
        """Start the generation in the background and return at once.

        :raise UserError: the run is not prepared, proposes nothing, is too old, or its invoice date is locked
        """
        for run in self:
            run._check_can_generate()
            run.group_ids.filtered(lambda group: not group.selected and group.state == "proposed").with_context(
                billing_run_engine=True
            ).state = "excluded"
            run._start()
        return True

    def action_retry_failed(self):
        """Try the failed documents again; what another run claimed in the meantime is left to it (``R4``)."""
        for run in self:
            failed = run.group_ids.filtered(lambda group: group.state == "failed")
            if run.state not in ("done", "generating") or not failed:
                raise UserError(self.env._("%(run)s has no failed documents to try again.", run=run.name))
            run._release_to_other_runs(failed)
            failed.write({"state": "proposed", "error": False, "error_partner_id": False})
            run._start()
        return True

    def action_pause(self):
        """Let the generation stand still after the documents that are created at the moment."""
        self.filtered(lambda run: run.state == "generating").write({"is_paused": True})

    def action_resume(self):
        """Go on with a paused generation."""
        for run in self.filtered(lambda r: r.state == "generating" and r.is_paused):
            run._start()

    def action_cancel(self):
        """Create nothing more; what was created stays. Everything that was claimed is free again.

        :raise UserError: the run is done
        """
        for run in self:
            if run.state == "done":
                raise UserError(
                    self.env._("%(run)s is done. Reverse it if its documents are wrong.", run=run.name)
                )
            run.group_ids.filtered(lambda group: group.state == "proposed").state = "excluded"
            run.write({"state": "cancelled", "is_paused": False})
            run._update_claims()
        return True

    # === CHECKS ===#

    def _check_can_generate(self):
        self.ensure_one()
        if self.state != "prepared":
            raise UserError(self.env._("Prepare %(run)s before you generate it.", run=self.name))
        if not self.group_ids.filtered("selected"):
            raise UserError(
                self.env._("%(run)s proposes nothing to generate. %(why)s", run=self.name, why=self.empty_reason or "")
            )
        if (fields.Datetime.now() - self.prepared_at).days > PROPOSAL_VALID_DAYS:
            raise UserError(
                self.env._(
                    "%(run)s was prepared on %(date)s. Much may have changed since: prepare it again.",
                    run=self.name,
                    date=format_date(self.env, self.prepared_at.date()),
                )
            )
        self._check_invoice_date_is_open()

    # === START AND END ===#

    def _start(self):
        """Set the run generating, renew its claims and wake the worker."""
        self.ensure_one()
        self.write(
            {
                "state": "generating",
                "is_paused": False,
                "user_id": self.env.user.id,
                "measured_from": fields.Datetime.now(),
                "measured_count": self.done_count + self.failed_count + self.skipped_count,
            }
        )
        self._update_claims()
        self._trigger_workers()

    def _trigger_workers(self):
        """Wake whoever creates the documents. Extension point: the job queue adds its jobs here."""
        # who may bill need not manage scheduled actions
        self.env.ref("consolidated_billing.ir_cron_generate_billing_runs").sudo()._trigger()

    @api.model
    def _cron_generate(self):
        """Go on with all runs that are generating, after a start, a resume or a restart of the server."""
        runs = self.search([("state", "=", "generating"), ("is_paused", "=", False)], order="id")
        self.env["ir.cron"]._commit_progress(remaining=sum(runs.mapped("proposed_count")))
        runs._process_groups()

    def _finish_if_complete(self):
        """End the run when no document waits any more; what failed is released (``R3``)."""
        self.invalidate_recordset()
        if self.state != "generating" or self.env["consolidated.billing.run.group"].search_count(
            [("run_id", "=", self.id), ("state", "=", "proposed")], limit=1
        ):
            return
        self.state = "done"
        self._update_claims()
        self._message_log(
            body=self.env._(
                "Generated: %(done)s documents, %(failed)s failed, %(skipped)s skipped.",
                done=self.done_count,
                failed=self.failed_count,
                skipped=self.skipped_count,
            )
        )

    def _release_to_other_runs(self, groups):
        """Skip the lines of failed documents that another run claimed in the meantime."""
        lines = groups.line_ids.filtered(lambda line: line.selected and not line.is_billed)
        claims = self._get_claims(lines.order_line_id.ids)
        for line in lines.filtered(lambda sol: sol.order_line_id.id in claims):
            line.skip_reason = self.env._("in run %(run)s", run=claims[line.order_line_id.id])

    # === THE WORKER ===#

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
        return self.with_user(user).with_context(
            allowed_company_ids=self.company_id.ids, lang=user.lang, tz=user.tz
        )

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
                _logger.info("%s: batch is tried again after %s", self.id, type(error).__name__)
                if attempt == MAX_TRIES:
                    return self._fail_next_group(size)
                time.sleep(random.uniform(0.1, 0.2) * 2**attempt)  # noqa: S311 no cryptography
        return 0, 0.0

    def _fail_next_group(self, size):
        """Give one document up that somebody else holds, so that the others go on (``R4``)."""
        groups = self._lock_next_groups(1)
        groups._fail(
            self.env._(
                "Somebody else is working on the same orders, and did not finish in time. Try it again later."
            )
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

    # === BILLING ===#

    def _bill_groups(self, groups):
        """Create the documents of these groups together; when that fails, one by one (``R4``).

        :param consolidated.billing.run.group groups: locked, proposed groups
        """
        try:
            with self.env.cr.savepoint():
                self._bill_batch(groups)
        except CONCURRENCY_ERRORS:
            raise
        except Exception as error:  # whatever it is, it stays with its document
            if len(groups) > 1:
                for group in groups:
                    self._bill_groups(group)
                return
            if not isinstance(error, UserError):
                _logger.info("%s: document %s failed", self.name, groups.id, exc_info=True)
            groups._fail(self._get_error_message(error))

    @api.model
    def _get_error_message(self, error):
        """Return an error in words that an accountant understands."""
        if isinstance(error, UserError):
            return str(error)
        if isinstance(error, psycopg2.Error):
            return self.env._("The database refused the document: %(error)s", error=str(error).strip())
        return self.env._("The document could not be created: %(error)s", error=error or type(error).__name__)

    def _bill_batch(self, groups):
        """Check the lines again, create the documents of what is left and note what was billed."""
        lines = self._skip_changed_lines(groups)
        billable = lines.group_id
        (groups - billable).write({"state": "skipped"})
        if not billable:
            return
        selection = BillingSelection(
            quantities={line.order_line_id.id: line.quantity for line in lines},
            keys={line.order_line_id.id: line.group_id.id for line in lines},
            header={"billing_run_id": self.id, "invoice_date": self.invoice_date},
        )
        group_by_order_line = {line.order_line_id.id: line.group_id for line in lines}
        orders = lines.order_id.with_context(
            billing_selection=selection,
            billing_invoice_date=self.invoice_date,
            raise_if_nothing_to_invoice=True,
        )
        moves = orders._create_invoices(final=self.deduct_down_payments)
        for move in moves.with_env(self.env):
            order_line = move.invoice_line_ids.sale_line_ids.filtered(lambda sol: sol.id in group_by_order_line)[0]
            group_by_order_line[order_line.id]._complete(move)
        lines.write({"is_billed": True, "is_claim": False})

    def _skip_changed_lines(self, groups):
        """Skip the lines that changed since the run was prepared, each alone and with a reason (``R2``).

        :return: the lines that can be billed
        :rtype: consolidated.billing.run.line
        """
        lines = groups.line_ids.filtered(lambda line: line.selected and not line.is_billed and not line.skip_reason)
        orders = lines.order_id.with_context(billing_invoice_date=self.invoice_date)._with_merge_cache()
        labels = orders._get_merge_key_labels()
        kept = []
        for line in lines:
            reason = line._get_change() or self._get_key_change(line, orders, labels)
            if reason:
                line.write({"skip_reason": reason, "is_claim": False})
            else:
                kept.append(line.id)
        return lines.browse(kept)

    def _get_key_change(self, line, orders, labels):
        """Name the parts of the merge key that changed since the run was prepared: the line belongs elsewhere now."""
        if line.order_line_id.is_downpayment:
            return ""
        now = self._serialize_key(line.order_line_id.with_env(orders.env)._get_merge_key())
        changed = explain(*(tuple(map(tuple, key)) for key in (now, line.group_id.merge_key)))
        if not changed:
            return ""
        return self.env._("%(what)s changed", what=", ".join(labels.get(name, name) for name in changed))
