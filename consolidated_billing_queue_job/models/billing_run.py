from collections.abc import Iterator
from datetime import timedelta

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.queue_job.job import ENQUEUED, PENDING, STARTED, WAIT_DEPENDENCIES

OPEN_STATES = (WAIT_DEPENDENCIES, PENDING, ENQUEUED, STARTED)
SIGNS_OF_LIFE = ("date_created", "date_enqueued", "date_started", "date_done", "eta")
SILENCE = timedelta(minutes=5)  # after which the queue counts as standing still


class ConsolidatedBillingRun(models.Model):
    """Adding the jobs of a run to the queue, and watching that the queue works on them."""

    _inherit = "consolidated.billing.run"

    open_job_count = fields.Integer(
        string="Open Jobs",
        compute="_compute_open_job_count",
        help="Jobs of the queue that wait for a worker or are worked on. Each creates a batch of documents.",
    )

    # === COMPUTE METHODS ===#

    def _compute_open_job_count(self):
        counts = self._count_open_jobs()
        for run in self:
            run.open_job_count = counts.get(run._origin.id, 0)

    # === ACTIONS ===#

    def action_view_jobs(self):
        """Open the jobs of this run, for those who look after the queue."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("queue_job.action_queue_job"),
            "domain": [("billing_run_id", "=", self.id)],
            "context": {},
        }

    # === JOBS ===#

    def _trigger_workers(self):
        """Override of `consolidated_billing` to add a job for each batch of documents that wait.

        The scheduled action is not woken: it only looks after runs whose jobs are gone (`_get_unattended`).
        """
        for run in self:
            for number, group_ids in run._get_waiting_batches():
                run.with_company(run.company_id).with_delay(
                    identity_key=f"consolidated_billing.run/{run.id}/{number}",
                    description=run.env._("%(run)s: batch %(number)s", run=run.name, number=number),
                )._process_job(group_ids)

    def _get_waiting_batches(self) -> Iterator[tuple[int, list[int]]]:
        """Divide the chosen documents of a run into batches and return those in which any still waits.

        A document is always in the same batch, whatever was created in the meantime: only so can the number of the
        batch, in the identity key of its job, keep the same work from waiting twice.

        :return: number of the batch from 1 on, and the ids of all its documents
        """
        self.ensure_one()
        size, _lines = self._get_batch_limits()
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                SELECT number, array_agg(id ORDER BY id)
                  FROM (SELECT id, state, (row_number() OVER (ORDER BY id) - 1) / %s + 1 AS number
                          FROM consolidated_billing_run_group
                         WHERE run_id = %s AND selected) AS grp
              GROUP BY number
                HAVING bool_or(state = 'proposed')
              ORDER BY number
                """,
                size,
                self.id,
            )
        )
        return iter(self.env.cr.fetchall())

    # === THE SCHEDULED ACTION ===#

    def _get_unattended(self):
        """Extend: leave runs to their jobs as long as the queue is alive."""
        runs = super()._get_unattended()
        counts = runs._count_open_jobs()
        attended = runs.filtered(lambda run: counts.get(run.id))
        return runs - attended if attended and attended._has_living_queue() else runs

    def _count_open_jobs(self) -> dict[int, int]:
        """Return the number of jobs that are not finished, by id of the run."""
        return {
            run.id: count
            # who may bill need not see the queue
            for run, count in self.env["queue.job"]
            .sudo()
            ._read_group(
                [("billing_run_id", "in", self.ids), ("state", "in", OPEN_STATES)], ["billing_run_id"], ["__count"]
            )
        }

    def _has_living_queue(self):
        """Tell whether anything happened lately in the channels in which the jobs of these runs wait.

        Jobs of other runs, or other jobs in these channels, may be ahead of them: they count as well.

        :rtype: bool
        """
        Job = self.env["queue.job"].sudo()  # who may bill need not see the queue
        waiting = [("billing_run_id", "in", self.ids), ("state", "in", OPEN_STATES)]
        channels = [channel for (channel,) in Job._read_group(waiting, ["channel"])]
        since = fields.Datetime.now() - SILENCE
        is_alive = Domain.OR(Domain(name, ">=", since) for name in SIGNS_OF_LIFE)
        return bool(Job.search_count(Domain("channel", "in", channels) & is_alive, limit=1))
