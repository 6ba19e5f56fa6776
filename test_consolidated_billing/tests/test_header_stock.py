"""What deliveries say about the header of a merged invoice (``I6``)."""

import re

from lxml import html

from odoo import Command, fields
from odoo.tests import freeze_time, tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from .common import BesideOtherAppsCommon

TODAY = "2026-11-20 10:00:00"


@tagged("post_install", "-at_install")
class TestDeliveryDate(BesideOtherAppsCommon):
    @freeze_time(TODAY)
    def test_the_latest_delivery_of_the_merged_orders_is_the_delivery_date(self):
        for days in (("2026-07-01", "2026-03-01"), ("2026-03-01", "2026-07-01")):
            invoice = self._create_delivered(*days)._create_invoices()
            self.assertEqual(invoice.delivery_date, fields.Date.to_date("2026-07-01"))
            invoice.action_post()
            self.assertEqual(invoice.delivery_date, fields.Date.to_date("2026-07-01"))

    @freeze_time(TODAY)
    def test_two_hours_of_one_day_are_no_disagreement(self):
        orders = self._create_delivered("2026-07-01 08:00:00", "2026-07-01 15:30:00")
        invoice = self.assertEqualToCore(orders)
        self.assertEqual(invoice.delivery_date, fields.Date.to_date("2026-07-01"))
        self.assertNotIn("disagree", "".join(invoice.message_ids.mapped("body")))

    @freeze_time(TODAY)
    def test_an_order_that_is_not_delivered_leaves_the_date_of_the_other(self):
        orders = self._create_order() + self._create_delivered("2026-07-01")
        self.assertEqual(orders._create_invoices().delivery_date, fields.Date.to_date("2026-07-01"))

    @freeze_time(TODAY)
    def test_nothing_delivered_leaves_the_date_to_later_deliveries(self):
        orders = self._create_order() + self._create_order()
        invoice = orders._create_invoices()
        self.assertFalse(invoice.delivery_date)
        self._deliver(orders, "2026-07-01", "2026-03-01")
        self.assertEqual(invoice.delivery_date, fields.Date.to_date("2026-07-01"))

    @freeze_time(TODAY)
    def test_the_chatter_says_which_delivery_dates_met(self):
        invoice = self._create_delivered("2026-07-01", "2026-03-01")._create_invoices()
        self.assertIn(
            "Delivery Date: S1: 2026-07-01, S2: 2026-03-01 → 2026-07-01", "".join(invoice.message_ids.mapped("body"))
        )

    @freeze_time(TODAY)
    def test_a_run_gives_the_latest_delivery_date_as_well(self):
        orders = self._create_delivered("2026-07-01", "2026-03-01")
        values = {"by_grouping_account": True, "cutoff_date": "2026-11-20"}
        run = self.env["consolidated.billing.run"].create(
            {**values, "partner_ids": [Command.set(orders.partner_id.ids)]}
        )
        run.action_prepare()
        run.action_generate()
        run._process_groups()
        self.assertEqual(run.move_ids.line_ids.sale_line_ids.order_id, orders)
        self.assertEqual(run.move_ids.delivery_date, fields.Date.to_date("2026-07-01"))

    @freeze_time(TODAY)
    def test_terms_of_delivery_that_differ_stay_empty_and_common_ones_stay(self):
        incoterms = self.env["account.incoterms"].search([], limit=3)
        self.company.incoterm_id = incoterms[2]
        for given, expected in (((0, 1), incoterms.browse()), ((1, 1), incoterms[1])):
            orders = self._create_order(incoterm=incoterms[given[0]].id)
            orders += self._create_order(incoterm=incoterms[given[1]].id)
            self.assertEqual(orders._create_invoices().invoice_incoterm_id, expected)

    @freeze_time(TODAY)
    def test_the_website_is_the_common_one_or_none(self):
        sites = self.env["website"].create([{"name": "Shop"}, {"name": "Other"}])
        for pair, expected in (((0, 0), sites[0]), ((0, 1), sites.browse())):
            orders = self._create_order() + self._create_order()
            for order, number in zip(orders, pair, strict=True):
                order.website_id = sites[number]
            self.assertEqual(orders._create_invoices().website_id, expected)


@tagged("post_install_l10n", "post_install", "-at_install")
class TestHungary(BesideOtherAppsCommon):
    @classmethod
    @AccountTestInvoicingCommon.setup_country("hu")
    def setUpClass(cls):
        super().setUpClass()
        cls._set_no_taxes()
        rates = ("2026-01-01", 1 / 400), ("2026-03-01", 1 / 380), ("2026-07-01", 1 / 410), ("2026-11-01", 1 / 350)
        cls.pricelist = cls._create_foreign_pricelist(*rates)

    @freeze_time(TODAY)
    def test_the_rate_is_that_of_the_latest_delivery_as_in_core(self):
        orders = self._create_delivered("2026-03-01", "2026-07-01", pricelist_id=self.pricelist.id)
        invoice = self.assertEqualToCore(orders, by_core=orders[::-1])
        self.assertEqual(invoice.currency_id.name, "EUR")
        self.assertAlmostEqual(invoice.amount_total_signed, 200 * 410)

    @freeze_time(TODAY)
    def test_the_rate_is_that_of_core_for_two_hours_of_a_day(self):
        moments = "2026-03-01 08:00:00", "2026-03-01 15:30:00"
        invoice = self.assertEqualToCore(self._create_delivered(*moments, pricelist_id=self.pricelist.id))
        self.assertAlmostEqual(invoice.amount_total_signed, 200 * 380)

    @freeze_time(TODAY)
    def test_the_rate_stays_when_the_invoice_is_posted(self):
        orders = self._create_delivered("2026-03-01", "2026-07-01", pricelist_id=self.pricelist.id)
        for fast in ("True", "False"):
            self.env["ir.config_parameter"].set_param("consolidated_billing.fast_invoice_creation", fast)
            invoice = orders._create_invoices()
            self.assertAlmostEqual(invoice.amount_total_signed, 200 * 410)
            invoice.unlink()
        invoice = orders._create_invoices()
        invoice.action_post()
        self.assertAlmostEqual(invoice.amount_total_signed, 200 * 410)


@tagged("post_install_l10n", "post_install", "-at_install")
class TestGermany(BesideOtherAppsCommon):
    @classmethod
    @AccountTestInvoicingCommon.setup_country("de")
    def setUpClass(cls):
        super().setUpClass()

    def _print(self, move):
        markup = self.env["ir.actions.report"]._render_qweb_html("account.report_invoice", move.ids)[0].decode()
        return re.sub(r"\s+", " ", html.fromstring(markup).text_content())

    @freeze_time(TODAY)
    def test_the_printed_delivery_date_is_that_of_the_deliveries(self):
        for moments in (("2026-07-01 08:00:00", "2026-07-01 15:30:00"), ("2026-07-01", "2026-03-01")):
            invoice = self._create_delivered(*moments)._create_invoices()
            invoice.action_post()
            self.assertRegex(self._print(invoice), "Delivery Date:? 07/01/2026")
