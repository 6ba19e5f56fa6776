from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged

from .credit_common import CreditCommon


@tagged("post_install", "-at_install")
class TestBillingRunReverse(CreditCommon):
    """Reversing documents that somebody credited, wholly or partly, before (``R6``, ``R11``)."""

    def _generate_and_post(self, *orders):
        run = self._create_run()
        self._generate(run)
        run.action_post()
        return run

    def _assert_undone(self, run, *orders):
        """Everything is credited once, nothing is open, and the lines can be billed again, once."""
        self.assertEqual(run.group_ids.mapped("is_reversed"), [True] * len(run.group_ids))
        for move in run.move_ids.filtered(lambda move: move.state == "posted"):
            notes = move.reversal_move_ids.filtered(lambda note: note.state == "posted")
            self.assertEqual(sum(notes.mapped("amount_total")), move.amount_total)
            self.assertEqual(move.amount_residual, 0.0)
            self.assertEqual(set(notes.mapped("amount_residual")), {0.0})
        for order in orders:
            for line in order.order_line:
                self.assertEqual(line.qty_to_invoice, line.product_uom_qty)

    def test_a_document_credited_in_full_by_hand_counts_as_reversed(self):
        orders = self._create_order(self.acme) + self._create_order(self._create_account("Other"))
        run = self._generate_and_post()
        note = self._credit(run.move_ids[0])
        run.action_reverse()
        self._assert_undone(run, *orders)
        self.assertEqual(run.move_ids[0].reversal_move_ids, note)
        again = self._create_run()
        self.assertEqual(again.line_ids.mapped("selected"), [True, True])

    def test_a_single_document_credited_in_full_by_hand_counts_as_reversed(self):
        order = self._create_order(self.acme)
        run = self._generate_and_post()
        note = self._credit(run.move_ids)
        run.group_ids.action_reverse()
        self._assert_undone(run, order)
        self.assertEqual(run.move_ids.reversal_move_ids, note)

    def test_a_credit_note_that_is_not_matched_counts_and_is_matched(self):
        order = self._create_order(self.acme)
        run = self._generate_and_post()
        note = self._credit(run.move_ids)
        run.move_ids.line_ids.remove_move_reconcile()
        run.action_reverse()
        self._assert_undone(run, order)
        self.assertEqual(run.move_ids.reversal_move_ids, note)

    def test_what_is_left_of_a_document_credited_in_part_is_credited(self):
        order = self._create_order(self.acme, lines=[{"product_uom_qty": 3.0, "price_unit": 33.33}, {}])
        run = self._generate_and_post()
        self._credit(run.move_ids, quantity=1.0)
        run.action_reverse()
        self._assert_undone(run, order)
        rest = run.move_ids.reversal_move_ids.sorted("id")[-1]
        self.assertEqual(self._get_products(rest).mapped("quantity"), [2.0, 1.0])

    def test_what_is_left_is_exact_to_the_cent_whatever_the_rounding(self):
        for method in ("round_per_line", "round_globally"):
            with self.subTest(method=method):
                self.company.tax_calculation_rounding_method = method
                order = self._create_order(
                    self.acme, lines=[{"product_uom_qty": 7.0, "price_unit": 0.33}, {"price_unit": 0.11}]
                )
                run = self._generate_and_post()
                self._credit(run.move_ids, quantity=3.0)
                run.action_reverse()
                self._assert_undone(run, order)
                order._action_cancel()

    def test_a_credit_of_the_price_alone_is_completed(self):
        order = self._create_order(self.acme, lines=[{"product_uom_qty": 2.0}])
        run = self._generate_and_post()
        note = self._credit(run.move_ids, post=False)
        note.invoice_line_ids.price_unit = 10.0
        note.action_post()
        run.action_reverse()
        self._assert_undone(run, order)

    def test_headings_without_lines_are_not_on_the_credit_note_over_the_rest(self):
        orders = self._create_order(self.acme) + self._create_order(self.acme)
        run = self._generate_and_post()
        self._credit(run.move_ids, quantity=1.0)
        run.action_reverse()
        self._assert_undone(run, *orders)
        rest = run.move_ids.reversal_move_ids.sorted("id")[-1]
        self.assertEqual(self._get_lines(rest).mapped("display_type"), ["line_section", "product"])

    def test_a_draft_credit_note_has_to_be_posted_or_deleted_first(self):
        order = self._create_order(self.acme)
        run = self._generate_and_post()
        note = self._credit(run.move_ids, post=False)
        with self.assertRefused(run.move_ids.name, "Post or delete"):
            run.action_reverse()
        self.assertEqual(run.group_ids.state, "done")
        note.unlink()
        run.action_reverse()
        self._assert_undone(run, order)

    def test_a_document_paid_in_part_is_refused_also_when_the_rest_was_credited(self):
        self._create_order(self.acme, lines=[{"product_uom_qty": 2.0}])
        run = self._generate_and_post()
        self._credit(run.move_ids, quantity=1.0)
        self._register_payment(run.move_ids, amount=10.0)
        with self.assertRefused(run.move_ids.name, "paid"):
            run.action_reverse()
        self.assertEqual(len(run.move_ids.reversal_move_ids), 1)

    def test_a_paid_document_that_was_credited_in_full_counts_as_reversed(self):
        order = self._create_order(self.acme)
        run = self._generate_and_post()
        self._register_payment(run.move_ids)
        note = self._credit(run.move_ids)
        run.action_reverse()
        self.assertTrue(run.group_ids.is_reversed)
        self.assertEqual(run.move_ids.reversal_move_ids, note)
        self.assertEqual(order.order_line.qty_to_invoice, 1.0)

    def test_a_document_settled_by_the_credit_note_of_another_one_is_refused(self):
        other = self._bill(self._create_order(self.acme))
        self._register_payment(other)
        self._create_order(self.acme, invoice_grouping="separate")
        run = self._generate_and_post()
        note = self._credit(other)
        (run.move_ids + note).line_ids.filtered(
            lambda item: item.account_type == "asset_receivable" and not item.reconciled
        ).reconcile()
        self.assertEqual(run.move_ids.payment_state, "reversed")
        with self.assertRefused(run.move_ids.name):
            run.action_reverse()

    def test_a_free_credit_note_over_the_whole_amount_counts(self):
        self._create_order(self.acme)
        run = self._generate_and_post()
        note = self.env["account.move"].create(
            {
                "move_type": "out_refund",
                "partner_id": self.acme.id,
                "invoice_date": fields.Date.context_today(run),
                "invoice_line_ids": [
                    Command.create(
                        {"name": "sorry", "price_unit": run.move_ids.amount_total, "tax_ids": [Command.clear()]}
                    )
                ],
            }
        )
        note.action_post()
        (run.move_ids + note).line_ids.filtered(lambda item: item.account_type == "asset_receivable").reconcile()
        run.action_reverse()
        self.assertTrue(run.group_ids.is_reversed)
        self.assertFalse(run.move_ids.reversal_move_ids)

    def test_a_credit_note_that_was_credited_in_turn_leaves_the_whole_document_to_credit(self):
        order = self._create_order(self.acme)
        run = self._generate_and_post()
        again = self._credit(self._credit(run.move_ids))
        self.assertEqual(again.move_type, "out_invoice")
        run.action_reverse()
        self.assertEqual(order.order_line.qty_to_invoice, 1.0)
        self.assertEqual((run.move_ids + again).mapped("amount_residual"), [0.0, 0.0])

    def test_a_document_of_nothing_is_credited_like_any_other(self):
        order = self._create_order(self.acme, lines=[{"price_unit": 0.0}])
        run = self._generate_and_post()
        run.action_reverse()
        self.assertEqual(len(run.move_ids.reversal_move_ids), 1)
        self.assertEqual(order.order_line.qty_to_invoice, 1.0)

    def test_a_draft_that_had_a_number_is_cancelled(self):
        order = self._create_order(self.acme)
        run = self._generate_and_post()
        run.move_ids.button_draft()
        run.action_reverse()
        self.assertEqual(run.move_ids.state, "cancel")
        self.assertEqual(order.order_line.qty_to_invoice, 1.0)

    def test_a_credit_note_of_the_run_is_reversed_by_an_invoice(self):
        self._create_order(self.acme, lines=[{"product_uom_qty": -1.0}])
        run = self._generate_and_post()
        self.assertEqual(run.move_ids.move_type, "out_refund")
        run.action_reverse()
        self.assertEqual(run.move_ids.reversal_move_ids.move_type, "out_invoice")
        self.assertEqual(run.move_ids.amount_residual, 0.0)

    def test_reversing_many_documents_takes_no_query_each_to_see_how_far_they_are_undone(self):
        def count(number):
            partners = [self._create_account("Customer") for _partner in range(number)]
            moves = self.env["account.move"].concat(*(self._bill(self._create_order(p)) for p in partners))
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.assertEqual(len(moves._get_reversals()), number)
            return self.cr.sql_log_count - before

        few, many = count(3), count(10)
        self.assertLessEqual(many, few)
