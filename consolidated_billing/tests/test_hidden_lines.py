"""What an order hides in print stays hidden on the documents that bill it, and hides nothing of others (``I7``)."""

import re

from lxml import html

from odoo import Command, fields
from odoo.tests import freeze_time, tagged

from .cbi_common import CbiCommon
from .portal_common import PortalBillingCommon

INVOICE = "account.report_invoice"
DETAIL = "consolidated_billing.report_grouped_invoice_detail"
SUMMARY = "consolidated_billing.report_grouped_invoice_summary"
BILLING = "consolidated_billing.report_billing_invoice_detail"


class HiddenLinesCommon(CbiCommon):
    """Orders with headings that hide; each line has a name and a price of its own."""

    @classmethod
    def _section(cls, name, *hidden, level="line_section"):
        return {"display_type": level, "name": name, **{f"collapse_{flag}": True for flag in hidden}}

    @classmethod
    def _subsection(cls, name, *hidden):
        return cls._section(name, *hidden, level="line_subsection")

    @classmethod
    def _order(cls, number, *lines, confirm=True, **values):
        order = cls._create_order(name=f"S{number}", lines=list(lines), confirm=False, **values)
        if confirm:
            cls._confirm(order)
        return order

    @classmethod
    def _confirm(cls, order):
        """Confirm an order at the second at which all others are: they follow each other by number."""
        with freeze_time("2026-03-01 08:00:00"):
            order.action_confirm()

    @classmethod
    def _line(cls, name, price, **values):
        return {"name": name, "price_unit": price, **values}

    @classmethod
    def _kit(cls, number, *hidden, prefix=""):
        """Create an order whose section hides something, with a line of its own and one below a subsection."""
        return cls._order(
            number,
            cls._section(f"{prefix}Kit", *hidden),
            cls._line(f"{prefix}OuterA", 11.11),
            cls._subsection(f"{prefix}Parts"),
            cls._line(f"{prefix}InnerB", 22.22),
        )

    @classmethod
    def _print(cls, report, records):
        markup = cls.env["ir.actions.report"]._render_qweb_html(report, records.ids)[0].decode()
        text = html.fromstring(markup).text_content().replace("\xa0", " ").replace("\ufeff", "")
        return re.sub(r"\s+", " ", text)

    def assertShown(self, text, shown, hidden):
        for word in shown:
            self.assertIn(word, text)
        for word in hidden:
            self.assertNotIn(word, text)


