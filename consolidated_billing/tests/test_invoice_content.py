"""The lines of a grouped invoice: nothing lost, in order, under headings (``I1``, ``I2``, ``K6``)."""

from odoo import Command
from odoo.tests import tagged

from .common import ConsolidatedBillingCommon


@tagged("post_install", "-at_install")
class TestInvoiceLines(ConsolidatedBillingCommon):
    def _get_outline(self, move):
        """Return kind and text of every line of the document (core puts the product's name above the text)."""
        kinds = {"line_section": "1", "line_subsection": "2", "line_note": "n", "product": "-"}
        return [f"{kinds[line.display_type]} {line.name.splitlines()[-1]}" for line in self._get_lines(move)]

    def _section(self, name, kind="line_section"):
        return {"display_type": kind, "name": name}

    def _create_named(self, number, *lines, **values):
        lines = [{"name": line} if isinstance(line, str) else line for line in lines]
        return self._create_order(name=f"S{number}", lines=lines, **values)

    # === I1 ===#

    def test_lines_keep_everything(self):
        analytic = self._create_analytic_account()
        account = self.copy_account(self.company_data["default_account_revenue"])
        self.product.property_account_income_id = account
        values = {
            "name": "Special widget",
            "product_uom_qty": 3,
            "price_unit": 33.33,
            "discount": 12.5,
            "tax_ids": [Command.set(self.tax_sale_b.ids)],
            "analytic_distribution": {str(analytic.id): 100},
        }
        orders = self._create_order(lines=[values]) + self._create_order()
        line = self._get_products(orders._create_invoices())[0]
        self.assertRecordValues(
            line,
            [
                {
                    "product_id": self.product.id,
                    "name": "Widget\nSpecial widget",
                    "quantity": 3,
                    "price_unit": 33.33,
                    "discount": 12.5,
                    "account_id": account.id,
                    "tax_ids": self.tax_sale_b.ids,
                    "analytic_distribution": {str(analytic.id): 100},
                    "sale_line_ids": orders[0].order_line.ids,
                }
            ],
        )

    def _create_analytic_account(self):
        plan = self.env["account.analytic.plan"].create({"name": "Projects"})
        return self.env["account.analytic.account"].create({"name": "Roof", "plan_id": plan.id})

    def test_nothing_is_billed_twice(self):
        orders = self._create_order(lines=2) + self._create_order(lines=3)
        invoice = orders._create_invoices()
        self.assertEqual(len(self._get_products(invoice)), 5)
        self.assertEqual(orders.order_line.mapped("qty_invoiced"), [1.0] * 5)
        self.assertEqual(set(orders.mapped("invoice_status")), {"invoiced"})
        with self.assertRefused():
            orders._create_invoices()

    # === I2 ===#

    def test_a_section_heads_each_order_and_its_own_sections_are_below(self):
        first = self._create_named(1, self._section("Roof"), "Tiles", self._section("Wall"), "Bricks")
        second = self._create_named(2, "Sand")
        outline = self._get_outline((first + second)._create_invoices())
        self.assertIn("S1", outline[0])
        self.assertEqual(outline[1:5], ["2 Roof", "- Tiles", "2 Wall", "- Bricks"])
        self.assertIn("S2", outline[5])
        self.assertEqual(outline[6:], ["- Sand"])

    def test_subsections_and_notes_stay_in_place(self):
        lines = [
            self._section("Roof"),
            self._section("North", "line_subsection"),
            "Tiles",
            self._section("Handle with care", "line_note"),
        ]
        orders = self._create_named(1, *lines) + self._create_named(2, "Sand")
        outline = self._get_outline(orders._create_invoices())
        self.assertEqual(outline[1:5], ["2 Roof", "2 North", "- Tiles", "n Handle with care"])

    def test_a_single_order_gets_no_heading(self):
        order = self._create_named(1, self._section("Roof"), "Tiles")
        self.assertEqual(self._get_outline(order._create_invoices()), ["1 Roof", "- Tiles"])

    def test_an_order_alone_in_its_group_gets_no_heading(self):
        orders = self._create_named(1, "Tiles", invoice_grouping="separate")
        orders += self._create_named(2, "Sand") + self._create_named(3, "Lime")
        invoices = orders._create_invoices()
        self.assertEqual(invoices.mapped("is_grouped_invoice"), [False, True])
        self.assertEqual(self._get_outline(invoices[0]), ["- Tiles"])

    def test_the_company_can_switch_the_headings_off(self):
        self.company.invoice_order_sections = False
        orders = self._create_named(1, self._section("Roof"), "Tiles") + self._create_named(2, "Sand")
        self.assertEqual(self._get_outline(orders._create_invoices()), ["1 Roof", "- Tiles", "- Sand"])

    def test_orders_follow_by_date_then_number(self):
        late = self._create_named(1, "Late")
        tied = self._create_named(3, "Tied")
        early = self._create_named(2, "Early")
        late.date_order = "2026-03-02 08:00:00"
        (tied + early).date_order = "2026-03-01 08:00:00"
        invoice = (late + tied + early)._create_invoices()
        self.assertEqual(
            [line for line in self._get_outline(invoice) if line.startswith("-")],
            ["- Early", "- Tied", "- Late"],
        )
        self.assertEqual(invoice.invoice_origin, "S2, S3, S1")

    def test_the_heading_names_what_identifies_the_order(self):
        orders = self._create_named(1, "Tiles", client_order_ref="PO 77", job_code="Texas")
        orders += self._create_named(2, "Sand", client_order_ref="PO 78")
        orders[0].date_order = "2026-03-01 12:00:00"
        heading = self._get_lines(orders._create_invoices())[0].name
        for word in ("S1", "2026", "Bloom Texas", "12346", "PO 77", "Texas"):
            self.assertIn(word, heading)

    def test_the_heading_shows_the_day_of_the_user(self):
        self.env.user.tz = "Asia/Tokyo"
        orders = self._create_named(1, "Tiles") + self._create_named(2, "Sand")
        orders[0].date_order = "2026-02-28 20:00:00"
        invoice = orders.with_context(tz="Asia/Tokyo")._create_invoices()
        self.assertIn("03/01/2026", self._get_lines(invoice)[0].name)

    def test_headings_are_in_the_language_of_the_bill_to(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.account_12345.lang = "fr_FR"
        orders = self._create_named(1, "Tiles") + self._create_named(2, "Sand")
        orders[0].date_order = "2026-03-14 12:00:00"
        heading = self._get_lines(orders._create_invoices())[0].name
        self.assertIn("14/03/2026", heading)

    # === K6 ===#

    def test_differing_delivery_addresses_are_shown_in_the_headings(self):
        yards = self.env["res.partner"].create(
            [{"name": f"Yard {city}", "city": city} for city in ("Dallas", "Austin")]
        )
        orders = self._create_named(1, "Tiles", partner_shipping_id=yards[0].id)
        orders += self._create_named(2, "Sand", partner_shipping_id=yards[1].id)
        lines = self._get_lines(orders._create_invoices())
        self.assertIn("Dallas", lines[0].name)
        self.assertIn("Austin", lines[2].name)
        self.assertNotIn("Austin", lines[0].name)

    def test_no_delivery_address_is_printed_in_the_header_when_the_orders_differ(self):
        yards = [self.env["res.partner"].create({"name": f"Yard {n}", "type": "delivery"}) for n in (1, 2)]
        self.env["res.partner"].create({"name": "Loading bay", "type": "delivery", "parent_id": self.account_12345.id})
        orders = self._create_named(1, "Tiles", partner_shipping_id=yards[0].id)
        orders += self._create_named(2, "Sand", partner_shipping_id=yards[1].id)
        invoice = orders._create_invoices()
        self.assertEqual(invoice.partner_shipping_id, invoice.partner_id)

    def test_a_common_delivery_address_is_not_repeated(self):
        yard = self.env["res.partner"].create({"name": "Yard", "city": "Dallas"})
        orders = self._create_named(1, "Tiles", partner_shipping_id=yard.id)
        orders += self._create_named(2, "Sand", partner_shipping_id=yard.id)
        invoice = orders._create_invoices()
        self.assertEqual(invoice.partner_shipping_id, yard)
        self.assertNotIn("Dallas", self._get_lines(invoice)[0].name)

    # === K4 ===#

    def test_a_section_is_repeated_on_both_invoices_of_its_order(self):
        later = {"name": "Bricks", "next_bill_date": "2026-09-01"}
        first = self._create_named(1, self._section("Roof"), "Tiles", later)
        second = self._create_named(2, "Sand")
        outlines = [self._get_outline(move) for move in (first + second)._create_invoices()]
        self.assertEqual(outlines[0][1:3], ["2 Roof", "- Tiles"])
        self.assertEqual(outlines[1], ["1 Roof", "- Bricks"])

    def test_an_untouched_section_is_not_on_the_other_invoice(self):
        later = {"name": "Bricks", "next_bill_date": "2026-09-01"}
        orders = self._create_named(
            1, self._section("Roof"), "Tiles", self._section("Wall"), later
        ) + self._create_named(2, "Sand")
        outlines = [self._get_outline(move) for move in orders._create_invoices()]
        self.assertNotIn("2 Wall", outlines[0])
        self.assertEqual(outlines[1], ["1 Wall", "- Bricks"])

    def test_a_note_below_a_heading_goes_with_the_lines_of_that_heading(self):
        later = {"name": "Bricks", "next_bill_date": "2026-09-01"}
        note = self._section("Only red ones", "line_note")
        orders = self._create_named(1, "Tiles", self._section("Wall"), note, later)
        orders += self._create_named(2, "Sand")
        outlines = [self._get_outline(move) for move in orders._create_invoices()]
        self.assertNotIn("n Only red ones", outlines[0])
        self.assertEqual(outlines[1], ["1 Wall", "n Only red ones", "- Bricks"])

    # === I4 ===#

    def test_partial_invoicing_bills_the_rest_later(self):
        orders = self._create_order(lines=[{"product_uom_qty": 2}]) + self._create_order()
        orders._create_invoices()
        orders[0].order_line.product_uom_qty = 5
        orders[1].order_line.product_uom_qty = 2
        invoice = orders._create_invoices()
        self.assertEqual(self._get_products(invoice).mapped("quantity"), [3, 1])
