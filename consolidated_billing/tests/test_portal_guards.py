from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .portal_common import LIST, PortalBillingCommon


@tagged("post_install", "-at_install")
class TestPortalGuards(PortalBillingCommon):
    """Whatever stands in an address of the portal, or is called by a portal user, gets an answer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.billing = cls._bill_members()

    def test_any_parameter_of_a_page_is_answered(self):
        names = (
            "values",
            "no_breadcrumbs",
            "document",
            "session_history",
            "billing_sudo",
            "billing",
            "amount",
            "res_company",
            "pager",
            "today",
            "payment",
            "kwargs",
            "page",
            "error",
            "object",
        )
        for path in (LIST, f"{LIST}/share", f"{LIST}/{self.billing.id}"):
            with self.subTest(path=path):
                response = self._open(self.head_user, path, **dict.fromkeys(names, "1"))
                self.assertEqual(response.status_code, 200)
        page = self._open(self.head_user, f"{LIST}/{self.billing.id}", values="1", no_breadcrumbs="1", amount="1")
        self.assertIn(self.billing.name, self._get_text(page))

    def test_a_document_that_cannot_exist_is_not_there(self):
        for path in (f"{LIST}/{10**12}", f"{LIST}/{2**31}", f"{LIST}/page/{10**12}", f"{LIST}/share/page/{10**12}"):
            with self.subTest(path=path):
                self.assertEqual(self._open(self.head_user, path).status_code, 200)

    def test_a_strange_token_opens_nothing(self):
        for token in ("é", "x" * 1000, "1"):
            with self.subTest(token=token):
                page = self._open(self.public, f"{LIST}/{self.billing.id}", access_token=token)
                self.assertLess(page.status_code, 500)
                self.assertNotIn(self.billing.name, page.text)

    def test_only_the_amount_due_can_be_paid(self):
        self._login(self.head_user)
        for amount in ("inf", "nan", "-inf", 1e308, -1e308, 0, "1e308", [], {}, True, None):
            with self.subTest(amount=amount):
                with mute_logger("odoo.http"):
                    answer = self._call_transaction_route(self.billing, amount=amount if amount is not None else "")
                self.assertIn("amount due", answer["error"]["data"]["message"])
                self.assertIn("ValidationError", answer["error"]["data"]["name"])
        for token in (5, ["x"], {"a": 1}, "é"):
            with self.subTest(token=token), mute_logger("odoo.http"):
                answer = self._call_transaction_route(self.billing, amount=1.0, token=token)
                self.assertIn("ValidationError", answer["error"]["data"]["name"])

    def test_no_transaction_pays_a_document_by_saying_so(self):
        with mute_logger("odoo.http"):
            self._login(self.head_user)
            answer = self._call_transaction_route(self.billing, consolidated_billing_id=self.billing.id)
        self.assertIn("error", answer)
        transaction = self._begin_payment(self.billing)
        self.assertEqual(transaction.consolidated_billing_id, self.billing)

    def test_the_number_of_the_grouping_account_is_not_for_its_members_customers(self):
        order = self._create_order(self.texas)
        self.assertEqual(order.grouping_partner_ref, self.head.ref)
        for user in (self.texas_user, self.stranger):
            for method, args in (
                ("read", [["grouping_partner_ref"]]),
                ("search_read", [[("id", "=", order.id)], ["grouping_partner_ref"]]),
                ("search_count", [[("grouping_partner_ref", "=", self.head.ref)]]),
                ("search_count", [[("grouping_partner_id.ref", "=", self.head.ref)]]),
                ("search_count", [[("grouping_partner_id.name", "=", self.head.name)]]),
            ):
                with self.subTest(user=user.login, method=method, args=args):
                    try:
                        result = self._rpc(user, order, method, *args)
                    except AccessError:
                        continue
                    self.assertFalse(result)
        salesman = self._create_user("seller", "sales_team.group_sale_salesman_all_leads", company_id=self.company.id)
        self.assertEqual(order.with_user(salesman).grouping_partner_ref, self.head.ref)
