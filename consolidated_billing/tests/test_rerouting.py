"""A changed grouping account re-routes the open orders of the customer (``G3``, ``G5``)."""

from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged

from odoo.addons.consolidated_billing.models import sale_order_routing as sale_order_module

from .common import ConsolidatedBillingCommon


@tagged("post_install", "-at_install")
class TestRerouting(ConsolidatedBillingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.member = cls._create_account("Bloom Ohio", ref="12347")
        cls.account_12345.property_payment_term_id = cls.net_30

    def _join(self):
        self.member.grouping_partner_id = self.account_12345

    def assertBilledTo(self, orders, payer):
        self.env.flush_all()
        self.env.invalidate_all()
        account = payer if payer.is_grouping_account else self.env["res.partner"]
        for order in orders:
            self.assertEqual(order.partner_invoice_id.commercial_partner_id, payer)
            self.assertEqual(order.grouping_partner_id, account)

    # === which orders ===#

    def test_quotations_follow(self):
        draft = self._create_order(self.member, confirm=False)
        sent = self._create_order(self.member, confirm=False, state="sent")
        self._join()
        self.assertBilledTo(draft + sent, self.account_12345)

    def test_confirmed_orders_follow(self):
        order = self._create_order(self.member)
        self._join()
        self.assertBilledTo(order, self.account_12345)
        self.assertRecordValues(
            order,
            [{"partner_id": self.member.id, "payment_term_id": self.net_30.id, "state": "sale"}],
        )

    def test_partly_invoiced_orders_follow_and_the_invoice_stays(self):
        order = self._create_order(self.member, lines=2)
        order.order_line[1].next_bill_date = "2030-01-01"
        order.order_line[0].product_uom_qty = 2
        invoice = order._create_invoices()
        order.order_line[0].product_uom_qty = 5
        self._join()
        self.assertBilledTo(order, self.account_12345)
        self.assertEqual(invoice.partner_id, self.member)
        self.assertFalse(invoice.grouping_partner_id)
        self.assertEqual(order._create_invoices().partner_id, self.account_12345)

    def test_fully_invoiced_orders_stay(self):
        order = self._create_order(self.member)
        invoice = order._create_invoices()
        invoice.action_post()
        self._join()
        self.assertBilledTo(order, self.member)
        self.assertRecordValues(
            invoice, [{"partner_id": self.member.id, "grouping_partner_id": False, "state": "posted"}]
        )

    def test_orders_with_nothing_delivered_yet_follow(self):
        self.product.invoice_policy = "delivery"
        order = self._create_order(self.member)
        self._join()
        self.assertBilledTo(order, self.account_12345)

    def test_cancelled_orders_stay(self):
        order = self._create_order(self.member)
        order._action_cancel()
        self._join()
        self.assertBilledTo(order, self.member)

    def test_orders_of_contacts_follow(self):
        contact = self.env["res.partner"].create({"name": "Buyer", "parent_id": self.member.id})
        order = self._create_order(contact)
        self._join()
        self.assertBilledTo(order, self.account_12345)
        self.assertEqual(order.partner_id, contact)

    def test_orders_of_other_customers_stay(self):
        other = self._create_account("Other")
        order = self._create_order(other)
        self._join()
        self.assertBilledTo(order, other)

    def test_orders_of_every_company_follow(self):
        company = self._create_company(name="Second")
        order = self.env["sale.order"].create(
            {"partner_id": self.member.id, "company_id": company.id, "order_line": []}
        )
        self.account_12345.with_company(company).property_payment_term_id = self.net_45
        self._join()
        self.assertBilledTo(order, self.account_12345)
        self.assertEqual(order.payment_term_id, self.net_45)

    def test_orders_that_the_user_may_not_see_follow(self):
        order = self._create_order(self.member, user_id=self.env.ref("base.user_admin").id)
        user = self._create_user("own", "base.group_partner_manager", "sales_team.group_sale_salesman")
        self.assertNotIn(order, self.env["sale.order"].with_user(user).search([]))
        self.member.with_user(user).grouping_partner_id = self.account_12345
        self.assertBilledTo(order, self.account_12345)

    # === what changes ===#

    def test_the_invoice_contact_of_the_grouping_account_is_used(self):
        contact = self.env["res.partner"].create(
            {"name": "Accounting", "type": "invoice", "parent_id": self.account_12345.id}
        )
        order = self._create_order(self.member)
        self._join()
        self.assertEqual(order.partner_invoice_id, contact)
        self.assertEqual(order.grouping_partner_id, self.account_12345)

    def test_an_invoice_address_set_by_hand_stays(self):
        third = self._create_account("Third Party Payer")
        order = self._create_order(self.member, partner_invoice_id=third.id)
        changed = self._create_order(self.member)
        changed.partner_invoice_id = third
        self._join()
        self.assertBilledTo(order + changed, third)
        self.assertFalse((order + changed).payment_term_id)

    def test_a_payment_term_set_by_hand_stays(self):
        order = self._create_order(self.member, payment_term_id=self.net_45.id)
        self._join()
        self.assertBilledTo(order, self.account_12345)
        self.assertEqual(order.payment_term_id, self.net_45)

    def test_prices_taxes_and_delivery_stay_those_of_the_member(self):
        position = self.env["account.fiscal.position"].create({"name": "Export"})
        self.account_12345.property_account_position_id = position
        order = self._create_order(self.member, lines=[{"price_unit": 55.0, "discount": 10}])
        before = order.read(["pricelist_id", "fiscal_position_id", "partner_shipping_id"])
        line_before = order.order_line.read(["price_unit", "discount", "tax_ids"])
        self._join()
        self.assertBilledTo(order, self.account_12345)
        names = ["pricelist_id", "fiscal_position_id", "partner_shipping_id"]
        self.assertEqual(order.read(names), before)
        self.assertEqual(order.order_line.read(["price_unit", "discount", "tax_ids"]), line_before)
        self.assertFalse(order._create_invoices().fiscal_position_id)

    def test_invoice_grouping_of_an_existing_order_stays(self):
        order = self._create_order(self.member, invoice_grouping="separate", job_code="Texas")
        self._join()
        self.assertRecordValues(order, [{"invoice_grouping": "separate", "job_code": "Texas"}])

    def test_leaving_the_grouping_account_bills_the_customer_again(self):
        self._join()
        order = self._create_order(self.member)
        self.member.grouping_partner_id = False
        self.assertBilledTo(order, self.member)
        self.assertFalse(order.payment_term_id)

    def test_changing_to_another_grouping_account(self):
        self._join()
        order = self._create_order(self.member)
        other = self._create_account("Head of Ohio")
        other.action_make_grouping_account()
        self.member.grouping_partner_id = other
        self.assertBilledTo(order, other)

    def test_marking_an_account_shows_it_on_its_own_orders(self):
        order = self._create_order(self.member)
        self.member.action_make_grouping_account()
        self.assertBilledTo(order, self.member)
        self.assertEqual(order.grouping_partner_id, self.member)

    def test_becoming_a_contact_of_a_member_re_routes(self):
        person = self.env["res.partner"].create({"name": "Ada"})
        order = self._create_order(person)
        person.parent_id = self.account_12346
        self.assertBilledTo(order, self.account_12345)

    # === chatter ===#

    def test_the_chatter_of_each_order_says_so(self):
        orders = self._create_order(self.member) + self._create_order(self.member, confirm=False)
        self._join()
        for order in orders:
            body = order.message_ids[0].body
            for word in ("Bloom Ohio", "Bloom Head Office"):
                self.assertIn(word, body)

    def test_the_chatter_of_an_untouched_order_says_nothing(self):
        order = self._create_order(self.member)
        order.partner_invoice_id = self._create_account("Third Party Payer")
        before = order.message_ids
        self._join()
        self.assertEqual(order.message_ids, before)

    # === scale ===#

    def _count_queries_of_joining(self, orders):
        member = self._create_account(f"Member of {orders}")
        for _number in range(orders):
            self._create_order(member, lines=0)
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        member.grouping_partner_id = self.account_12345
        self.env.flush_all()
        return self.cr.sql_log_count - before

    def test_the_number_of_queries_does_not_depend_on_the_number_of_orders(self):
        self._count_queries_of_joining(2)  # warm
        few = self._count_queries_of_joining(10)
        many = self._count_queries_of_joining(100)
        self.assertLessEqual(many, few + 5)

    def test_batches_cost_a_constant_number_of_queries_each(self):
        self._count_queries_of_joining(2)
        with patch.object(sale_order_module, "REROUTE_BATCH_SIZE", 10):
            one = self._count_queries_of_joining(10)
            three = self._count_queries_of_joining(30)
            five = self._count_queries_of_joining(50)
        self.assertLessEqual(five - three, three - one + 5)

    def test_every_order_of_every_batch_follows(self):
        orders = self.env["sale.order"].concat(
            *(self._create_order(self.member, order_line=[Command.clear()]) for _n in range(7))
        )
        with patch.object(sale_order_module, "REROUTE_BATCH_SIZE", 3):
            self._join()
        self.assertBilledTo(orders, self.account_12345)
