from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain


class ResPartner(models.Model):
    """Which billing profile counts for a customer (``C1``, ``G6``)."""

    _inherit = "res.partner"

    billing_profile_id = fields.Many2one(
        "consolidated.billing.profile",
        company_dependent=True,
        check_company=True,
        index="btree_not_null",
        tracking=True,
        help="How this customer is billed by the current company: consolidated billing, billing cycle and what shares "
        "an invoice. For a customer that is billed on a grouping account, the profile of that account counts.",
    )
    consolidated_billing = fields.Boolean(
        compute="_compute_consolidated_billing",
        search="_search_consolidated_billing",
        help="This customer receives consolidated billing invoices from the current company, as its billing profile "
        "says. What a member of a grouping account bought is on those of the grouping account; the member receives "
        "none itself.",
    )

    # === COMPUTE METHODS ===#

    @api.depends(
        "billing_profile_id",
        "grouping_partner_id",
        "commercial_partner_id.billing_profile_id.consolidated_billing",
        "commercial_partner_id.grouping_partner_id",
    )
    @api.depends_context("company")
    def _compute_consolidated_billing(self):
        for partner in self:
            account = partner.commercial_partner_id
            if account._origin == partner._origin:
                account = partner  # on a form, what is not saved yet
            grouping_account = account.grouping_partner_id
            is_member = grouping_account and grouping_account._origin != account._origin
            partner.consolidated_billing = not is_member and account.billing_profile_id.consolidated_billing

    def _search_consolidated_billing(self, operator, value):
        if operator != "in":
            return NotImplemented
        is_flagged = Domain("billing_profile_id", "any!", Domain("consolidated_billing", "=", True))
        is_payer = Domain("grouping_partner_id", "=", False) | Domain("is_grouping_account", "=", True)
        receives = Domain("commercial_partner_id", "any!", is_flagged & is_payer)
        wanted = set(value)
        if wanted >= {True, False}:
            return Domain.TRUE
        return receives if True in wanted else ~receives

    # === CONSTRAINT METHODS ===#

    @api.constrains("billing_profile_id")
    def _check_billing_profile_company(self):
        """Refuse the profile of another company, with a sentence that names both."""
        company = self.env.company
        # the rule concerns profiles that the user may not see as well; only their names are shown
        for partner in self.sudo().filtered("billing_profile_id"):
            profile = partner.billing_profile_id.with_context(active_test=False)
            if not profile.filtered_domain(profile._check_company_domain(company)):
                raise ValidationError(
                    self.env._(
                        "%(profile)s is a billing profile of %(owner)s. Choose one of %(company)s for %(partner)s.",
                        profile=profile.display_name,
                        owner=profile.company_id.display_name,
                        company=company.display_name,
                        partner=partner.display_name,
                    )
                )

    # === CRUD METHODS ===#

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `base` to refuse profiles that cannot be chosen."""
        partners = super().create(vals_list)
        for partner, vals in zip(partners, vals_list, strict=True):
            if vals.get("billing_profile_id"):
                partner._check_can_choose_billing_profile(vals["billing_profile_id"])
        return partners

    def write(self, vals):
        """Override of `base` to refuse profiles that cannot be chosen; what somebody has already can be kept."""
        profile_id = vals.get("billing_profile_id")
        if not profile_id:
            return super().write(vals)
        changed = self.filtered(lambda partner: partner.billing_profile_id.id != profile_id)
        result = super().write(vals)
        for partner in changed:
            partner._check_can_choose_billing_profile(profile_id)
        return result

    def _check_can_choose_billing_profile(self, profile_id):
        """Refuse an archived profile, and one that a contact does not have in common with its account.

        :param int profile_id: what was chosen
        """
        account = self.commercial_partner_id
        profile = account.billing_profile_id
        if account != self and profile.id != profile_id:
            raise ValidationError(
                self.env._(
                    "The billing profile of %(contact)s is the one of %(account)s. Change it there.",
                    contact=self.display_name,
                    account=account.display_name,
                )
            )
        if account == self and not profile.active:
            raise ValidationError(
                self.env._(
                    "%(profile)s is archived and cannot be chosen for %(partner)s. Restore it, or choose another "
                    "billing profile.",
                    profile=profile.display_name,
                    partner=self.display_name,
                )
            )

    def copy_data(self, default=None):
        """Override of `base`: an archived profile is not given to a copy."""
        vals_list = super().copy_data(default=default)
        for partner, vals in zip(self, vals_list, strict=True):
            profile = partner.billing_profile_id
            if profile and not profile.active and "billing_profile_id" not in (default or {}):
                vals.pop("billing_profile_id", None)
        return vals_list

    @api.model
    def _commercial_fields(self):
        """Override of `base` to hand the profile of an account to its contacts."""
        return super()._commercial_fields() + ["billing_profile_id"]

    def _commercial_sync_from_company(self):
        """Override of `base`, which hands only values that are set in the current company to a new contact.

        Somebody who becomes the contact of an account without a profile must lose the one it had.
        """
        result = super()._commercial_sync_from_company()
        account = self.commercial_partner_id
        if account != self and self.billing_profile_id and not account.billing_profile_id:
            self.write({"billing_profile_id": False})
            self._commercial_sync_to_descendants(["billing_profile_id"])
        return result

    # === BUSINESS METHODS ===#

    def _get_billing_profile(self):
        """Return the profile that counts for this partner (an account or a contact) in the current company.

        It is the one of the grouping account, if there is one, else the one of the account. Call it in the company
        that bills. On partners that were read together it needs no query for each of them.

        :rtype: consolidated.billing.profile (empty: none)
        """
        account = self.commercial_partner_id
        return (account.grouping_partner_id or account).billing_profile_id

    @api.model
    def _get_billing_profile_domain(self, profiles):
        """Return the domain of the partners for which one of these profiles counts in the current company.

        :param consolidated.billing.profile profiles: the profiles
        :rtype: Domain
        """
        has_profile = Domain("billing_profile_id", "in", profiles.ids)
        alone = Domain("grouping_partner_id", "=", False) & has_profile
        grouped = Domain("grouping_partner_id", "any!", has_profile)
        return Domain("commercial_partner_id", "any!", alone | grouped)
