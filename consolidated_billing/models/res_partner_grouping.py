from odoo import api, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL


class ResPartner(models.Model):
    """The rules of grouping accounts (``G1``, ``G2``, ``G5``) and how contacts follow their account."""

    _inherit = "res.partner"

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
                    "%(account)s cannot be the grouping account of %(member)s, because it is archived.",
                    **names,
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
            if not account.active or account.grouping_partner_id != account or account.commercial_partner_id != account:
                raise ValidationError(account._get_grouping_account_in_use_message(members))
            if account.company_id:
                for member in members.filtered(lambda m, a=account: m.company_id != a.company_id):
                    member._check_can_be_member_of(account)

    def _get_grouping_account_in_use_message(self, members):
        """Return the sentence that names the members for which the account ``self`` must stay."""
        shown = members[:10]
        names = ", ".join(shown.mapped("display_name"))
        if len(members) > len(shown):
            names = self.env._("%(names)s and %(count)s more", names=names, count=len(members) - len(shown))
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
        # Orders that still have to compute who is billed must do so before the answer changes.
        self.env["sale.order"].flush_model(["grouping_partner_id", "partner_invoice_id", "default_invoice_partner_id"])
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

    def copy_data(self, default=None):
        """Override of `base`: the copy of a grouping account is not billed on the original."""
        vals_list = super().copy_data(default=default)
        for partner, vals in zip(self, vals_list, strict=True):
            if partner.is_grouping_account and "grouping_partner_id" not in (default or {}):
                vals.pop("grouping_partner_id", None)
        return vals_list

    @api.ondelete(at_uninstall=True)
    def _unlink_except_grouping_account_in_use(self):
        for account, members in self._get_grouped_partners_by_account().items():
            if members - self:
                raise UserError(account._get_grouping_account_in_use_message(members - self))
        # Contacts carry the grouping account of their account and members may be deleted in the same call: their
        # foreign keys would stand in the way.
        pointing = self.sudo().with_context(active_test=False).search([("grouping_partner_id", "in", self.ids)])
        if pointing:
            pointing.flush_recordset(["grouping_partner_id"])
            self.env.cr.execute(
                SQL(
                    "UPDATE res_partner SET grouping_partner_id = NULL WHERE id IN %s",
                    pointing._ids,
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

    # === BUSINESS METHODS ===#

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

    def _lock_grouping_accounts(self):
        """Let nobody clear a grouping account in the moment in which it gets a member.

        The lock is shared: several users may add members at once, who changes the account itself waits for them and
        then sees them.
        """
        accounts = self.grouping_partner_id - self
        if accounts:
            self.env.cr.execute(SQL("SELECT 1 FROM res_partner WHERE id IN %s ORDER BY id FOR SHARE", accounts._ids))
