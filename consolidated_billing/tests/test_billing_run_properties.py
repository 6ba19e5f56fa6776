"""What holds for every run over any orders: nothing lost, nothing twice, and all can be undone."""

import random
from collections import Counter

from odoo import Command
from odoo.tests import freeze_time, tagged

from .common import ConsolidatedBillingCommon

SCENARIOS = 16
CUTOFF_DATES = ["2026-02-28", "2026-03-31", "2026-12-31"]


@tagged("post_install", "-at_install")
class TestBillingRunProperties(ConsolidatedBillingCommon):
    """Seeded random orders and runs (``R1`` to ``R3``, ``R6``, ``I1``)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True})

    def _draw_lines(self, chance):
        """Draw values of order lines, some without taxes, with a discount or a negative price."""
        lines = []
        for _line in range(chance.randint(1, 4)):
            values = {
                "product_uom_qty": chance.choice([1.0, 2.0, 3.0, 7.5]),
                "price_unit": chance.choice([0.05, 9.99, 33.33, 100.0, 1234.56, -12.5]),
                "discount": chance.choice([0.0, 0.0, 10.0, 33.3]),
            }
            if chance.random() < 0.3:
                values["tax_ids"] = False
            lines.append(values)
        return lines

    def _draw_orders(self, chance, customers):
        """Create random orders, some with a bill date of their own on some lines."""
        orders = self.env["sale.order"]
        for _order in range(chance.randint(2, 5)):
            order = self._create_order(
                chance.choice(customers),
                lines=self._draw_lines(chance),
                payment_term_id=chance.choice([self.net_30.id, self.net_45.id, False]),
                invoice_grouping=chance.choice(["combine", "combine", "job_code", "separate"]),
                job_code=chance.choice(["Texas", "texas ", False]),
            )
            for line in order.order_line:
                if chance.random() < 0.3:
                    line.next_bill_date = chance.choice(["2026-01-15", "2026-03-31", "2027-01-01"])
            orders += order
        return orders

    def _draw_run(self, chance, customers, is_grouped):
        run = self.env["consolidated.billing.run"].create(
            {
                "by_grouping_account": is_grouped,
                "partner_ids": [Command.set(customers.ids)],
                "cutoff_date": chance.choice(CUTOFF_DATES),
                "invoice_date": chance.choice(["2026-03-10", "2026-03-31"]),
            }
        )
        run.action_prepare()
        return run

    def _choose(self, chance, run):
        """Deselect documents and lines, and lower quantities, at random."""
        for group in run.group_ids:
            if chance.random() < 0.2:
                group.selected = False
                continue
            for line in group.line_ids:
                choice = chance.random()
                if choice < 0.15:
                    line.selected = False
                elif choice < 0.35:
                    line.quantity = round(line.quantity * chance.choice([0.25, 0.5, 0.75]), 2)

    def _get_state(self, orders):
        """Return what must be the same again when a run is undone."""
        orders.invalidate_recordset()
        orders.order_line.invalidate_recordset()
        return [(order.invoice_status, order.amount_to_invoice) for order in orders] + [
            (line.qty_to_invoice, line.qty_invoiced, line.invoice_status, line.untaxed_amount_to_invoice)
            for line in orders.order_line
        ]

    def _get_chosen(self, run):
        return run.line_ids.filtered(lambda line: line.selected and line.group_id.selected)

    def _check_proposal(self, run, orders):
        """Every line that can be invoiced is listed once, proposed or with a reason."""
        listed = Counter(run.line_ids.order_line_id.ids)
        listed.update(line.id for line in run.skipped_line_ids.filtered(lambda item: not item.order_line_id))
        self.assertEqual(max(listed.values(), default=1), 1)
        open_lines = orders.order_line.filtered("qty_to_invoice")
        self.assertEqual(run.line_ids.order_line_id & open_lines, open_lines)
        self.assertFalse(run.skipped_line_ids.filtered(lambda line: not line.skip_reason))
        self.assertAlmostEqual(run.amount_proposed + run.amount_not_proposed, run.amount_unbilled)

    def _check_billed(self, run, chosen):
        """What was chosen is billed, once, for the proposed amounts."""
        self.assertEqual(set(run.group_ids.mapped("state")) - {"done", "excluded", "skipped"}, set())
        done = run.group_ids.filtered(lambda group: group.state == "done")
        self.assertEqual(len(done), len(run.move_ids))
        self.assertEqual(done.line_ids.filtered("is_billed"), chosen)
        for group in done:
            self.assertAlmostEqual(group.amount_billed, group.amount_untaxed, msg=group.display_name)
            self.assertAlmostEqual(
                group.amount_billed, sum(group.line_ids.filtered("selected").mapped("amount_untaxed"))
            )
        self.assertAlmostEqual(sum(run.move_ids.mapped("amount_untaxed_signed")), run.amount_proposed)
        for line in chosen:
            invoice_line = line.order_line_id.invoice_lines
            self.assertEqual(len(invoice_line), 1)
            sign = -1 if invoice_line.move_id.move_type == "out_refund" else 1
            self.assertAlmostEqual(sign * invoice_line.quantity, line.quantity)
        self.assertEqual(run.move_ids.invoice_line_ids.sale_line_ids, chosen.order_line_id)
        self.assertFalse(run.line_ids.filtered("is_claim"))

    def _check_scenario(self, chance, is_grouped):
        if is_grouped:
            customers = self.account_12345 + self.account_12346
        else:
            customers = self._create_account("One") + self._create_account("Two")
        orders = self._draw_orders(chance, customers)
        before = self._get_state(orders)
        run = self._draw_run(chance, customers, is_grouped)
        self._check_proposal(run, orders)
        self._choose(chance, run)
        chosen = self._get_chosen(run)
        if not chosen:
            run.action_cancel()
        else:
            run.action_generate()
            run._process_groups()
            run.invalidate_recordset()
            self.assertEqual(run.state, "done")
            self._check_billed(run, chosen)
            if chance.random() < 0.5:
                chance.choice(run.move_ids).action_post()
            run.action_reverse()
        self.assertEqual(self._get_state(orders), before)
        orders._action_cancel()
        return len(chosen)

    @freeze_time("2026-03-10")
    def test_random_runs(self):
        billed = 0
        for seed in range(SCENARIOS):
            with self.subTest(seed=seed):
                billed += self._check_scenario(random.Random(seed), is_grouped=bool(seed % 2))  # noqa: S311
        self.assertGreater(billed, 3 * SCENARIOS)
