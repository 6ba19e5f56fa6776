from odoo import api, fields, models
from odoo.exceptions import UserError


class ConsolidatedBillingAssignProfile(models.TransientModel):
    """Give many customers a billing profile at once."""

    _name = "consolidated.billing.assign.profile"
    _description = "Assign Billing Profile"
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
        help="The company that bills these customers with the profile. Other companies keep their own choice.",
    )
    partner_ids = fields.Many2many(
        "res.partner",
        string="Contacts",
        default=lambda self: self._get_default_partners(),
        help="The selected contacts. The profile is set on the accounts to which they belong.",
    )
    account_ids = fields.Many2many(
        "res.partner",
        string="Customers",
        compute="_compute_account_ids",
        help="The accounts that get the profile.",
    )
    account_count = fields.Integer(
        string="Number of Customers", compute="_compute_account_ids", help="How many accounts get the profile."
    )
    profile_id = fields.Many2one(
        "consolidated.billing.profile",
        string="Billing Profile",
        check_company=True,
        help="The profile that these customers get. Empty: they lose the one they have.",
    )
    member_warning = fields.Text(
        compute="_compute_member_warning",
        help="The customers for which not this profile counts, but the one of their grouping account.",
    )

    # === COMPUTE METHODS ===#

    def _get_default_partners(self):
        if self.env.context.get("active_model") != "res.partner":
            return self.env["res.partner"]
        return self.env["res.partner"].browse(self.env.context.get("active_ids", ()))

    @api.depends("partner_ids")
    def _compute_account_ids(self):
        for wizard in self:
            wizard.account_ids = wizard.partner_ids.commercial_partner_id._origin
            wizard.account_count = len(wizard.account_ids)

    @api.depends("account_ids")
    def _compute_member_warning(self):
        for wizard in self:
            members = wizard.account_ids._origin.filtered(
                lambda account: account.grouping_partner_id and not account.is_grouping_account
            )
            wizard.member_warning = bool(members) and wizard.env._(
                "The own profile of these customers does not count as long as they are billed on a grouping account, "
                "whose profile counts: %(members)s.",
                members=wizard.env["consolidated.billing.profile"]._join_names(members),
            )

    # === ACTIONS ===#

    def action_assign(self):
        """Set the profile on the accounts of the chosen contacts.

        :raise UserError: nobody is chosen, or the profile cannot be chosen
        """
        self.ensure_one()
        if not self.account_ids:
            raise UserError(self.env._("Choose at least one customer."))
        accounts = self.account_ids.with_company(self.company_id)
        accounts.write({"billing_profile_id": self.profile_id.id})
        if self.profile_id:
            message = self.env._(
                "%(count)s customers have the billing profile %(profile)s now.",
                count=len(accounts),
                profile=self.profile_id.display_name,
            )
        else:
            message = self.env._("%(count)s customers have no billing profile any more.", count=len(accounts))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
