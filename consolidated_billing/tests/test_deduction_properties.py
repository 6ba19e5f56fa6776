"""However an order is divided over invoices, they add up to the whole, and none is negative (``K8``, ``I5``)."""

import random

from freezegun import freeze_time

from odoo import Command
from odoo.tests import tagged

from .deduction_common import DeductionCommon

SEEDS = range(6)


@tagged("post_install", "-at_install")
@freeze_time("2026-11-20")
class TestDeductionProperties(DeductionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        tax = cls.company_data["default_tax_sale"]
        cls.taxes = [
            tax,
            tax.copy({"amount": 7.7, "name": "7.7 %"}),
            tax.copy({"amount": 21.0, "name": "21 % included", "price_include_override": "tax_included"}),
        ]

    def _draw_order(self, chance):
        lines = [
            {
                "product_uom_qty": chance.randint(1, 9),
                "price_unit": round(chance.uniform(0.05, 300), 2),
                "discount": chance.choice([0, 0, 12.5]),
                "tax_ids": [Command.set(chance.choice(self.taxes).ids)],
            }
            for _number in range(chance.randint(1, 4))
        ]
        kind = chance.choice(["so_discount", "amount", None])
        amount = chance.choice([5.0, 33.33, 100.0]) if kind == "so_discount" else 0.04
        if not kind:
            return self._create_order(self.acme, lines)
        return self._create_discounted(lines, amount, kind)

    def _bill_a_part(self, chance, order):
        """Bill some quantities, by the collective invoice or by a run; what is left in the end, by hand."""
        if chance.random() < 0.5:
            wizard = self.env["consolidated.billing.collect"].create({"order_ids": order.ids})
            self._choose(chance, wizard.line_ids, lambda line, values: line.write(values))
            if any(line.selected and not line.order_line_id._is_dependent() for line in wizard.line_ids):
                wizard.action_create_invoice()
            return
        run = self._run(generate=False)
        self._choose(chance, run.group_ids.line_ids, lambda line, values: line.write(values))
        self._generate(run)
        self.assertProposalIsRight(run)
        if chance.random() < 0.3:
            run.move_ids.sudo().action_post()
            run.action_reverse() if run.move_ids else None

    def _choose(self, chance, lines, write):
        for line in lines.filtered(lambda line: not line.order_line_id._is_dependent()):
            write(line, {"quantity": float(chance.randint(0, int(line.quantity)))})
            if not line.quantity:
                write(line, {"selected": False})

    def test_any_division_adds_up(self):
        for seed in SEEDS:
            chance = random.Random(seed)
            with self.subTest(seed=seed):
                order = self._draw_order(chance)
                paid = (
                    self._pay_down(order, chance.choice([10, 50, 99]))
                    if chance.random() < 0.7
                    else self.env["account.move"]
                )
                for _number in range(3):
                    if order.invoice_status == "to invoice":
                        self._bill_a_part(chance, order)
                        order.invalidate_recordset()
                if order.invoice_status == "to invoice":
                    order._create_invoices(final=True)
                self._check(order, paid)

    def _check(self, order, paid):
        moves = order.invoice_ids - paid
        for move in moves.filtered(lambda move: not move.reversed_entry_id):
            self.assertGreaterEqual(move.currency_id.round(move.amount_total), 0.0)
            self.assertEqual(move.move_type, "out_invoice")
        for line in order.order_line.filtered(lambda line: not line.display_type):
            self.assertEqual(round(line.qty_to_invoice, 6), 0.0, line.name)
        # lines are rounded each on their invoice, deductions never
        for line in order.order_line.filtered(lambda line: line._is_dependent() and not line.display_type):
            items = line.invoice_lines
            self.assertEqual(self._sum(items), 0.0 if line.is_downpayment else round(line.price_subtotal, 2))
            if line.is_downpayment:
                self.assertEqual(self._sum(items, "price_total"), 0.0)

    def _sum(self, items, name="price_subtotal"):
        return round(sum(-item.move_id.direction_sign * item[name] for item in items), 2) + 0.0
