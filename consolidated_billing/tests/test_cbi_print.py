import re

from lxml import html as lxml_html

from odoo.tests import tagged

from .cbi_common import CbiCommon

REPORT = "consolidated_billing.report_billing_invoice"


@tagged("post_install", "-at_install")
class TestCbiPrint(CbiCommon):
    """What the document says on paper, in both formats (``C3``, ``004_…``)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.acme.ref = "ACME-7"
        cls.invoice = cls._post(amount=100.0, ref="PO 4711")
        cls.invoice.button_draft()
        cls.invoice.invoice_line_ids.write({"name": "Blue widget\nwith handle", "quantity": 3.0, "price_unit": 33.5})
        cls.invoice.action_post()
        cls.credit = cls._post(amount=10.0, move_type="out_refund", date="2026-03-12")
        cls.fee = cls._adjust(7.77)
        cls._pay(20.0)
        cls.billing = cls._bill()

    def _print(self, suffix="", billing=None):
        report = self.env["ir.actions.report"].with_user(self.accountant)
        markup = report._render_qweb_html(REPORT + suffix, (billing or self.billing).ids)[0].decode()
        page = lxml_html.fromstring(markup)
        return re.sub(r"\s+", " ", page.text_content().replace("\xa0", " ").replace("\ufeff", ""))

    def assertPrinted(self, text, *words):
        for word in words:
            with self.subTest(word=word):
                self.assertIn(word, text)

    def test_printing_writes_nothing_on_the_listed_entries(self):
        self.env.flush_all()
        self.env.invalidate_all()
        self.billing.move_ids.is_manually_modified = False
        self._print("_detail")
        self.assertFalse(any(self.billing.move_ids.mapped("is_manually_modified")))

    def test_both_formats_say_all_but_the_items(self):
        for suffix in ("", "_summary", "_detail"):
            text = self._print(suffix)
            self.assertPrinted(
                text,
                self.billing.name,
                "Acme",
                "ACME-7",
                "03/31/2026",
                self.invoice.name,
                "PO 4711",
                self.credit.name,
                self.fee.name,
                "115.58",  # the invoice with taxes
                "7.77",
                "Opening Balance",
                "Closing Balance",
                f"{self.billing.closing_balance:.2f}",
                f"{self.billing.amount_residual:.2f}",
                "15%",  # the tax rate
                "90.50",  # its base: 100.50 - 10.00
                "13.58",  # and its amount
            )

    def test_only_the_format_with_details_lists_description_quantity_and_price(self):
        details = ("Blue widget", "3.00", "33.50")
        self.assertPrinted(self._print("_detail"), *details)
        for suffix in ("", "_summary"):
            for word in details:
                self.assertNotIn(word, self._print(suffix))

    def test_a_final_document_is_reprinted_in_the_other_format_without_being_changed(self):
        self._finalize(self.billing)
        self.assertPrinted(self._print("_detail"), "Blue widget")
        self.assertEqual(self.billing.invoice_format, "summary")
        self.billing.invoice_format = "detail"
        self.assertPrinted(self._print(), "Blue widget")

    def test_a_draft_and_a_cancelled_document_say_so(self):
        self.assertIn("Draft", self._print())
        self._finalize(self.billing)
        self.assertNotIn("Draft", self._print())
        self.billing.with_user(self.manager).action_cancel()
        self.assertIn("Cancelled", self._print())

    def test_a_cancelled_document_can_still_be_read_whole(self):
        self.billing.action_reject()
        self.fee.button_draft()
        self.fee.with_context(force_delete=True).unlink()
        self.env.invalidate_all()
        self.assertPrinted(self._print("_detail"), self.invoice.name, "7.77", "Blue widget")

    def test_the_amount_is_said_in_words(self):
        words = self.company.currency_id.amount_to_text(self.billing.closing_balance)
        self.assertIn(words, self._print())

    def test_there_is_no_ageing(self):
        text = self._print("_detail").lower()
        for word in ("1-30", "1 - 30", "31-60", "31 - 60", "ageing", "aging", "overdue"):
            self.assertNotIn(word, text)

    def test_payments_are_a_total_and_no_items(self):
        text = self._print("_detail")
        self.assertPrinted(text, "-20.00")
        payment = self.env["account.payment"].search([("partner_id", "=", self.acme.id)])
        self.assertNotIn(payment.name, text)

    def test_members_are_named_on_the_document_of_their_grouping_account(self):
        head = self._group_members()
        self._post(self.account_12346)
        text = self._print(billing=self._bill(by_grouping_account=True))
        self.assertPrinted(text, head.name, self.account_12346.name, "12346")

    def test_the_document_is_in_the_language_of_its_receiver(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.acme.lang = "fr_FR"
        self.assertIn("31/03/2026", self._print())

    def _get_balance_rows(self, billing):
        """Return label and amount of each row of the printed balance."""
        report = self.env["ir.actions.report"].with_user(self.accountant)
        page = lxml_html.fromstring(report._render_qweb_html(REPORT, billing.ids)[0].decode())
        rows = []
        for row in page.xpath("//table[@name='balance']//tr"):
            label, amount = (" ".join(cell.text_content().split()) for cell in row.xpath("td"))
            rows.append((label, float(re.sub(r"[^\d.-]", "", amount.replace("\u2011", "-").replace("−", "-")))))
        return rows

    def assertExplained(self, billing):
        """Assert that what is printed from the closing balance on adds up to the amount due; return these rows."""
        rows = self._get_balance_rows(billing)
        begin = next(number for number, (label, _amount) in enumerate(rows) if label == "Closing Balance")
        self.assertEqual(rows[-1], ("Amount due for this document", billing.amount_residual))
        self.assertAlmostEqual(sum(amount for _label, amount in rows[begin:-1]), billing.amount_residual)
        return dict(rows[begin + 1 : -1])

    def test_each_amount_between_the_closing_balance_and_the_amount_due_has_a_row(self):
        self._finalize(self.billing)
        # 20.00 were paid on account and are not matched with an entry yet
        other = "Earlier documents and payments on account"
        self.assertEqual(self.assertExplained(self.billing), {other: 20.0})
        self._register(self.billing, amount=40.0)
        self.assertEqual(self.assertExplained(self.billing), {other: 20.0, "Settled since 03/31/2026": -40.0})
        self._register(self.billing)
        self.assertEqual(self.billing.amount_residual, 0.0)
        self.assertExplained(self.billing)
        self._post(amount=10.0, date="2026-04-10")
        following = self._finalize(self._bill(cutoff_date="2026-04-30", invoice_date="2026-04-30"))
        self.assertExplained(following)
        self._pay(3.0, date="2026-05-02", moves=following.move_ids)
        self.assertIn("Settled since 04/30/2026", self.assertExplained(following))

    def test_a_document_that_is_paid_as_a_whole_says_that_it_was_settled(self):
        partner = self._create_flagged("Paid")
        self._post(partner)
        billing = self._finalize(self._bill(partner_ids=[(6, 0, partner.ids)]))
        self.assertEqual(self.assertExplained(billing), {})
        self._register(billing)
        self.assertEqual(self.assertExplained(billing), {"Settled since 03/31/2026": -115.0})
        self.assertRecordValues(billing, [{"settled_amount": -115.0, "other_balance_amount": 0.0}])
