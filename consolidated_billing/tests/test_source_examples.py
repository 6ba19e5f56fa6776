"""The examples of the five source documents, literally."""

from freezegun import freeze_time

from odoo import Command
from odoo.tests import tagged

from .common import ConsolidatedBillingCommon


@tagged("post_install", "-at_install")
class TestSourceExamples(ConsolidatedBillingCommon):
    def test_transactions_of_12346_are_invoiced_to_12345(self):
        """``000_…``: invoicing information of 12345, pricing information of 12346."""
        pricelist = self.env["product.pricelist"].create(
            {
                "name": "Texas prices",
                "item_ids": [
                    Command.create({"compute_price": "percentage", "percent_price": 10, "applied_on": "3_global"})
                ],
            }
        )
        self.account_12345.write(
            {
                "email": "billing@bloom.example",
                "property_payment_term_id": self.net_30.id,
                "property_product_pricelist": self.env["product.pricelist"].create({"name": "Head office"}),
            }
        )
        self.account_12346.property_product_pricelist = pricelist
        order = self._create_order(lines=[{"price_unit": 90.0}])
        self.assertRecordValues(
            order,
            [
                {
                    "partner_id": self.account_12346.id,
                    "partner_invoice_id": self.account_12345.id,
                    "grouping_partner_id": self.account_12345.id,
                    "payment_term_id": self.net_30.id,
                    "pricelist_id": pricelist.id,
                }
            ],
        )
        invoice = order._create_invoices()
        self.assertRecordValues(
            invoice,
            [
                {
                    "partner_id": self.account_12345.id,
                    "grouping_partner_id": self.account_12345.id,
                    "invoice_payment_term_id": self.net_30.id,
                    "amount_untaxed": 90.0,
                }
            ],
        )

    def test_orders_of_both_accounts_share_one_invoice(self):
        orders = self._create_order() + self._create_order(self.account_12345)
        invoice = orders._create_invoices()
        self.assertPartition(invoice, orders)
        self.assertTrue(invoice.is_grouped_invoice)
        sections = invoice.invoice_line_ids.filtered(lambda line: line.display_type == "line_section")
        self.assertEqual(len(sections), 2)
        for order, section in zip(orders, sections, strict=True):
            self.assertIn(order.name, section.name)
            self.assertIn(order.partner_id.ref, section.name)

    def test_calls_are_searched_by_the_number_of_the_member(self):
        """``000_…``: "you will see no difference during call taking"."""
        order = self._create_order()
        found = self.env["sale.order"].search([("partner_id", "ilike", "12346")])
        self.assertEqual(found, order)
        self.assertEqual(self.env["sale.order"].search([("grouping_partner_id.ref", "=", "12345")]), order)

    def _create_1001_to(self, last, **values):
        partner = self._create_account("Acme", ref="ACME")
        return [self._create_order(partner, name=f"#{number}", **values) for number in range(1001, last + 1)]

    def test_separating_1001_leaves_1002_and_1003_combined(self):
        """``002_…``: selecting separate for #1001 results in 2 invoices."""
        o1, o2, o3 = self._create_1001_to(1003)
        o1.invoice_grouping = "separate"
        self.assertPartition((o1 + o2 + o3)._create_invoices(), o1, o2 + o3)

    def test_separating_all_three_makes_three_invoices(self):
        o1, o2, o3 = self._create_1001_to(1003, invoice_grouping="separate")
        self.assertPartition((o1 + o2 + o3)._create_invoices(), o1, o2, o3)

    def test_job_codes_texas_california_and_blank_make_three_invoices(self):
        """``002_…``: #1001 and #1002 Texas, #1003 and #1004 California, #1005 blank."""
        o1, o2, o3, o4, o5 = orders = self._create_1001_to(1005, invoice_grouping="job_code")
        for order, code in zip(orders, ["Texas", "texas ", "California", " CALIFORNIA", "  "], strict=True):
            order.job_code = code
        self.assertFalse(o5.job_code)
        invoices = (o1 + o2 + o3 + o4 + o5)._create_invoices()
        self.assertPartition(invoices, o1 + o2, o3 + o4, o5)
        self.assertEqual(invoices.mapped("job_code"), ["Texas", "California", False])

    @freeze_time("2026-03-10")
    def test_net_30_and_net_45_are_never_combined(self):
        o1, o2, o3 = self._create_1001_to(1003, payment_term_id=self.net_30.id)
        o2.payment_term_id = self.net_45
        self.assertPartition((o1 + o2 + o3)._create_invoices(), o1 + o3, o2)

    def test_orders_with_different_next_bill_dates_are_not_combined(self):
        o1, o2, o3 = self._create_1001_to(1003)
        o1.next_bill_date = "2026-04-01"
        (o2 + o3).next_bill_date = "2026-05-01"
        invoices = (o1 + o2 + o3)._create_invoices()
        self.assertPartition(invoices, o1, o2 + o3)
        self.assertEqual(invoices.mapped(lambda m: str(m.bill_date)), ["2026-04-01", "2026-05-01"])

    def test_lines_with_different_next_bill_dates_go_to_different_invoices(self):
        o1, o2 = self._create_1001_to(1002, lines=2)
        o1.order_line[1].next_bill_date = "2026-05-01"
        o2.order_line[1].next_bill_date = "2026-05-01"
        invoices = (o1 + o2)._create_invoices()
        self.assertEqual(len(invoices), 2)
        lines = [m.invoice_line_ids.sale_line_ids for m in invoices]
        self.assertEqual(lines[0], o1.order_line[0] + o2.order_line[0])
        self.assertEqual(lines[1], o1.order_line[1] + o2.order_line[1])
