from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command

from .res_company import INVOICE_GROUPING

JOB_CODE_SIZE = 64


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = ["consolidated.billing.engine", "sale.order"]

    grouping_partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Grouping Account",
        compute="_compute_grouping_partner_id",
        store=True,
        precompute=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The grouping account under which this order is billed. Empty: the order is billed to the customer, or "
        "to an invoice address that was chosen by hand.",
    )
    grouping_partner_ref = fields.Char(
        related="grouping_partner_id.ref",
        string="Grouping Account Number",
        related_sudo=False,
        groups="base.group_user",
        help="The number (reference) of the grouping account under which this order is billed.",
    )
    default_invoice_partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Automatic Invoice Address",
        compute="_compute_default_invoice_partner_id",
        store=True,
        precompute=True,
        ondelete="set null",
        export_string_translation=False,
        help="The invoice address that follows from the customer and its grouping account. An order with another "
        "invoice address was given it by hand.",
    )
    invoice_grouping = fields.Selection(
        selection=INVOICE_GROUPING,
        compute="_compute_invoice_grouping",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        help="Separate Invoice: this order gets an invoice of its own.\n"
        "Combine Orders to Single Invoice: it shares an invoice with the customer's other orders of this kind.\n"
        "Group Invoice by Job Code: it shares an invoice with the orders that have the same job code.\n"
        "Orders with different due dates, next bill dates, currencies or fiscal positions never share an invoice.",
    )
    job_code = fields.Char(
        index="btree_not_null",
        copy=False,
        help="Orders that are grouped by job code share an invoice when their job codes are equal. Upper and lower "
        "case and surrounding spaces make no difference.",
    )
    next_bill_date = fields.Date(
        copy=False,
        help="The day from which this order may be billed; the default of its lines. Empty: it can be billed now.",
    )

    # === COMPUTE METHODS ===#

    @api.depends("partner_id", "partner_invoice_id")
    def _compute_grouping_partner_id(self):
        for order in self:
            account = order.partner_id._get_grouping_account()
            is_billed_to_it = order.partner_invoice_id.commercial_partner_id == account
            order.grouping_partner_id = account if is_billed_to_it else False

    @api.depends("partner_id")
    def _compute_default_invoice_partner_id(self):
        for order in self:
            order.default_invoice_partner_id = order._get_payer()._get_invoice_address()

    @api.depends("partner_id")
    def _compute_partner_invoice_id(self):
        """Override of `sale` to address the invoice to the grouping account (``G3``)."""
        grouped = self._filter_billed_on_grouping_account()
        for order in grouped:
            order.partner_invoice_id = order._get_payer()._get_invoice_address()
        return super(SaleOrder, self - grouped)._compute_partner_invoice_id()

    @api.depends("partner_id")
    def _compute_payment_term_id(self):
        """Override of `sale` to take the payment term of the grouping account (``G3``)."""
        grouped = self._filter_billed_on_grouping_account()
        for order in grouped:
            order.payment_term_id = order._get_payer_defaults()["payment_term_id"]
        return super(SaleOrder, self - grouped)._compute_payment_term_id()

    @api.depends("partner_id", "company_id")
    def _compute_preferred_payment_method_line_id(self):
        """Override of `sale` to take the payment method of the grouping account (``G3``)."""
        grouped = self._filter_billed_on_grouping_account()
        for order in grouped:
            order.preferred_payment_method_line_id = order._get_payer_defaults()["preferred_payment_method_line_id"]
        return super(SaleOrder, self - grouped)._compute_preferred_payment_method_line_id()

    @api.depends("partner_id", "company_id")
    def _compute_invoice_grouping(self):
        for order in self:
            company = order.company_id or self.env.company
            partner = order.partner_id
            order.invoice_grouping = (
                partner._get_default_invoice_grouping(company) if partner else company.invoice_grouping
            )

    # === CONSTRAINT METHODS ===#

    @api.constrains("job_code")
    def _check_job_code(self):
        for order in self.filtered(lambda o: len(o.job_code or "") > JOB_CODE_SIZE):
            raise ValidationError(
                self.env._(
                    "The job code of %(order)s has %(length)s characters. Shorten it to %(limit)s characters or less.",
                    order=order.display_name,
                    length=len(order.job_code),
                    limit=JOB_CODE_SIZE,
                )
            )

    # === CRUD METHODS ===#

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `sale` to clean what was typed or imported."""
        cleaned = []
        for vals in vals_list:
            if not vals.get("invoice_grouping"):  # nothing chosen: it is computed
                vals = {name: value for name, value in vals.items() if name != "invoice_grouping"}
            cleaned.append(self._clean_billing_values(vals))
        return super().create(cleaned)

    def write(self, vals):
        """Override of `sale` to clean what was typed or imported, and to keep line bill dates that were set by hand."""
        vals = self._clean_billing_values(vals)
        if "next_bill_date" not in vals:
            return super().write(vals)
        with_own_date = {
            command[1]
            for command in vals.get("order_line") or ()
            if command[0] == Command.UPDATE and "next_bill_date" in command[2]
        }
        by_hand = self.order_line.filtered(
            lambda line: line.id in with_own_date or line.next_bill_date != line.order_id.next_bill_date
        )
        with self.env.protecting([by_hand._fields["next_bill_date"]], by_hand):
            return super().write(vals)

    def _get_engine_refusal(self, names):
        """Override: these follow from the order itself."""
        labels = self.fields_get(sorted(names), ["string"])
        return self.env._(
            "%(fields)s cannot be typed: it follows from the customer and the invoice address. Change these instead.",
            fields=", ".join(label["string"] for label in labels.values()),
        )

    @api.model
    def _clean_billing_values(self, vals):
        """Strip the job code and refuse an invoice grouping that does not exist.

        :param dict vals: values of `create` or `write`
        :return: the cleaned values
        :rtype: dict
        :raise ValidationError: for an unknown invoice grouping
        """
        if "job_code" in vals:
            vals = {**vals, "job_code": str(vals["job_code"] or "").strip() or False}
        grouping = vals.get("invoice_grouping")
        if "invoice_grouping" in vals and (not isinstance(grouping, str) or grouping not in dict(INVOICE_GROUPING)):
            raise ValidationError(
                self.env._(
                    '"%(value)s" is not an invoice grouping. Choose one of: %(choices)s.',
                    value=grouping or "",
                    choices=", ".join(self.env["res.company"]._get_invoice_grouping_labels().values()),
                )
            )
        return vals

    # === ACTIONS ===#

    def action_collective_invoice(self):
        """Open the collective invoice over these orders (``003_…``).

        :raise UserError: nothing of the orders can be invoiced, or they belong to several companies
        """
        if len(self.company_id) > 1:
            raise UserError(self.env._("A collective invoice is made for one company. Choose orders of one company."))
        reasons = self._get_nothing_to_invoice_reasons(final=True)
        if len(reasons) == len(self):
            raise UserError(self._nothing_to_invoice_error_message())
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Collective Invoice"),
            "res_model": "consolidated.billing.collect",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_order_ids": (self - self.browse().concat(*reasons)).ids,
                "default_company_id": self.company_id.id,
                "dialog_size": "extra-large",
            },
        }
