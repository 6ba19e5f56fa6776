from odoo import api, fields, models
from odoo.exceptions import UserError

GROUP_STATES = [
    ("proposed", "Proposed"),
    ("excluded", "Excluded"),
    ("deferred", "Deferred"),
    ("done", "Created"),
    ("failed", "Failed"),
    ("skipped", "Skipped"),
]


class ConsolidatedBillingRunGroup(models.Model):
    """One future document of a billing run."""

    _name = "consolidated.billing.run.group"
    _description = "Billing Run Document"
    _inherit = ["consolidated.billing.engine"]
    _order = "id"
    _check_company_auto = True

    run_id = fields.Many2one(
        "consolidated.billing.run",
        string="Billing Run",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        help="The run that proposes this document.",
    )
    company_id = fields.Many2one(related="run_id.company_id", store=True, index=True, help="The company that bills.")
    run_state = fields.Selection(
        related="run_id.state", string="State of the Run", help="The state of the billing run."
    )
    line_ids = fields.One2many(
        "consolidated.billing.run.line", "group_id", string="Lines", help="What is on the document."
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Bill-to",
        readonly=True,
        index=True,
        help="Who receives the document.",
    )
    currency_id = fields.Many2one("res.currency", readonly=True, help="The currency of the document.")
    order_ids = fields.Many2many(
        "sale.order",
        string="Orders",
        compute="_compute_order_ids",
        help="The orders on the document.",
    )
    order_count = fields.Integer(readonly=True, help="How many orders are on the document.")
    line_count = fields.Integer(readonly=True, help="How many order lines are on the document.")
    amount_untaxed = fields.Monetary(string="Tax Excluded", readonly=True, help="What is proposed, without taxes.")
    amount_total = fields.Monetary(string="Total", readonly=True, help="What is proposed, with taxes.")
    amount_billed = fields.Monetary(
        string="Billed",
        readonly=True,
        help="What was billed, without taxes, when the document was created.",
    )
    merge_key = fields.Json(
        readonly=True,
        help="The merge key of the document when the run was prepared: names and values of its parts.",
    )
    reason = fields.Char(
        string="Why Apart",
        readonly=True,
        help="In what this document differs from the one of the same payer that is most like it.",
    )
    selected = fields.Boolean(default=True, help="Only selected documents are created. Deselect what shall wait.")
    state = fields.Selection(
        GROUP_STATES,
        required=True,
        readonly=True,
        default="proposed",
        index=True,
        help="Proposed: waits to be created. Excluded: was deselected. Deferred: waits for a later run. Created: the "
        "document exists. Failed: it could not be created. Skipped: nothing was left to bill.",
    )
    error = fields.Text(readonly=True, help="Why the document could not be created.")
    error_partner_id = fields.Many2one(
        "res.partner",
        readonly=True,
        help="The customer to look at when the document could not be created.",
    )
    move_id = fields.Many2one(
        "account.move",
        string="Invoice",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The invoice or credit note that was created.",
    )
    is_reversed = fields.Boolean(string="Reversed", readonly=True, help="The document was created and undone again.")

    # === COMPUTE METHODS ===#

    @api.depends("line_ids.order_id")
    def _compute_order_ids(self):
        for group in self:
            group.order_ids = group.line_ids.order_id

    @api.depends("partner_id", "order_ids")
    def _compute_display_name(self):
        for group in self:
            orders = group.order_ids.mapped("name")
            names = ", ".join(orders[:3]) + (", …" if len(orders) > 3 else "")
            group.display_name = " · ".join(filter(None, (group.partner_id.display_name, names)))

    # === CRUD METHODS ===#

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse: a proposal is made by preparing a run."""
        if not self._is_engine():
            raise UserError(self.env._("What a billing run proposes cannot be typed. Prepare a billing run instead."))
        return super().create(vals_list)

    def write(self, vals):
        """Let people choose documents only while the run is prepared; totals and claims follow."""
        chosen = "selected" in vals and not self._is_engine()
        if chosen:
            self.run_id._check_can_choose()
        result = super().write(vals)
        if chosen:
            self._get_sharing_groups()._update_deductions()
            self.run_id._update_totals()
            self.run_id._update_claims()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_run(self):
        """Nobody deletes what was proposed; only the autovacuum drops what a run left out (``R7``)."""
        if self and not self.env.su:
            raise UserError(
                self.env._(
                    "A document of a billing run cannot be deleted alone. Deselect it to leave it for a later run."
                )
            )

    # === ACTIONS ===#

    def action_select(self):
        """Take the documents into the run again."""
        return self.write({"selected": True})

    def action_deselect(self):
        """Leave the documents for a later run."""
        return self.write({"selected": False})

    def action_view_document(self):
        """Open the invoice of this document."""
        self.ensure_one()
        if not self.move_id:
            raise UserError(self.env._("There is no invoice yet. It is created when the run is generated."))
        return {
            "type": "ir.actions.act_window",
            "res_model": "account.move",
            "res_id": self.move_id.id,
            "view_mode": "form",
        }

    def action_view_lines(self):
        """Open the lines of this document to choose among them."""
        self.ensure_one()
        action = self.run_id.action_view_lines()
        return {
            **action,
            "name": self.display_name,
            "domain": [("group_id", "=", self.id)],
            "context": {"search_default_group_by_order": 1},
        }

    def action_open_cause(self):
        """Open what has to be mended before a failed document can be created: the bill-to, or the single order."""
        self.ensure_one()
        record = self.error_partner_id or (self.order_ids if len(self.order_ids) == 1 else self.partner_id)
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "view_mode": "form",
        }

    def action_reverse(self):
        """Undo these documents (``R6``)."""
        for run, groups in self.grouped("run_id").items():
            run._reverse_groups(groups)
        return True

    # === BUSINESS METHODS ===#

    def _update_amounts(self):
        """Recompute what the documents amount to from their selected lines."""
        for group in self:
            amounts = group.line_ids.filtered("selected")._get_amounts_to_invoice()
            for line in group.line_ids:
                amount = amounts.by_line.get(line.order_line_id.id, 0.0)
                if group.currency_id.compare_amounts(line.amount_untaxed, amount):
                    line._write_as_engine({"amount_untaxed": amount})
            group._write_as_engine(
                {
                    "amount_untaxed": amounts.untaxed,
                    "amount_total": amounts.total,
                    "reason": group.order_ids._explain_negative(
                        amounts.total, group.reason, group.run_id.deduct_down_payments
                    ),
                }
            )

    def _has_other_lines(self):
        """Whether something else than dependent lines was proposed for this document.

        :rtype: bool
        """
        self.ensure_one()
        return any(not line.order_line_id._is_dependent() for line in self.line_ids)

    def _complete(self, move):
        """Note that the document exists, and its amount (``R7``)."""
        self._write_as_engine(
            {
                "state": "done",
                "move_id": move.id,
                "amount_billed": abs(move.amount_untaxed) * (-1 if move.move_type == "out_refund" else 1),
                "error": False,
            }
        )

    def _fail(self, message):
        """Keep the error with its document, with the customer to look at."""
        self._write_as_engine({"state": "failed", "error": message, "error_partner_id": self.partner_id.id})
