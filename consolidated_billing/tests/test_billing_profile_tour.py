from odoo.tests import HttpCase, tagged

from .common import ConsolidatedBillingCommon


@tagged("post_install", "-at_install", "is_tour")
class TestBillingProfileTour(ConsolidatedBillingCommon, HttpCase):
    """Create a profile and flag customers, as a person clicks it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # On a busy machine the assets take longer to build than a request waits for the test's cursor.
        for bundle in ("web.assets_web", "web.assets_tests"):
            cls.env["ir.qweb"]._get_asset_bundle(bundle, css=False, js=True).js()
            cls.env["ir.qweb"]._get_asset_bundle(bundle, css=True, js=False).css()

    def test_tour_from_a_profile_to_flagged_customers(self):
        customer = self._create_account("Tour Customer", customer_rank=1)
        customer.action_make_grouping_account()
        branch = self._create_account("Tour Customer Branch", customer_rank=1, grouping_partner_id=customer.id)
        user = self._create_user("tour_profiler", "account.group_account_manager", "base.group_partner_manager")
        self.env["consolidated.billing.profile"].search([]).unlink()

        self.start_tour("/odoo", "consolidated_billing_profile", login=user.login)

        profile = self.env["consolidated.billing.profile"].search([])
        self.assertRecordValues(profile, [{"name": "Tour Profile", "cycle_days": "15,31", "customer_count": 2}])
        self.assertTrue(customer.consolidated_billing)
        self.assertEqual(branch.billing_profile_id, profile)
        self.assertFalse(branch.consolidated_billing)
