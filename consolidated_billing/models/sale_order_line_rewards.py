from odoo import models


class SaleOrderLine(models.Model):
    """Which lines a reward of `sale_loyalty` reduces, where that app is installed (``K8``)."""

    _inherit = "sale.order.line"

    def _get_reduced_lines(self):
        """Extend: a discount on specific products, or on the cheapest one, reduces those; a gift card everything."""
        lines = super()._get_reduced_lines()
        reward = self.reward_id.sudo() if "reward_id" in self._fields else None  # who bills need not read programs
        if not reward or reward.reward_type != "discount":
            return lines
        everything = self.order_id.order_line.filtered(lambda line: line._is_reducible())
        if reward.program_id.is_payment_program:
            return everything
        if reward.discount_applicability == "specific":
            # as the reward was granted: whose products are hidden from who bills is not asked; only lines are returned
            products = everything.product_id.sudo().filtered_domain(reward._get_discount_product_domain())
            return lines.filtered(lambda line: line.product_id in products) or lines
        if reward.discount_applicability == "cheapest":
            return lines.sorted("price_reduce_taxexcl")[:1]
        return lines
