from collections import defaultdict

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command, Domain
from odoo.tools import split_every

from .res_company import INVOICE_GROUPING

JOB_CODE_SIZE = 64
REROUTE_BATCH_SIZE = 1000


class SaleOrder(models.Model):
    _inherit = "sale.order"

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
        super()._compute_partner_invoice_id()
        for order in self.filtered(lambda o: o.partner_id._get_grouping_account()):
            order.partner_invoice_id = order._get_payer()._get_invoice_address()

    @api.depends("partner_id")
    def _compute_payment_term_id(self):
        """Override of `sale` to take the payment term of the grouping account (``G3``)."""
        super()._compute_payment_term_id()
        for order in self.filtered(lambda o: o.partner_id._get_grouping_account()):
            order.payment_term_id = order._get_payer_defaults()["payment_term_id"]

    @api.depends("partner_id", "company_id")
    def _compute_preferred_payment_method_line_id(self):
        """Override of `sale` to take the payment method of the grouping account (``G3``)."""
        super()._compute_preferred_payment_method_line_id()
        for order in self.filtered(lambda o: o.partner_id._get_grouping_account()):
            order.preferred_payment_method_line_id = order._get_payer_defaults()[
                "preferred_payment_method_line_id"
            ]

    @api.depends("partner_id", "company_id")
    def _compute_invoice_grouping(self):
        for order in self:
            company = order.company_id or self.env.company
            partner = order.partner_id
            order.invoice_grouping = (
                partner._get_default_invoice_grouping(company)
                if partner
                else company.invoice_grouping
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

    @api.model
    def _clean_billing_values(self, vals):
        """Strip the job code and refuse an invoice grouping that does not exist.

        :param dict vals: values of `create` or `write`
        :return: the cleaned values
        :rtype: dict
        :raise ValidationError: for an unknown invoice grouping
        """
        if "job_code" in vals:
            vals = {**vals, "job_code": (vals["job_code"] or "").strip() or False}
        grouping = vals.get("invoice_grouping")
        if "invoice_grouping" in vals and (
            not isinstance(grouping, str) or grouping not in dict(INVOICE_GROUPING)
        ):
            raise ValidationError(
                self.env._(
                    '"%(value)s" is not an invoice grouping. Choose one of: %(choices)s.',
                    value=grouping or "",
                    choices=", ".join(
                        self.env["res.company"]._get_invoice_grouping_labels().values()
                    ),
                )
            )
        return vals

    # === BUSINESS METHODS: WHO IS BILLED ===#

    def _get_payer(self):
        """Return the partner from which invoicing data comes: the grouping account, else the customer (``G3``).

        :rtype: res.partner
        """
        self.ensure_one()
        return self.partner_id._get_grouping_account() or self.partner_id

    def _get_payer_defaults(self, payer=None):
        """Return the invoicing data that follows from the payer, as values of the order.

        :param res.partner payer: the payer, by default the one of this order
        :rtype: dict
        """
        self.ensure_one()
        payer = (payer or self._get_payer()).with_company(self.company_id)
        return {
            "partner_invoice_id": payer._get_invoice_address().id,
            "payment_term_id": payer.property_payment_term_id.id,
            "preferred_payment_method_line_id": payer.property_inbound_payment_method_line_id.id,
        }

    @api.model
    def _get_open_order_domain(self):
        """Return the domain of the orders that still have, or may get, something to invoice.

        :rtype: Domain
        """
        return Domain("state", "in", ("draft", "sent")) | (
            Domain("state", "=", "sale") & Domain("invoice_status", "!=", "invoiced")
        )

    @api.model
    def _get_outstanding_domain(self, partner):
        """Return the domain of the orders with something to invoice that are ordered by, or billed to, a partner.

        :param res.partner partner: a customer or a grouping account
        :rtype: Domain
        """
        account = partner.commercial_partner_id
        return (
            Domain("state", "=", "sale")
            & Domain("invoice_status", "=", "to invoice")
            & (
                Domain("partner_id", "child_of", account.ids)
                | Domain("partner_invoice_id", "child_of", account.ids)
            )
        )

    @api.model
    def _reroute_open_orders(self, partners):
        """Bill the open orders of customers to the grouping account that they have now (``G5``).

        Orders whose invoice address was set by hand stay as they are, and so does what is invoiced. Works in batches
        with a constant number of queries each.

        :param res.partner partners: accounts or contacts whose grouping account changed
        """
        domain = (
            self._get_open_order_domain()
            & Domain("partner_id", "child_of", partners.ids)
            & Domain("partner_id.commercial_partner_id", "in", partners.commercial_partner_id.ids)
        )
        orders = self.with_context(active_test=False).search(domain)
        for batch in split_every(REROUTE_BATCH_SIZE, orders.ids, self.browse):
            batch._reroute()
            self.env.flush_all()
            batch.order_line.invalidate_recordset()
            batch.invalidate_recordset()

    def _reroute(self):
        """Re-route the orders in ``self``, one `write` for all that get the same values."""
        automatic = self.filtered(lambda o: o.partner_invoice_id == o.default_invoice_partner_id)
        orders_by_values = defaultdict(self.browse)
        bodies = {}
        defaults = {}
        for order in automatic:
            former = order.grouping_partner_id or order.partner_id
            payer = order._get_payer()
            for partner in (former, payer):
                if (order.company_id, partner) not in defaults:
                    defaults[order.company_id, partner] = order._get_payer_defaults(partner)
            values = order._get_reroute_values(
                defaults[order.company_id, former], defaults[order.company_id, payer]
            )
            orders_by_values[tuple(values.items())] += order
            bodies[order.id] = order._get_reroute_message(former, payer)
        # another payment term recomputes amounts, for which core reads the taxes order by order
        automatic.order_line.fetch(["tax_ids"])
        for values, orders in orders_by_values.items():
            orders.write(dict(values))
        automatic._message_log_batch(bodies=bodies)

    def _get_reroute_values(self, former_defaults, new_defaults):
        """Return what changes on the order: conditions that were agreed by hand on the order are kept.

        :param dict former_defaults: see `_get_payer_defaults`, of the payer until now
        :param dict new_defaults: the same of the new payer
        :rtype: dict
        """
        values = {
            "partner_invoice_id": new_defaults["partner_invoice_id"],
            "default_invoice_partner_id": new_defaults["partner_invoice_id"],
        }
        for name in ("payment_term_id", "preferred_payment_method_line_id"):
            # an equal value is left out: to write it would recompute all amounts of the order
            if self[name].id == former_defaults[name] != new_defaults[name]:
                values[name] = new_defaults[name]
        return values

    def _get_reroute_message(self, former, payer):
        return Markup("<p>%s</p>") % self.env._(
            "The grouping account of %(customer)s changed: this order is now billed to %(payer)s instead of "
            "%(former)s.",
            customer=self.partner_id.display_name,
            payer=payer.display_name,
            former=former.display_name,
        )

    # === ACTIONS ===#

    def action_collective_invoice(self):
        """Open the collective invoice over these orders (``003_…``).

        :raise UserError: nothing of the orders can be invoiced, or they belong to several companies
        """
        if len(self.company_id) > 1:
            raise UserError(
                self.env._("A collective invoice is made for one company. Choose orders of one company.")
            )
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
                "default_order_ids": (self - self.concat(*reasons)).ids,
                "default_company_id": self.company_id.id,
                "dialog_size": "extra-large",
            },
        }
