"""How much of what is open was credited by hand, without a database (``R11``)."""

from odoo.tests import BaseCase, tagged

from odoo.addons.consolidated_billing.tools.credited import CreditHistory


@tagged("post_install", "-at_install")
class TestCredited(BaseCase):
    def test_not_more_was_credited_than_is_open(self):
        history = CreditHistory([("R1", 5.0)])
        self.assertEqual([history.get_quantity(is_open) for is_open in (8.0, 5.0, 2.0, 0.0)], [5.0, 5.0, 2.0, 0.0])

    def test_what_was_billed_again_is_not_credited_any_more(self):
        history = CreditHistory([("R1", 5.0)], billed_again=3.0)
        self.assertEqual(history.get_quantity(10.0), 2.0)
        history.billed_again = 9.0
        self.assertEqual(history.get_quantity(10.0), 0.0)

    def test_the_newest_credit_notes_explain_what_is_open(self):
        history = CreditHistory([("R1", 5.0), ("R2", 2.0), ("R3", 1.0)])
        self.assertEqual(history.get_names(3.0), ["R2", "R3"])
        self.assertEqual(history.get_names(4.0), ["R1", "R2", "R3"])
        self.assertEqual(CreditHistory([("R1", 1.0), ("R1", 1.0)]).get_names(2.0), ["R1"])
