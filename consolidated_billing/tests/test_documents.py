from unittest.mock import patch

from odoo.tests import new_test_user, tagged

from .test_billing_invoice import ConsolidatedInvoiceCommon


@tagged("post_install", "-at_install")
class TestGroupedInvoiceDocuments(ConsolidatedInvoiceCommon):
    """What customers read of grouped invoices: detail or summary, print and message."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.orders = cls._create_order(lines=3, client_order_ref="PO-1") + cls._create_order(lines=2, job_code="Texas")
        cls.orders.write({"job_code": "Texas"})
        cls.invoice = cls.orders._create_invoices()
        cls.Report = cls.env["ir.actions.report"]

    def _render(self, report, record=None, lang=None):
        record = record or self.invoice
        html, _type = self.Report._render_qweb_html(f"consolidated_billing.{report}", record.ids)
        return html.decode()

    def test_the_detail_lists_every_line_below_its_order(self):
        html = self._render("action_report_grouped_invoice_detail")
        self.assertEqual(html.count("account_invoice_line_name"), 5)
        for order in self.orders:
            self.assertIn(order.name, html)
        self.assertIn("PO-1", html)
        self.assertIn("Texas", html)

    def test_the_summary_has_one_row_for_each_order_with_its_total(self):
        html = self._render("action_report_grouped_invoice_summary")
        self.assertNotIn("account_invoice_line_name", html)
        self.assertEqual(html.count("o_line_section"), 2)
        for amount in ("300.00", "200.00", "575.00"):
            self.assertIn(amount, html)

    def test_odoos_own_print_takes_the_format_of_the_profile(self):
        report = "account.account_invoices"
        html, _type = self.Report._render_qweb_html(report, self.invoice.ids)
        self.assertEqual(html.decode().count("account_invoice_line_name"), 5)
        self.account_12345.billing_profile_id = self.profile
        html, _type = self.Report._render_qweb_html(report, self.invoice.ids)
        self.assertNotIn("account_invoice_line_name", html.decode())

    def test_an_invoice_over_one_order_is_printed_as_ever(self):
        self.account_12345.billing_profile_id = self.profile
        single = self._create_order(lines=2, invoice_grouping="separate")._create_invoices()
        html, _type = self.Report._render_qweb_html("account.account_invoices", single.ids)
        self.assertEqual(html.decode().count("account_invoice_line_name"), 2)
        self.assertNotIn("Total amount in words", html.decode())

    def test_without_order_sections_the_summary_lists_the_lines(self):
        self.company.invoice_order_sections = False
        orders = self._create_order(lines=3) + self._create_order(lines=2)
        html = self._render("action_report_grouped_invoice_summary", orders._create_invoices())
        self.assertEqual(html.count("account_invoice_line_name"), 5)

    def test_the_total_is_written_in_words_of_the_customers_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.assertIn("Five Hundred And Seventy-Five", self._render("action_report_grouped_invoice_detail"))
        self.invoice.partner_id.lang = "fr_FR"
        self.assertIn("Cinq Cent Soixante-Quinze", self._render("action_report_grouped_invoice_detail"))

    def test_a_draft_says_so(self):
        self.assertIn("Draft Invoice", self._render("action_report_grouped_invoice_detail"))

    def test_both_formats_are_offered_for_grouped_invoices_only(self):
        reports = self.env.ref("consolidated_billing.action_report_grouped_invoice_detail") | self.env.ref(
            "consolidated_billing.action_report_grouped_invoice_summary"
        )
        self.assertLessEqual(reports, self.invoice._get_available_action_reports())
        self.assertFalse(reports & self._post()._get_available_action_reports())

    def test_the_message_names_the_orders_and_goes_to_the_payer_alone(self):
        self.account_12345.email = "payer@example.com"
        self.account_12346.email = "member@example.com"
        self.invoice.action_post()
        wizard = self.env["account.move.send.wizard"].create({"move_id": self.invoice.id})
        self.assertEqual(wizard.template_id, self.env.ref("consolidated_billing.mail_template_grouped_invoice"))
        for order in self.orders:
            self.assertIn(order.name, wizard.body)
        self.assertEqual(wizard.mail_partner_ids, self.account_12345)

    def test_the_message_does_not_list_hundreds_of_orders(self):
        self.assertEqual(len(self.invoice._get_billed_orders_summary()), 2)
        with patch("odoo.addons.consolidated_billing.models.account_move_print.MAX_ORDERS_IN_MESSAGE", 1):
            summary = self.invoice._get_billed_orders_summary()
        self.assertIn(self.orders[0].name, summary[0])
        self.assertEqual(summary[1:], ["and 1 more, all listed on the invoice"])

    def test_orders_are_not_listed_again_above_the_lines_that_they_head(self):
        report = "action_report_grouped_invoice_detail"
        self.account_12345.ref = False
        self.assertIn('name="origin"', self._render(report))  # a draft without date has nothing else to show
        self.invoice.action_post()
        html = self._render(report)
        self.assertNotIn('name="origin"', html)
        self.assertNotIn('name="reference"', html)
        self.company.invoice_order_sections = False
        plain = (self._create_order() + self._create_order())._create_invoices()
        plain.action_post()
        html, _type = self.Report._render_qweb_html("account.account_invoices", plain.ids)
        self.assertIn('name="origin"', html.decode())


@tagged("post_install", "-at_install")
class TestConsolidatedInvoiceDocuments(ConsolidatedInvoiceCommon):
    """What customers read of consolidated billing invoices (``C3``)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.acme.email = "acme@example.com"
        cls.invoices = cls._post(amount=100.0, ref="PO-7") + cls._post(amount=50.0)
        cls.credit = cls._post(amount=20.0, move_type="out_refund")
        cls.fee = cls._adjust(5.0)
        cls.billing = cls._bill()

    def _render(self, report="action_report_consolidated_billing_invoice"):
        html, _type = self.env["ir.actions.report"]._render_qweb_html(
            f"consolidated_billing.{report}", self.billing.ids
        )
        return html.decode()

    def test_both_formats_list_all_entries_with_balance_and_taxes(self):
        for kind in ("", "_detail", "_summary"):
            html = self._render(f"action_report_consolidated_billing_invoice{kind}")
            for move in self.billing.move_ids:
                self.assertIn(move.name, html)
            for text in ("PO-7", "Opening Balance", "Payments Received", "Closing Balance", "not itself a tax"):
                self.assertIn(text, html)
            self.assertIn("154.50", html)  # 149.50 + 5.00
            self.assertIn("19.50", html)  # the taxes
            self.assertIn("One Hundred And Fifty-Four", html)

    def test_only_the_detail_shows_items_with_quantity_and_price(self):
        self.assertNotIn("Unit Price", self._render())
        detail = self._render("action_report_consolidated_billing_invoice_detail")
        self.assertIn("Unit Price", detail)
        self.assertEqual(detail.count("Widget"), 3)
        self.billing.invoice_format = "detail"
        self.assertIn("Unit Price", self._render())
        self.assertNotIn("Unit Price", self._render("action_report_consolidated_billing_invoice_summary"))

    def test_the_addressee_is_not_repeated_on_its_own_entries(self):
        invoice, other = self.billing.line_ids.filtered(lambda line: line.entry_type == "invoice")[:2]
        self.assertEqual(invoice.ref, "PO-7")
        self.assertFalse(self.billing._has_entries_of_others())
        self.assertNotIn("Acme (ACME) · PO-7", self._render())
        self.assertIn("Acme (ACME)", self._render())  # where there is no reference
        self.account_12345.billing_profile_id = self.profile
        self._post(self.account_12346, ref="PO-8")
        self.billing = self._bill(by_grouping_account=True)
        self.assertTrue(self.billing._has_entries_of_others())
        self.assertIn("Bloom Texas (12346) · PO-8", self._render())

    def test_the_state_is_on_the_document(self):
        self.assertIn("Draft Consolidated Invoice", self._render())
        self.billing.action_finalize()
        self.assertNotIn("Draft Consolidated Invoice", self._render())
        self.billing.with_user(self.manager).action_cancel()
        self.assertIn("Cancelled Consolidated Invoice", self._render())

    def test_a_document_is_sent_as_one_message_with_its_print_attached(self):
        self.billing.action_finalize()
        action = self.billing.with_user(self.accountant).action_send()
        composer = self.env["mail.compose.message"].with_user(self.accountant).with_context(**action["context"])
        composer = composer.create({})
        self.assertEqual(composer.partner_ids, self.acme)
        self.assertIn(self.billing.name, composer.subject)
        self.assertEqual(len(composer.attachment_ids), 1)
        composer._action_send_mail()
        self.assertTrue(self.billing.is_sent)

    def test_who_sends_a_document_follows_it_not_who_made_it(self):
        self.assertFalse(self.billing.message_partner_ids)
        self.billing.action_finalize()
        action = self.billing.with_user(self.accountant).action_send()
        composer = self.env["mail.compose.message"].with_user(self.accountant).with_context(**action["context"])
        composer.create({})._action_send_mail()
        self.assertEqual(self.billing.message_partner_ids, self.accountant.partner_id)

    def test_several_documents_become_one_message_each(self):
        other = self._create_flagged("Other", email="other@example.com")
        self._post(other)
        billings = self.billing + self._bill()
        billings.action_finalize()
        action = billings.with_user(self.accountant).action_send()
        composer = self.env["mail.compose.message"].with_user(self.accountant).with_context(**action["context"])
        mails, _messages = composer.create({"auto_delete": False})._action_send_mail()
        self.assertEqual(len(mails), 2)
        self.assertEqual(billings.mapped("is_sent"), [True, True])
        # who sent them hears of the answers
        self.assertEqual([billing.message_partner_ids for billing in billings], [self.accountant.partner_id] * 2)

    def test_no_context_decides_that_a_document_was_sent(self):
        self.billing.action_finalize()
        portal = new_test_user(self.env, "sent_portal", groups="base.group_portal")
        portal.partner_id.parent_id = self.acme
        for user in (portal, self.accountant):
            document = self.billing.with_user(user).with_context(mark_billing_as_sent=True)
            document.message_post(body="When will we get it?", message_type="comment", subtype_xmlid="mail.mt_comment")
            self.assertFalse(self.billing.is_sent, user.login)
        self.assertNotIn(portal.partner_id, self.billing.message_partner_ids)

    def test_a_message_without_the_document_does_not_send_it(self):
        self.billing.action_finalize()
        composer = self.env["mail.compose.message"].with_user(self.accountant)
        values = {"model": self.billing._name, "res_ids": str(self.billing.ids), "body": "Hello"}
        composer.create({**values, "partner_ids": self.acme.ids})._action_send_mail()
        self.assertFalse(self.billing.is_sent)

    def test_a_document_that_is_sent_later_counts_as_sent_when_it_goes_out(self):
        self.billing.action_finalize()
        action = self.billing.with_user(self.accountant).action_send()
        composer = self.env["mail.compose.message"].with_user(self.accountant).with_context(**action["context"])
        scheduled = composer.create({"scheduled_date": "2099-01-01 10:00:00"})._action_schedule_message()
        self.assertFalse(self.billing.is_sent)
        scheduled.with_user(self.accountant).post_message()
        self.assertTrue(self.billing.is_sent)

    def test_a_cancelled_document_is_not_sent(self):
        self.billing.action_reject()
        with self.assertRefused("cancelled"):
            self.billing.action_send()
