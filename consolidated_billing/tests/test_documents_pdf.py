"""Real pages: what wkhtmltopdf prints and pdftotext reads."""

import re
import subprocess
import time
from unittest.mock import patch

from odoo.tests import HttpCase, tagged

from .test_billing_invoice import ConsolidatedInvoiceCommon


@tagged("post_install", "-at_install")
class TestDocumentPages(ConsolidatedInvoiceCommon, HttpCase):
    """Headings stay with their first line, and the last page has the totals."""

    def _print(self, report, record):
        """Return the text of each page; with web fonts, wkhtmltopdf draws letters instead of writing text."""
        Report = self.env.registry["ir.actions.report"]
        run = Report._run_wkhtmltopdf

        def run_with_system_font(reports, bodies, *args, **kwargs):
            style = "<style>* {font-family: 'DejaVu Sans' !important}</style></head>"
            return run(reports, [str(body).replace("</head>", style) for body in bodies], *args, **kwargs)

        with patch.object(Report, "_run_wkhtmltopdf", run_with_system_font):
            pdf, _type = (
                self.env["ir.actions.report"]
                .with_context(force_report_rendering=True)
                ._render_qweb_pdf(f"consolidated_billing.{report}", record.ids)
            )
        text = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, stdout=subprocess.PIPE, check=True).stdout
        return [page for page in text.decode().split("\f") if page.strip()]

    def _is_patched(self):
        """Return whether this is the wkhtmltopdf that Odoo asks for."""
        version = subprocess.run(["wkhtmltopdf", "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
        return "patched" in version

    def _check_no_heading_at_the_end(self, pages, heading):
        """Only the patched wkhtmltopdf that Odoo asks for keeps rows together; the plain one cuts lines in two."""
        for page in pages if self._is_patched() else ():
            last = [line for line in page.splitlines() if line.strip() and not line.strip().startswith("Page")][-1]
            self.assertNotIn(heading, last)

    def test_every_order_and_the_total_are_on_the_pages_of_a_grouped_invoice(self):
        orders = self.env["sale.order"]
        for number in range(30):
            orders += self._create_order(lines=4 + number % 5, name=f"PAGE/{number:03}")
        invoice = orders._create_invoices()
        pages = self._print("action_report_grouped_invoice_detail", invoice)
        self.assertGreater(len(pages), 3)
        text = "".join(pages)
        self.assertEqual(set(re.findall(r"PAGE/\d{3} ·", text)), {f"{name} ·" for name in orders.mapped("name")})
        self.assertIn(f"{invoice.amount_total:,.2f}", pages[-1] + pages[-2])

    def test_no_page_tears_an_order_from_its_first_line(self):
        orders = self.env["sale.order"]
        for number in range(40):
            lines = [{"name": f"ITEM/{number:02}/{line}"} for line in range(1 + number % 7)]
            orders += self._create_order(lines=lines, name=f"HEAD/{number:02}")
        pages = self._print("action_report_grouped_invoice_detail", orders._create_invoices())
        self.assertGreater(len(pages), 4)
        for number, page in enumerate(pages):
            heads = set(re.findall(r"HEAD/(\d\d) ·", page))
            items = set(re.findall(r"ITEM/(\d\d)/0", page))
            self.assertEqual(heads, items, f"page {number}")

    def test_no_page_tears_the_totals(self):
        for lines in range(14, 22, 2):
            orders = self._create_order(lines=lines) + self._create_order()
            pages = self._print("action_report_grouped_invoice_detail", orders._create_invoices())
            totals = [page for page in pages if "Untaxed Amount" in page or "Total amount in words" in page]
            self.assertEqual(len(totals), 1, lines)

    def test_every_page_with_lines_repeats_the_head_of_the_table(self):
        orders = self._create_order(lines=60) + self._create_order(lines=60)
        pages = self._print("action_report_grouped_invoice_detail", orders._create_invoices())
        pages = [page for page in pages if "Widget" in page]
        self.assertGreater(len(pages), 3)
        # the plain wkhtmltopdf repeats nothing
        for page in pages if self._is_patched() else pages[:1]:
            self.assertRegex(page, r"Description +Quantity +Unit Price +Taxes +Amount")

    def test_no_page_ends_with_the_heading_of_an_invoice(self):
        for number in range(25):
            lines = [
                {"product_id": self.product.id, "price_unit": 10.0, "quantity": n + 1} for n in range(2 + number % 4)
            ]
            self._post(invoice_line_ids=[(0, 0, line) for line in lines], ref=f"REF-{number:02}")
        billing = self._bill()
        for kind in ("detail", "summary"):
            pages = self._print(f"action_report_consolidated_billing_invoice_{kind}", billing)
            text = "".join(pages)
            for move in billing.move_ids:
                self.assertIn(move.name, text)
            self.assertIn(f"{billing.closing_balance:,.2f}", text)
            self.assertIn("It is not itself a tax", re.sub(r"\s+", " ", text))
            if kind == "detail":
                self._check_no_heading_at_the_end(pages, "REF-")

    def test_many_lines_take_about_as_long_as_odoos_own_print(self):
        invoice = (self._create_order(lines=300) + self._create_order(lines=300))._create_invoices()
        report = self.env["ir.actions.report"]

        def measure(name):
            start = time.process_time()
            html, _type = report._render_qweb_html(name, invoice.ids, data={"report_type": "pdf"})
            report._prepare_html(html, report_model="account.move")
            return time.process_time() - start

        invoice._write_as_engine({"is_grouped_invoice": False})  # printed as by Odoo alone
        core = measure("account.account_invoices")
        invoice._write_as_engine({"is_grouped_invoice": True})
        ours = measure("consolidated_billing.action_report_grouped_invoice_detail")
        self.assertLess(ours, core * 1.5)
