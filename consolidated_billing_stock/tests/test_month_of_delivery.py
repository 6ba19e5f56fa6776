"""Invoices that are split by month follow the deliveries (``K9``)."""

from freezegun import freeze_time

from odoo import Command
from odoo.tests import Form, tagged

from odoo.addons.consolidated_billing.tests.billing_run_common import BillingRunCommon


@tagged("post_install", "-at_install")
class TestMonthOfDelivery(BillingRunCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.goods = cls.env["product.product"].create(
            {
                "name": "Goods",
                "is_storable": True,
                "invoice_policy": "delivery",
                "list_price": 100.0,
                "taxes_id": [Command.set(cls.company_data["default_tax_sale"].ids)],
            }
        )
        cls.company.partner_id.tz = "America/New_York"
        cls.acme.billing_profile_id = cls._create_profile(split_by_month=True)

    def _order(self, quantity, date_order="2026-11-30 12:00:00", **line):
        order = self._create_order(
            self.acme, [{"product_id": self.goods.id, "product_uom_qty": quantity, **line}], confirm=False
        )
        with freeze_time(date_order):
            order.action_confirm()
        order.date_order = date_order
        return order

    def _deliver(self, order, quantity, moment):
        """Deliver a part; the rest stays on a back order."""
        with freeze_time(moment):
            picking = order.picking_ids.filtered(lambda picking: picking.state not in ("done", "cancel"))
            picking.move_ids.write({"quantity": quantity, "picked": True})
            picking.with_context(skip_backorder=True)._action_done()
        return picking

    def _return(self, picking, quantity, moment):
        with freeze_time(moment):
            wizard = Form(
                self.env["stock.return.picking"].with_context(active_id=picking.id, active_model="stock.picking")
            ).save()
            wizard.product_return_moves.write({"quantity": quantity, "to_refund": True})
            back = self.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
            back.move_ids.write({"quantity": quantity, "picked": True})
            back._action_done()

    @freeze_time("2026-12-31")
    def _run(self, generate=True, **values):
        run = self._create_run(partner_ids=self.acme.ids, cutoff_date="2026-12-31", invoice_date="2026-12-31", **values)
        if generate:
            self._generate(run)
        return run

    def _get_quantities(self, run):
        return {
            dict(map(tuple, group.merge_key))["month"].strip('"'): group.line_ids.quantity for group in run.group_ids
        }

    def test_the_month_of_the_delivery_counts_and_not_that_of_the_order(self):
        november, december = self._order(1.0), self._order(1.0, "2026-12-01 12:00:00")
        self._deliver(november, 1.0, "2026-12-02 12:00:00")
        self._deliver(december, 1.0, "2026-12-03 12:00:00")
        self.assertPartition(self._run().move_ids, november + december)

    def test_a_line_is_divided_by_the_months_of_its_deliveries(self):
        order = self._order(10.0)
        self._deliver(order, 4.0, "2026-11-30 15:00:00")
        self._deliver(order, 6.0, "2026-12-02 15:00:00")
        run = self._run(generate=False)
        self.assertEqual(self._get_quantities(run), {"2026-11": 4.0, "2026-12": 6.0})
        self.assertEqual(run.group_ids.mapped("amount_untaxed"), [400.0, 600.0])
        self.assertTrue(all("month of the delivery" in reason for reason in run.group_ids.mapped("reason")))
        self._generate(run)
        self.assertEqual(run.move_ids.sorted("id").invoice_line_ids.mapped("quantity"), [4.0, 6.0])
        self.assertEqual(run.move_ids.sorted("id").invoice_line_ids.mapped("billing_month"), ["2026-11", "2026-12"])
        self.assertEqual((order.order_line.qty_to_invoice, order.invoice_status), (0.0, "invoiced"))

    def test_one_month_can_wait(self):
        order = self._order(10.0)
        self._deliver(order, 4.0, "2026-11-30 15:00:00")
        self._deliver(order, 6.0, "2026-12-02 15:00:00")
        run = self._run(generate=False)
        run.group_ids[0].selected = False
        self._generate(run)
        self.assertEqual(run.move_ids.invoice_line_ids.quantity, 6.0)
        self.assertEqual(self._get_quantities(self._run(generate=False)), {"2026-11": 4.0})

    def test_what_was_billed_is_not_billed_with_another_month(self):
        order = self._order(10.0)
        self._deliver(order, 4.0, "2026-11-30 15:00:00")
        self._run()
        self._deliver(order, 6.0, "2026-12-02 15:00:00")
        self.assertEqual(self._get_quantities(self._run(generate=False)), {"2026-12": 6.0})

    def test_the_month_is_not_typed_and_is_credited_with_its_quantity(self):
        order = self._order(10.0)
        self._deliver(order, 4.0, "2026-11-30 15:00:00")
        invoice = self._run().move_ids
        with self.assertRefused("Month of Delivery", "billing runs alone"):
            invoice.invoice_line_ids.write({"billing_month": "2026-12"})
        self.assertFalse(any(invoice.copy().invoice_line_ids.mapped("billing_month")))
        credit = invoice._reverse_moves()
        self.assertEqual(credit.invoice_line_ids.mapped("billing_month"), ["2026-11"])

    def test_the_month_is_that_where_the_company_is(self):
        order = self._order(1.0, "2026-10-05 12:00:00")
        self._deliver(order, 1.0, "2026-12-01 03:00:00")  # the evening before in New York
        self.assertEqual(self._get_quantities(self._run(generate=False)), {"2026-11": 1.0})

    def test_a_return_reduces_the_month_of_its_delivery(self):
        order = self._order(10.0)
        picking = self._deliver(order, 4.0, "2026-11-30 15:00:00")
        self._deliver(order, 6.0, "2026-12-02 15:00:00")
        self._return(picking, 3.0, "2026-12-05 12:00:00")
        self.assertEqual(self._get_quantities(self._run(generate=False)), {"2026-11": 1.0, "2026-12": 6.0})

    def test_a_return_of_what_was_billed_is_credited_with_its_month(self):
        order = self._order(10.0)
        picking = self._deliver(order, 4.0, "2026-11-30 15:00:00")
        self._deliver(order, 6.0, "2026-12-02 15:00:00")
        self._run()
        self._return(picking, 3.0, "2026-12-05 12:00:00")
        self.assertEqual(self._get_quantities(self._run(generate=False)), {"2026-11": -3.0})

    def test_what_is_ordered_and_not_delivered_has_the_month_of_the_order(self):
        self.goods.invoice_policy = "order"
        order = self._order(10.0)
        self._deliver(order, 4.0, "2026-12-02 15:00:00")
        self.assertEqual(self._get_quantities(self._run(generate=False)), {"2026-11": 6.0, "2026-12": 4.0})

    def test_without_a_delivery_the_bill_date_counts(self):
        self._create_order(self.acme, [{"next_bill_date": "2026-10-15"}], date_order="2026-11-30 12:00:00")
        run = self._run(generate=False)
        self.assertIn(["month", '"2026-10"'], run.group_ids.merge_key)

    def test_by_hand_orders_are_split_as_by_run(self):
        orders = self._order(10.0) + self._order(1.0)
        self._deliver(orders[0], 4.0, "2026-11-30 15:00:00")
        self._deliver(orders[0], 6.0, "2026-12-02 15:00:00")
        self._deliver(orders[1], 1.0, "2026-12-02 15:00:00")
        wizard = self.env["sale.advance.payment.inv"].create({"sale_order_ids": orders.ids})
        self.assertEqual(sorted(wizard.preview_ids.mapped("amount_untaxed")), [400.0, 700.0])
        moves = orders._create_invoices(final=True)
        self.assertEqual(sorted(moves.mapped("amount_untaxed")), [400.0, 700.0])

    def test_an_order_alone_is_one_invoice_by_hand(self):
        order = self._order(10.0)
        self._deliver(order, 4.0, "2026-11-30 15:00:00")
        self._deliver(order, 6.0, "2026-12-02 15:00:00")
        self.assertEqual(order._create_invoices().invoice_line_ids.quantity, 10.0)

    def test_a_collective_invoice_is_not_split(self):
        order = self._order(10.0)
        self._deliver(order, 4.0, "2026-11-30 15:00:00")
        self._deliver(order, 6.0, "2026-12-02 15:00:00")
        self.env["consolidated.billing.collect"].create({"order_ids": order.ids}).action_create_invoice()
        self.assertEqual(order.invoice_ids.invoice_line_ids.quantity, 10.0)

    def test_a_lowered_quantity_stays_in_its_month(self):
        order = self._order(10.0)
        self._deliver(order, 4.0, "2026-11-30 15:00:00")
        self._deliver(order, 6.0, "2026-12-02 15:00:00")
        run = self._run(generate=False)
        run.group_ids[1].line_ids.quantity = 2.0
        self._generate(run)
        self.assertEqual(self._get_quantities(self._run(generate=False)), {"2026-12": 4.0})

    def test_a_reversed_month_is_billable_again(self):
        order = self._order(10.0)
        self._deliver(order, 4.0, "2026-11-30 15:00:00")
        self._deliver(order, 6.0, "2026-12-02 15:00:00")
        run = self._run()
        run.move_ids.sudo().action_post()
        run.group_ids[0].action_reverse()
        self.assertEqual(self._get_quantities(self._run(generate=False)), {"2026-11": 4.0})

    def test_no_run_takes_a_month_of_a_line_that_another_one_proposes(self):
        order = self._order(10.0)
        self._deliver(order, 4.0, "2026-11-30 15:00:00")
        self._deliver(order, 6.0, "2026-12-02 15:00:00")
        first, second = self._run(generate=False), self._run(generate=False)
        self.assertEqual(first.group_ids.line_ids.mapped("is_claim"), [True, False])
        self.assertFalse(second.group_ids)

    def test_many_lines_take_as_many_queries_as_few(self):
        counts = []
        for number in (2, 12):
            orders = self.env["sale.order"].concat(*(self._order(1.0) for _number in range(number)))
            for order in orders:
                self._deliver(order, 1.0, "2026-12-02 15:00:00")
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            orders._plan_invoices(final=True)
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 3)
