from odoo import fields, models


class QueueJob(models.Model):
    """A job knows its billing run."""

    _inherit = "queue.job"

    billing_run_id = fields.Many2one(
        "consolidated.billing.run",
        ondelete="cascade",
        index="btree_not_null",
        readonly=True,
        help="The run of which this job creates documents.",
    )
