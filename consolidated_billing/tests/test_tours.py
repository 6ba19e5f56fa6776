from odoo.tests import HttpCase, tagged

from .common import ConsolidatedBillingCommon


@tagged("post_install", "-at_install", "is_tour")
class TestTours(ConsolidatedBillingCommon, HttpCase):
    """What a person clicks."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # On a busy machine the assets take longer to build than a request waits for the test's cursor.
        for bundle in ("web.assets_web", "web.assets_tests"):
            cls.env["ir.qweb"]._get_asset_bundle(bundle, css=False, js=True).js()
            cls.env["ir.qweb"]._get_asset_bundle(bundle, css=True, js=False).css()
        cls.head_office = cls._create_account("Tour Head Office", ref="54321", customer_rank=1)
        cls.branch = cls._create_account("Tour Branch", ref="54322", customer_rank=1)

    def test_tour_from_grouping_account_to_grouped_invoice(self):
        user = self._create_user(
            "tour_biller",
            "sales_team.group_sale_manager",
            "account.group_account_invoice",
            "base.group_partner_manager",
        )
        orders = self.env["sale.order"]
        for name, account in (("TOUR/1", self.branch), ("TOUR/2", self.head_office)):
            orders += self._create_order(account, name=name, user_id=user.id, confirm=False)

        self.start_tour(
            f"/odoo/res.partner/{self.head_office.id}",
            "consolidated_billing_grouped_invoice",
            login=user.login,
        )

        self.assertEqual(self.branch.grouping_partner_id, self.head_office)
        self.assertRecordValues(
            orders.invoice_ids,
            [
                {
                    "partner_id": self.head_office.id,
                    "grouping_partner_id": self.head_office.id,
                    "is_grouped_invoice": True,
                    "amount_untaxed": 200.0,
                    "state": "draft",
                }
            ],
        )
        sections = orders.invoice_ids.invoice_line_ids.filtered(lambda line: line.display_type == "line_section")
        self.assertEqual([line.name.split(" ")[0] for line in sections], ["TOUR/1", "TOUR/2"])

    def test_tour_settings_and_search_by_grouping_account_number(self):
        user = self._create_user(
            "tour_manager",
            "base.group_system",
            "sales_team.group_sale_manager",
            "account.group_account_manager",
        )
        # The factories leave pricelists and cash basis taxes behind, about which the settings page warns.
        self.env["product.pricelist"].search([]).action_archive()
        self.env["account.tax"].search([("tax_exigibility", "=", "on_payment")]).action_archive()
        self.head_office.action_make_grouping_account()
        self.branch.grouping_partner_id = self.head_office
        self._create_order(self.branch, user_id=user.id)
        self._create_order(self._create_account("Tour Stranger"), user_id=user.id)

        self.start_tour(
            "/odoo/settings#sale_management",
            "consolidated_billing_settings_and_search",
            login=user.login,
        )

    def test_settings_are_saved_on_the_company(self):
        self.env["res.config.settings"].create(
            {"invoice_grouping": "separate", "invoice_order_sections": False}
        ).execute()
        self.assertRecordValues(self.company, [{"invoice_grouping": "separate", "invoice_order_sections": False}])
