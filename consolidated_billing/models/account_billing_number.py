from odoo import api, models


class ConsolidatedBillingNumberMixin(models.AbstractModel):
    """Show the billing number in views only where the company shows billing numbers (``C7``)."""

    _name = "consolidated.billing.number.mixin"
    _description = "Billing Number in Views"

    @api.model
    def _get_view_cache_key(self, view_id=None, view_type="form", **options):
        """Override of `base`: a view differs by the company's choice."""
        key = super()._get_view_cache_key(view_id, view_type, **options)
        return (*key, self._shows_billing_number())

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """Override of `base` to leave the billing number out of the view."""
        arch, view = super()._get_view(view_id, view_type, **options)
        if not self._shows_billing_number():
            names = ("billing_number", "billing_numbers", "group_billing_number")
            for name in names:
                for node in arch.xpath(f"//*[@name='{name}']"):
                    node.getparent().remove(node)
        return arch, view

    @api.model
    def _shows_billing_number(self):
        """Return whether one of the companies at work shows billing numbers.

        :rtype: bool
        """
        return any(self.env.companies.mapped("show_billing_number"))
