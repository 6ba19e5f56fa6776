"""A down payment is deducted from what is billed of its order, at most down to zero (``I5``)."""

from freezegun import freeze_time

from odoo import Command
from odoo.tests import tagged

from .deduction_common import DeductionCommon

LATER = "2027-03-31"


@tagged("post_install", "-at_install")
@freeze_time("2026-11-20")
class TestDividedDownPayments(DeductionCommon):
    def test_no_more_is_deducted_than_what_is_due(self):
        order = self._create_order(self.acme, [{}, {"price_unit": 900.0, "next_bill_date": LATER}])
        self._pay_down(order, 50)
        run = self._run(cutoff_date="2026-11-20")
        self.assertProposalIsRight(run)
        self.assertRecordValues(
            run.move_ids.sudo(), [{"move_type": "out_invoice", "amount_untaxed": 0.0, "amount_total": 0.0}]
        )
        self.assertEqual(run.amount_unbilled, 500.0)
        self.assertRecordValues(self._bill(LATER), [{"amount_untaxed": 500.0, "amount_total": 575.0}])
        self.assertBilled(order)

    def test_what_remains_is_deducted_next(self):
        order = self._create_order(self.acme, [{}, {"price_unit": 900.0, "next_bill_date": LATER}])
        self._pay_down(order, 50)
        self._bill()
        line = order.order_line.filtered("is_downpayment").filtered(lambda sol: not sol.display_type)
        self.assertEqual((line.qty_to_invoice, line.qty_invoiced), (-0.8, 0.8))

    def test_an_order_in_parts_is_merged_with_another(self):
        dates = [False, "2026-12-01", "2027-01-01"]
        order = self._create_order(self.acme, [{"next_bill_date": day} for day in dates])
        other = self._create_order(self.acme, [{"price_unit": 10.0}])
        self._pay_down(order, 80)
        moves = (order + other)._create_invoices(final=True)
        self.assertEqual(set(moves.mapped("move_type")), {"out_invoice"})
        self.assertEqual(round(sum(moves.mapped("amount_untaxed")), 2), 70.0)
        self.assertTrue(all(amount >= 0 for amount in moves.mapped("amount_untaxed")))
        self.assertBilled(order)

    def test_a_down_payment_reduces_no_other_order(self):
        order = self._create_order(self.acme, [{}, {"price_unit": 900.0, "next_bill_date": LATER}])
        other = self._create_order(self.acme, [{"price_unit": 400.0}])
        self._pay_down(order, 50)
        run = self._run(cutoff_date="2026-11-20")
        self.assertPartition(run.move_ids, order + other)
        self.assertEqual(run.move_ids.amount_untaxed, 400.0)
        self.assertProposalIsRight(run)

    def test_an_order_alone_is_billed_by_hand_as_in_core(self):
        order = self._create_order(self.acme, [{}, {"price_unit": 900.0}])
        self._pay_down(order, 50)
        order.order_line[1].product_uom_qty = 0.0
        wizard = self.env["sale.advance.payment.inv"].create({"sale_order_ids": order.ids})
        self.assertRecordValues(
            wizard.preview_ids, [{"amount_untaxed": -400.0, "reason": "credit note: the total is negative"}]
        )
        refund = wizard._create_invoices(order)
        self.assertRecordValues(refund, [{"move_type": "out_refund", "amount_untaxed": 400.0}])

    def test_taxes_are_deducted_exactly(self):
        low = self.company_data["default_tax_sale"].copy({"amount": 7.7, "name": "7.7 %"})
        lines = [
            {"price_unit": price, "next_bill_date": day, "tax_ids": [Command.set(tax.ids)]}
            for tax in (self.company_data["default_tax_sale"], low)
            for price, day in ((33.33, False), (66.67, "2026-12-01"), (0.01, LATER))
        ]
        order = self._create_order(self.acme, lines)
        paid = self._pay_down(order, 60)
        moves = self._bill() + self._bill("2026-12-01") + self._bill(LATER)
        self.assertTrue(all(amount >= 0 for amount in moves.mapped("amount_total")))
        deducted = moves.invoice_line_ids.filtered("is_downpayment")
        self.assertEqual(round(-sum(deducted.mapped("price_subtotal")), 2), round(paid.amount_untaxed, 2))
        self.assertEqual(round(-sum(deducted.mapped("price_total")), 2), round(paid.amount_total, 2))
        self.assertBilled(order)

    def test_it_is_deducted_from_what_has_its_taxes(self):
        low = self.company_data["default_tax_sale"].copy({"amount": 5.0, "name": "5 %"})
        order = self._create_order(
            self.acme, [{}, {"price_unit": 900.0, "tax_ids": [Command.set(low.ids)], "next_bill_date": LATER}]
        )
        self._pay_down(order, 50)
        self.assertRecordValues(self._bill(), [{"amount_untaxed": 50.0, "amount_total": 57.5}])
        self.assertRecordValues(self._bill(LATER), [{"amount_untaxed": 450.0, "amount_total": 472.5}])
        self.assertBilled(order)

    def test_a_down_payment_of_everything_leaves_nothing(self):
        days = [False, "2026-12-01", LATER]
        order = self._create_order(self.acme, [{"price_unit": 33.33, "next_bill_date": day} for day in days])
        self._pay_down(order, 100)
        for day in ("2026-11-20", "2026-12-01", LATER):
            self.assertRecordValues(self._bill(day), [{"move_type": "out_invoice", "amount_total": 0.0}])
        self.assertEqual(order.order_line.mapped("qty_to_invoice")[:3], [0.0, 0.0, 0.0])

    def test_chosen_lines_bear_what_they_amount_to(self):
        order = self._create_order(self.acme, [{"product_uom_qty": 10.0}])
        self._pay_down(order, 50)
        wizard = self.env["consolidated.billing.collect"].create({"order_ids": order.ids, "share": 20.0})
        wizard.action_create_invoice()
        invoice = order.invoice_ids.sorted("id")[-1]
        self.assertRecordValues(invoice, [{"amount_untaxed": 0.0, "move_type": "out_invoice"}])
        self.assertEqual(order._create_invoices(final=True).amount_untaxed, 500.0)
        self.assertBilled(order)

    def test_discount_and_down_payment_share_what_can_be_deducted(self):
        order = self._create_discounted([{}, {"price_unit": 900.0, "next_bill_date": LATER}])
        self._pay_down(order, 50)
        self.assertEqual(self._bill().mapped("amount_total"), [0.0])
        self.assertEqual(self._bill(LATER).amount_untaxed, 450.0)
        self.assertBilled(order)

    def test_several_down_payments_are_deducted_one_after_the_other(self):
        order = self._create_order(self.acme, [{}, {"price_unit": 900.0, "next_bill_date": LATER}])
        self._pay_down(order, 69.0, "fixed")  # 60 and taxes
        self._pay_down(order, 69.0, "fixed")
        self.assertEqual(self._bill().amount_untaxed, 0.0)
        self.assertEqual(self._bill(LATER).amount_untaxed, 880.0)
        self.assertBilled(order)

    def test_a_lowered_quantity_lowers_what_is_deducted(self):
        order = self._create_order(self.acme, [{"product_uom_qty": 10.0}])
        self._pay_down(order, 50)
        run = self._run(generate=False)
        self.assertEqual(run.group_ids.amount_untaxed, 500.0)
        run.group_ids.line_ids[0].quantity = 2.0
        self.assertRecordValues(run.group_ids, [{"amount_untaxed": 0.0, "amount_total": 0.0}])
        self._generate(run)
        self.assertProposalIsRight(run)
        self.assertEqual(order._create_invoices(final=True).amount_untaxed, 500.0)

    def test_what_was_deducted_is_open_again_after_a_reverse(self):
        order = self._create_order(self.acme, [{}, {"price_unit": 900.0, "next_bill_date": LATER}])
        self._pay_down(order, 50)
        run = self._run(cutoff_date="2026-11-20")
        run.move_ids.sudo().action_post()
        run.action_reverse()
        self.assertEqual(order._create_invoices(final=True).amount_untaxed, 500.0)
        self.assertBilled(order)

    def test_without_deducting_the_down_payment_waits_whole(self):
        order = self._create_order(self.acme, [{}, {"price_unit": 900.0, "next_bill_date": LATER}])
        self._pay_down(order, 50)
        self.assertEqual(self._bill(deduct_down_payments=False).amount_untaxed, 100.0)
        self.assertEqual(self._bill(LATER).amount_untaxed, 400.0)

    def test_a_draft_down_payment_counts(self):
        order = self._create_order(self.acme, [{}, {"price_unit": 900.0, "next_bill_date": LATER}])
        self._pay_down(order, 50, post=False)
        self.assertEqual(self._bill().amount_untaxed, 0.0)
        self.assertEqual(self._bill(LATER).amount_untaxed, 500.0)

    def test_foreign_currency(self):
        pricelist = self.env["product.pricelist"].create(
            {"name": "Foreign", "currency_id": self.setup_other_currency("EUR", rates=[("2026-01-01", 0.77)]).id}
        )
        order = self._create_order(
            self.acme,
            [{"price_unit": 33.33}, {"price_unit": 900.0, "next_bill_date": LATER}],
            pricelist_id=pricelist.id,
        )
        paid = self._pay_down(order, 50)
        moves = self._bill() + self._bill(LATER)
        self.assertEqual(round(sum(moves.mapped("amount_total")) + paid.amount_total, 2), round(order.amount_total, 2))
        self.assertBilled(order)
