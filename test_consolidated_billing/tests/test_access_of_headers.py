import re

from odoo.tests import TransactionCase, tagged

from odoo.addons.consolidated_billing.tools.header import HeaderRule

# Rules that are never empty where an order has a value, so that no record rule opens an invoice to everybody.
KEPT = {HeaderRule.SAME, HeaderRule.KEY, HeaderRule.FIRST, HeaderRule.BILL_TO_OR_FIRST}


@tagged("post_install", "-at_install")
class TestAccessOfHeaders(TransactionCase):
    def test_a_header_value_that_access_rules_look_at_is_kept_where_orders_differ(self):
        rules = self.env["ir.rule"].search([("model_id.model", "=", "account.move")])
        names = {name for rule in rules for name in re.findall(r"\('([a-z_]+)", rule.domain_force or "")}
        self.assertIn("invoice_user_id", names)
        order = self.env["sale.order"]
        prepared = order.create({"partner_id": self.env.user.partner_id.id})._prepare_invoice().keys()
        for name in names & prepared:
            with self.subTest(field=name):
                self.assertIn(order._get_header_rule(name), KEPT)