@tagged("post_install", "-at_install")
class TestHiddenLines(HiddenLinesCommon):
    def test_a_hidden_composition_stays_hidden_below_subsections(self):
        alone = self._print(INVOICE, self._kit(1, "composition")._create_invoices())
        orders = self._kit(2, "composition") + self._order(3, self._line("Sand", 5.55))
        merged = orders._create_invoices()
        self.assertShown(alone, ["Kit"], ["OuterA", "InnerB"])
        hidden = ["OuterA", "11.11", "Parts", "InnerB", "22.22"]
        for report in (INVOICE, DETAIL):
            self.assertShown(self._print(report, merged), ["Kit", "33.33", "Sand", "5.55"], hidden)
        self.assertShown(self._print(SUMMARY, merged), ["33.33", "5.55"], ["OuterA", "InnerB", "Kit"])

    def test_hidden_prices_stay_hidden_below_subsections(self):
        lines = [
            self._section("Kit", "prices"),
            self._line("OuterA", 11.11),
            self._line("OuterC", 4.44),
            self._subsection("Parts"),
            self._line("InnerB", 22.22),
            self._line("InnerD", 8.88),
        ]
        orders = self._order(2, *lines) + self._order(3, self._line("Sand", 5.55))
        text = self._print(INVOICE, orders._create_invoices())
        shown = ["Kit", "OuterA", "OuterC", "InnerB", "InnerD", "46.65", "Sand", "5.55"]
        self.assertShown(text, shown, ["11.11", "4.44", "15.55", "22.22", "8.88", "31.10"])

    def test_a_subsection_hides_its_own_lines_only(self):
        orders = self._order(
            1,
            self._section("Roof"),
            self._line("Tiles", 1.11),
            self._subsection("Nails", "composition"),
            self._line("Steel", 2.22),
            self._section("Wall"),
            self._line("Bricks", 3.33),
            self._subsection("Paint"),
            self._line("White", 4.44),
        ) + self._order(2, self._line("Sand", 5.55))
        text = self._print(INVOICE, orders._create_invoices())
        self.assertShown(text, ["Roof", "Tiles", "Nails", "Wall", "Bricks", "Paint", "White", "Sand"], ["Steel"])

    def test_every_order_hides_its_own_lines_and_no_others(self):
        orders = self._kit(1, "composition") + self._kit(2, prefix="Open") + self._order(3, self._line("Sand", 5.55))
        text = self._print(INVOICE, orders._create_invoices())
        self.assertShown(text, ["OpenOuterA", "OpenInnerB", "Sand"], [" OuterA", " InnerB"])

    def test_without_headings_an_order_is_not_hidden_with_the_section_before(self):
        self.company.invoice_order_sections = False
        for flag in ("composition", "prices"):
            with self.subTest(hidden=flag):
                plain = self._order(2, self._line("Sand", 5.55), client_order_ref="PO 5")
                below = self._order(3, self._subsection("Orphan"), self._line("Gravel", 6.66))
                invoice = (self._kit(1, flag) + plain + below)._create_invoices()
                shown = ["Kit", "Sand", "5.55", "Gravel", "6.66", "PO 5"]
                self.assertShown(self._print(INVOICE, invoice), shown, ["11.11"])
                kinds = self._get_lines(invoice).mapped("display_type")
                self.assertEqual(kinds.count("line_section"), 3, "of the kit, and of the orders that follow it")

    def test_without_headings_nothing_is_added_where_nothing_would_be_hidden(self):
        self.company.invoice_order_sections = False
        orders = self._kit(1) + self._order(2, self._line("Sand", 5.55)) + self._kit(3, "composition")
        headings = self._get_lines(orders._create_invoices()).filtered(lambda line: line.display_type == "line_section")
        self.assertEqual(headings.mapped("name"), ["Kit", "Kit"])

    def test_a_divided_order_hides_the_same_on_each_of_its_invoices(self):
        later = {"next_bill_date": "2026-09-01"}
        first = self._order(
            1,
            self._section("Kit", "composition"),
            self._line("OuterA", 11.11),
            self._line("OuterC", 4.44, **later),
            self._subsection("Parts"),
            self._line("InnerB", 22.22),
            self._line("InnerD", 8.88, **later),
        )
        orders = first + self._order(2, self._line("Sand", 5.55)) + self._order(3, self._line("Gravel", 6.66, **later))
        invoices = orders._create_invoices()
        self.assertEqual(len(invoices), 2)
        for invoice, word in zip(invoices, ("Sand", "Gravel"), strict=True):
            self.assertShown(self._print(INVOICE, invoice), ["Kit", word], ["Outer", "Inner"])

    def test_a_down_payment_is_not_hidden_with_the_section_before(self):
        order = self._kit(1, "composition")
        wizard = self.env["sale.advance.payment.inv"].create(
            {"sale_order_ids": order.ids, "advance_payment_method": "percentage", "amount": 30}
        )
        wizard._create_invoices(order).action_post()
        invoice = (order + self._order(2, self._line("Sand", 5.55)))._create_invoices(final=True)
        self.assertShown(self._print(INVOICE, invoice), ["Down Payment", "-10.00"], ["OuterA", "InnerB"])

    def test_the_items_of_a_combo_stay_hidden_with_the_section_above(self):
        combo = self.env["product.combo"].create(
            {"name": "Choice", "combo_item_ids": [Command.create({"product_id": self.product.id})]}
        )
        product = self.env["product.product"].create(
            {"name": "Menu", "type": "combo", "list_price": 20, "combo_ids": [Command.set(combo.ids)]}
        )
        order = self._order(1, self._section("Kit", "composition"), {"product_id": product.id}, confirm=False)
        order.order_line = [
            Command.create(
                {
                    "product_id": self.product.id,
                    "name": "Chosen",
                    "combo_item_id": combo.combo_item_ids.id,
                    "linked_line_id": order.order_line[1].id,
                    "price_unit": 20.0,
                }
            )
        ]
        self._confirm(order)
        invoice = (order + self._order(2, self._line("Sand", 5.55)))._create_invoices()
        self.assertShown(self._print(INVOICE, invoice), ["Kit", "20.00", "Sand"], ["Chosen", "Menu"])
        self.assertRecordValues(order, [{"invoice_status": "invoiced"}])

    # === CONSOLIDATED BILLING INVOICES ===#

    def _bill_grouped(self, orders, day="2026-03-10"):
        """Post the invoice of these orders and return the final document that lists it."""
        account = self._group_members()
        invoice = orders._create_invoices()
        invoice.invoice_date = fields.Date.to_date(day)
        invoice.action_post()
        run = self._create_run(generate=True, by_grouping_account=True, partner_ids=[Command.set(account.ids)])
        self.assertIn(invoice, run.consolidated_billing_ids.move_ids)
        self._finalize(run.consolidated_billing_ids)
        return run.consolidated_billing_ids

    def test_a_consolidated_invoice_in_detail_hides_what_its_invoices_hide(self):
        orders = self._kit(1, "composition") + self._kit(2, "prices", prefix="Half") + self._kit(3, prefix="Open")
        text = self._print(BILLING, self._bill_grouped(orders))
        self.assertShown(text, ["Kit", "HalfOuterA", "HalfInnerB", "OpenOuterA", "OpenInnerB"], [" OuterA", " InnerB"])
        self.assertEqual((text.count("11.11"), text.count("22.22")), (2, 2), "price and amount of the open order")

    def test_a_consolidated_invoice_in_detail_hides_what_an_invoice_of_one_order_hides(self):
        text = self._print(BILLING, self._bill_grouped(self._kit(1, "composition")))
        self.assertShown(text, ["Kit", "33.33"], ["OuterA", "InnerB", "22.22"])

    def test_the_items_of_a_consolidated_invoice_add_up_to_the_untaxed_amount(self):
        orders = self._kit(1, "composition") + self._kit(2, "prices") + self._kit(3)
        billing = self._bill_grouped(orders)
        rows = billing.line_ids._get_printed_items()
        total = sum(row.amount or 0.0 for row in rows)
        self.assertAlmostEqual(total, billing.move_ids.amount_untaxed)


@tagged("post_install", "-at_install")
class TestHiddenLinesOnThePortal(HiddenLinesCommon, PortalBillingCommon):
    @freeze_time("2026-03-20")
    def test_the_customer_sees_on_the_portal_what_the_print_shows(self):
        orders = self._kit(1, "composition") + self._order(2, self._line("Sand", 5.55))
        self.profile.invoice_format = "detail"
        invoice = orders._create_invoices()
        invoice.invoice_date = "2026-03-10"
        invoice.action_post()
        page = self._open(self.head_user, f"/my/invoices/{invoice.id}", report_type="html")
        self.assertShown(self._get_text(page), ["Kit", "Sand"], ["OuterA", "InnerB"])
        self.assertNotIn("InnerB", self._open(self.head_user, f"/my/invoices/{invoice.id}").text)
