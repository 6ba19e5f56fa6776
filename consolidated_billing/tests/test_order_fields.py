"""Invoice grouping, job code and next bill date of orders."""

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged

from .common import ConsolidatedBillingCommon


@tagged("post_install", "-at_install")
class TestInvoiceGrouping(ConsolidatedBillingCommon):
    def test_the_company_decides_when_nobody_else_does(self):
        self.company.invoice_grouping = "job_code"
        self.assertEqual(self._create_order(confirm=False).invoice_grouping, "job_code")

    def test_the_grouping_account_goes_before_the_company(self):
        self.account_12345.invoice_grouping = "separate"
        self.assertEqual(self._create_order(confirm=False).invoice_grouping, "separate")

    def test_the_customer_goes_before_its_grouping_account(self):
        self.account_12345.invoice_grouping = "separate"
        self.account_12346.invoice_grouping = "job_code"
        self.assertEqual(self._create_order(confirm=False).invoice_grouping, "job_code")

    def test_a_contact_orders_as_its_account(self):
        self.account_12346.invoice_grouping = "job_code"
        contact = self.env["res.partner"].create({"name": "Buyer", "parent_id": self.account_12346.id})
        self.assertEqual(self._create_order(contact, confirm=False).invoice_grouping, "job_code")

    def test_the_default_is_each_company_s_own(self):
        second = self._create_company(name="Second", invoice_grouping="combine")
        self.account_12346.invoice_grouping = "separate"
        self.account_12346.with_company(second).invoice_grouping = "job_code"
        orders = self.env["sale.order"].create(
            [{"partner_id": self.account_12346.id, "company_id": company.id} for company in self.company + second]
        )
        self.assertEqual(orders.mapped("invoice_grouping"), ["separate", "job_code"])

    def test_the_default_follows_a_changed_customer_on_the_form(self):
        other = self._create_account("Other", invoice_grouping="separate")
        with Form(self.env["sale.order"]) as form:
            form.partner_id = self.account_12346
            self.assertEqual(form.invoice_grouping, "combine")
            form.partner_id = other
            self.assertEqual(form.invoice_grouping, "separate")

    def test_existing_orders_keep_theirs_when_the_default_changes(self):
        order = self._create_order(confirm=False)
        self.account_12346.invoice_grouping = "separate"
        self.company.invoice_grouping = "job_code"
        self.assertEqual(order.invoice_grouping, "combine")

    def test_a_chosen_grouping_is_kept_and_copied_or_recomputed_validly(self):
        order = self._create_order(invoice_grouping="separate")
        self.assertEqual(order.invoice_grouping, "separate")
        self.assertIn(order.copy().invoice_grouping, ("separate", "combine"))

    def test_a_forged_grouping_is_refused_on_creation(self):
        with self.assertRefused("magic", "Combine Orders to Single Invoice"):
            self._create_order(invoice_grouping="magic")

    def test_a_forged_grouping_is_refused_on_write(self):
        order = self._create_order()
        for value in ("magic", 5, False, "", "Separate Invoice"):
            with self.subTest(value=value), self.assertRaises(ValidationError):
                order.write({"invoice_grouping": value})
        self.assertEqual(order.invoice_grouping, "combine")

    def test_a_forged_grouping_that_is_not_even_a_text_is_refused_clearly(self):
        order = self._create_order()
        for value in (["separate"], {"a": 1}):
            with self.subTest(value=value), self.assertRaises(UserError):
                order.write({"invoice_grouping": value})

    def test_an_imported_blank_grouping_means_the_default(self):
        order = self._create_order(invoice_grouping=False)
        self.assertEqual(order.invoice_grouping, "combine")


@tagged("post_install", "-at_install")
class TestJobCode(ConsolidatedBillingCommon):
    def test_surrounding_spaces_are_stripped(self):
        order = self._create_order(job_code="  Texas ")
        self.assertEqual(order.job_code, "Texas")
        order.job_code = "\tOhio\n"
        self.assertEqual(order.job_code, "Ohio")

    def test_only_spaces_are_no_code(self):
        order = self._create_order(job_code="   ")
        self.assertFalse(order.job_code)
        order.job_code = "Texas"
        order.job_code = " "
        self.assertFalse(order.job_code)

    def test_64_characters_are_the_limit(self):
        order = self._create_order(job_code=" " + "x" * 64 + " ")
        self.assertEqual(len(order.job_code), 64)
        for length in (65, 10_000):
            with self.subTest(length=length), self.assertRefused("64", str(length)):
                order.job_code = "x" * length
        self.assertEqual(len(order.job_code), 64)

    def test_a_long_code_is_refused_on_creation(self):
        with self.assertRefused("64"):
            self._create_order(job_code="x" * 10_000)

    def test_the_form_strips_too(self):
        with Form(self._create_order(confirm=False)) as form:
            form.job_code = " Texas  "
        self.assertEqual(form.record.job_code, "Texas")

    def test_the_invoice_shows_the_common_code(self):
        orders = self._create_order(job_code="Texas", invoice_grouping="job_code")
        orders += self._create_order(job_code="TEXAS", invoice_grouping="job_code")
        self.assertEqual(orders._create_invoices().job_code, "Texas")


