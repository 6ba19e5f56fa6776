from odoo.tests import tagged
from odoo.tests.common import TransactionCase


@tagged("post_install", "-at_install")
class TestInstallation(TransactionCase):
    def test_the_addon_is_installed_with_what_it_extends(self):
        module = self.env["ir.module.module"].search([("name", "=", "test_consolidated_billing")])
        self.assertEqual({module.state, *module.dependencies_id.mapped("state")}, {"installed"})
