import io

from openpyxl import load_workbook

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import ConsolidatedBillingCommon


@tagged("post_install", "-at_install")
class TestBillingRunDocuments(ConsolidatedBillingCommon, HttpCase):
    """What a run hands out: the invoice list on paper and as a spreadsheet, printed and sent invoices."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = cls._create_user("biller", "account.group_account_invoice")
        cls.order = cls._create_order()
        cls.later = cls._create_order(next_bill_date="2099-01-01")
        cls.billing_run = cls.env["consolidated.billing.run"].with_user(cls.user).create({"by_grouping_account": True})
        cls.billing_run.action_prepare()

    def test_the_spreadsheet_lists_what_is_billed_and_what_is_not(self):
        self.authenticate(self.user.login, self.user.login)
        response = self.url_open(self.billing_run.action_export()["url"])
        self.assertEqual(response.status_code, 200)
        billed, not_billed = load_workbook(io.BytesIO(response.content)).worksheets
        self.assertEqual(billed.cell(2, 3).value, self.order.name)
        self.assertEqual(billed.cell(2, 2).value, "12345")
        self.assertEqual(not_billed.cell(2, 1).value, self.later.name)
        self.assertEqual(not_billed.cell(2, 8).value, "bill date 2099-01-01")

    def test_the_spreadsheet_is_not_for_everybody(self):
        stranger = self._create_user("stranger", "sales_team.group_sale_salesman")
        self.authenticate(stranger.login, stranger.login)
        with mute_logger("odoo.http"):
            self.assertNotEqual(self.url_open(self.billing_run.action_export()["url"]).status_code, 200)

    def test_the_invoice_list_names_documents_and_reasons(self):
        report = self.env.ref("consolidated_billing.action_report_billing_run")
        html = report.with_user(self.user)._render_qweb_html(report.report_name, self.billing_run.ids)[0].decode()
        for text in (self.billing_run.name, self.order.name, self.later.name, "bill date 2099-01-01"):
            self.assertIn(text, html)

    def test_the_invoice_list_has_no_empty_columns(self):
        report = self.env.ref("consolidated_billing.action_report_billing_run").with_user(self.user)
        html = report._render_qweb_html(report.report_name, self.billing_run.ids)[0].decode()
        self.assertNotIn(">Invoice</th>", html)
        self.billing_run.action_generate()
        self.billing_run._process_groups()
        self.billing_run.action_post()
        html = report._render_qweb_html(report.report_name, self.billing_run.ids)[0].decode()
        self.assertIn(">Invoice</th>", html)
        self.assertIn(self.billing_run.move_ids.name, html)

    def test_all_invoices_are_printed_and_sent_together(self):
        self.billing_run.action_generate()
        self.billing_run._process_groups()
        self.billing_run.action_post()
        self.assertEqual(self.billing_run.action_print()["context"]["active_ids"], self.billing_run.move_ids.ids)
        self.assertIn(str(self.billing_run.move_ids.id), self.billing_run.action_print_separately()["url"])
        self.assertEqual(self.billing_run.action_send()["context"]["active_ids"], self.billing_run.move_ids.ids)
