from collections import defaultdict

from odoo import Command
from odoo.tests import tagged

from .cbi_common import CbiCommon


@tagged("post_install", "-at_install")
class TestCbiTaxes(CbiCommon):
    """Tax totals per rate, as Odoo computes them for the same entries (``C3``)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.groups = cls.env["account.tax.group"].create(
            [
                {"name": name, "company_id": cls.company.id}
                for name in ("VAT 7", "VAT 21 incl", "VAT 0", "Federal", "State")
            ]
        )
        cls.seven = cls._create_tax("7 %", 7.0, 0)
        cls.included = cls._create_tax("21 % included", 21.0, 1, price_include_override="tax_included")
        cls.zero = cls._create_tax("0 %", 0.0, 2)
        cls.federal = cls._create_tax("Federal 5 %", 5.0, 3)
        cls.of_state = cls._create_tax("State 8 %", 8.0, 4)
        cls.both = cls.env["account.tax"].create(
            {
                "name": "Both",
                "amount_type": "group",
                "amount": 0.0,
                "type_tax_use": "sale",
                "children_tax_ids": [Command.set((cls.federal + cls.of_state).ids)],
            }
        )

    @classmethod
    def _create_tax(cls, name, amount, group, **values):
        return cls.env["account.tax"].create(
            {
                "name": name,
                "amount": amount,
                "amount_type": "percent",
                "type_tax_use": "sale",
                "tax_group_id": cls.groups[group].id,
                **values,
            }
        )

    def _post_taxed(self, *lines, **values):
        """Post an invoice with a line for each price and its taxes."""
        return self._post(
            invoice_line_ids=[
                Command.create(
                    {
                        "product_id": self.product.id,
                        "quantity": 1.0,
                        "price_unit": price,
                        "tax_ids": [Command.set(taxes.ids)],
                    }
                )
                for price, taxes in lines
            ],
            **values,
        )

    def _get_core_totals(self, moves):
        """Return base and tax by tax group, as core's own tax totals of the entries say; credits are negative."""
        totals = defaultdict(lambda: [0.0, 0.0])
        for move in moves:
            sign = -1 if move.move_type == "out_refund" else 1
            for subtotal in move.tax_totals["subtotals"]:
                for group in subtotal["tax_groups"]:
                    totals[group["id"]][0] += sign * group["base_amount_currency"]
                    totals[group["id"]][1] += sign * group["tax_amount_currency"]
        return {group: [round(base, 2), round(tax, 2)] for group, (base, tax) in totals.items()}

    def _get_printed_totals(self, billing):
        Tax = self.env["account.tax"]
        return {Tax.browse(tax_id).tax_group_id.id: [base, tax] for tax_id, base, tax in billing.tax_totals}

    def assertTaxesOfCore(self, billing):
        moves = billing.move_ids.filtered(lambda move: move.move_type != "entry")
        self.assertEqual(self._get_printed_totals(billing), self._get_core_totals(moves))
        self.assertAlmostEqual(sum(tax for _id, _base, tax in billing.tax_totals), billing.amount_tax)
        signed = [(-1 if move.move_type == "out_refund" else 1, move) for move in moves]
        self.assertAlmostEqual(billing.amount_tax, sum(sign * move.amount_tax for sign, move in signed))
        self.assertAlmostEqual(billing.amount_untaxed, sum(sign * move.amount_untaxed for sign, move in signed))

    def test_rates_are_added_up_over_all_entries(self):
        default = self.company_data["default_tax_sale"]
        self._post_taxed((100.0, default), (50.0, self.seven))
        self._post_taxed((33.33, self.seven), (10.0, default))
        self._post_taxed((20.0, self.seven), move_type="out_refund")
        billing = self._bill()
        self.assertTaxesOfCore(billing)
        self.assertEqual(len(billing.tax_totals), 2)

    def test_a_tax_included_in_the_price_has_the_base_without_it(self):
        self._post_taxed((121.0, self.included), (9.99, self.included))
        self.assertTaxesOfCore(self._bill())

    def test_the_taxes_of_a_group_are_shown_each(self):
        self._post_taxed((200.0, self.both), (100.0, self.federal))
        billing = self._bill()
        self.assertTaxesOfCore(billing)
        self.assertEqual(
            {tax_id: (base, tax) for tax_id, base, tax in billing.tax_totals},
            {self.federal.id: (300.0, 15.0), self.of_state.id: (200.0, 16.0)},
        )

    def test_a_rate_of_zero_shows_its_base(self):
        self._post_taxed((80.0, self.zero))
        billing = self._bill()
        self.assertEqual(billing.tax_totals, [[self.zero.id, 80.0, 0.0]])
        self.assertTaxesOfCore(billing)

    def test_lines_without_tax_are_in_the_untaxed_amount_only(self):
        self._post_taxed((80.0, self.env["account.tax"]), (20.0, self.seven))
        billing = self._bill()
        self.assertEqual(billing.tax_totals, [[self.seven.id, 20.0, 1.4]])
        self.assertRecordValues(billing, [{"amount_untaxed": 100.0, "amount_tax": 1.4, "closing_balance": 101.4}])

    def test_taxes_of_adjustments_are_not_taxes_of_sales(self):
        self._post_taxed((20.0, self.seven))
        self._adjust(100.0)
        billing = self._bill()
        self.assertRecordValues(billing, [{"amount_untaxed": 20.0, "amount_tax": 1.4, "adjustments_amount": 100.0}])
        self.assertTaxesOfCore(billing)

    def test_taxes_in_foreign_currency_are_in_that_currency(self):
        foreign = self._create_foreign()
        self._post_taxed((100.0, self.seven), (60.0, self.both), currency_id=foreign.id)
        billing = self._bill()
        self.assertEqual(billing.currency_id, foreign)
        self.assertTaxesOfCore(billing)

    def test_two_taxes_on_one_line_have_the_same_base(self):
        self._post_taxed((100.0, self.seven + self.federal))
        self.assertTaxesOfCore(self._bill())

    def test_a_cash_rounding_changes_the_total_but_no_tax(self):
        rounding = self.env["account.cash.rounding"].create(
            {
                "name": "To 5 cents",
                "rounding": 0.05,
                "strategy": "add_invoice_line",
                "rounding_method": "HALF-UP",
                "profit_account_id": self.company_data["default_account_revenue"].id,
                "loss_account_id": self.company_data["default_account_expense"].id,
            }
        )
        invoice = self._post_taxed((33.33, self.seven), invoice_cash_rounding_id=rounding.id)
        billing = self._bill()
        self.assertRecordValues(
            billing, [{"invoices_amount": invoice.amount_total, "closing_balance": invoice.amount_total}]
        )
        self.assertTaxesOfCore(billing)

    def test_a_down_payment_and_its_deduction_are_billed_as_invoiced(self):
        order = self._create_order(self.acme, lines=[{"price_unit": 1000.0}])
        context = {"active_model": "sale.order", "active_ids": order.ids, "active_id": order.id}
        down = (
            self.env["sale.advance.payment.inv"]
            .with_context(**context)
            .create({"advance_payment_method": "percentage", "amount": 30.0})
        )
        down.create_invoices()
        order.invoice_ids.write({"invoice_date": "2026-03-01"})
        order.invoice_ids.action_post()
        self.env["sale.advance.payment.inv"].with_context(**context).create(
            {"advance_payment_method": "delivered", "deduct_down_payments": True}
        ).create_invoices()
        final = order.invoice_ids.filtered(lambda move: move.state == "draft")
        final.invoice_date = "2026-03-20"
        final.action_post()
        billing = self._bill()
        self.assertEqual(billing.move_ids, order.invoice_ids)
        self.assertRecordValues(billing, [{"amount_untaxed": 1000.0, "invoices_amount": 1150.0}])
        self.assertTaxesOfCore(billing)
