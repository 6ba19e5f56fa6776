"""The debtor is the grouping account: its credit limit counts for its members' orders (``G8``)."""

from odoo import Command
from odoo.tests import Form, freeze_time, tagged

from .common import ConsolidatedBillingCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10")
class TestCreditLimit(ConsolidatedBillingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.account_use_credit_limit = True
        cls.head, cls.texas = cls.account_12345, cls.account_12346
        cls.ohio = cls._create_account("Bloom Ohio", grouping_partner_id=cls.head.id)
        cls.salesperson = cls._create_user("seller", "sales_team.group_sale_salesman", company_id=cls.company.id)

    def _quote(self, partner, amount=600.0, **values):
        lines = [{"price_unit": amount, "tax_ids": False}]
        return self._create_order(partner, lines=lines, confirm=False, **values)

    def _sell(self, partner, amount=600.0, **values):
        order = self._quote(partner, amount, **values)
        order.action_confirm()
        return order

    def _get_warning(self, document):
        document.invalidate_recordset(["partner_credit_warning"])
        return document.partner_credit_warning.replace("\xa0", " ")

    def assertWarning(self, document, *words):
        warning = self._get_warning(document)
        self.assertTrue(warning)
        for word in words:
            self.assertIn(word, warning)

    def _invoice(self, partner, amount=600.0, post=True, **values):
        lines = [Command.create({"product_id": self.product.id, "price_unit": amount, "tax_ids": False})]
        move = self.env["account.move"].create(
            {"move_type": "out_invoice", "partner_id": partner.id, "invoice_line_ids": lines, **values}
        )
        if post:
            move.action_post()
        return move

    # === the limit of the group ===#

    def test_the_second_order_of_two_members_warns_and_names_the_group(self):
        self.head.credit_limit = 1000.0
        first = self._quote(self.texas)
        self.assertEqual(self._get_warning(first), "")
        first.action_confirm()
        second = self._quote(self.ohio)
        self.assertWarning(second, "Bloom Head Office has reached", "1,000.00", "1,200.00")
        self.assertNotIn("Ohio", second.partner_credit_warning)
        self.assertEqual(self.head.credit_to_invoice, 600.0)
        self.assertEqual(self.texas.credit_to_invoice, 0.0)

    def test_the_limit_itself_can_be_used_to_the_cent(self):
        self.head.credit_limit = 0.3
        self._sell(self.texas, 0.1)
        self.assertEqual(self._get_warning(self._quote(self.ohio, 0.2)), "")
        self.assertWarning(self._quote(self.ohio, 0.21), "Head Office")
        self.head.credit_limit = 1e308
        self.assertEqual(self._get_warning(self._quote(self.ohio)), "")

    def test_a_salesperson_sees_the_warning_while_the_order_is_typed(self):
        self.head.credit_limit = 1000.0
        self._sell(self.texas, user_id=self.env.user.id)
        form = Form(self.env["sale.order"].with_user(self.salesperson))
        form.partner_id = self.ohio
        self.assertEqual(form.partner_credit_warning, "")
        with form.order_line.new() as line:
            line.product_id = self.product
            line.price_unit = 600.0
            line.tax_ids.clear()
        self.assertIn("Bloom Head Office", form.partner_credit_warning)
        form.partner_id = self._create_account("Stranger")
        self.assertEqual(form.partner_credit_warning, "")

    def test_own_orders_of_the_group_count_like_those_of_its_members(self):
        self.head.credit_limit = 1000.0
        self._sell(self.head)
        self.assertWarning(self._quote(self.texas), "Head Office")
        self.assertWarning(self._quote(self.head), "Head Office")

    def test_the_limit_of_the_company_counts_at_the_group_and_not_at_its_members(self):
        self.env["ir.default"].set("res.partner", "credit_limit", 1000.0, company_id=self.company.id)
        self._sell(self.texas)
        order = self._quote(self.texas)
        self.assertEqual(self._get_warning(order).count("has reached"), 1)
        self.assertWarning(order, "Head Office")

    def test_open_amounts_of_members_count_at_the_group(self):
        self.head.credit_limit = 1000.0
        self._invoice(self.texas, 500.0)
        self.assertEqual(self._get_warning(self._quote(self.ohio, 500.0)), "")
        self.assertWarning(self._quote(self.ohio, 500.01), "Head Office", "1,000.01")

    def test_an_order_counts_once_on_its_way_to_payment(self):
        self.head.credit_limit = 1000.0
        order = self._sell(self.texas)
        other = self._quote(self.ohio, 400.0)
        self.assertEqual(self._get_warning(other), "")
        self._quote(self.ohio, 5000.0)  # other quotations do not count
        self.assertEqual(self._get_warning(other), "")
        invoice = order._create_invoices()
        self.assertEqual(self._get_warning(invoice), "")
        self.assertEqual(self._get_warning(other), "")
        invoice.action_post()
        self.assertEqual(self._get_warning(other), "")
        self.assertEqual(self.head.credit_used, 600.0)
        other.order_line.price_unit = 401.0
        self.assertWarning(other, "1,001.00")
        self.env["account.payment.register"].with_context(active_model="account.move", active_ids=invoice.ids).create(
            {}
        )._create_payments()
        self.assertEqual(self._get_warning(other), "")

    def test_an_order_that_leaves_the_group_counts_where_it_is_billed(self):
        self.head.credit_limit = 1000.0
        self._sell(self.texas)
        self.texas.grouping_partner_id = False
        self.assertEqual(self._get_warning(self._quote(self.ohio)), "")
        self.texas.credit_limit = 1000.0
        self.assertWarning(self._quote(self.texas), "Bloom Texas")
        self.texas.write({"grouping_partner_id": self.head.id, "credit_limit": 0.0})
        self.assertWarning(self._quote(self.ohio), "Head Office")

    def test_an_invoice_address_by_hand_is_the_debtor(self):
        payer = self._create_account("Payer", credit_limit=1000.0)
        self._sell(self.texas, partner_invoice_id=payer.id)
        order = self._quote(self.ohio, partner_invoice_id=payer.id)
        self.assertWarning(order, "Payer has reached")
        self.assertNotIn("Bloom", order.partner_credit_warning)

    def test_draft_invoices_warn_at_the_group(self):
        self.head.credit_limit = 1000.0
        orders = self._sell(self.texas) + self._sell(self.ohio)
        self.assertWarning(orders._create_invoices(), "Head Office", "1,200.00")
        self.assertWarning(self._invoice(self.texas, 1.0, post=False), "Head Office", "1,201.00")

    def test_a_foreign_order_counts_in_the_currency_of_the_company(self):
        self.head.credit_limit = 1000.0
        euro = self.setup_other_currency("EUR", rates=[("2026-01-01", 0.5)])
        pricelist = self.env["product.pricelist"].create({"name": "€", "currency_id": euro.id})
        self._sell(self.texas, 300.0, pricelist_id=pricelist.id)
        self.assertEqual(self._get_warning(self._quote(self.ohio, 200.0, pricelist_id=pricelist.id)), "")
        self.assertWarning(self._quote(self.ohio, 201.0, pricelist_id=pricelist.id), "1,002.00")

    def test_limits_are_those_of_the_company_that_sells(self):
        other = self.setup_other_company()["company"]
        other.account_use_credit_limit = True
        self.head.credit_limit = 1000.0
        self.head.with_company(other).credit_limit = 100.0
        self._sell(self.texas)
        self.assertEqual(self._get_warning(self._quote(self.ohio, 400.0)), "")
        order = self._quote(self.ohio, 400.0, company_id=other.id)
        self.assertWarning(order, "Head Office", "100.00", "400.00")
        self.assertNotIn("1,000.00", order.partner_credit_warning)

    # === the limit of a member ===#

    def test_the_limit_of_a_member_counts_its_own_orders_only(self):
        self.texas.credit_limit = 1000.0
        self._sell(self.ohio, 5000.0)
        order = self._sell(self.texas)
        self.assertWarning(self._quote(self.texas), "Bloom Texas has reached", "1,200.00")
        self.assertEqual(self._get_warning(self._quote(self.texas, 400.0)), "")
        self.assertEqual(self._get_warning(self._quote(self.ohio)), "")
        invoice = order._create_invoices()
        self.assertWarning(self._quote(self.texas), "1,200.00")
        invoice.action_post()
        self.assertWarning(self._quote(self.texas), "Bloom Texas has reached", "1,200.00")

    def test_of_a_grouped_invoice_a_member_owes_its_share_of_what_is_open(self):
        self.texas.credit_limit = 1000.0
        invoice = (self._sell(self.texas, 600.0) + self._sell(self.ohio, 1800.0))._create_invoices()
        invoice.action_post()
        self.assertEqual(self.texas.credit_used, 600.0)
        self.env["account.payment.register"].with_context(active_model="account.move", active_ids=invoice.ids).create(
            {"amount": 1200.0, "payment_difference_handling": "open"}
        )._create_payments()
        self.env.invalidate_all()
        self.assertEqual(self.texas.credit_used, 300.0)
        self.assertEqual(self.head.credit_used, 1200.0)
        self.assertEqual(self._get_warning(self._quote(self.texas, 700.0)), "")
        self.assertWarning(self._quote(self.texas, 701.0), "Bloom Texas", "1,001.00")

    def test_both_limits_are_named_when_both_are_exceeded(self):
        self.head.credit_limit, self.texas.credit_limit = 1000.0, 500.0
        self._sell(self.ohio)
        self.assertWarning(self._quote(self.texas), "Bloom Head Office", "Bloom Texas")

    def test_a_draft_invoice_names_the_member_that_ordered_too_much(self):
        self.texas.credit_limit = 1000.0
        orders = self._sell(self.texas, 1200.0) + self._sell(self.ohio)
        self.assertWarning(orders._create_invoices(), "Bloom Texas", "1,200.00")

    # === others ===#

    def test_customers_without_grouping_account_are_warned_as_by_odoo(self):
        alone = self._create_account("Alone", credit_limit=1000.0)
        self._sell(alone)
        self.assertWarning(self._quote(alone), "Alone has reached its credit limit of: $ 1,000.00", "1,200.00")
        self.assertEqual(alone.credit_used, 600.0)

    def test_without_credit_limits_nothing_is_asked(self):
        self.company.account_use_credit_limit = False
        self.head.credit_limit = 1.0
        self.assertEqual(self._get_warning(self._quote(self.texas)), "")

    def test_the_form_of_the_account_shows_what_is_used(self):
        self._sell(self.texas)
        accountant = self._create_user("accountant", "account.group_account_invoice", company_id=self.company.id)
        for account in (self.head, self.texas):
            form = Form(account.with_user(accountant))
            self.assertEqual(form.credit_used, 600.0)
        self.assertEqual(Form(self.head.with_user(accountant)).credit_to_invoice, 600.0)

    def test_many_orders_take_a_constant_number_of_queries(self):
        members = [self._create_account(f"M{n}", grouping_partner_id=self.head.id, credit_limit=10.0) for n in range(8)]
        self.head.credit_limit = 900.0
        orders = self.env["sale.order"].union(*(self._quote(member) for member in members for _order in range(2)))
        for member in members:
            self._sell(member, 50.0)
        counts = []
        for number in (4, 4, 16):  # the first one warms up
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            warnings = orders[:number].mapped("partner_credit_warning")
            counts.append(self.cr.sql_log_count - before)
            self.assertTrue(all("Head Office" in warning and "M0" in warning for warning in warnings[:2]))
        self.assertLessEqual(counts[2], counts[1] + 2, counts)
