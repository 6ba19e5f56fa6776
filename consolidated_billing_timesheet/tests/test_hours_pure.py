"""Which time sheets are billed when not all hours are, without a database."""

from odoo.tests import BaseCase, tagged

from odoo.addons.consolidated_billing_timesheet.tools.hours import choose_hours


@tagged("post_install", "-at_install")
class TestHours(BaseCase):
    def test_the_oldest_hours_are_billed_first(self):
        self.assertEqual(choose_hours([(1, 2.0), (2, 2.0), (3, 2.0)], 4.0), ([1, 2], None))

    def test_a_time_sheet_in_which_the_billed_hours_end_is_divided(self):
        self.assertEqual(choose_hours([(1, 2.0), (2, 8.0)], 5.0), ([1], (2, 3.0)))

    def test_corrections_are_billed_with_what_they_correct(self):
        self.assertEqual(choose_hours([(1, 8.0), (2, -1.0), (3, 4.0)], 7.0), ([2, 1], None))

    def test_more_than_all_hours_are_all_hours(self):
        self.assertEqual(choose_hours([(1, 2.0), (2, 2.0)], 9.0), ([1, 2], None))
        self.assertEqual(choose_hours([(1, 2.0)], 0.0), ([], None))
