from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
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
            partner.is_grouping_account = partner.grouping_partner_id == partner._origin and bool(
                partner._origin
            )

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

    # === CONSTRAINT METHODS ===#

    @api.constrains("grouping_partner_id", "company_id")
    def _check_grouping_account(self):
        """Rule ``G1``: a partner may point only to itself or to a self-marked, active, compatible account."""
        self._lock_grouping_accounts()
        for partner in self.filtered("grouping_partner_id"):
            account = partner.grouping_partner_id
            if account == partner:
                partner._check_can_be_grouping_account()
            elif partner.commercial_partner_id != partner:
                partner._check_contact_follows_account()
            else:
                partner._check_can_be_member_of(account)

    def _check_can_be_grouping_account(self):
        if self.commercial_partner_id != self:
            raise ValidationError(
                self.env._(
                    "%(contact)s is a contact of %(account)s. Only an account can be a grouping account: mark "
                    "%(account)s instead.",
                    contact=self.display_name,
                    account=self.commercial_partner_id.display_name,
                )
            )

    def _check_contact_follows_account(self):
        account = self.commercial_partner_id
        if self.grouping_partner_id != account.grouping_partner_id:
            raise ValidationError(
                self.env._(
                    "The grouping account of %(contact)s is the one of %(account)s. Change it there.",
                    contact=self.display_name,
                    account=account.display_name,
                )
            )

    def _check_can_be_member_of(self, account):
        names = {"member": self.display_name, "account": account.display_name}
        if account.grouping_partner_id != account:
            other = account.grouping_partner_id
            if other:
                message = self.env._(
                    "%(account)s cannot be the grouping account of %(member)s, because it is itself billed on "
                    "%(other)s. Choose %(other)s.",
                    other=other.display_name,
                    **names,
                )
            else:
                message = self.env._(
                    "%(account)s cannot be the grouping account of %(member)s, because it is not a grouping "
                    'account. Use "Make grouping account" on %(account)s first.',
                    **names,
                )
            raise ValidationError(message)
        if not account.active:
            raise ValidationError(
                self.env._(
                    "%(account)s cannot be the grouping account of %(member)s, because it is archived.", **names
                )
            )
        if account.company_id and account.company_id != self.company_id:
            raise ValidationError(
                self.env._(
                    "%(account)s cannot be the grouping account of %(member)s, because it belongs to %(company)s "
                    "alone. Only customers of that company can be billed on it.",
                    company=account.company_id.display_name,
                    **names,
                )
            )

    @api.constrains("grouping_partner_id", "active", "parent_id", "is_company", "company_id")
    def _check_grouping_account_in_use(self):
        """Rule ``G2``: an account on which others are billed stays an active grouping account of their company."""
        for account, members in self._get_grouped_partners_by_account().items():
            if (
                not account.active
                or account.grouping_partner_id != account
                or account.commercial_partner_id != account
            ):
                raise ValidationError(account._get_grouping_account_in_use_message(members))
            if account.company_id:
                for member in members.filtered(lambda m, a=account: m.company_id != a.company_id):
                    member._check_can_be_member_of(account)

    def _get_grouping_account_in_use_message(self, members):
        """Return the sentence that names the members for which the account ``self`` must stay."""
        shown = members[:10]
        names = ", ".join(shown.mapped("display_name"))
        if len(members) > len(shown):
            names = self.env._(
                "%(names)s and %(count)s more", names=names, count=len(members) - len(shown)
            )
        return self.env._(
            "%(account)s is the grouping account of %(members)s. It cannot be cleared, changed, archived, merged "
            "or deleted before these customers have another grouping account or none.",
            account=self.display_name,
            members=names,
        )

    # === CRUD METHODS ===#

    def write(self, vals):
        """Override of `base` to re-route the open orders of accounts whose grouping account changes (``G5``)."""
        if not {"grouping_partner_id", "parent_id", "is_company"} & vals.keys():
            return super().write(vals)
        before = {partner: partner.commercial_partner_id.grouping_partner_id for partner in self}
        result = super().write(vals)
        changed = self.browse(
            partner.id
            for partner, account in before.items()
            if partner.commercial_partner_id.grouping_partner_id != account
            and ("grouping_partner_id" not in vals or partner.commercial_partner_id == partner)
        )
        if changed:
            # A grouping account is a fact about the customer: all its open orders follow, also those that the
            # user may not see (record rules of salespeople, other companies).
            self.env["sale.order"].sudo()._reroute_open_orders(changed)
        return result

    @api.ondelete(at_uninstall=True)
    def _unlink_except_grouping_account_in_use(self):
        for account, members in self._get_grouped_partners_by_account().items():
            if members - self:
                raise UserError(account._get_grouping_account_in_use_message(members - self))
        # Contacts carry the grouping account of their account and members may be deleted in the same call: their
        # foreign keys would stand in the way.
        pointing = (
            self.sudo()
            .with_context(active_test=False)
            .search([("grouping_partner_id", "in", self.ids)])
        )
        if pointing:
            pointing.flush_recordset(["grouping_partner_id"])
            self.env.cr.execute(
                SQL(
                    "UPDATE res_partner SET grouping_partner_id = NULL WHERE id IN %s", pointing._ids
                )
            )
            pointing.invalidate_recordset(["grouping_partner_id"])

    @api.model
    def _commercial_fields(self):
        """Override of `base` to hand the grouping account of an account to its contacts."""
        return super()._commercial_fields() + ["grouping_partner_id"]

    def _commercial_sync_from_company(self):
        """Override of `base`, which hands only values that are set to a new contact.

        Somebody who becomes the contact of an account without a grouping account must lose the one it had.
        """
        result = super()._commercial_sync_from_company()
        account = self.commercial_partner_id
        if account != self and self.grouping_partner_id and not account.grouping_partner_id:
            self.write({"grouping_partner_id": False})
            self._commercial_sync_to_descendants(["grouping_partner_id"])
        return result

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
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Customers billed on %(account)s", account=self.display_name),
            "res_model": "res.partner",
            "view_mode": "list,kanban,form",
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
        self.ensure_one()
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

    def _get_grouped_partners_by_account(self):
        """Return the members of each of the grouping accounts in ``self``, archived ones included.

        :return: accounts with at least one member, and their members
        :rtype: dict[res.partner, res.partner]
        """
        if not self.ids:
            return {}
        rows = (
            self.env["res.partner"]
            # The rule counts members that the user may not see as well; only their names are shown.
            .sudo()
            .with_context(active_test=False)
            ._read_group(
                Domain("grouping_partner_id", "in", self.ids) & self._get_account_domain(),
                ["grouping_partner_id"],
                ["id:recordset"],
            )
        )
        result = {}
        for account, members in rows:
            if members := members - account:
                result[account.sudo(self.env.su)] = members
        return result

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

    def _lock_grouping_accounts(self):
        """Let nobody clear a grouping account in the moment in which it gets a member.

        The lock is shared: several users may add members at once, who changes the account itself waits for them and
        then sees them.
        """
        accounts = self.grouping_partner_id - self
        if accounts:
            self.env.cr.execute(
                SQL("SELECT 1 FROM res_partner WHERE id IN %s ORDER BY id FOR SHARE", accounts._ids)
            )