@tagged("post_install", "-at_install")
class TestNextBillDate(ConsolidatedBillingCommon):
    def _get_dates(self, order):
        self.env.flush_all()
        order.order_line.invalidate_recordset()
        return [
            str(day) if day else False for day in order.order_line.mapped(lambda line: line.next_bill_date or False)
        ]

    def test_lines_follow_the_order(self):
        order = self._create_order(lines=2, next_bill_date="2026-05-01")
        self.assertEqual(self._get_dates(order), ["2026-05-01"] * 2)
        order.next_bill_date = "2026-06-01"
        self.assertEqual(self._get_dates(order), ["2026-06-01"] * 2)
        order.next_bill_date = False
        self.assertEqual(self._get_dates(order), [False] * 2)

    def test_new_lines_take_the_date_of_the_order(self):
        order = self._create_order(next_bill_date="2026-05-01")
        order.order_line = [Command.create({"product_id": self.product.id})]
        self.assertEqual(self._get_dates(order), ["2026-05-01"] * 2)

    def test_a_line_keeps_a_date_set_by_hand(self):
        order = self._create_order(lines=2, next_bill_date="2026-05-01")
        order.order_line[1].next_bill_date = "2026-12-01"
        order.next_bill_date = "2026-06-01"
        self.assertEqual(self._get_dates(order), ["2026-06-01", "2026-12-01"])

    def test_a_line_keeps_a_date_set_by_hand_on_an_order_without_one(self):
        order = self._create_order(lines=2)
        order.order_line[1].next_bill_date = "2026-12-01"
        order.next_bill_date = "2026-06-01"
        self.assertEqual(self._get_dates(order), ["2026-06-01", "2026-12-01"])

    def test_a_line_keeps_a_date_cleared_by_hand(self):
        order = self._create_order(lines=2, next_bill_date="2026-05-01")
        order.order_line[1].next_bill_date = False
        order.next_bill_date = "2026-06-01"
        self.assertEqual(self._get_dates(order), ["2026-06-01", False])

    def test_order_and_line_dates_written_together_are_both_kept(self):
        order = self._create_order(lines=2)
        order.write(
            {
                "next_bill_date": "2026-06-01",
                "order_line": [Command.update(order.order_line[1].id, {"next_bill_date": "2026-12-01"})],
            }
        )
        self.assertEqual(self._get_dates(order), ["2026-06-01", "2026-12-01"])

    def test_several_orders_written_at_once_keep_their_line_dates(self):
        orders = self._create_order(lines=2) + self._create_order(lines=2)
        orders[0].order_line[1].next_bill_date = "2026-12-01"
        orders.write({"next_bill_date": "2026-06-01"})
        self.assertEqual(self._get_dates(orders[0]), ["2026-06-01", "2026-12-01"])
        self.assertEqual(self._get_dates(orders[1]), ["2026-06-01", "2026-06-01"])

    def test_a_line_date_given_on_creation_is_kept(self):
        order = self._create_order(lines=[{"next_bill_date": "2026-12-01"}, {}], next_bill_date="2026-05-01")
        self.assertEqual(self._get_dates(order), ["2026-12-01", "2026-05-01"])

    def test_the_form_keeps_a_line_date_set_by_hand(self):
        order = self._create_order(lines=2, confirm=False, next_bill_date="2026-05-01")
        order.order_line[1].next_bill_date = "2026-12-01"
        with Form(order) as form:
            form.next_bill_date = "2026-06-01"
        self.assertEqual(self._get_dates(order), ["2026-06-01", "2026-12-01"])

    def test_the_form_moves_the_other_lines(self):
        order = self._create_order(lines=2, confirm=False, next_bill_date="2026-05-01")
        with Form(order) as form:
            form.next_bill_date = "2026-06-01"
        self.assertEqual(self._get_dates(order), ["2026-06-01"] * 2)

    def test_a_copy_of_an_order_starts_without_dates_and_code(self):
        order = self._create_order(next_bill_date="2026-05-01", job_code="Texas")
        copy = order.copy()
        self.assertRecordValues(copy, [{"next_bill_date": False, "job_code": False}])
        self.assertEqual(self._get_dates(copy), [False])

    def test_future_dates_do_not_hinder_billing_by_hand(self):
        order = self._create_order(next_bill_date="2099-01-01")
        self.assertEqual(str(order._create_invoices().bill_date), "2099-01-01")
