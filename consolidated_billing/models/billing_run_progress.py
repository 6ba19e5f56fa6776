from odoo import api, fields, models


class ConsolidatedBillingRun(models.Model):
    """How far a run is: counts of its documents and invoices, progress and remaining time."""

    _inherit = "consolidated.billing.run"

    proposed_count = fields.Integer(
        string="Proposed Documents",
        compute="_compute_counts",
        help="Documents that wait to be created.",
    )
    done_count = fields.Integer(
        string="Created Documents", compute="_compute_counts", help="Documents that were created."
    )
    failed_count = fields.Integer(
        string="Failed Documents",
        compute="_compute_counts",
        help="Documents that could not be created.",
    )
    skipped_count = fields.Integer(
        string="Skipped Documents",
        compute="_compute_counts",
        help="Documents of which nothing was left to bill.",
    )
    group_count = fields.Integer(
        string="Selected Documents",
        compute="_compute_counts",
        help="Documents of which the run consists.",
    )
    progress = fields.Float(compute="_compute_counts", help="How much of the run is processed, in percent (0–100).")
    remaining_time = fields.Char(compute="_compute_counts", help="How long the generation will probably take from now.")
    move_count = fields.Integer(
        string="Number of Invoices",
        compute="_compute_move_count",
        help="How many invoices this run created.",
    )
    draft_count = fields.Integer(
        string="Draft Invoices",
        compute="_compute_move_count",
        help="How many of the invoices are not posted yet.",
    )
    posted_count = fields.Integer(
        string="Posted Invoices",
        compute="_compute_move_count",
        help="How many of the invoices are posted.",
    )

    # === COMPUTE METHODS ===#

    @api.depends("group_ids.state", "state", "is_paused")
    def _compute_counts(self):
        counts = {
            (run.id, state): count
            for run, state, count in self.env["consolidated.billing.run.group"]._read_group(
                [("run_id", "in", self.ids)], ["run_id", "state"], ["__count"]
            )
        }
        for run in self:
            by_state = {s: counts.get((run._origin.id, s), 0) for s in ("proposed", "done", "failed", "skipped")}
            processed = by_state["done"] + by_state["failed"] + by_state["skipped"]
            total = processed + by_state["proposed"]
            run.proposed_count = by_state["proposed"]
            run.done_count = by_state["done"]
            run.failed_count = by_state["failed"]
            run.skipped_count = by_state["skipped"]
            run.group_count = total
            run.progress = 100.0 * processed / total if total else 0.0
            run.remaining_time = run._format_remaining_time(processed, by_state["proposed"])

    def _format_remaining_time(self, processed, remaining):
        """Estimate from the speed so far; empty when nothing is running or nothing was measured."""
        measured = processed - self.measured_count
        if self.state != "generating" or self.is_paused or not self.measured_from or measured <= 0:
            return False
        elapsed = (fields.Datetime.now() - self.measured_from).total_seconds()
        seconds = round(elapsed / measured * remaining)
        if seconds < 90:
            return self.env._("about %(seconds)s seconds", seconds=seconds)
        return self.env._("about %(minutes)s minutes", minutes=round(seconds / 60))

    @api.depends("move_ids.state")
    def _compute_move_count(self):
        counts = {
            (run.id, state): count
            for run, state, count in self.env["account.move"]._read_group(
                [("billing_run_id", "in", self.ids)], ["billing_run_id", "state"], ["__count"]
            )
        }
        for run in self:
            run.draft_count = counts.get((run._origin.id, "draft"), 0)
            run.posted_count = counts.get((run._origin.id, "posted"), 0)
            run.move_count = sum(count for (run_id, _state), count in counts.items() if run_id == run._origin.id)
