from odoo.tests import tagged

from .common import TimesheetCommon


@tagged("post_install", "-at_install")
class TestTimesheetRun(TimesheetCommon):
    """Billing runs bill hours up to the cutoff date, and what is undone frees them (``R2``, ``R6``)."""

    def _create_november(self, **values):
        return self._create_run(cutoff_date="2026-11-30", invoice_date="2026-11-30", **values)

    def test_work_of_the_new_month_is_not_billed_by_the_run_of_the_old_one(self):
        order = self._create_hours_order()
        old, new = self._work(order, "2026-11-30", 6.0), self._work(order, "2026-12-01", 4.0)
        run = self._create_november()
        self.assertRecordValues(
            run.line_ids.sorted("id"),
            [
                {"selected": True, "quantity": 6.0, "quantity_open": 6.0, "skip_reason": False},
                {"selected": False, "quantity": 0.0, "quantity_open": 4.0, "skip_reason": "delivered after 2026-11-30"},
            ],
        )
        self.assertRecordValues(
            run, [{"amount_proposed": 600.0, "amount_not_proposed": 400.0, "amount_unbilled": 1000.0}]
        )
        self._generate(run)
        self.assertEqual(run.move_ids.amount_untaxed, 600.0)
        self.assertEqual(old.timesheet_invoice_id, run.move_ids)
        self.assertFalse(new.timesheet_invoice_id)
        december = self._create_run(cutoff_date="2026-12-31", invoice_date="2026-12-31")
        self.assertEqual(december.line_ids.quantity, 4.0)

    def test_work_of_the_new_month_alone_is_listed_and_not_proposed(self):
        order = self._create_hours_order()
        self._work(order, "2026-12-01", 4.0)
        run = self._create_november()
        self.assertFalse(run.group_ids)
        self.assertRecordValues(run.line_ids, [{"skip_reason": "delivered after 2026-11-30", "amount_open": 400.0}])

    def test_work_that_is_recorded_after_the_cutoff_does_not_disturb_a_prepared_run(self):
        order = self._create_hours_order()
        self._work(order, "2026-11-03", 6.0)
        run = self._create_november()
        new = self._work(order, "2026-12-01", 4.0)
        self._generate(run)
        self.assertEqual(run.move_ids.amount_untaxed, 600.0)
        self.assertFalse(new.timesheet_invoice_id)

    def test_work_that_is_recorded_before_the_cutoff_is_a_change(self):
        order = self._create_hours_order()
        self._work(order, "2026-11-03", 6.0)
        run = self._create_november()
        self._work(order, "2026-11-04", 1.0)
        self._generate(run)
        self.assertFalse(run.move_ids)
        self.assertIn("quantity to invoice changed", run.line_ids.skip_reason)

    def test_a_lowered_quantity_links_only_so_many_hours(self):
        order = self._create_hours_order()
        sheets = [self._work(order, f"2026-11-{day:02}", 2.0) for day in (3, 4, 5)]
        run = self._create_november()
        run.line_ids.quantity = 4.0
        self._generate(run)
        self.assertEqual([bool(sheet.timesheet_invoice_id) for sheet in sheets], [True, True, False])
        self.assertEqual(order.order_line.qty_to_invoice, 2.0)
        self.assertEqual(self._create_november().line_ids.quantity, 2.0)

    def test_a_time_sheet_is_divided_where_the_billed_hours_end(self):
        order = self._create_hours_order()
        sheet = self._work(order, "2026-11-03", 10.0)
        run = self._create_november()
        run.line_ids.quantity = 4.0
        self._generate(run)
        self.assertEqual((self._get_hours(run.move_ids), self._get_hours()), (4.0, 6.0))
        self.assertEqual(sheet.unit_amount, 4.0)
        self.assertEqual((order.order_line.qty_delivered, order.order_line.qty_to_invoice), (10.0, 6.0))
        rest = order.order_line.timesheet_ids - sheet
        self.assertRecordValues(
            rest, [{"date": sheet.date, "name": "worked", "employee_id": self.employee.id, "unit_amount": 6.0}]
        )

    def test_a_line_that_is_switched_off_links_no_hours(self):
        order, other = self._create_hours_order(), self._create_order(self.acme)
        self._work(order, "2026-11-03", 6.0)
        run = self._create_november()
        run.line_ids.filtered(lambda line: line.order_id == order).selected = False
        self._generate(run)
        self.assertEqual(run.move_ids.invoice_line_ids.sale_line_ids.order_id, other)
        self.assertEqual(self._get_hours(), 6.0)

    def test_reversing_a_run_frees_the_hours_of_drafts_and_of_posted_invoices(self):
        orders = [self._create_hours_order(), self._create_hours_order(invoice_grouping="separate")]
        for order in orders:
            self._work(order, "2026-11-03", 6.0)
        run = self._create_november()
        self._generate(run)
        run.move_ids[0].action_post()
        self.assertEqual(self._get_hours(), 0.0)
        run.action_reverse()
        self.assertEqual(self._get_hours(), 12.0)
        again = self._create_november()
        self._generate(again)
        self.assertEqual(sum(map(self._get_hours, again.move_ids)), 12.0)

    def test_reversing_a_document_that_was_posted_before_frees_its_hours(self):
        self._work(self._create_hours_order(), "2026-11-03", 6.0)
        run = self._create_november()
        self._generate(run)
        run.action_post()
        run.move_ids.button_draft()
        run.group_ids.action_reverse()
        again = self._create_november()
        self._generate(again)
        self.assertEqual(self._get_hours(again.move_ids), 6.0)

    def test_what_is_left_of_a_document_credited_in_part_frees_all_hours(self):
        order = self._create_hours_order()
        self._work(order, "2026-11-03", 6.0)
        run = self._create_november()
        self._generate(run)
        run.action_post()
        self._credit(run.move_ids, quantity=2.0)
        run.action_reverse()
        self.assertEqual((self._get_hours(), order.order_line.qty_to_invoice), (6.0, 6.0))

    def test_hours_credited_by_hand_are_switched_off(self):
        order = self._create_hours_order()
        self._work(order, "2026-11-03", 6.0)
        note = self._credit(self._bill(order))
        self.assertEqual(self._get_hours(), 6.0)
        self._work(order, "2026-11-05", 1.0)
        run = self._create_november()
        self.assertRecordValues(run.line_ids, [{"selected": True, "quantity": 1.0, "credited_by": note.name}])

    def test_the_collective_invoice_links_only_the_hours_that_it_bills(self):
        order = self._create_hours_order()
        sheets = [self._work(order, f"2026-11-{day:02}", 2.0) for day in (3, 4, 5)]
        wizard = self.env["consolidated.billing.collect"].create({"order_ids": order.ids})
        wizard.line_ids.quantity = 2.0
        wizard.action_create_invoice()
        self.assertEqual([bool(sheet.timesheet_invoice_id) for sheet in sheets], [True, False, False])

    def test_days_are_bounded_like_hours(self):
        self.hours.uom_id = self.env.ref("uom.product_uom_day")
        order = self._create_hours_order()
        self._work(order, "2026-11-03", 12.0)
        self._work(order, "2026-12-01", 8.0)
        run = self._create_november()
        self.assertEqual(run.line_ids.sorted("id").mapped("quantity_open"), [1.5, 1.0])
        run.line_ids.filtered("group_id").quantity = 1.0
        self._generate(run)
        self.assertEqual(self._get_hours(run.move_ids), 8.0)

    def test_hours_take_a_constant_number_of_queries(self):
        def count(number):
            partner = self._create_account("Customer")
            for _order in range(number):
                self._work(self._create_hours_order(partner), "2026-11-03", 6.0)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self._create_november(partner_ids=partner.ids)
            self.env.flush_all()
            return self.cr.sql_log_count - before

        count(1)
        few, many = count(2), count(8)
        self.assertLessEqual(many, few + 3)
