from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_billing_invoice import ConsolidatedInvoiceCommon


@tagged("post_install", "-at_install")
class TestBillingInvoiceNumbers(ConsolidatedInvoiceCommon):
    """Billing numbers come from a database sequence of each company, and none is missing unexplained (``C4``)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Billing = cls.env["consolidated.billing.invoice"]

    def test_prefix_and_digits_are_those_of_the_settings(self):
        settings = self.env["res.config.settings"].create({})
        settings.write({"billing_number_prefix": "BILL-", "billing_number_padding": 3})
        settings.execute()
        self._post()
        self.assertRegex(self._bill().name, r"^BILL-\d{3}$")

    def test_numbers_are_written_as_the_sequence_writes_them(self):
        sequence = self.company.consolidated_billing_sequence_id
        for prefix, padding, suffix in (("CBI/%(year)s/", 6, False), (False, 0, "-%(y)s"), ("%%", 12, "")):
            sequence.write({"prefix": prefix, "padding": padding, "suffix": suffix})
            numbers = [1, 42, 1234567]
            expected = {number: sequence.get_next_char(number) for number in numbers}
            self.assertEqual(sequence._format_numbers(numbers), expected)

    def test_other_addons_can_extend_how_a_number_is_written(self):
        IrSequence = self.env.registry["ir.sequence"]
        get_next_char = IrSequence.get_next_char
        self._post()
        with patch.object(IrSequence, "get_next_char", lambda seq, number: f"{get_next_char(seq, number)}-X"):
            billing = self._bill()
        self.assertRegex(billing.name, rf"{billing.sequence_number}-X$")

    def test_a_client_cannot_say_what_stands_before_a_number(self):
        sequence = self.company.consolidated_billing_sequence_id
        typed = [sequence.id, "TYPED/", ""]
        number = sequence.with_context(billing_affixes=typed).get_next_char(1)
        self.assertEqual(number, sequence.get_next_char(1))

    def test_a_wrong_prefix_is_refused(self):
        with self.assertRefused("prefix"):
            self.company.billing_number_prefix = "BILL-%(nonsense)s"
        for name in ("prefix", "suffix"):
            with self.assertRefused("prefix"):
                self.company.consolidated_billing_sequence_id[name] = "%(nonsense)s"

    def test_each_company_counts_for_itself(self):
        other = self.setup_other_company()["company"]
        self.assertNotEqual(other.consolidated_billing_sequence_id, self.company.consolidated_billing_sequence_id)
        self.assertTrue(other.consolidated_billing_sequence_id)
        numbers = [self.Billing._draw_numbers(company, 1)[0] for company in (self.company, other)]
        self.assertEqual(numbers[1][0], 1)

    def test_a_lost_number_gets_a_cancelled_document_that_explains_it(self):
        lost = self.Billing._draw_numbers(self.company, 2)
        self._post()
        run = self._create_run(generate=True)
        billing = run.consolidated_billing_ids
        self.assertEqual(billing.state, "draft")
        explained = self.Billing.search([("name", "in", [name for _number, name in lost])])
        self.assertEqual(len(explained), 2)
        self.assertEqual(set(explained.mapped("state")), {"cancelled"})
        self.assertTrue(all(explained.mapped("cancel_reason")))
        numbers = self.Billing.search([("company_id", "=", self.company.id)]).mapped("sequence_number")
        self.assertEqual(sorted(numbers), list(range(1, len(numbers) + 1)))

    def _start_series(self, number):
        """Let the next number be this one: database sequences remember what other tests drew."""
        self.company.consolidated_billing_sequence_id.number_next_actual = number

    def _find_billings(self, *numbers):
        return self.Billing.search(
            [("company_id", "=", self.company.id), ("sequence_number", "in", numbers)], order="sequence_number"
        )

    def test_numbers_that_were_left_out_on_purpose_need_no_explanation(self):
        self._start_series(1000)
        self._post()
        self.assertEqual(self._bill().sequence_number, 1000)
        self.assertFalse(self._find_billings(*range(900, 1000)))

    def test_numbers_that_were_lost_before_the_sequence_was_set_anew_are_explained(self):
        self._start_series(2000)
        self.Billing._draw_numbers(self.company, 2)
        self._start_series(3000)
        self.assertEqual(self._find_billings(2000, 2001, 2002).mapped("state"), ["cancelled", "cancelled"])
        self.assertEqual(self.Billing._draw_numbers(self.company, 1)[0][0], 3000)

    def test_a_series_that_begins_anew_with_another_prefix_has_no_gaps_either(self):
        self._start_series(4000)
        self._post()
        self.assertEqual(self._bill().sequence_number, 4000)
        self.company.billing_number_prefix = "NEXT/"
        self._start_series(4000)
        self.assertEqual(self.Billing._draw_numbers(self.company, 1), [(4000, "NEXT/004000")])
        explained = self.Billing._explain_missing_numbers(self.company)
        self.assertEqual(explained.mapped("name"), ["NEXT/004000"])
        self.assertFalse(self.Billing._explain_missing_numbers(self.company))

    def test_numbers_that_were_lost_are_explained_when_the_run_is_cancelled(self):
        self._post()
        run = self._create_run()
        run.action_generate()
        ((number, _name),) = self.Billing._draw_numbers(self.company, 1)
        run.action_cancel()
        self.assertEqual(self._find_billings(number).state, "cancelled")

    def test_numbers_that_were_lost_before_a_run_was_cancelled_are_explained_by_the_worker_that_stops(self):
        self._post()
        run = self._create_run()
        run.action_generate()
        ((number, _name),) = self.Billing._draw_numbers(self.company, 1)
        bill_groups = type(run)._bill_groups

        def bill_while_somebody_cancels(run, groups):
            bill_groups(run, groups)
            run._write_as_engine({"state": "cancelled"})

        with patch.object(type(run), "_bill_groups", bill_while_somebody_cancels):
            self.assertEqual(run._process_groups(limit=1), 1)
        self.assertEqual(self._find_billings(number).state, "cancelled")

    def test_another_step_leaves_no_numbers_to_explain(self):
        self.Billing._draw_numbers(self.company, 3)
        self.company.consolidated_billing_sequence_id.number_increment = 10
        drawn = [number for number, _name in self.Billing._draw_numbers(self.company, 2)]
        explained = self.Billing._explain_missing_numbers(self.company)
        self.assertEqual(explained.mapped("sequence_number"), drawn)

    def test_a_number_that_is_lost_after_the_sequence_was_set_back_is_explained(self):
        self._post()
        self._bill()
        first = self.Billing.search([("company_id", "=", self.company.id)], order="id")[0]
        self._start_series(first.sequence_number)
        lost = self.Billing._draw_numbers(self.company, 1)
        explained = self.Billing._explain_missing_numbers(self.company)
        self.assertEqual(explained.mapped("name"), [name for _number, name in lost])

    def test_a_failed_document_loses_its_number_to_a_cancelled_one(self):
        self._post()
        other = self._create_flagged("Other")
        self._post(other)
        run = self._create_run()
        group = run.group_ids.filtered(lambda g: g.partner_id == other)
        group.sudo()._write_as_engine({"currency_id": False})  # what no document can do without
        run.action_generate()
        with mute_logger("odoo.sql_db"):
            run._process_groups()
        run.invalidate_recordset()
        self.assertRecordValues(run.group_ids.sorted("id"), [{"state": "done"}, {"state": "failed"}])
        numbers = self.Billing.search([("company_id", "=", self.company.id)]).mapped("sequence_number")
        self.assertEqual(sorted(numbers), list(range(1, len(numbers) + 1)))
        self.assertEqual(run.state, "done")
        group.sudo()._write_as_engine({"currency_id": self.company.currency_id.id})
        run.action_retry_failed()
        run._process_groups()
        self.assertEqual(set(run.group_ids.mapped("state")), {"done"})

    def test_the_billing_sequence_stays_a_database_sequence(self):
        for values in ({"use_date_range": True}, {"implementation": "no_gap"}):
            with self.assertRefused("implementation must be"):
                self.company.consolidated_billing_sequence_id.write(values)
