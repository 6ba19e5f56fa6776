from lxml import etree

from odoo.tests import Form, tagged

from .cbi_common import CbiCommon

NAMES = ("billing_number", "billing_numbers", "group_billing_number")
# model, type and xml id of every window in which entries, or payments of entries, appear
ENTRY_VIEWS = (
    ("account.move", "form", "account.view_move_form"),
    ("account.move", "list", "account.view_out_invoice_tree"),
    ("account.move", "list", "account.view_out_credit_note_tree"),
    ("account.move", "list", "account.view_move_tree"),
    ("account.move", "search", "account.view_account_invoice_filter"),
    ("account.move", "search", "account.view_account_move_filter"),
    ("account.move.line", "form", "account.view_move_line_form"),
    ("account.move.line", "list", "account.view_move_line_tree"),
    ("account.move.line", "list", "account.view_move_line_tree_grouped_partner"),
    ("account.move.line", "search", "account.view_account_move_line_filter"),
    ("account.payment", "form", "account.view_account_payment_form"),
)
INVOICE_REPORT = "account.report_invoice"
BILLING_REPORT = "consolidated_billing.report_billing_invoice"


@tagged("post_install", "-at_install")
class TestCbiNumberDisplay(CbiCommon):
    """The number is shown where entries appear, if the company says so; the document always bears it (``C7``)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bookkeeper = cls._create_user("bookkeeper", "account.group_account_user", company_id=cls.company.id)
        cls.invoice = cls._post()
        cls.credit = cls._post(move_type="out_refund", amount=10.0)
        cls.fee = cls._adjust(5.0)
        cls.billing = cls._bill()

    def _get_shown_names(self, model, view_type, xml_id, user=None):
        """Return which names of the billing number a view shows to a user."""
        view = self.env[model].with_user(user or self.bookkeeper).get_view(self.env.ref(xml_id).id, view_type)
        return [
            node.get("name")
            for node in etree.fromstring(view["arch"]).iter()
            if node.get("name") in NAMES and "True" not in (node.get("invisible"), node.get("column_invisible"))
        ]

    def _print(self, report, records):
        return (
            self.env["ir.actions.report"].with_user(self.bookkeeper)._render_qweb_html(report, records.ids)[0].decode()
        )

    def test_every_window_with_entries_shows_the_number(self):
        for model, view_type, xml_id in ENTRY_VIEWS:
            with self.subTest(view=xml_id):
                self.assertTrue(self._get_shown_names(model, view_type, xml_id))

    def test_no_window_with_entries_shows_the_number_when_the_company_hides_it(self):
        self.company.show_billing_number = False
        for model, view_type, xml_id in ENTRY_VIEWS:
            with self.subTest(view=xml_id):
                self.assertEqual(self._get_shown_names(model, view_type, xml_id), [])

    def test_the_choice_takes_effect_at_once_in_both_directions(self):
        view = ENTRY_VIEWS[0]
        for shown in (False, True, False):
            self.company.show_billing_number = shown
            self.assertEqual(bool(self._get_shown_names(*view)), shown)

    def test_each_company_chooses_for_itself(self):
        company = self.setup_other_company()["company"]
        other = self._create_user(
            "other_bookkeeper", "account.group_account_user", company_id=company.id, company_ids=company.ids
        )
        company.show_billing_number = False
        for model, view_type, xml_id in ENTRY_VIEWS[:4]:
            self.assertEqual(self._get_shown_names(model, view_type, xml_id, other), [])
            self.assertTrue(self._get_shown_names(model, view_type, xml_id))

    def test_forms_open_and_save_with_and_without_the_number(self):
        payment = self._pay(10.0, moves=self.invoice)
        for shown in (True, False):
            self.company.show_billing_number = shown
            for record in (self.invoice, self.fee, payment):
                with Form(record.with_user(self.bookkeeper)) as form:
                    self.assertEqual(form.id, record.id)

    def test_entries_items_and_payments_know_the_number(self):
        payment = self._pay(10.0, moves=self.invoice)
        self.assertEqual((self.invoice + self.credit + self.fee).mapped("billing_number"), [self.billing.name] * 3)
        items = self.invoice.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        self.assertEqual(items.billing_number, self.billing.name)
        self.assertEqual(payment.billing_numbers, self.billing.name)

    def test_entries_and_items_are_found_by_the_number(self):
        Move = self.env["account.move"].with_user(self.bookkeeper)
        self.assertEqual(
            Move.search([("billing_number", "=", self.billing.name)]), self.invoice + self.credit + self.fee
        )
        items = (
            self.env["account.move.line"]
            .with_user(self.bookkeeper)
            .search([("billing_number", "=", self.billing.name)])
        )
        self.assertEqual(items.move_id, self.invoice + self.credit + self.fee)

    def test_the_number_is_shown_from_the_draft_on_and_gone_after_its_rejection(self):
        self.assertEqual(self.invoice.billing_number, self.billing.name)
        self.billing.action_reject()
        self.assertFalse(self.invoice.billing_number)
        self.assertEqual(self.billing.name, self.billing.display_name)

    def test_a_hidden_number_is_neither_filtered_grouped_nor_exported(self):
        for shown in (True, False):
            self.company.show_billing_number = shown
            for model, name in (
                ("account.move", "billing_number"),
                ("account.move.line", "billing_number"),
                ("account.payment", "billing_numbers"),
            ):
                description = self.env[model].with_user(self.bookkeeper).fields_get([name])[name]
                self.assertEqual(description["exportable"], shown)
                if not shown:
                    self.assertFalse(description["searchable"] or description.get("groupable"))

    # === PAPER ===#

    def test_the_payment_receipt_bears_the_number(self):
        payment = self._pay(50.0, moves=self.invoice)
        report = "account.report_payment_receipt"
        self.assertIn(self.billing.name, self._print(report, payment))
        self.company.show_billing_number = False
        self.assertNotIn(self.billing.name, self._print(report, payment))

    def test_the_printed_invoice_bears_the_number(self):
        for move in (self.invoice, self.credit):
            html = self._print(INVOICE_REPORT, move)
            self.assertIn(self.billing.name, html)
            self.assertIn("Billing Number", html)

    def test_the_printed_invoice_does_not_bear_the_number_when_the_company_hides_it(self):
        self.company.show_billing_number = False
        html = self._print(INVOICE_REPORT, self.invoice)
        self.assertNotIn(self.billing.name, html)
        self.assertNotIn("Billing Number", html)

    def test_a_printed_invoice_that_is_not_billed_says_nothing_about_it(self):
        self.assertNotIn("Billing Number", self._print(INVOICE_REPORT, self._post(self._create_account("Plain"))))

    def test_the_document_itself_always_bears_its_number(self):
        self.company.show_billing_number = False
        self.assertIn(self.billing.name, self._print(BILLING_REPORT, self.billing))
        view = self.env["consolidated.billing.invoice"].with_user(self.bookkeeper).get_view(False, "form")
        self.assertTrue(etree.fromstring(view["arch"]).xpath("//field[@name='name'][not(@invisible)]"))
