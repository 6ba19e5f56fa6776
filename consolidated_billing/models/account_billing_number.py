from odoo import api, models

NUMBER_FIELDS = {"billing_number", "billing_numbers"}
OFFERS = {"exportable", "groupable", "searchable", "sortable"}


class ConsolidatedBillingNumberMixin(models.AbstractModel):
    """Show the billing number in views only where the company shows billing numbers (``C7``)."""

    _name = "consolidated.billing.number.mixin"
    _description = "Billing Number in Views"

    @api.model
    def fields_get(self, allfields=None, attributes=None):
        """Override of `base`: a hidden number is offered neither for filters and groups nor for exports."""
        descriptions = super().fields_get(allfields, attributes)
        if not self._shows_billing_number():
            for name in NUMBER_FIELDS & descriptions.keys():
                description = descriptions[name]
                description.update(dict.fromkeys(OFFERS & description.keys(), False))
        return descriptions

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
            for name in (*NUMBER_FIELDS, "group_billing_number"):
                for node in arch.xpath(f"//*[@name='{name}']"):
                    node.getparent().remove(node)
        return arch, view

    @api.model
    def _shows_billing_number(self):
        """Return whether one of the companies at work shows billing numbers.

        :rtype: bool
        """
        return any(self.env.companies.mapped("show_billing_number"))
