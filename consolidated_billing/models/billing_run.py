from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

RUN_STATES = [
    ("draft", "Draft"),
    ("prepared", "Prepared"),
    ("generating", "Generating"),
    ("done", "Done"),
    ("cancelled", "Cancelled"),
]
CLAIMING_STATES = ("prepared", "generating")


class ConsolidatedBillingRun(models.Model):
    """One treatment of what is to be billed: prepare, choose, generate, post, print, send, undo (``R1`` to ``R7``)."""

    _name = "consolidated.billing.run"
    _description = "Billing Run"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(
        string="Number", copy=False, readonly=True, index=True, help="The number of this billing run."
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
        index=True,
        help="The company that bills.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        readonly=True,
        default=lambda self: self.env.user,
        copy=False,
        help="Who prepared or generated this run last; the documents are created on behalf of this user.",
    )
    kind = fields.Selection(
        [("invoice", "Invoices from Orders")],
        required=True,
        default="invoice",
        help="What the run makes.",
    )
    by_grouping_account = fields.Boolean(
        string="Invoicing by Grouping Customer",
        help="Ticked: customers that are billed on a grouping account. Not ticked: all others. Billing both takes two "
        "runs.",
        tracking=True,
    )
    cutoff_date = fields.Date(
        default=fields.Date.context_today,
        tracking=True,
        help="Order lines whose next bill date is later are left for a later run.",
    )
    invoice_date = fields.Date(
        default=fields.Date.context_today,
        tracking=True,
        help="The date of the invoices; due dates are compared at this date.",
    )
    order_date_from = fields.Date(help="Bill only orders from this day on. Empty: all.")
    order_date_to = fields.Date(help="Bill only orders up to this day. Empty: all.")
    partner_ids = fields.Many2many(
        "res.partner",
        string="Customers",
        check_company=True,
        help="Bill only these customers, and the members of these grouping accounts. Empty: the whole organization.",
    )
    payment_term_ids = fields.Many2many(
        "account.payment.term",
        string="Payment Terms",
        check_company=True,
        help="Bill only orders with these payment terms. Empty: all.",
    )
    deduct_down_payments = fields.Boolean(
        default=True,
        help="Deduct down payments and credit returns, as the option of the same name when invoices are created by hand.",
    )
    state = fields.Selection(
        RUN_STATES, required=True, readonly=True, default="draft", copy=False, tracking=True, index=True,
        help="Draft: not prepared yet. Prepared: the proposal is frozen and can be checked. Generating: documents are "
        "created in the background. Done: all is created. Cancelled: nothing more will be created.",
    )
    is_paused = fields.Boolean(
        string="Paused", readonly=True, copy=False, tracking=True, help="Generation stands still until it is resumed."
    )
    prepared_at = fields.Datetime(
        readonly=True, copy=False, help="When the proposal was frozen."
    )
    measured_from = fields.Datetime(
        readonly=True, copy=False, help="Since when the speed of the generation is measured."
    )
    measured_count = fields.Integer(
        readonly=True, copy=False, help="How many documents were processed before the speed is measured."
    )
    empty_reason = fields.Text(
        readonly=True, copy=False, help="Why nothing is proposed."
    )

    group_ids = fields.One2many(
        "consolidated.billing.run.group", "run_id", string="Documents", copy=False,
        help="The documents that are proposed or were created.",
    )
    line_ids = fields.One2many(
        "consolidated.billing.run.line", "run_id", string="Lines", copy=False,
        help="What was found to bill, proposed or not.",
    )
    skipped_line_ids = fields.One2many(
        "consolidated.billing.run.line",
        "run_id",
        string="Not Billed",
        domain=[("group_id", "=", False)],
        copy=False,
        help="What is not proposed, and why.",
    )
    move_ids = fields.One2many(
        "account.move", "billing_run_id", string="Invoices", readonly=True, copy=False,
        help="The invoices and credit notes that this run created.",
    )

    currency_id = fields.Many2one(
        related="company_id.currency_id", help="The currency of the totals of this run."
    )
    amount_proposed = fields.Monetary(
        string="Proposed",
        readonly=True,
        copy=False,
        help="Untaxed amount of what the run bills, in company currency.",
    )
    amount_not_proposed = fields.Monetary(
        string="Not Proposed",
        readonly=True,
        copy=False,
        help="Untaxed amount of what can be billed but is not proposed or was deselected, in company currency.",
    )
    amount_unbilled = fields.Monetary(
        string="Unbilled",
        readonly=True,
        copy=False,
        help="Untaxed amount of all that was to bill when the run was prepared: proposed and not proposed.",
    )

    proposed_count = fields.Integer(
        string="Proposed Documents", compute="_compute_counts", help="Documents that wait to be created."
    )
    done_count = fields.Integer(
        string="Created Documents", compute="_compute_counts", help="Documents that were created."
    )
    failed_count = fields.Integer(
        string="Failed Documents", compute="_compute_counts", help="Documents that could not be created."
    )
    skipped_count = fields.Integer(
        string="Skipped Documents",
        compute="_compute_counts",
        help="Documents of which nothing was left to bill.",
    )
    group_count = fields.Integer(
        string="Selected Documents", compute="_compute_counts", help="Documents of which the run consists."
    )
    progress = fields.Float(
        compute="_compute_counts", help="How much of the run is processed, in percent (0–100)."
    )
    remaining_time = fields.Char(
        compute="_compute_counts", help="How long the generation will probably take from now."
    )
    move_count = fields.Integer(
        string="Number of Invoices", compute="_compute_move_count", help="How many invoices this run created."
    )
    draft_count = fields.Integer(
        string="Draft Invoices", compute="_compute_move_count", help="How many of the invoices are not posted yet."
    )
    posted_count = fields.Integer(
        string="Posted Invoices", compute="_compute_move_count", help="How many of the invoices are posted."
    )

    _name_unique = models.Constraint(
        "UNIQUE (company_id, name)", "The number of a billing run must be unique."
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
            run.move_count = sum(
                count for (run_id, _state), count in counts.items() if run_id == run._origin.id
            )

    # === CONSTRAINT METHODS ===#

    @api.constrains("order_date_from", "order_date_to")
    def _check_order_dates(self):
        for run in self:
            if run.order_date_from and run.order_date_to and run.order_date_from > run.order_date_to:
                raise ValidationError(
                    self.env._(
                        "The order dates of the run are reversed: %(date_from)s is after %(date_to)s. Exchange them.",
                        date_from=run.order_date_from,
                        date_to=run.order_date_to,
                    )
                )

    # === CRUD METHODS ===#

    @api.model_create_multi
    def create(self, vals_list):
        """Number the runs."""
        for vals in vals_list:
            company = vals.get("company_id") or self.env.company.id
            vals["name"] = (
                self.env["ir.sequence"]
                .sudo()  # who may bill need not read sequences
                .with_company(company)
                .next_by_code("consolidated.billing.run")
            )
        return super().create(vals_list)

    def write(self, vals):
        """Refuse to change the parameters of a run once its proposal is frozen."""
        frozen = self._get_parameter_names() & vals.keys()
        if frozen:
            for run in self.filtered(lambda r: r.state not in ("draft", "prepared")):
                raise UserError(
                    self.env._(
                        "The parameters of %(run)s cannot be changed any more: its documents are generated.",
                        run=run.name,
                    )
                )
        result = super().write(vals)
        if frozen:
            self.filtered(lambda run: run.state == "prepared")._reset_proposal()
        return result

    @api.model
    def _get_parameter_names(self):
        """Return the names of the fields that determine the proposal: changing one takes it back."""
        return {
            "company_id",
            "kind",
            "by_grouping_account",
            "cutoff_date",
            "invoice_date",
            "order_date_from",
            "order_date_to",
            "partner_ids",
            "payment_term_ids",
            "deduct_down_payments",
        }

    @api.ondelete(at_uninstall=False)
    def _unlink_except_billed(self):
        for run in self:
            if run.group_ids.filtered(lambda group: group.state == "done" or group.is_reversed):
                raise UserError(
                    self.env._(
                        "%(run)s billed something and is kept for audit. Reverse it if it was wrong.", run=run.name
                    )
                )
            if run.state == "generating":
                raise UserError(
                    self.env._("%(run)s is generating. Cancel it before you delete it.", run=run.name)
                )

    @api.autovacuum
    def _gc_lines(self):
        """Drop what was not billed by runs that ended 30 days ago or earlier; what was billed stays (``R7``)."""
        limit = fields.Datetime.subtract(fields.Datetime.now(), days=30)
        ended = Domain("run_id.write_date", "<", limit)
        Line = self.env["consolidated.billing.run.line"]
        Line.search(
            ended
            & Domain("is_billed", "=", False)
            & (
                Domain("run_id.state", "=", "cancelled")
                | (Domain("run_id.state", "=", "done") & Domain("group_id", "=", False))
            )
        ).unlink()
        self.env["consolidated.billing.run.group"].search(
            ended
            & Domain("run_id.state", "=", "cancelled")
            & Domain("line_ids", "=", False)
            & Domain("move_id", "=", False)
            & Domain("is_reversed", "=", False)
        ).unlink()

    # === CLAIMS ===#

    def _update_claims(self):
        """Decide which order lines the runs claim (``R3``): the one place where claims are made and released.

        A claim is held by a selected, not yet billed line of a run that is prepared or generating. A unique index
        guarantees that no other open run claims the same order line.

        :raise UserError: another run claimed one of the lines
        """
        self.env.flush_all()
        conflicts = self._get_claim_conflicts()
        if conflicts:
            raise UserError(conflicts)
        self.env.cr.execute(
            SQL(
                """
                UPDATE consolidated_billing_run_line AS line
                   SET is_claim = claim.wanted
                  FROM (
                        SELECT line.id, %s AS wanted
                          FROM consolidated_billing_run_line AS line
                          JOIN consolidated_billing_run_group AS grp ON grp.id = line.group_id
                          JOIN consolidated_billing_run AS run ON run.id = line.run_id
                         WHERE line.run_id IN %s
                       ) AS claim
                 WHERE claim.id = line.id AND line.is_claim IS DISTINCT FROM claim.wanted
                """,
                self._get_claim_condition(),
                self._ids or (0,),
            )
        )
        self.env["consolidated.billing.run.line"].invalidate_model(["is_claim"])

    @api.model
    def _get_claim_condition(self):
        return SQL(
            """((line.selected AND line.is_billed IS NOT TRUE AND line.skip_reason IS NULL
                 AND grp.selected AND grp.state IN ('proposed', 'failed') AND run.state IN %s) IS TRUE)""",
            CLAIMING_STATES,
        )

    def _get_claim_conflicts(self):
        """Return the sentence that names the run which claims a line that one of these runs wants, or nothing."""
        self.env.cr.execute(
            SQL(
                """
                SELECT other_run.name, sale.name
                  FROM consolidated_billing_run_line AS line
                  JOIN consolidated_billing_run_group AS grp ON grp.id = line.group_id
                  JOIN consolidated_billing_run AS run ON run.id = line.run_id
                  JOIN consolidated_billing_run_line AS other
                    ON other.order_line_id = line.order_line_id AND other.is_claim AND other.run_id != line.run_id
                  JOIN consolidated_billing_run AS other_run ON other_run.id = other.run_id
                  JOIN sale_order AS sale ON sale.id = line.order_id
                 WHERE line.run_id IN %s AND line.is_claim IS NOT TRUE AND %s
                 LIMIT 1
                """,
                self._ids or (0,),
                self._get_claim_condition(),
            )
        )
        row = self.env.cr.fetchone()
        if not row:
            return ""
        return self.env._(
            "Order %(order)s is in billing run %(run)s. Generate or cancel that run first.",
            run=row[0],
            order=row[1],
        )

    # === ACTIONS ===#

    def action_view_moves(self):
        """Open the invoices of this run."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id("account.action_move_out_invoice_type")
        return {
            **action,
            "domain": [("billing_run_id", "=", self.id)],
            "context": {"default_move_type": "out_invoice", "create": False},
            "name": self.env._("Invoices of %(run)s", run=self.name),
        }

    def action_view_lines(self):
        """Open what the run proposes, line by line, to choose among it."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Lines of %(run)s", run=self.name),
            "res_model": "consolidated.billing.run.line",
            "view_mode": "list",
            "domain": [("run_id", "=", self.id), ("group_id", "!=", False)],
            "context": {"search_default_group_by_document": 1, "search_default_group_by_order": 1},
        }
