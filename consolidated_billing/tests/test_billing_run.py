from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from .billing_run_common import BillingRunCommon


@tagged("post_install", "-at_install")
class TestBillingRun(BillingRunCommon):
    """A run from the proposal to posted invoices (``R1`` to ``R7``)."""

    # === PREPARE ===#

    def test_the_two_treatments_never_mix(self):
        grouped, normal = self._create_order(), self._create_order(self.acme)
        run = self._create_run(by_grouping_account=True)
        self.assertEqual(run.group_ids.order_ids, grouped)
        run = self._create_run(by_grouping_account=False)
        self.assertEqual(run.group_ids.order_ids, normal)

    def test_a_proposal_says_why_orders_stand_apart(self):
        first = self._create_order(payment_term_id=self.net_30.id)
        second = self._create_order(payment_term_id=self.net_45.id)
        run = self._create_run(by_grouping_account=True)
        reasons = {group.order_ids: group.reason for group in run.group_ids}
        self.assertEqual(reasons[first], "payment terms: Net-30 ≠ Net-45")
        self.assertEqual(reasons[second], "payment terms: Net-45 ≠ Net-30")

    @freeze_time("2026-03-10")
    def test_what_is_not_proposed_is_listed_with_the_reason(self):
        delivered = self.env["product.product"].create(
            {"name": "Delivered", "type": "consu", "invoice_policy": "delivery", "list_price": 10.0}
        )
        later = self._create_order(self.acme, next_bill_date="2026-12-01")
        undelivered = self._create_order(self.acme, lines=[{"product_id": delivered.id}])
        run = self._create_run(cutoff_date="2026-03-31")
        self.assertEqual(
            self._get_skipped(run),
            {
                later.name: "bill date 2026-12-01",
                undelivered.name: "nothing delivered that is not invoiced yet",
            },
        )
        self.assertFalse(run.group_ids)
        self.assertTrue(run.empty_reason)
        with self.assertRaisesRegex(UserError, "proposes nothing"):
            run.action_generate()

    @freeze_time("2026-03-10")
    def test_proposed_and_not_proposed_add_up_to_all_that_is_unbilled(self):
        self._create_order(self.acme, lines=3)
        self._create_order(self.acme, lines=2, next_bill_date="2026-12-01")
        run = self._create_run(cutoff_date="2026-03-31")
        self.assertRecordValues(
            run,
            [{"amount_proposed": 300.0, "amount_not_proposed": 200.0, "amount_unbilled": 500.0}],
        )
        run.group_ids.line_ids[0].quantity = 0.5
        self.assertRecordValues(
            run,
            [{"amount_proposed": 250.0, "amount_not_proposed": 250.0, "amount_unbilled": 500.0}],
        )
        self.assertEqual(run.group_ids.amount_untaxed, 250.0)
        run.group_ids.selected = False
        self.assertRecordValues(run, [{"amount_proposed": 0.0, "amount_not_proposed": 500.0, "amount_unbilled": 500.0}])

    def test_filters_choose_customers_terms_and_order_dates(self):
        other = self._create_account("Other")
        mine = self._create_order(self.acme, payment_term_id=self.net_30.id, date_order="2026-03-10 12:00:00")
        mine.date_order = "2026-03-10 12:00:00"
        self._create_order(other)
        for values in (
            {"partner_ids": self.acme.ids},
            {"payment_term_ids": self.net_30.ids},
            {"order_date_from": "2026-03-10", "order_date_to": "2026-03-10"},
        ):
            self.assertEqual(self._create_run(**values).group_ids.order_ids, mine, values)
            self.env["consolidated.billing.run"].search([]).action_cancel()

    def test_by_hand_and_by_run_give_the_same_partition(self):
        orders = self.env["sale.order"]
        for number in range(8):
            orders += self._create_order(
                payment_term_id=(self.net_30 if number % 2 else self.net_45).id,
                invoice_grouping=["combine", "job_code", "separate"][number % 3],
                job_code="A" if number < 4 else "b",
            )
        by_hand = {frozenset(lines.order_id.ids) for _key, lines in orders._plan_invoices()}
        run = self._create_run(by_grouping_account=True)
        self.assertEqual({frozenset(group.order_ids.ids) for group in run.group_ids}, by_hand)

    # === CLAIMS ===#

    def test_an_order_line_is_in_one_open_run_only(self):
        order = self._create_order(self.acme)
        first = self._create_run()
        second = self._create_run()
        self.assertEqual(self._get_skipped(second), {order.name: f"in run {first.name}"})
        first.action_cancel()
        second.action_prepare()
        self.assertEqual(second.group_ids.order_ids, order)

    def test_deselecting_releases_the_claim(self):
        order = self._create_order(self.acme)
        first = self._create_run()
        first.group_ids.selected = False
        second = self._create_run()
        self.assertEqual(second.group_ids.order_ids, order)
        with self.assertRaisesRegex(UserError, second.name):
            first.group_ids.selected = True

    # === GENERATE ===#

    def test_generating_creates_what_was_proposed(self):
        orders = self._create_order() + self._create_order(self.account_12345)
        run = self._create_run(by_grouping_account=True, invoice_date="2026-03-31", cutoff_date="2026-03-31")
        run.action_generate()
        self.assertEqual(run.state, "generating")
        self.assertFalse(run.move_ids)
        self.assertEqual(run._process_groups(), 1)
        self.assertRecordValues(
            run,
            [
                {
                    "state": "done",
                    "progress": 100.0,
                    "done_count": 1,
                    "failed_count": 0,
                    "proposed_count": 0,
                }
            ],
        )
        self.assertRecordValues(
            run.move_ids,
            [
                {
                    "partner_id": self.account_12345.id,
                    "invoice_date": fields.Date.to_date("2026-03-31"),
                    "amount_untaxed": 200.0,
                    "is_grouped_invoice": True,
                }
            ],
        )
        self.assertEqual(run.group_ids.move_id, run.move_ids)
        self.assertEqual(orders.mapped("invoice_status"), ["invoiced", "invoiced"])
        self.assertFalse(run.line_ids.filtered("is_claim"))

    def test_deselected_lines_and_lowered_quantities_stay_unbilled(self):
        order = self._create_order(self.acme, lines=[{"product_uom_qty": 5}, {}, {}])
        run = self._create_run()
        lines = run.group_ids.line_ids
        lines[0].quantity = 2.0
        lines[1].selected = False
        self._generate(run)
        self.assertEqual(run.move_ids.amount_untaxed, 300.0)
        self.assertEqual(order.order_line.mapped("qty_to_invoice"), [3.0, 1.0, 0.0])

    def test_lines_that_changed_since_are_skipped_alone(self):
        first, second = self._create_order(self.acme, lines=2), self._create_order(self.acme)
        run = self._create_run()
        first.order_line[0].price_unit = 90.0
        second.payment_term_id = self.net_45
        self._generate(run)
        self.assertEqual(run.move_ids.invoice_line_ids.sale_line_ids, first.order_line[1])
        self.assertEqual(
            run.line_ids.mapped("skip_reason"),
            ["price changed from 100.0 to 90.0", False, "payment terms changed"],
        )

    def test_a_group_without_lines_left_is_skipped(self):
        order = self._create_order(self.acme)
        run = self._create_run()
        order._create_invoices()
        self._generate(run)
        self.assertRecordValues(run, [{"state": "done", "skipped_count": 1, "done_count": 0}])
        self.assertEqual(run.line_ids.skip_reason, "invoiced meanwhile")

    def test_one_group_fails_alone_and_can_be_retried(self):
        bad_address = self._create_account("Bad")
        self._create_order(self.acme)
        bad = self._create_order(bad_address)
        run = self._create_run()
        bad_address.active = False
        self._generate(run)
        self.assertRecordValues(run, [{"state": "done", "done_count": 1, "failed_count": 1}])
        failed = run.group_ids.filtered(lambda group: group.state == "failed")
        self.assertIn("archived", failed.error)
        self.assertEqual(failed.action_open_cause()["res_id"], bad_address.id)
        self.assertFalse(failed.line_ids.filtered("is_claim"))
        bad_address.active = True
        run.action_retry_failed()
        run._process_groups()
        self.assertRecordValues(run, [{"state": "done", "done_count": 2, "failed_count": 0}])
        self.assertEqual(bad.invoice_status, "invoiced")

    def test_a_run_ends_with_its_last_document(self):
        self._create_order(self.acme)
        run = self._create_run()
        run.action_generate()
        self.assertEqual(run._process_groups(limit=1), 1)
        self.assertEqual(run.state, "done")

    def test_a_paused_run_stands_still_until_it_is_resumed(self):
        self._create_order(self.acme)
        run = self._create_run()
        run.action_generate()
        run.action_pause()
        self.assertEqual(run._process_groups(), 0)
        run.action_resume()
        self.assertEqual(run._process_groups(), 1)
        self.assertEqual(run.state, "done")

    def test_cancelling_while_generating_keeps_what_was_created(self):
        partners = [self._create_account(f"Customer {number}") for number in range(3)]
        orders = [self._create_order(partner) for partner in partners]
        run = self._create_run()
        run.action_generate()
        run._process_groups(limit=1)
        run.action_cancel()
        self.assertEqual(run._process_groups(), 0)
        self.assertEqual(len(run.move_ids), 1)
        self.assertEqual(sum(order.invoice_status == "to invoice" for order in orders), 2)
        self.assertFalse(run.line_ids.filtered("is_claim"))
