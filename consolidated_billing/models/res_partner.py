from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from .res_company import INVOICE_GROUPING


class ResPartner(models.Model):
    _inherit = "res.partner"

    grouping_partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Grouping Account",
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
        help="The account that receives the invoices of this customer. An account that is its own grouping "
        "account can receive the invoices of others. Prices and taxes stay those of the customer.",
    )
    is_grouping_account = fields.Boolean(
        string="Is a Grouping Account",
        compute="_compute_is_grouping_account",
        search="_search_is_grouping_account",
        help="This account is its own grouping account: other customers can be billed on it.",
    )
    grouped_partner_count = fields.Integer(
        string="Grouped Customers",
        compute="_compute_grouped_partner_count",
        help="Number of other accounts that are billed on this grouping account.",
    )
    invoice_grouping = fields.Selection(
        selection=INVOICE_GROUPING,
        company_dependent=True,
        help="How new orders of this customer are merged to invoices. Empty: as its grouping account, else as "
        "the company.",
    )

    has_outstanding_orders = fields.Boolean(
        compute="_compute_has_outstanding_orders",
        help="There are orders of this customer, or billed on it, with something to invoice.",
    )

    # === COMPUTE METHODS ===#

    def _compute_has_outstanding_orders(self):
        Order = self.env["sale.order"]
        for partner in self:
            partner.has_outstanding_orders = Order.has_access("read") and bool(
                Order.search_count(Order._get_outstanding_domain(partner), limit=1)
            )

    @api.depends("grouping_partner_id")
    def _compute_is_grouping_account(self):
        for partner in self:
            partner.is_grouping_account = partner.grouping_partner_id == partner._origin and bool(partner._origin)

    def _search_is_grouping_account(self, operator, value):
        if operator != "in":
            return NotImplemented
        own = Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                "%s = %s",
                SQL.identifier(alias, "grouping_partner_id"),
                SQL.identifier(alias, "id"),
            ),
            predicate=lambda partner: partner.is_grouping_account,
        )
        wanted = set(value)
        if wanted >= {True, False}:
            return Domain.TRUE
        return own if True in wanted else Domain("grouping_partner_id", "=", False) | ~own

    @api.depends("grouping_partner_id")
    def _compute_grouped_partner_count(self):
        members = self._get_grouped_partners_by_account()
        for partner in self:
            partner.grouped_partner_count = len(members.get(partner._origin, ()))

    # === ACTION METHODS ===#

    def action_make_grouping_account(self):
        """Mark the accounts as grouping accounts by pointing them to themselves, as in ``000_…``.

        :raise UserError: for an account that is billed on another one
        """
        for partner in self:
            account = partner.grouping_partner_id
            if account and account != partner:
                raise UserError(
                    self.env._(
                        "%(partner)s is billed on %(account)s. Clear its grouping account before you make it one.",
                        partner=partner.display_name,
                        account=account.display_name,
                    )
                )
            partner.grouping_partner_id = partner
        return True

    def action_view_grouped_partners(self):
        """Open the list of the accounts that are billed on this grouping account."""
        self.ensure_one()
        title = self.env._("No other customer is billed on this account yet")
        advice = self.env._("Open a customer and choose this account as its grouping account.")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Customers billed on %(account)s", account=self.display_name),
            "res_model": "res.partner",
            "view_mode": "list,kanban,form",
            "help": Markup('<p class="o_view_nocontent_smiling_face">%s</p><p>%s</p>') % (title, advice),
            "domain": [
                ("grouping_partner_id", "=", self.id),
                ("id", "!=", self.id),
                *self._get_account_domain(),
            ],
            "context": {
                "default_grouping_partner_id": self.id,
                "default_is_company": True,
                "active_test": False,
            },
        }

    def action_collective_invoice(self):
        """Open the collective invoice over the outstanding orders of this customer (``003_…``)."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Collective Invoice"),
            "res_model": "consolidated.billing.collect",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_partner_id": self.commercial_partner_id.id,
                "dialog_size": "extra-large",
            },
        }

    def action_new_billing_run(self):
        """Open a new billing run over these customers."""
        accounts = self.commercial_partner_id
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New Billing Run"),
            "res_model": "consolidated.billing.run",
            "view_mode": "form",
            "context": {
                "default_partner_ids": accounts.ids,
                "default_by_grouping_account": bool(accounts.grouping_partner_id),
            },
        }

    # === BUSINESS METHODS ===#

    @api.model
    def _get_account_domain(self):
        """Return the domain of accounts: partners that are their own commercial partner."""
        return Domain("is_company", "=", True) | Domain("parent_id", "=", False)

    def _get_grouping_account(self):
        """Return the grouping account under which orders of this partner (an account or a contact) are billed.

        :rtype: res.partner (empty: it is billed itself)
        """
        return self.commercial_partner_id.grouping_partner_id

    def _get_invoice_address(self):
        """Return the contact of this partner that receives invoices.

        :rtype: res.partner
        """
        return self.browse(self.address_get(["invoice"])["invoice"] if self else False)

    def _get_default_invoice_grouping(self, company):
        """Return the invoice grouping of new orders: contact, account, grouping account, company, in this order.

        :param res.company company: the company that sells
        :rtype: str
        """
        self.ensure_one()
        partner = self.with_company(company)
        account = partner.commercial_partner_id
        return (
            partner.invoice_grouping
            or account.invoice_grouping
            or account.grouping_partner_id.invoice_grouping
            or company.invoice_grouping
        )
