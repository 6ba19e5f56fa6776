from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from .credit_common import CreditCommon


@tagged("post_install", "-at_install")
class TestBillingRunCredited(CreditCommon):
    """What was billed and then credited by hand does not come back unannounced (``R11``)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.delivered = cls.env["product.product"].create(
            {"name": "Delivered", "type": "consu", "invoice_policy": "delivery", "list_price": 100.0}
        )

    def _assert_switched_off(self, run, note, amount=100.0):
        reason = f"credited by {note.name}"
        self.assertRecordValues(run.line_ids, [{"selected": False, "skip_reason": reason, "is_claim": False}])
        self.assertRecordValues(run.group_ids, [{"selected": False, "reason": reason, "amount_untaxed": amount}])
        self.assertRecordValues(
            run, [{"amount_proposed": 0.0, "amount_not_proposed": amount, "amount_unbilled": amount}]
        )
        self.assertEqual(run.skipped_line_ids, run.line_ids)

    def test_what_was_billed_by_a_run_and_credited_by_hand_is_listed_and_switched_off(self):
        order = self._create_order(self.acme)
        first = self._create_run()
        self._generate(first)
        first.action_post()
        note = self._credit(first.move_ids)
        second = self._create_run()
        self._assert_switched_off(second, note)
        with self.assertRefused("credited by hand"):
            second.action_generate()
        self.assertEqual(order.invoice_count, 2)

    def test_what_was_billed_and_credited_by_hand_is_switched_off(self):
        note = self._credit(self._bill(self._create_order(self.acme)))
        self._assert_switched_off(self._create_run(), note)

    def test_a_person_can_switch_on_the_document_and_it_is_billed_once(self):
        order = self._create_order(self.acme, lines=2)
        self._credit(self._bill(order))
        run = self._create_run()
        run.group_ids.action_select()
        self.assertRecordValues(run, [{"amount_proposed": 200.0, "amount_not_proposed": 0.0}])
        self.assertEqual(run.group_ids.amount_untaxed, 200.0)
        self.assertEqual(run.line_ids.mapped("is_claim"), [True, True])
        self._generate(run)
        self.assertEqual(run.move_ids.amount_untaxed, 200.0)
        self.assertFalse(self._create_run().group_ids)
        order.order_line[0].product_uom_qty = 4.0
        again = self._create_run()
        self.assertRecordValues(again.group_ids.line_ids, [{"selected": True, "quantity": 3.0, "credited_by": False}])

    def test_a_person_can_switch_on_a_line_and_only_that_is_billed(self):
        order = self._create_order(self.acme, lines=2)
        self._credit(self._bill(order))
        run = self._create_run()
        run.group_ids.line_ids[0].selected = True
        self.assertRecordValues(run.group_ids, [{"selected": True, "amount_untaxed": 100.0}])
        self._generate(run)
        self.assertEqual(run.move_ids.invoice_line_ids.sale_line_ids, order.order_line[0])
        run = self._create_run()
        self.assertEqual(run.line_ids.order_line_id, order.order_line[1])
        self.assertFalse(run.line_ids.selected)

    def test_who_switches_it_off_again_reads_the_reason_again(self):
        note = self._credit(self._bill(self._create_order(self.acme)))
        run = self._create_run()
        run.line_ids.action_select()
        run.line_ids.action_deselect()
        self.assertRecordValues(run.line_ids, [{"selected": False, "skip_reason": f"credited by {note.name}"}])
        self.assertFalse(run.line_ids.is_claim)

    def test_only_the_credited_quantity_is_switched_off(self):
        order = self._create_order(
            self.acme, lines=[{"product_id": self.delivered.id, "product_uom_qty": 10.0, "qty_delivered": 5.0}]
        )
        note = self._credit(self._bill(order), quantity=2.0)
        order.order_line.qty_delivered = 9.0
        run = self._create_run()
        self.assertRecordValues(
            run.line_ids,
            [
                {
                    "selected": True,
                    "quantity": 4.0,
                    "quantity_open": 6.0,
                    "quantity_left": 2.0,
                    "amount_untaxed": 400.0,
                    "amount_left": 200.0,
                    "left_reason": f"credited by {note.name}",
                }
            ],
        )
        self.assertIn(note.name, run.group_ids.reason)
        self.assertRecordValues(
            run, [{"amount_proposed": 400.0, "amount_not_proposed": 200.0, "amount_unbilled": 600.0}]
        )
        self._generate(run)
        self.assertEqual(run.move_ids.amount_untaxed, 400.0)
        again = self._create_run()
        self.assertRecordValues(again.line_ids, [{"selected": False, "quantity_open": 2.0}])
        again.line_ids.selected = True
        self._generate(again)
        order.order_line.qty_delivered = 10.0
        last = self._create_run()
        self.assertRecordValues(last.line_ids, [{"selected": True, "quantity": 1.0, "credited_by": False}])

    def test_the_credited_part_is_billed_when_a_person_raises_the_quantity(self):
        order = self._create_order(self.acme, lines=[{"product_uom_qty": 5.0}])
        self._credit(self._bill(order), quantity=2.0)
        order.order_line.product_uom_qty = 6.0
        run = self._create_run()
        self.assertEqual(run.line_ids.quantity, 1.0)
        run.line_ids.quantity = 3.0
        self.assertFalse(run.skipped_line_ids)
        self._generate(run)
        self.assertEqual(run.move_ids.amount_untaxed, 300.0)
        order.order_line.product_uom_qty = 7.0
        self.assertRecordValues(self._create_run().line_ids, [{"selected": True, "quantity": 1.0}])

    def test_one_credited_line_does_not_hold_up_the_other_orders(self):
        credited, other = self._create_order(self.acme), self._create_order(self.acme)
        note = self._credit(self._bill(credited))
        run = self._create_run()
        self.assertEqual(len(run.group_ids), 1)
        self.assertEqual(run.group_ids.reason, f"credited by {note.name}")
        self.assertEqual(run.line_ids.mapped("selected"), [False, True])
        self._generate(run)
        self.assertEqual(run.move_ids.invoice_line_ids.sale_line_ids.order_id, other)
        self.assertEqual(credited.invoice_status, "to invoice")

    def test_a_grouped_invoice_that_was_credited_names_its_credit_note_at_every_order(self):
        orders = self._create_order() + self._create_order(self.account_12345)
        note = self._credit(self._bill(orders))
        run = self._create_run(by_grouping_account=True)
        self.assertEqual(set(run.line_ids.mapped("skip_reason")), {f"credited by {note.name}"})
        self.assertEqual(run.line_ids.order_id, orders)

    def test_a_draft_credit_note_counts_and_a_cancelled_one_does_not(self):
        order = self._create_order(self.acme)
        move = self._bill(order)
        note = self._credit(move, post=False)
        run = self._create_run()
        self.assertEqual(run.line_ids.skip_reason, f"credited by the draft credit note of {move.name}")
        note.button_cancel()
        self.assertFalse(self._create_run().group_ids)

    def test_what_was_billed_again_by_reverse_and_create_invoice_is_not_credited(self):
        order = self._create_order(
            self.acme, lines=[{"product_id": self.delivered.id, "product_uom_qty": 10.0, "qty_delivered": 5.0}]
        )
        replacement = self._credit(self._bill(order), modify=True)
        self.assertFalse(self._create_run().group_ids)
        order.order_line.qty_delivered = 6.0
        run = self._create_run()
        self.assertRecordValues(run.line_ids, [{"selected": True, "quantity": 1.0, "credited_by": False}])
        run.action_cancel()
        replacement.unlink()
        self.assertRecordValues(
            self._create_run().line_ids, [{"selected": True, "quantity": 1.0, "quantity_open": 6.0}]
        )

    def test_a_credit_note_that_was_credited_in_turn_is_none(self):
        order = self._create_order(self.acme, lines=[{"product_uom_qty": 2.0}])
        note = self._credit(self._bill(order))
        self._credit(note)
        order.order_line.product_uom_qty = 3.0
        self.assertRecordValues(
            self._create_run().line_ids, [{"selected": True, "quantity": 1.0, "credited_by": False}]
        )

    def test_what_the_run_reversed_itself_is_billable_again_without_a_word(self):
        self._create_order(self.acme)
        first = self._create_run()
        self._generate(first)
        first.action_post()
        first.action_reverse()
        second = self._create_run()
        self.assertRecordValues(second.line_ids, [{"selected": True, "skip_reason": False, "credited_by": False}])
        self._generate(second)
        second.action_post()
        note = self._credit(second.move_ids)
        self.assertEqual(self._create_run().line_ids.skip_reason, f"credited by {note.name}")

    def test_a_return_that_was_credited_by_a_run_is_no_credit_by_hand(self):
        order = self._create_order(
            self.acme, lines=[{"product_id": self.delivered.id, "product_uom_qty": 9.0, "qty_delivered": 5.0}]
        )
        self._bill(order)
        order.order_line.qty_delivered = 3.0
        run = self._create_run()
        self._generate(run)
        self.assertEqual(run.move_ids.move_type, "out_refund")
        run.action_post()
        order.order_line.qty_delivered = 4.0
        self.assertRecordValues(self._create_run().line_ids, [{"selected": True, "quantity": 1.0}])

    def test_a_down_payment_is_switched_off_and_on_with_its_order(self):
        order = self._create_order(self.acme)
        self.env["sale.advance.payment.inv"].with_context(active_model="sale.order", active_ids=order.ids).create(
            {"advance_payment_method": "percentage", "amount": 40}
        ).create_invoices()
        order.invoice_ids.action_post()
        final = order._create_invoices(final=True)
        final.action_post()
        self.assertEqual(final.amount_untaxed, 60.0)
        self._credit(final)
        run = self._create_run()
        self.assertRecordValues(run.group_ids, [{"selected": False, "amount_untaxed": 60.0}])
        self.assertRecordValues(run, [{"amount_proposed": 0.0, "amount_not_proposed": 60.0}])
        run.line_ids.filtered(lambda line: not line.order_line_id.is_downpayment).selected = True
        self.assertRecordValues(run, [{"amount_proposed": 60.0, "amount_not_proposed": 0.0}])
        self._generate(run)
        self.assertEqual(run.move_ids.amount_untaxed, 60.0)

    def test_a_discount_is_switched_off_and_on_with_the_lines_that_it_reduces(self):
        order = self._create_order(self.acme, confirm=False)
        self.env["sale.order.discount"].create(
            {"sale_order_id": order.id, "discount_type": "so_discount", "discount_percentage": 0.1}
        ).action_apply_discount()
        order.action_confirm()
        self._credit(self._bill(order))
        run = self._create_run()
        self.assertRecordValues(run.group_ids, [{"selected": False, "amount_untaxed": 90.0}])
        run.line_ids.filtered(lambda line: line.order_line_id.product_id == self.product).selected = True
        self._generate(run)
        self.assertEqual(run.move_ids.amount_untaxed, 90.0)

    def test_a_discount_follows_what_is_switched_on_beside_credited_lines(self):
        order = self._create_order(self.acme, lines=2, confirm=False)
        self.env["sale.order.discount"].create(
            {"sale_order_id": order.id, "discount_type": "so_discount", "discount_percentage": 0.1}
        ).action_apply_discount()
        order.action_confirm()
        note = self._credit(self._bill(order), quantity=1.0)
        self._create_order(self.acme)
        run = self._create_run()
        credited = run.line_ids.filtered("credited_by")
        self.assertRecordValues(credited, [{"order_line_id": order.order_line[0].id, "selected": False}])
        self.assertRecordValues(run, [{"amount_proposed": 100.0, "amount_not_proposed": 100.0}])
        self.assertEqual(run.group_ids.reason, f"credited by {note.name}")

    def test_a_minimum_counts_what_is_switched_on(self):
        self.acme.billing_profile_id = self._create_profile(minimum_amount=150.0)
        self._credit(self._bill(self._create_order(self.acme)))
        self._create_order(self.acme)
        run = self._create_run()
        self.assertEqual(run.group_ids.state, "deferred")
        run.action_cancel()
        self._create_order(self.acme)
        self.assertRecordValues(self._create_run().group_ids, [{"state": "proposed", "amount_untaxed": 200.0}])

    @freeze_time("2026-03-10")
    def test_scheduled_runs_never_bill_what_was_credited(self):
        self.company.billing_run_generate = True
        credited = self._create_order(self.acme)
        self._credit(self._bill(credited))
        Run = self.env["consolidated.billing.run"].with_user(self.accountant)
        self.assertFalse(Run._prepare_due(self.company, False))
        other = self._create_order(self._create_account("Other"))
        run = Run._prepare_due(self.company, False)
        run._process_groups()
        self.assertEqual(run.move_ids.invoice_line_ids.sale_line_ids.order_id, other)
        self.assertEqual(credited.invoice_status, "to invoice")

    def test_nobody_can_say_that_something_was_billed_again(self):
        move = self._bill(self._create_order(self.acme))
        with self.assertRaises(UserError):
            move.invoice_line_ids.billed_again_quantity = 5.0
        copy = move.with_context(default_billed_again_quantity=5.0).copy()
        self.assertFalse(any(copy.invoice_line_ids.mapped("billed_again_quantity")))

    def test_finding_what_was_credited_takes_a_constant_number_of_queries(self):
        def count(number):
            partner = self._create_account("Customer")
            orders = [self._create_order(partner, invoice_grouping="separate") for _order in range(number)]
            for move in self._bill(*orders):
                self._credit(move)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            run = self._create_run(partner_ids=partner.ids)
            self.env.flush_all()
            taken = self.cr.sql_log_count - before
            self.assertEqual(run.group_ids.mapped("selected"), [False] * number)
            return taken

        count(1)
        few, many = count(3), count(12)
        self.assertLessEqual(many, few + 3)
