import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date

_logger = logging.getLogger(__name__)

PROPOSAL_VALID_DAYS = 31


class ConsolidatedBillingRun(models.Model):
    """Starting, pausing, resuming, retrying, cancelling and ending the generation of a run."""

    _inherit = "consolidated.billing.run"

    # === ACTIONS ===#

    def action_generate(self):
        """Start the generation in the background and return at once.

        :raise UserError: the run is not prepared, proposes nothing, is too old, or its invoice date is locked
        """
        for run in self:
            run._check_can_generate()
            Group = self.env["consolidated.billing.run.group"]
            waiting = [("run_id", "=", run.id), ("state", "=", "proposed")]
            Group.search([*waiting, ("selected", "=", False)])._write_as_engine({"state": "excluded"})
            run._start()
        return True

    def action_retry_failed(self):
        """Try the failed documents again; what another run claimed in the meantime is left to it (``R4``)."""
        for run in self:
            failed = run.group_ids.filtered(lambda group: group.state == "failed")
            if run.state not in ("done", "generating") or not failed:
                raise UserError(self.env._("%(run)s has no failed documents to try again.", run=run.name))
            run._release_to_other_runs(failed)
            failed._write_as_engine({"state": "proposed", "error": False, "error_partner_id": False})
            run._start()
        return True

    def action_pause(self):
        """Let the generation stand still after the documents that are created at the moment."""
        self.filtered(lambda run: run.state == "generating")._write_as_engine({"is_paused": True})

    def action_resume(self):
        """Go on with a paused generation."""
        for run in self.filtered(lambda r: r.state == "generating" and r.is_paused):
            run._start()

    def action_cancel(self):
        """Create nothing more; what was created stays. Everything that was claimed is free again (``R3``).

        Does not wait for a worker: it finishes the documents that it creates at the moment, and stops then.

        :raise UserError: the run is done
        """
        for run in self:
            if run.state == "done":
                raise UserError(self.env._("%(run)s is done. Reverse it if its documents are wrong.", run=run.name))
            run._write_as_engine({"state": "cancelled", "is_paused": False})
            run._exclude_waiting_groups()
        return True

    # === CHECKS ===#

    def _check_can_generate(self):
        self.ensure_one()
        if self.state != "prepared":
            raise UserError(self.env._("Prepare %(run)s before you generate it.", run=self.name))
        chosen = [("run_id", "=", self.id), ("selected", "=", True)]
        if not self.env["consolidated.billing.run.group"].search_count(chosen, limit=1):
            raise UserError(
                self.env._(
                    "%(run)s proposes nothing to generate. %(why)s",
                    run=self.name,
                    why=self.empty_reason or "",
                )
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
        self._write_as_engine(
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
        cancelled = self.search([("state", "=", "cancelled"), ("group_ids.state", "=", "proposed")])
        runs = self.search([("state", "=", "generating"), ("is_paused", "=", False)], order="id")._get_unattended()
        self.env["ir.cron"]._commit_progress(remaining=sum(runs.mapped("proposed_count")))
        for run in cancelled + runs:
            try:
                run._process_groups()
            except Exception as error:  # whatever it is, it does not stop the other runs
                run._stop_after_error(error)
            if self._is_out_of_time():
                break

    def _get_unattended(self):
        """Return the runs on which the scheduled action works. Extension point: the job queue keeps those it works on.

        :rtype: consolidated.billing.run
        """
        return self

    def _stop_after_error(self, error):
        """Let a run that cannot be worked on stand still, with the reason in its history (``R4``, ``R7``)."""
        if self._is_in_test():
            raise error
        self.env.cr.rollback()  # raises when the connection is lost: the next start goes on then
        _logger.exception("The generation of billing run %s stopped", self.id)
        self._write_as_engine({"is_paused": True})
        self._message_log(
            body=self.env._(
                "The generation stopped. Resume it when the cause is removed: %(error)s",
                error=self._get_error_message(error),
            )
        )
        self.env["ir.cron"]._commit_progress()

    def _finish_if_complete(self):
        """End the run when no document waits any more; what failed is released (``R3``)."""
        self.invalidate_recordset()
        if self.state == "cancelled":
            self._exclude_waiting_groups()
        if self.state != "generating":
            return
        if self._has_waiting_groups():
            if not self.is_paused:
                self._look_again_later()
            return
        self._write_as_engine({"state": "done"})
        self._update_claims()
        self._message_log(
            body=self.env._(
                "Generated: %(done)s documents, %(failed)s failed, %(skipped)s skipped.",
                done=self.done_count,
                failed=self.failed_count,
                skipped=self.skipped_count,
            )
        )

    def _has_waiting_groups(self):
        domain = [("run_id", "=", self.id), ("state", "=", "proposed")]
        return bool(self.env["consolidated.billing.run.group"].search_count(domain, limit=1))

    def _exclude_waiting_groups(self):
        """Exclude the documents of a cancelled run that no worker has in hands, and release the claims (``R3``)."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                SELECT id FROM consolidated_billing_run_group
                 WHERE run_id = %s AND state = 'proposed'
              ORDER BY id
                   FOR NO KEY UPDATE SKIP LOCKED
                """,
                self.id,
            )
        )
        ids = [group_id for (group_id,) in self.env.cr.fetchall()]
        self.env["consolidated.billing.run.group"].browse(ids)._write_as_engine({"state": "excluded"})
        self._update_claims()
        if self._has_waiting_groups():
            self._look_again_later()

    def _look_again_later(self):
        """Come back to documents that another worker has in hands, in case it dies before they are done (``R5``)."""
        later = fields.Datetime.now() + timedelta(minutes=1)
        # who may bill need not manage scheduled actions
        self.env.ref("consolidated_billing.ir_cron_generate_billing_runs").sudo()._trigger(at=later)

    def _release_to_other_runs(self, groups):
        """Skip the lines of failed documents that another run claimed in the meantime."""
        lines = groups.line_ids.filtered(lambda line: line.selected and not line.is_billed)
        claims = self._get_claims(lines.order_line_id.ids)
        claimed = {line: claims[line.order_line_id.id] for line in lines if line.order_line_id.id in claims}
        waits_for = {line.order_id: run for line, run in claimed.items() if line.order_line_id._is_dependent()}
        for line in lines:
            # lines are not billed without their discount
            if run := waits_for.get(line.order_id) or claimed.get(line):
                line._write_as_engine({"skip_reason": self.env._("in run %(run)s", run=run)})
