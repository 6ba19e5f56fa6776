from odoo.tests import tagged

from .portal_common import PortalBillingCommon


@tagged("post_install", "-at_install")
class TestPortalShare(PortalBillingCommon):
    """The order page and the grouped invoice on the portal: a member sees its own share only."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.texas_order = cls._create_order(cls.texas)
        cls.ohio_order = cls._create_order(cls.ohio, lines=[{"price_unit": 777.0}])
        cls.invoice = (cls.texas_order + cls.ohio_order)._create_invoices()
        cls.invoice.action_post()

    def _open_order(self, user, order=None, **params):
        return self._open(user, f"/my/orders/{(order or self.texas_order).id}", **params)

    def test_a_member_sees_its_share_of_the_grouped_invoice_and_no_link(self):
        self.assertEqual(self.invoice.partner_id, self.head)
        token = self.invoice._portal_ensure_token()
        page = self._open_order(self.texas_user)
        text = self._get_text(page)
        self.assertIn("Your Share of Grouped Invoices", text)
        self.assertIn(self.invoice.name, text)
        self.assertIn("Bloom Head Office", text)
        for secret in (token, f"/my/invoices/{self.invoice.id}", "777.00", "893.55", "877.00", "1,008.55", "Ohio"):
            self.assertNotIn(secret, page.text)
        self.assertEqual(self.texas_order._get_invoice_shares(self.texas_user)[0].amount_untaxed, 100.0)
        self.assertEqual(self.ohio_order._get_invoice_shares(self.ohio_user)[0].amount_untaxed, 777.0)

    def test_who_has_the_link_to_the_order_sees_the_share_only(self):
        page = self._open(self.public, self.texas_order.get_portal_url())
        self.assertIn("Your Share of Grouped Invoices", self._get_text(page))
        self.assertNotIn(self.invoice._portal_ensure_token(), page.text)

    def test_a_credit_note_lowers_the_share(self):
        refund = self.invoice._reverse_moves([{"invoice_date": self.invoice.invoice_date}])
        refund.action_post()
        shares = self.texas_order._get_invoice_shares(self.texas_user)
        self.assertEqual(
            {share.invoice: share.amount_untaxed for share in shares}, {self.invoice: 100.0, refund: -100.0}
        )

    def test_drafts_are_not_shown(self):
        self.invoice.button_draft()
        self.assertFalse(self.texas_order._get_invoice_shares(self.texas_user))
        self.assertNotIn("Your Share", self._open_order(self.texas_user).text)

    def test_who_receives_the_invoice_sees_all_of_it(self):
        page = self._open(self.head_user, f"/my/invoices/{self.invoice.id}", report_type="html")
        self.assertIn("777.00", page.text)
        order = self._create_order(self.head)
        invoice = (order + self._create_order(self.ohio))._create_invoices()
        invoice.action_post()
        page = self._open_order(self.head_user, order)
        self.assertIn(f"/my/invoices/{invoice.id}", page.text)
        self.assertNotIn("Your Share", page.text)

    def test_an_invoice_of_the_member_itself_keeps_its_link(self):
        alone = self._create_account("Alone")
        user = self._create_portal("portal_alone", alone)
        order = self._create_order(alone)
        invoice = order._create_invoices()
        invoice.action_post()
        page = self._open_order(user, order)
        self.assertIn(f"/my/invoices/{invoice.id}", page.text)
        self.assertNotIn("Your Share", page.text)

    def test_members_and_strangers_open_no_grouped_invoice(self):
        self.invoice._portal_ensure_token()
        for user in (self.texas_user, self.stranger, self.public):
            for params in ({}, {"report_type": "html"}, {"report_type": "pdf"}):
                page = self._open(user, f"/my/invoices/{self.invoice.id}", **params)
                self.assertNotIn("777.00", page.text)
                self.assertNotIn(f"/my/invoices/{self.invoice.id}", page.url)

    def test_the_portal_shows_the_invoice_in_the_format_of_the_customer(self):
        for billing_format, is_detail in (("summary", False), ("detail", True)):
            self.profile.invoice_format = billing_format
            page = self._open(self.head_user, f"/my/invoices/{self.invoice.id}", report_type="html")
            self.assertIn(self.texas_order.name, page.text)
            self.assertEqual("Widget" in self._get_text(page), is_detail, billing_format)
