from odoo import Command
from odoo.tests import freeze_time, tagged

from .common import ConsolidatedBillingCommon


@tagged("post_install", "-at_install")
class TestBillingRunNumbering(ConsolidatedBillingCommon):
    """An accountant expects the numbers of the invoices in the order in which the run lists its documents."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = cls._create_user("poster", "account.group_account_invoice")

    def _generate(self, references, **values):
        """Generate a run over customers A, B, … whose orders have these customer references."""
        customers = self.env["res.partner"]
        for number, reference in enumerate(references):
            customers += self._create_account(f"Customer {number:03}")
            self._create_order(customers[-1:], client_order_ref=reference)
        run = self.env["consolidated.billing.run"].with_user(self.user).create({"partner_ids": customers.ids, **values})
        run.action_prepare()
        run.action_generate()
        run._process_groups()
        return run

    def _get_numbers(self, run):
        return [move.sequence_number for move in run.group_ids.move_id]

    def assertNumberedInOrder(self, run):
        numbers = self._get_numbers(run)
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + len(numbers))))
        self.assertFalse(any(run.move_ids.mapped("made_sequence_gap")))

    def test_numbers_follow_the_documents_and_not_the_customer_references(self):
        run = self._generate(["Z", "A", "M", False, "B"])
        self.assertEqual(run.group_ids.partner_id.mapped("name"), [f"Customer {number:03}" for number in range(5)])
        run.action_post()
        self.assertNumberedInOrder(run)

    def test_numbers_follow_the_documents_when_invoices_are_selected_by_hand(self):
        run = self._generate(["Z", "A"])
        run.move_ids.sorted("ref").action_post()
        self.assertNumberedInOrder(run)

    def test_one_that_cannot_be_posted_does_not_disturb_the_order_of_the_others(self):
        run = self._generate(["Z", "A", "M"])
        faulty = run.group_ids[1].move_id
        faulty.invoice_line_ids.unlink()
        run.action_post()
        self.assertEqual(faulty.state, "draft")
        first, last = (run.group_ids - faulty.billing_run_id.group_ids[1]).move_id
        self.assertEqual(last.sequence_number, first.sequence_number + 1)

    @freeze_time("2026-03-31")
    def test_an_earlier_date_comes_first(self):
        run = self._generate(["Z", "A"], invoice_date="2026-03-31")
        earlier = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.account_12345.id,
                "invoice_date": "2026-03-15",
                "ref": "ZZZ",
                "invoice_line_ids": [Command.create({"product_id": self.product.id, "price_unit": 1.0})],
            }
        )
        (run.move_ids + earlier).action_post()
        self.assertNumberedInOrder(run)
        self.assertEqual(earlier.sequence_number + 1, self._get_numbers(run)[0])

    def test_the_order_costs_one_query(self):
        counts = []
        for is_of_run in (False, True):
            run = self._generate([False] * 8)
            moves = run.move_ids
            if not is_of_run:
                moves._write_as_engine({"billing_run_id": False})
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            moves.action_post()
            self.env.flush_all()
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 2)
