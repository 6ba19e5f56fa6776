"""What the lowest role that should can do, and what the others cannot; companies stay apart."""

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from .common import ConsolidatedBillingCommon


@tagged("post_install", "-at_install")
class TestAccessRights(ConsolidatedBillingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = cls._create_user("seller", "sales_team.group_sale_salesman")
        cls.clerk = cls._create_user("clerk", "sales_team.group_sale_salesman", "base.group_partner_manager")
        cls.employee = cls._create_user("employee")

    def _create_orders_of(self, user, count=2, **values):
        orders = [self._create_order(user_id=user.id, **values) for _n in range(count)]
        return self.env["sale.order"].concat(*orders)

    # === grouping accounts ===#

    def test_who_maintains_contacts_makes_grouping_accounts(self):
        account = self._create_account("New Head Office")
        account.with_user(self.clerk).action_make_grouping_account()
        self.account_12346.with_user(self.clerk).grouping_partner_id = account
        self.assertEqual(self.account_12346.grouping_partner_id, account)

    def test_who_does_not_maintain_contacts_does_not(self):
        account = self._create_account("New Head Office")
        with self.assertRaises(AccessError):
            account.with_user(self.employee).action_make_grouping_account()
        with self.assertRaises(AccessError):
            self.account_12346.with_user(self.employee).grouping_partner_id = False

    def test_contact_maintenance_without_sales_rights_re_routes(self):
        user = self._create_user("reception", "base.group_partner_manager")
        order = self._create_order()
        self.account_12346.with_user(user).grouping_partner_id = False
        self.assertEqual(order.partner_invoice_id, self.account_12346)

    # === orders ===#

    def test_a_salesperson_enters_an_order_of_a_member_as_before(self):
        with Form(self.env["sale.order"].with_user(self.seller)) as form:
            form.partner_id = self.account_12346
        order = form.record
        self.assertEqual(order.partner_id, self.account_12346)
        self.assertEqual(order.partner_invoice_id, self.account_12345)
        order.write({"invoice_grouping": "separate", "job_code": "Texas", "next_bill_date": "2026-01-01"})

    def test_a_salesperson_bills_own_orders_without_accounting_rights(self):
        orders = self._create_orders_of(self.seller)
        self.assertFalse(self.seller.has_group("account.group_account_invoice"))
        orders.with_user(self.seller)._create_invoices()
        self.assertPartition(orders.invoice_ids, orders)

    def test_a_salesperson_bills_orders_with_different_terms_journals_and_dates(self):
        journal = self.company_data["default_journal_sale"].copy({"code": "SAL2"})
        orders = self._create_orders_of(self.seller, 1, payment_term_id=self.net_30.id)
        orders += self._create_orders_of(self.seller, 1, journal_id=journal.id)
        orders += self._create_orders_of(self.seller, 1, lines=[{"next_bill_date": "2026-01-01"}])
        orders.with_user(self.seller)._create_invoices()
        self.assertPartition(orders.invoice_ids, *orders)

    def test_the_chatter_of_disagreements_is_written_for_a_salesperson(self):
        media = self.env["utm.medium"].create([{"name": "Fair"}, {"name": "Letter"}])
        orders = self._create_orders_of(self.seller)
        for order, medium in zip(orders, media, strict=True):
            order.medium_id = medium
        orders.with_user(self.seller)._create_invoices()
        self.assertIn("Letter", "".join(orders.invoice_ids.message_ids.mapped("body")))

    def test_a_salesperson_does_not_bill_orders_of_others(self):
        others = self._create_orders_of(self.env.ref("base.user_admin"))
        with self.assertRaises(AccessError):
            others.with_user(self.seller)._create_invoices()
        self.assertFalse(others.invoice_ids)

    def test_an_employee_without_sales_rights_bills_nothing(self):
        orders = self._create_orders_of(self.seller)
        with self.assertRaises(AccessError):
            orders.with_user(self.employee)._create_invoices()
        self.assertFalse(orders.invoice_ids)

    def test_the_preview_of_others_is_not_readable(self):
        orders = self._create_orders_of(self.seller)
        with self.assertRaises(AccessError):
            self.env["sale.advance.payment.inv"].with_user(self.employee).create({"sale_order_ids": orders.ids})


@tagged("post_install", "-at_install")
class TestCompanies(ConsolidatedBillingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second = cls._create_company(name="Second Company")
        cls.env.user.company_ids += cls.second
        context = {**cls.env.context, "allowed_company_ids": [cls.company.id, cls.second.id]}
        cls.env = cls.env(context=context)

    def _create_order_in(self, company, **values):
        line = {"product_id": self.product.id, "price_unit": 100.0, "tax_ids": [Command.clear()]}
        order = self.env["sale.order"].create(
            {
                "partner_id": self.account_12346.id,
                "company_id": company.id,
                "order_line": [Command.create(line)],
                **values,
            }
        )
        order.action_confirm()
        return order

    def test_two_companies_in_one_selection_keep_their_own_invoices(self):
        here = self._create_order_in(self.company) + self._create_order_in(self.company)
        there = self._create_order_in(self.second) + self._create_order_in(self.second)
        selection = here[0] + there[0] + here[1] + there[1]
        invoices = selection._create_invoices()
        self.assertPartition(invoices, here, there)
        for move in invoices:
            self.assertEqual(move.company_id, move.line_ids.sale_line_ids.order_id.company_id)
            self.assertEqual(move.journal_id.company_id, move.company_id)
            self.assertEqual(set(move.line_ids.account_id.company_ids.ids), {move.company_id.id})

    def test_each_company_decides_about_headings(self):
        self.second.invoice_order_sections = False
        orders = self.env["sale.order"]
        for company in self.company + self.second:
            orders += self._create_order_in(company) + self._create_order_in(company)
        invoices = orders._create_invoices()
        headings = {
            move.company_id: bool(move.invoice_line_ids.filtered(lambda line: line.display_type == "line_section"))
            for move in invoices
        }
        self.assertEqual(headings, {self.company: True, self.second: False})

    def test_the_bill_to_s_values_are_those_of_the_order_s_company(self):
        self.account_12345.property_payment_term_id = self.net_30
        self.account_12345.with_company(self.second).property_payment_term_id = self.net_45
        orders = self._create_order_in(self.company) + self._create_order_in(self.second)
        self.assertEqual(orders.mapped("payment_term_id"), self.net_30 + self.net_45)
        invoices = orders._create_invoices()
        self.assertEqual(invoices.mapped("invoice_payment_term_id"), self.net_30 + self.net_45)

    def test_the_preview_explains_payers_of_two_companies(self):
        orders = self._create_order_in(self.company) + self._create_order_in(self.second)
        wizard = self.env["sale.advance.payment.inv"].create({"sale_order_ids": orders.ids})
        self.assertEqual(wizard.preview_summary, "2 orders → 2 invoices")
        self.assertIn(self.second.name, wizard.preview_ids[0].reason)
