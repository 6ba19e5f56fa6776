from odoo.tests import Form, tagged

from .common import TimesheetCommon


@tagged("post_install", "-at_install")
class TestTimesheetPreview(TimesheetCommon):
    """The wizard creates what its preview shows, also for a period of time sheets (``K5``)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = cls._create_user("seller", "sales_team.group_sale_salesman_all_leads", company_id=cls.company.id)
        cls.orders = cls._create_hours_order() + cls._create_hours_order(invoice_grouping="separate")
        for order in cls.orders:
            cls._work(order, "2026-11-10", 1.5)
        cls._work(cls.orders[0], "2026-12-10", 4.0)

    def _open_wizard(self, orders, **period):
        form = Form(
            self.env["sale.advance.payment.inv"]
            .with_user(self.seller)
            .with_context(active_model="sale.order", active_ids=orders.ids)
        )
        for name, day in period.items():
            setattr(form, f"date_{name}_invoice_timesheet", day)
        return form

    def _get_preview(self, form):
        return sorted(record["amount_untaxed"] for record in form.preview_ids._records)

    def _create(self, form):
        orders = form.save().sale_order_ids
        before = orders.invoice_ids
        form.record.create_invoices()
        return orders.invoice_ids - before

    def test_the_preview_without_a_period_shows_all_hours(self):
        form = self._open_wizard(self.orders)
        self.assertEqual(self._get_preview(form), [150.0, 550.0])
        self.assertEqual(sorted(self._create(form).mapped("amount_untaxed")), [150.0, 550.0])

    def test_the_preview_applies_the_period_as_the_invoices_do(self):
        form = self._open_wizard(self.orders, start="2026-11-01", end="2026-11-30")
        self.assertEqual(self._get_preview(form), [150.0, 150.0])
        self.assertEqual(sorted(self._create(form).mapped("amount_untaxed")), [150.0, 150.0])
        self.assertEqual(self.orders[0].order_line.qty_to_invoice, 4.0)

    def test_an_order_without_hours_in_the_period_is_not_in_the_preview(self):
        form = self._open_wizard(self.orders, start="2026-12-01", end="2026-12-31")
        self.assertEqual(self._get_preview(form), [400.0])
        self.assertIn(self.orders[1].display_name, form.preview_skipped)
        self.assertEqual(self._create(form).mapped("amount_untaxed"), [400.0])
        self.assertEqual(self.orders.order_line.mapped("qty_to_invoice"), [1.5, 1.5])
        run = self._create_run(cutoff_date="2026-12-31", invoice_date="2026-12-31")
        self.assertEqual(run.amount_proposed, 300.0)

    def test_the_invoice_is_linked_with_the_hours_of_the_period(self):
        moves = self._create(self._open_wizard(self.orders, start="2026-11-01", end="2026-11-30"))
        self.assertEqual((sum(map(self._get_hours, moves)), self._get_hours()), (3.0, 4.0))
