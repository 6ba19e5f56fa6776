from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

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
                raise UserError(self.env._("%(run)s is done. Reverse it if its documents are wrong.", run=run.name))
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
