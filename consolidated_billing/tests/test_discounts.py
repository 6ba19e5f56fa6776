"""Discounts are billed with the lines that they reduce, however an order is divided (``K8``)."""

from freezegun import freeze_time

from odoo import Command
from odoo.tests import tagged

from .deduction_common import DeductionCommon

LATER = "2027-01-31"


@tagged("post_install", "-at_install")
@freeze_time("2026-11-20")
class TestDiscounts(DeductionCommon):
    # === by run ===#

    def test_a_discount_is_never_billed_without_the_lines_it_reduces(self):
        order = self._create_discounted([{"next_bill_date": LATER}, {"price_unit": 200.0, "next_bill_date": LATER}])
        run = self._run(cutoff_date="2026-11-20")
        self.assertFalse(run.group_ids)
        reasons = run.skipped_line_ids.filtered(lambda line: line.order_line_id == self._get_discount_line(order))
        self.assertIn("billed with the lines of their order", reasons.skip_reason)
        self.assertEqual(run.amount_not_proposed, 270.0)

    def test_a_run_bills_the_share_of_what_is_due(self):
        order = self._create_discounted([{}, {"price_unit": 200.0, "next_bill_date": LATER}])
        first = self._bill()
        self.assertRecordValues(first, [{"amount_untaxed": 90.0, "amount_total": 103.5, "move_type": "out_invoice"}])
        self.assertEqual(order.order_line.filtered(lambda line: line.price_unit < 0).qty_invoiced, 0.33)
        self.assertEqual(order.invoice_status, "to invoice")
        last = self._bill(LATER)
        self.assertRecordValues(last, [{"amount_untaxed": 180.0, "amount_total": 207.0}])
        self.assertBilled(order)

    def test_a_discount_follows_its_lines_and_not_its_own_bill_date(self):
        order = self._create_discounted([{}, {"price_unit": 200.0}])
        self._get_discount_line(order).next_bill_date = LATER
        self.assertEqual(self._bill().amount_untaxed, 270.0)
        self.assertBilled(order)

    def test_the_bill_date_of_the_order_does_not_bring_the_discount_forward(self):
        order = self._create_discounted([{"next_bill_date": LATER}])
        self._get_discount_line(order).next_bill_date = False
        self.assertFalse(self._run().group_ids)

    def test_lines_with_their_own_bill_dates_share_the_discount(self):
        dates = [False, "2026-11-01", "2026-11-10"]
        order = self._create_discounted([{"price_unit": 33.33, "next_bill_date": day} for day in dates])
        run = self._run(cutoff_date="2026-11-20", invoice_date="2026-11-20")
        self.assertEqual(len(run.move_ids), 3)
        self.assertProposalIsRight(run)
        self.assertEqual(round(sum(run.move_ids.mapped("amount_untaxed")), 2), round(order.amount_untaxed, 2))
        self.assertEqual(run.amount_not_proposed, 0.0)
        self.assertBilled(order)

    def test_a_line_that_is_switched_off_takes_its_discount_with_it(self):
        order = self._create_discounted(1)
        run = self._run(generate=False)
        discount = run.group_ids.line_ids.filtered(lambda line: line.order_line_id == self._get_discount_line(order))
        (run.group_ids.line_ids - discount).selected = False
        self.assertEqual((run.group_ids.amount_total, discount.amount_untaxed, discount.quantity), (0.0, 0.0, 0.0))
        self._generate(run)
        self.assertFalse(run.move_ids)
        self.assertEqual(run.group_ids.state, "skipped")
        self.assertEqual(self._bill().amount_untaxed, 90.0)

    def test_a_line_that_is_switched_on_again_brings_its_discount_back(self):
        self._create_discounted(2)
        run = self._run(generate=False)
        line = run.group_ids.line_ids[0]
        line.selected = False
        self.assertEqual(run.group_ids.amount_untaxed, 90.0)
        line.selected = True
        self.assertEqual(run.group_ids.amount_untaxed, 180.0)
        self._generate(run)
        self.assertProposalIsRight(run)

    def test_a_lowered_quantity_lowers_the_discount(self):
        order = self._create_discounted([{"product_uom_qty": 10.0}])
        run = self._run(generate=False)
        run.group_ids.line_ids[0].quantity = 3.0
        self.assertRecordValues(run.group_ids, [{"amount_untaxed": 270.0, "amount_total": 310.5}])
        self._generate(run)
        self.assertProposalIsRight(run)
        self.assertEqual(self._bill().amount_untaxed, 630.0)
        self.assertBilled(order)

    def test_the_share_of_a_discount_is_not_typed(self):
        order = self._create_discounted(1)
        run = self._run(generate=False)
        discount = run.group_ids.line_ids.filtered(lambda line: line.order_line_id == self._get_discount_line(order))
        with self.assertRefused("follows from the other lines"):
            discount.quantity = 0.5

    def test_a_document_that_is_switched_off_leaves_the_rest_to_the_others(self):
        self._create_discounted([{"price_unit": 33.33}, {"price_unit": 66.65, "next_bill_date": "2026-11-01"}], 33.0)
        run = self._run(generate=False)
        first, second = run.group_ids
        before = second.amount_untaxed
        first.selected = False
        self.assertAlmostEqual(second.amount_untaxed, before, delta=0.01)
        self._generate(run)
        self.assertProposalIsRight(run)
        self.assertAlmostEqual(second.move_id.amount_untaxed + self._bill().amount_untaxed, 99.98 - 32.99, 2)

    def test_a_changed_discount_is_skipped_with_what_it_reduces(self):
        order = self._create_discounted(1)
        other = self._create_order(self.acme)
        run = self._run(generate=False)
        self._get_discount_line(order).price_unit = -50.0
        self._generate(run)
        self.assertPartition(run.move_ids, other)
        reasons = run.group_ids.line_ids.filtered(lambda line: line.order_id == order).mapped("skip_reason")
        self.assertEqual(reasons[0], "its discount: price changed from -10.0 to -50.0")

    def test_a_line_that_changed_takes_its_part_of_the_discount_with_it(self):
        order = self._create_discounted([{}, {"price_unit": 200.0}])
        run = self._run(generate=False)
        order.order_line[0].price_unit = 120.0
        self._generate(run)
        self.assertAlmostEqual(run.move_ids.amount_untaxed, 200.0 - 30.0 * 200 / 320, 2)
        self.assertFalse(order.order_line[0].qty_invoiced)

    def test_another_run_waits_for_a_claimed_discount(self):
        self._create_discounted([{}, {"next_bill_date": LATER}])
        first = self._run(generate=False)
        later = self._run(generate=False, cutoff_date=LATER)
        self.assertFalse(later.group_ids)
        self.assertEqual(set(later.skipped_line_ids.mapped("skip_reason")), {f"in run {first.name}"})

    def test_one_part_of_a_discount_claims_it_for_the_run(self):
        order = self._create_discounted([{}, {"next_bill_date": "2026-11-01"}])
        run = self._run(generate=False)
        parts = run.group_ids.line_ids.filtered(lambda line: line.order_line_id == self._get_discount_line(order))
        self.assertEqual(parts.mapped("is_claim"), [True, False])
        parts[0].group_id.selected = False
        self.assertEqual(parts.mapped("is_claim"), [False, True])
        parts[0].group_id.selected = True
        self.assertEqual(parts.mapped("is_claim"), [True, False])
        run.action_generate()
        run._process_groups(limit=1)
        self.assertEqual(parts.mapped("is_claim"), [False, True])
        run._process_groups()
        self.assertEqual(parts.mapped("is_claim"), [False, False])
        self.assertEqual(parts.mapped("is_billed"), [True, True])

    def test_a_reversed_run_makes_the_discount_billable_again(self):
        order = self._create_discounted([{}, {"price_unit": 200.0, "next_bill_date": "2026-11-01"}])
        run = self._run()
        run.move_ids.sudo().action_post()
        run.action_reverse()
        self.assertEqual(order.order_line.mapped("qty_to_invoice"), [1.0, 1.0, 1.0])
        self.assertEqual(sum(self._run().move_ids.mapped("amount_untaxed")), 270.0)
        self.assertBilled(order)

    def test_a_small_document_is_deferred_with_its_discount(self):
        self.acme.billing_profile_id = self._create_profile(minimum_amount=50.0)
        order = self._create_discounted([{"price_unit": 20.0}, {"price_unit": 200.0, "next_bill_date": "2026-11-01"}])
        run = self._run(invoice_date="2026-11-20")
        self.assertRecordValues(
            run.group_ids.sorted("amount_untaxed"),
            [{"state": "deferred", "amount_untaxed": 18.0}, {"state": "done", "amount_untaxed": 180.0}],
        )
        self.assertEqual(run.amount_unbilled, 198.0)
        self.assertEqual(self._get_discount_line(order).untaxed_amount_to_invoice, -22.0)

    def test_what_is_billed_by_hand_meanwhile_leaves_the_share_of_the_others(self):
        order = self._create_discounted([{}, {"price_unit": 200.0}])
        run = self._run(generate=False)
        wizard = self.env["consolidated.billing.collect"].create({"order_ids": order.ids})
        wizard.line_ids.filtered(lambda line: line.order_line_id == order.order_line[1]).selected = False
        wizard.action_create_invoice()
        self.assertEqual(order.invoice_ids.amount_untaxed, 90.0)
        self._generate(run)
        self.assertEqual(run.move_ids.amount_untaxed, 180.0)
        self.assertBilled(order)

    # === by hand ===#

    def test_nothing_is_invoiced_by_hand_while_no_line_can_be(self):
        self.product.invoice_policy = "delivery"
        order = self._create_discounted(1)
        with self.assertRefused("billed with the lines of their order"):
            order._create_invoices(final=True)
        wizard = self.env["sale.advance.payment.inv"].create({"sale_order_ids": order.ids})
        self.assertFalse(wizard.preview_ids)
        self.assertIn("billed with the lines of their order", wizard.preview_skipped)

    def test_partial_deliveries_share_the_discount_by_hand(self):
        self.product.invoice_policy = "delivery"
        order = self._create_discounted([{"product_uom_qty": 3.0, "price_unit": 33.33}])
        amounts = []
        for delivered in (1.0, 2.0, 3.0):
            order.order_line[0].qty_delivered = delivered
            wizard = self.env["sale.advance.payment.inv"].create({"sale_order_ids": order.ids})
            preview = wizard.preview_ids.amount_total
            invoice = wizard._create_invoices(order)
            self.assertEqual(invoice.amount_total, preview)
            amounts.append(invoice.amount_untaxed)
        self.assertEqual([round(amount, 2) for amount in amounts], [30.0, 29.99, 30.0])
        self.assertBilled(order)

    def test_several_orders_by_hand_share_it_as_a_run_does(self):
        orders = self._create_discounted([{}, {"price_unit": 200.0, "next_bill_date": LATER}])
        orders += self._create_order(self.acme)
        moves = orders._create_invoices(final=True)
        self.assertEqual(sorted(moves.mapped("amount_untaxed")), [180.0, 190.0])
        self.assertBilled(orders[0])

    def test_one_invoice_per_order_is_no_exception(self):
        self.product.invoice_policy = "delivery"
        orders = self._create_discounted([{"product_uom_qty": 2.0}]) + self._create_discounted(1)
        orders[0].order_line[0].qty_delivered = 1.0
        moves = orders._create_invoices(grouped=True)
        self.assertRecordValues(moves, [{"amount_untaxed": 90.0, "invoice_origin": orders[0].name}])

    def test_a_discount_that_was_granted_afterwards_is_credited_by_hand_only(self):
        order = self._create_order(self.acme)
        order._create_invoices()
        self._discount(order)
        run = self._run()
        self.assertFalse(run.group_ids)
        self.assertIn("invoice the order alone", run.skipped_line_ids.skip_reason)
        refund = order._create_invoices(final=True)
        self.assertRecordValues(refund, [{"move_type": "out_refund", "amount_untaxed": 10.0}])

    def test_what_was_invoiced_without_discount_before_gives_the_rest_to_the_next_lines(self):
        order = self._create_discounted([{}, {"price_unit": 200.0, "next_bill_date": LATER}])
        run = self._run(generate=False)
        run.group_ids.line_ids.filtered(lambda line: line.amount_untaxed < 0).selected = False
        self._generate(run)
        self.assertEqual(run.move_ids.amount_untaxed, 100.0)
        self.assertEqual(self._bill(LATER).amount_untaxed, 170.0)
        self.assertBilled(order)

    def test_a_credit_note_counts_back(self):
        order = self._create_discounted([{}, {"price_unit": 200.0, "next_bill_date": LATER}])
        invoice = self._bill()
        invoice.action_post()
        wizard = self.env["account.move.reversal"].create(
            {"move_ids": invoice.ids, "journal_id": invoice.journal_id.id}
        )
        self.env["account.move"].browse(wizard.refund_moves()["res_id"]).action_post()
        self.assertEqual(order._create_invoices(final=True).amount_untaxed, 270.0)
        self.assertBilled(order)

    # === which lines, which amounts ===#

    def test_a_discount_reduces_the_lines_with_its_taxes(self):
        low = self.company_data["default_tax_sale"].copy({"amount": 5.0, "name": "5 %"})
        lines = [{}, {"price_unit": 200.0, "tax_ids": [Command.set(low.ids)], "next_bill_date": LATER}]
        order = self._create_discounted(lines)
        self.assertEqual(len(self._get_discount_line(order)), 2)
        self.assertRecordValues(self._bill(), [{"amount_untaxed": 90.0, "amount_total": 103.5}])
        self.assertRecordValues(self._bill(LATER), [{"amount_untaxed": 180.0, "amount_total": 189.0}])
        self.assertBilled(order)

    def test_a_fixed_amount_is_shared_with_its_taxes(self):
        order = self._create_discounted(
            [{"price_unit": price, "next_bill_date": day} for price, day in ((33.33, False), (66.67, LATER))],
            amount=10.0,
            discount_type="amount",
        )
        moves = self._bill() + self._bill(LATER)
        self.assertEqual(round(sum(moves.mapped("amount_total")), 2), round(order.amount_total, 2))
        self.assertEqual(round(sum(moves.mapped("amount_untaxed")), 2), round(order.amount_untaxed, 2))
        self.assertBilled(order)

    def test_included_taxes_are_shared_to_the_cent(self):
        tax = self.company_data["default_tax_sale"].copy(
            {"amount": 21.0, "name": "21 % included", "price_include_override": "tax_included"}
        )
        lines = [
            {"price_unit": 9.99, "tax_ids": [Command.set(tax.ids)], "next_bill_date": day} for day in (False, LATER)
        ]
        order = self._create_discounted(lines)
        moves = self._bill() + self._bill(LATER)
        self.assertEqual(round(sum(moves.mapped("amount_total")), 2), round(order.amount_total, 2))
        self.assertBilled(order)

    def test_a_whole_discount_is_billed_as_core_does(self):
        by_core, by_run = (
            self._create_discounted([{"price_unit": 12.34}, {"price_unit": 7.77}], 33.0) for _n in range(2)
        )
        expected = self._sum_taxes(by_core._create_invoices(final=True))
        run = self._run(partner=self.acme)
        self.assertEqual(self._sum_taxes(run.move_ids.sudo()), expected)
        line = run.move_ids.sudo().invoice_line_ids.filtered(lambda item: item.price_unit < 0)
        self.assertEqual(line.quantity, 1.0)
        self.assertEqual(by_run.invoice_status, "invoiced")

    def test_nothing_is_left_when_everything_is_given_away(self):
        lines = [{"price_unit": 0.09, "next_bill_date": day} for day in (False, "2026-11-01", "2026-11-02")]
        order = self._create_discounted(lines, 100.0)
        moves = self._bill()
        self.assertFalse(moves.filtered(lambda move: move.amount_total < 0 or move.move_type == "out_refund"))
        self.assertEqual(sum(moves.mapped("amount_untaxed")), 0.0)
        self.assertBilled(order)

    def test_a_discount_on_single_lines_is_not_concerned(self):
        order = self._create_order(self.acme, [{"discount": 10.0}, {"discount": 10.0, "next_bill_date": LATER}])
        self.assertEqual(self._bill().amount_untaxed, 90.0)
        self.assertEqual(order.order_line.mapped("qty_to_invoice"), [0.0, 1.0])
