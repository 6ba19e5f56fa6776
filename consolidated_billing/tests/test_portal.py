from odoo.tests import HttpCase, tagged

from .common import ConsolidatedBillingCommon


@tagged("post_install", "-at_install")
class TestPortal(ConsolidatedBillingCommon, HttpCase):
    """The order page of the customer portal (``G4``)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.buyer = cls._create_portal_user("portal_buyer", cls.account_12346)
        cls.stranger = cls._create_portal_user("portal_stranger", cls._create_account("Stranger"))
        cls.order = cls._create_order(cls.account_12346)

    @classmethod
    def _create_portal_user(cls, login, account):
        user = cls.env["res.users"].create(
            {
                "name": login,
                "login": login,
                "password": login,
                "group_ids": [(6, 0, cls.env.ref("base.group_portal").ids)],
            }
        )
        user.partner_id.parent_id = account
        return user

    def _open_order(self, login):
        self.authenticate(login, login)
        return self.url_open(f"/my/orders/{self.order.id}")

    def test_portal_order_page_names_who_is_billed(self):
        page = self._open_order(self.buyer.login)
        self.assertIn('id="grouping_account"', page.text)
        self.assertIn(self.account_12345.name, page.text)

    def test_portal_order_page_of_the_grouping_account_itself_does_not_repeat_it(self):
        self.order = self._create_order(self.account_12345)
        page = self._open_order(self._create_portal_user("portal_head", self.account_12345).login)
        self.assertIn(self.order.name, page.text)
        self.assertNotIn('id="grouping_account"', page.text)

    def test_portal_order_page_shows_a_stranger_nothing(self):
        page = self._open_order(self.stranger.login)
        self.assertNotIn(f"/my/orders/{self.order.id}", page.url)
        self.assertNotIn(self.order.name, page.text)
        self.assertNotIn(self.account_12345.name, page.text)

    def test_portal_order_list_shows_a_stranger_nothing(self):
        self.authenticate(self.stranger.login, self.stranger.login)
        page = self.url_open("/my/orders")
        self.assertNotIn(self.order.name, page.text)
