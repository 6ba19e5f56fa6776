from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from ..tools.days import FIRST_DAY, LAST_DAY, nearest

RUN_STATES = [
    ("draft", "Draft"),
    ("prepared", "Prepared"),
    ("generating", "Generating"),
    ("done", "Done"),
    ("cancelled", "Cancelled"),
]


class ConsolidatedBillingRun(models.Model):
    """One treatment of what is to be billed: prepare, choose, generate, post, print, send, undo (``R1`` to ``R7``)."""

    _name = "consolidated.billing.run"
    _description = "Billing Run"
    _inherit = ["consolidated.billing.engine", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(
        string="Number",
        copy=False,
        readonly=True,
        index=True,
        help="The number of this billing run.",
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
    profile_ids = fields.Many2many(
        "consolidated.billing.profile",
        string="Billing Profiles",
        check_company=True,
        help="Bill only customers with these billing profiles. Empty: all.",
    )
    deduct_down_payments = fields.Boolean(
        default=True,
        help="Deduct down payments and credit returns, as the option of that name when invoicing by hand.",
    )
    state = fields.Selection(
        RUN_STATES,
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        tracking=True,
        index=True,
        help="Draft: not prepared yet. Prepared: the proposal is frozen and can be checked. Generating: documents are "
        "created in the background. Done: all is created. Cancelled: nothing more will be created.",
    )
    is_paused = fields.Boolean(
        string="Paused",
        readonly=True,
        copy=False,
        tracking=True,
        help="Generation stands still until it is resumed.",
    )
    prepared_at = fields.Datetime(readonly=True, copy=False, help="When the proposal was frozen.")
    cash_rounding_id = fields.Many2one(
        "account.cash.rounding",
        readonly=True,
        copy=False,
        help="The cash rounding of the invoices: the default of who prepared the run.",
    )
    measured_from = fields.Datetime(
        readonly=True, copy=False, help="Since when the speed of the generation is measured."
    )
    measured_count = fields.Integer(
        readonly=True,
        copy=False,
        help="How many documents were processed before the speed is measured.",
    )
    empty_reason = fields.Text(readonly=True, copy=False, help="Why nothing is proposed.")

    group_ids = fields.One2many(
        "consolidated.billing.run.group",
        "run_id",
        string="Documents",
        copy=False,
        help="The documents that are proposed or were created.",
    )
    line_ids = fields.One2many(
        "consolidated.billing.run.line",
        "run_id",
        string="Lines",
        copy=False,
        help="What was found to bill, proposed or not.",
    )
    skipped_line_ids = fields.One2many(
        "consolidated.billing.run.line",
        "run_id",
        string="Not Billed",
        domain=[("is_left", "=", True)],
        copy=False,
        help="What is not proposed or was switched off, and why.",
    )
    move_ids = fields.One2many(
        "account.move",
        "billing_run_id",
        string="Invoices",
        readonly=True,
        copy=False,
        help="The invoices and credit notes that this run created.",
    )

    currency_id = fields.Many2one(related="company_id.currency_id", help="The currency of the totals of this run.")
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

    _name_unique = models.Constraint("UNIQUE (company_id, name)", "The number of a billing run must be unique.")

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

    @api.constrains("cutoff_date", "invoice_date")
    def _check_days(self):
        for run in self:
            for day in filter(None, (run.cutoff_date, run.invoice_date)):
                if day != nearest(day):
                    raise ValidationError(
                        self.env._(
                            "%(day)s is too far away to bill at. Enter a date between %(first)s and %(last)s.",
                            day=format_date(self.env, day),
                            first=format_date(self.env, FIRST_DAY),
                            last=format_date(self.env, LAST_DAY),
                        )
                    )

    # === CRUD METHODS ===#

    @api.model_create_multi
    def create(self, vals_list):
        """Number the runs."""
        # imported names are replaced
        runs = super().create([{k: v for k, v in vals.items() if k != "name"} for vals in vals_list])
        for run in runs:
            run._write_as_engine(
                {
                    "name": self.env["ir.sequence"]
                    .sudo()  # who may bill need not read sequences
                    .with_company(run.company_id)
                    .next_by_code("consolidated.billing.run")
                }
            )
        return runs

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
            "profile_ids",
            "deduct_down_payments",
        }

    @api.ondelete(at_uninstall=False)
    def _unlink_except_billed(self):
        self._check_can_delete()
        for run in self:
            if run.state == "generating":
                raise UserError(self.env._("%(run)s is generating. Cancel it before you delete it.", run=run.name))

    def _check_can_delete(self):
        """Refuse to delete a run that billed something, or a part of it (``R7``)."""
        billed = self.env["consolidated.billing.run.group"].search(
            [("run_id", "in", self.ids), "|", ("state", "=", "done"), ("is_reversed", "=", True)], limit=1
        )
        if billed:
            raise UserError(
                self.env._(
                    "%(run)s billed something and is kept for audit. Reverse it if it was wrong.",
                    run=billed.run_id.name,
                )
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
