from lxml import html

from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.account_payment.tests.common import AccountPaymentCommon
from odoo.addons.payment.tests.http_common import PaymentHttpCommon

from .cbi_common import CbiCommon

LIST = "/my/consolidated_invoices"


@tagged("post_install", "-at_install")
class PortalBillingCommon(CbiCommon, AccountPaymentCommon, PaymentHttpCommon):
    """A head office that receives the documents of two members, with a portal user each, and a stranger."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.company_data["company"]
        cls.head = cls._group_members()
        cls.texas = cls.account_12346
        cls.ohio = cls._create_account("Bloom Ohio", ref="12347", grouping_partner_id=cls.head.id)
        cls.head_user = cls._create_portal("portal_head", cls.head)
        cls.texas_user = cls._create_portal("portal_texas", cls.texas)
        cls.ohio_user = cls._create_portal("portal_ohio", cls.ohio)
        cls.stranger = cls._create_portal("portal_stranger", cls.acme)
        cls.public = cls.env.ref("base.public_user")

    @classmethod
    def _create_portal(cls, login, account):
        user = new_test_user(cls.env, login, groups="base.group_portal", password=login, company_id=cls.company.id)
        user.partner_id.parent_id = account
        return user

    @classmethod
    def _bill_members(cls):
        """Return the final document of the head office over invoices of 100 of Texas and of 200 of Ohio."""
        cls.texas_invoice = cls._post(cls.texas, amount=100.0, date="2026-03-05")
        cls.ohio_invoice = cls._post(cls.ohio, amount=200.0, date="2026-03-10")
        billing = cls._create_run(generate=True, by_grouping_account=True).consolidated_billing_ids
        return cls._finalize(cls, billing)

    def _login(self, user):
        if user == self.public:
            self.authenticate(None, None)
        else:
            self.authenticate(user.login, user.login)

    def _open(self, user, url, **params):
        """Open a page as a user; return the response."""
        self._login(user)
        return self.url_open(url, params=params)

    def _get_text(self, response):
        """Return what a page says, with single spaces."""
        return " ".join(html.fromstring(response.text).text_content().split())

    def _begin_payment(self, billing, **values):
        """Call the transaction route as the payment form does; return the transaction."""
        return self._get_tx(self._call_transaction_route(billing, **values)["result"]["reference"])

    def _call_transaction_route(self, billing, amount=None, token=None, **values):
        """Call the transaction route; return the whole answer, also an error."""
        params = {
            "provider_id": self.provider.id,
            "payment_method_id": self.payment_method_id,
            "token_id": None,
            "amount": billing.amount_residual if amount is None else amount,
            "flow": "direct",
            "tokenization_requested": False,
            "landing_route": "/my",
            "access_token": token,
            **values,
        }
        url = f"/consolidated_invoice/transaction/{billing.id}"
        return self._make_json_request(url, {"id": 0, "jsonrpc": "2.0", "method": "call", "params": params}).json()

    def assertPaymentRefused(self, *words, **values):
        """Assert that the transaction route refuses with these words, and that no transaction begins."""
        before = self.billing.transaction_ids
        with mute_logger("odoo.http"):
            answer = self._call_transaction_route(self.billing, **values)
        message = answer["error"]["data"]["message"]
        for word in words:
            self.assertIn(word, message)
        self.assertEqual(self.billing.transaction_ids, before)

    def _confirm(self, transaction):
        """Let the provider confirm a payment, and post-process it."""
        transaction._set_done()
        transaction._post_process()
        return transaction.payment_id
