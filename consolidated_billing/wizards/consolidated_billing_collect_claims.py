from odoo import api, fields, models


class ConsolidatedBillingCollect(models.TransientModel):
    """Say before something is billed by hand that a billing run proposes it, too (``W1``, ``R2``)."""

    _inherit = "consolidated.billing.collect"

    claim_warning = fields.Text(
        string="In Billing Runs",
        compute="_compute_claim_warning",
        help="Which billing runs propose some of the chosen lines. They will skip what is billed here.",
    )

    @api.depends("line_ids.selected", "line_ids.quantity", "line_ids.claimed_by")
    def _compute_claim_warning(self):
        for wizard in self:
            orders_by_run = {}
            for line in wizard._get_chosen_lines().filtered("claimed_by"):
                orders_by_run.setdefault(line.claimed_by, {})[line.order_id.name] = True
            wizard.claim_warning = "\n".join(
                self.env._(
                    "%(orders)s: proposed in %(run)s. That run will skip the lines that you bill here.",
                    orders=", ".join(orders),
                    run=run,
                )
                for run, orders in sorted(orders_by_run.items())
            )

    def _prepare_lines(self):
        """Note at each line the billing run that claims it (``R3``)."""
        rows = super()._prepare_lines()
        claims = self.env["consolidated.billing.run"]._get_claims([row["order_line_id"] for row in rows])
        return [{**row, "claimed_by": claims.get(row["order_line_id"])} for row in rows]


class ConsolidatedBillingCollectLine(models.TransientModel):
    _inherit = "consolidated.billing.collect.line"

    claimed_by = fields.Char(
        string="Billing Run",
        readonly=True,
        help="The prepared or generating billing run that proposes this line. It will skip the line when you bill it "
        "here.",
    )
