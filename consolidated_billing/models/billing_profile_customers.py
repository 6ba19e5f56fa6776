from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

SHOWN_NAMES = 10


class ConsolidatedBillingProfile(models.Model):
    """The customers of a profile; a profile in use is neither deleted nor taken from its company."""

    _inherit = "consolidated.billing.profile"

    customer_count = fields.Integer(
        string="Customers",
        compute="_compute_customer_count",
        help="How many customers have this profile in the current company.",
    )

    # === COMPUTE METHODS ===#

    @api.depends_context("company")
    def _compute_customer_count(self):
        rows = self.env["res.partner"]._read_group(self._get_customer_domain(), ["billing_profile_id"], ["__count"])
        counts = {profile.id: count for profile, count in rows}
        for profile in self:
            profile.customer_count = counts.get(profile._origin.id, 0)

    def _get_customer_domain(self):
        """Return the domain of the accounts that have one of these profiles in the current company.

        :rtype: Domain
        """
        return Domain("billing_profile_id", "in", self.ids) & self.env["res.partner"]._get_account_domain()

    # === CONSTRAINT METHODS ===#

    @api.constrains("company_id")
    def _check_company_of_customers(self):
        """Refuse to take a profile from the customers of another company that have it."""
        for profile, customers_by_company in self._get_customers_by_company().items():
            for company, customers in customers_by_company.items():
                domain = profile._check_company_domain(company)
                if not profile.with_context(active_test=False).filtered_domain(domain):
                    raise ValidationError(
                        self.env._(
                            "%(profile)s cannot belong to %(owner)s alone: in %(company)s, it is the billing profile "
                            "of %(customers)s. Give these customers another profile first.",
                            profile=profile.display_name,
                            owner=profile.company_id.display_name,
                            company=company.display_name,
                            customers=self._join_names(customers),
                        )
                    )

    # === CRUD METHODS ===#

    @api.ondelete(at_uninstall=False)
    def _unlink_except_in_use(self):
        """Refuse to delete a profile in use: a company-dependent field has no foreign key that would."""
        for profile, customers_by_company in self._get_customers_by_company().items():
            customers = self.env["res.partner"].union(*customers_by_company.values())
            raise UserError(
                self.env._(
                    "%(profile)s is the billing profile of %(customers)s. Give these customers another profile before "
                    "you delete it, or archive it.",
                    profile=profile.display_name,
                    customers=self._join_names(customers),
                )
            )

    # === ACTIONS ===#

    def action_view_customers(self):
        """Open the customers with this profile."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Customers with %(profile)s", profile=self.display_name),
            "res_model": "res.partner",
            "view_mode": "list,kanban,form",
            "domain": list(self._get_customer_domain()),
            "context": {"default_billing_profile_id": self.id, "default_is_company": True},
        }

    # === BUSINESS METHODS ===#

    def _get_customers_by_company(self):
        """Return the accounts that have these profiles, in whatever company, archived ones included.

        Contacts carry the profile of their account; they are not named.

        :rtype: dict[consolidated.billing.profile, dict[res.company, res.partner]]
        """
        if not self.ids:
            return {}
        Partner, Company = self.env["res.partner"], self.env["res.company"]
        Partner.flush_model(["billing_profile_id", "commercial_partner_id"])
        self.env.cr.execute(
            SQL(
                """
                SELECT value.value::int, value.key::int, array_agg(partner.id ORDER BY partner.id)
                  FROM res_partner AS partner, jsonb_each_text(partner.billing_profile_id) AS value
                 WHERE partner.billing_profile_id IS NOT NULL
                   AND partner.commercial_partner_id = partner.id
                   AND value.value::int IN %s
              GROUP BY 1, 2
              ORDER BY 1, 2
                """,
                self._ids,
            )
        )
        result = defaultdict(dict)
        for profile_id, company_id, partner_ids in self.env.cr.fetchall():
            result[self.browse(profile_id)][Company.browse(company_id)] = Partner.browse(partner_ids)
        return result

    @api.model
    def _join_names(self, customers):
        """Return the names of the first customers, and how many more there are.

        :param res.partner customers: also those that the user may not see: only their names are shown
        """
        customers = customers.sudo()
        names = ", ".join(customers[:SHOWN_NAMES].mapped("display_name"))
        if len(customers) > SHOWN_NAMES:
            return self.env._("%(names)s and %(count)s more", names=names, count=len(customers) - SHOWN_NAMES)
        return names
