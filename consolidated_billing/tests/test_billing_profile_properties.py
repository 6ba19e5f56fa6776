"""By hand and by run, profile options make the same invoices, whatever the orders (``K5``, ``K7``)."""

import random

from odoo import Command
from odoo.tests import freeze_time, tagged

from .common import ConsolidatedBillingCommon

SCENARIOS = 12


@tagged("post_install", "-at_install")
class TestBillingProfileProperties(ConsolidatedBillingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True})
        cls.members = cls.account_12346 + cls._create_account("Ohio", grouping_partner_id=cls.account_12345.id)
        cls.docks = cls.env["res.partner"].create(
            [{"name": "Dock", "parent_id": member.id, "type": "delivery"} for member in cls.members]
        )
        cls.tags = cls.env["crm.tag"].create([{"name": name} for name in ("Hot", "Cold")])

    def _draw_profile(self, chance):
        get = self.env["ir.model.fields"]._get
        names = [name for name in ("client_order_ref", "tag_ids", "team_id") if chance.random() < 0.3]
        return self._create_profile(
            split_by_customer=chance.random() < 0.4,
            split_by_delivery_address=chance.random() < 0.3,
            split_by_month=chance.random() < 0.4,
            bill_date_match=chance.choice(["exact", "period"]),
            credit_policy=chance.choice(["net", "separate"]),
            extra_key_field_ids=[Command.set([get("sale.order", name).id for name in names])],
        )

    def _draw_orders(self, chance):
        orders = self.env["sale.order"]
        for _order in range(chance.randint(4, 7)):
            member = chance.choice(self.members)
            order = self._create_order(
                member,
                lines=[
                    {
                        "price_unit": chance.choice([9.99, 100.0, 33.33, -12.5]),
                        "product_uom_qty": chance.choice([1.0, 3.0]),
                        "next_bill_date": chance.choice([False, False, "2026-02-01", "2026-03-10"]),
                    }
                    for _line in range(chance.randint(1, 3))
                ],
                partner_shipping_id=chance.choice([member, self.docks[0]]).id,
                client_order_ref=chance.choice(["A", "B", False]),
                tag_ids=chance.choice([[], self.tags.ids, self.tags[0].ids]),
                invoice_grouping=chance.choice(["combine", "combine", "job_code"]),
            )
            order.date_order = chance.choice(["2026-01-31 12:00:00", "2026-02-01 12:00:00"])
            orders += order
        return orders

    def _get_expected(self, orders, profile):
        """Partition the lines by what the options say in words, without merge keys."""
        groups = {}
        for line in orders.order_line:
            order = line.order_id
            day = line.next_bill_date
            sign = (
                (order.invoice_grouping,),
                (order.partner_id.id if profile.split_by_customer else None),
                (order.partner_shipping_id.id if profile.split_by_delivery_address else None),
                (str(line.next_bill_date or order.date_order)[:7] if profile.split_by_month else None),
                ("due" if profile.bill_date_match == "period" else str(day)),
                (line.price_subtotal < 0 if profile.credit_policy == "separate" else None),
                tuple(str(order[name.name]) for name in profile.extra_key_field_ids),
            )
            groups.setdefault(sign, set()).add(line.id)
        return {frozenset(group) for group in groups.values()}

    def _check_scenario(self, chance):
        profile = self._draw_profile(chance)
        self.account_12345.billing_profile_id = profile
        orders = self._draw_orders(chance)
        expected = self._get_expected(orders, profile)
        planned = {frozenset(lines.ids) for _key, lines in orders._plan_invoices(final=True)}
        self.assertEqual(planned, expected)
        shuffled = orders.browse(chance.sample(orders.ids, len(orders)))
        self.assertEqual({frozenset(lines.ids) for _key, lines in shuffled._plan_invoices(final=True)}, expected)
        run = self.env["consolidated.billing.run"].create(
            {"by_grouping_account": True, "cutoff_date": "2026-03-10", "partner_ids": self.account_12345.ids}
        )
        run.action_prepare()
        self.assertEqual({frozenset(group.line_ids.order_line_id.ids) for group in run.group_ids}, expected)
        self.assertEqual(all(run.group_ids.mapped("reason")), len(run.group_ids) > 1)
        invoices = self._bill(chance, run, orders)
        self.assertEqual({frozenset(move.invoice_line_ids.sale_line_ids.ids) for move in invoices}, expected)
        total = sum(orders.mapped("amount_untaxed"))
        self.assertAlmostEqual(sum(invoices.mapped("amount_untaxed_signed")), total, places=2)
        return len(expected)

    def _bill(self, chance, run, orders):
        """Create the invoices, by hand or by run."""
        if chance.random() < 0.5:
            run.action_cancel()
            return orders._create_invoices(final=True)
        run.action_generate()
        run._process_groups()
        run.invalidate_recordset()
        self.assertEqual(set(run.group_ids.mapped("state")), {"done"})
        return run.move_ids

    @freeze_time("2026-03-10")
    def test_by_hand_and_by_run_give_the_partition_that_the_options_say(self):
        documents = 0
        for seed in range(SCENARIOS):
            with self.subTest(seed=seed):
                documents += self._check_scenario(random.Random(seed))  # noqa: S311
        self.assertGreater(documents, 3 * SCENARIOS)
