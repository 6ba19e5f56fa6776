"""Rewards of `sale_loyalty` and delivery charges are billed with the lines of their order (``K8``)."""

from freezegun import freeze_time

from odoo import Command
from odoo.tests import tagged

from odoo.addons.consolidated_billing.tests.deduction_common import DeductionCommon

LATER = "2027-01-31"


@tagged("post_install", "-at_install")
@freeze_time("2026-11-20")
class TestRewardsAndCharges(DeductionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["loyalty.program"].search([]).active = False
        cls.service = cls.env["product.product"].create(
            {
                "name": "Service",
                "type": "service",
                "invoice_policy": "order",
                "taxes_id": [Command.set(cls.company_data["default_tax_sale"].ids)],
            }
        )

    def _create_program(self, **reward):
        return self.env["loyalty.program"].create(
            {
                "name": "Promotion",
                "program_type": "promotion",
                "trigger": "auto",
                "applies_on": "current",
                "rule_ids": [Command.create({"minimum_qty": 0, "minimum_amount": 0})],
                "reward_ids": [
                    Command.create({"reward_type": "discount", "discount": 10, "discount_mode": "percent", **reward})
                ],
            }
        )

    def _create_rewarded(self, lines, **reward):
        program = self._create_program(**reward)
        order = self._create_order(self.acme, lines, confirm=False)
        order._update_programs_and_rewards()
        for coupon, rewards in order._get_claimable_rewards().items():
            for claimed in rewards:
                order._apply_program_reward(claimed, coupon)
        self.assertTrue(order.order_line.filtered("reward_id"))
        order.action_confirm()
        program.active = False
        return order

    def _create_shipped(self, lines, charge=20.0):
        product = self.env["product.product"].create(
            {
                "name": "Shipping",
                "type": "service",
                "invoice_policy": "order",
                "taxes_id": [Command.set(self.company_data["default_tax_sale"].ids)],
            }
        )
        carrier = self.env["delivery.carrier"].create(
            {"name": "Van", "product_id": product.id, "fixed_price": charge, "delivery_type": "fixed"}
        )
        order = self._create_order(self.acme, lines, confirm=False)
        order.set_delivery_line(carrier, charge)
        order.action_confirm()
        return order

    def test_a_reward_is_billed_in_proportion(self):
        lines = [
            {"product_id": self.service.id},
            {"product_id": self.service.id, "price_unit": 233.33, "next_bill_date": LATER},
        ]
        order = self._create_rewarded(lines, discount_applicability="order")
        self.assertEqual(self._bill().amount_untaxed, 90.0)
        self.assertEqual(round(self._bill(LATER).amount_untaxed, 2), 210.0)
        self.assertBilled(order)

    def test_a_reward_is_never_billed_alone(self):
        order = self._create_rewarded(
            [{"product_id": self.service.id, "next_bill_date": LATER}], discount_applicability="order"
        )
        self.assertFalse(self._run().group_ids)
        self.service.invoice_policy = "delivery"
        order.order_line.invalidate_recordset()
        order.order_line._compute_qty_to_invoice()
        with self.assertRefused("billed with the lines of their order"):
            order._create_invoices(final=True)

    def test_a_reward_on_one_product_follows_that_product(self):
        lines = [{}, {"product_id": self.service.id, "price_unit": 200.0, "next_bill_date": LATER}]
        order = self._create_rewarded(
            lines, discount_applicability="specific", discount_product_ids=[Command.set(self.service.ids)]
        )
        self.product.invoice_policy = "order"
        self.assertEqual(self._bill().amount_untaxed, 100.0)
        self.assertEqual(self._bill(LATER).amount_untaxed, 180.0)
        self.assertBilled(order)

    def test_a_delivery_charge_goes_whole_with_the_first_invoice(self):
        order = self._create_shipped(
            [{"product_id": self.service.id, "next_bill_date": LATER}, {"product_id": self.service.id}]
        )
        self.assertEqual(self._bill().amount_untaxed, 120.0)
        self.assertEqual(self._bill(LATER).amount_untaxed, 100.0)
        self.assertBilled(order)

    def test_by_hand_it_goes_with_the_earliest_invoice(self):
        order = self._create_shipped(
            [{"product_id": self.service.id, "next_bill_date": LATER}, {"product_id": self.service.id}]
        )
        other = self._create_order(self.acme, [{"product_id": self.service.id, "next_bill_date": LATER}])
        moves = (order + other)._create_invoices(final=True)
        self.assertEqual(sorted(moves.mapped("amount_untaxed")), [120.0, 200.0])

    def test_a_delivery_charge_is_never_billed_alone(self):
        order = self._create_shipped([{"product_id": self.service.id}])
        run = self._run(generate=False)
        run.group_ids.line_ids.filtered(lambda line: not line.order_line_id.is_delivery).selected = False
        self.assertEqual(run.group_ids.amount_total, 0.0)
        self._generate(run)
        self.assertFalse(run.move_ids)
        self.assertEqual(self._bill().amount_untaxed, 120.0)
        self.assertBilled(order)

    def test_a_charge_that_comes_after_everything_else_is_billed(self):
        order = self._create_shipped([{"product_id": self.service.id}])
        charge = order.order_line.filtered("is_delivery")
        run = self._run(generate=False)
        run.group_ids.line_ids.filtered(lambda line: line.order_line_id == charge).selected = False
        self._generate(run)
        self.assertEqual(run.move_ids.amount_untaxed, 100.0)
        self.assertEqual(self._bill().amount_untaxed, 20.0)
        self.assertBilled(order)

    def test_what_is_left_of_an_order_shares_the_invoice_of_the_others(self):
        order = self._create_shipped([{"product_id": self.service.id}])
        run = self._run(generate=False)
        run.group_ids.line_ids.filtered(lambda line: line.order_line_id.is_delivery).selected = False
        self._generate(run)
        other = self._create_order(self.acme, [{"product_id": self.service.id}])
        run = self._run()
        self.assertPartition(run.move_ids, order + other)
        self.assertEqual(run.move_ids.amount_untaxed, 120.0)

    def test_a_discount_of_everything_does_not_turn_a_small_invoice_negative(self):
        lines = [
            {"product_id": self.service.id, "price_unit": 5.0},
            {"product_id": self.service.id, "next_bill_date": LATER},
        ]
        order = self._create_rewarded(lines, discount_applicability="order", discount_mode="per_order", discount=80.0)
        moves = self._bill() + self._bill(LATER)
        self.assertEqual(set(moves.mapped("move_type")), {"out_invoice"})
        self.assertEqual(round(sum(moves.mapped("amount_untaxed")), 2), round(order.amount_untaxed, 2))
        # each of the two invoices rounds its taxes
        self.assertAlmostEqual(sum(moves.mapped("amount_total")), order.amount_total, delta=0.011)
        self.assertBilled(order)
