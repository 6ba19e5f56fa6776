from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged

from .cbi_common import CbiCommon


@tagged("post_install", "-at_install")
class TestCbiBadInput(CbiCommon):
    """Whatever is wrong is answered by a clear sentence, and nothing is half done."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._post()

    def assertNothingDone(self):
        self.env.invalidate_all()
        self.assertFalse(self.env["consolidated.billing.invoice"].search([("company_id", "=", self.company.id)]))
        self.assertFalse(self.invoice.consolidated_billing_id)

    # === PROFILES ===#

    def test_wrong_days_of_the_month_are_refused_with_what_is_wrong(self):
        for days, words in (
            ("0", ("0 is not a day of the month", "1 to 31")),
            ("32", ("32 is not a day of the month", "1 to 31")),
            ("a", ('"a" is not a day', "15,31")),
            ("15,15", ("day 15 twice", "once")),
            ("15,", ("",)),
            ("", ("Enter the days",)),
            ("-1", ("-1",)),
            ("1.5", ("1.5",)),
        ):
            with self.subTest(days=days), self.assertRefused(*words):
                self._rpc(self.manager, self.profile, "write", {"cycle_days": days})
                self.env.flush_all()
        self.profile.invalidate_recordset()
        self.assertEqual(self.profile.cycle_days, "31")

    def test_wrong_weekdays_are_refused_with_what_is_wrong(self):
        for days, words in (("8", ("8 is not a weekday", "1 for Monday to 7 for Sunday")), ("1,1", ("day 1 twice",))):
            with self.subTest(days=days), self.assertRefused(*words):
                self._rpc(self.manager, self.profile, "write", {"cycle_unit": "week", "cycle_days": days})
                self.env.flush_all()

    def test_wrong_cycles_are_refused_in_an_import_too(self):
        result = (
            self.env["consolidated.billing.profile"]
            .with_user(self.manager)
            .load(["name", "cycle_days"], [["Good", "15"], ["Bad", "32"]])
        )
        self.assertFalse(result["ids"])
        self.assertIn("32 is not a day of the month", result["messages"][0]["message"])

    def test_a_profile_of_another_company_is_refused_for_a_customer(self):
        company = self.setup_other_company()["company"]
        foreign = self._create_profile("Foreign", company_id=company.id)
        with self.assertRefused("Foreign", self.acme.name, company.name):
            self.acme.billing_profile_id = foreign
        self.manager.company_ids += company
        with self.assertRefused("Foreign"):
            self._create_run(profile_ids=foreign.ids, user=self.manager)
        self.assertNothingDone()

    # === RUNS ===#

    def test_a_run_needs_a_cutoff_date_and_an_invoice_date(self):
        for name, label in (("cutoff_date", "cutoff date"), ("invoice_date", "invoice date")):
            with self.assertRefused(f"Set the {label}"):
                self._create_run(**{name: False})
        self.assertNothingDone()

    def test_reversed_dates_are_refused(self):
        with self.assertRefused("reversed"):
            self._create_run(order_date_from="2026-03-31", order_date_to="2026-03-01")

    def test_a_run_over_the_same_period_says_that_it_is_billed(self):
        self._bill()
        run = self._create_run()
        self.assertFalse(run.line_ids)
        self.assertTrue(run.empty_reason)
        with self.assertRefused(run.name, "nothing to generate"):
            run.action_generate()

    def test_a_cutoff_date_before_the_last_document_is_explained(self):
        self._bill()
        late = self._post(date="2026-02-10")
        run = self._create_run(cutoff_date="2026-02-28", invoice_date="2026-02-28")
        self.assertEqual(self._get_reasons(run), {late.name: "billed until 2026-03-31 already"})

    def test_a_draft_run_generates_nothing(self):
        run = self._create_run(prepare=False)
        with self.assertRefused("Prepare", run.name):
            run.action_generate()
        self.assertNothingDone()

    def test_a_run_of_another_companys_customers_is_refused(self):
        company = self.setup_other_company()["company"]
        foreign = self._create_account("Foreign", company_id=company.id)
        with self.assertRefused("Foreign"):
            self._create_run(partner_ids=foreign.ids)

    def test_who_may_not_invoice_makes_no_run(self):
        employee = self._create_user("employee", company_id=self.company.id)
        with self.assertRaises(AccessError):
            self._create_run(user=employee)
        self.assertNothingDone()

    # === DOCUMENTS ===#

    @freeze_time("2026-03-15")
    def test_a_cutoff_date_in_the_future_allows_a_draft_and_no_final(self):
        run = self._create_run(generate=True)
        billing = run.consolidated_billing_ids
        with self.assertRefused(billing.name, "stays a draft until its cutoff date"):
            billing.action_finalize()
        action = run.action_post()
        self.assertIn("0 documents accepted", action["params"]["message"])
        self.assertIn(billing.name, action["params"]["message"])
        self.assertEqual(billing.state, "draft")
        with freeze_time("2026-04-01"):
            billing.action_finalize()
        self.assertEqual(billing.state, "final")

    def test_two_runs_over_the_same_customers_bill_each_entry_once(self):
        first, second = self._create_run(), self._create_run()
        self.assertEqual(self._get_reasons(second), {self.invoice.name: f"in run {first.name}"})
        with self.assertRefused(second.name, "nothing to generate"):
            second.action_generate()
        first.action_generate()
        first._process_groups()
        second.action_prepare()
        self.assertFalse(second.line_ids)
        self.assertEqual(len(self.invoice.line_ids.consolidated_billing_line_id), 1)

    def test_a_typed_number_is_refused(self):
        with self.assertRefused("CBI/123", "cannot be typed", "Leave it out"):
            self._rpc(self.manager, self.env["consolidated.billing.invoice"], "create", [{"name": "CBI/123"}])
        self.assertNothingDone()

    def test_an_entry_that_is_reset_meanwhile_is_left_out_and_its_document_made_of_the_rest(self):
        other = self._post(amount=10.0)
        run = self._create_run()
        self.invoice.button_draft()
        run.action_generate()
        run._process_groups()
        run.invalidate_recordset()
        line = run.line_ids.filtered(lambda line: line.move_id == self.invoice)
        self.assertEqual(line.skip_reason, "the entry is not posted any more")
        self.assertEqual(run.consolidated_billing_ids.line_ids.move_id, other)

    def test_an_entry_that_is_reset_at_the_very_moment_fails_its_document_with_a_sentence(self):
        """The run looked at the entry, and somebody else was faster to take it."""
        run = self._create_run()
        run.action_generate()
        lines = self.env.registry["consolidated.billing.invoice.line"]
        claim = lines._claim

        def claim_late(records, item_ids_by_line):
            records.env.flush_all()
            records.env.cr.execute(
                "UPDATE account_move_line SET parent_state = 'draft' WHERE move_id = %s", [self.invoice.id]
            )
            return claim(records, item_ids_by_line)

        self.patch(lines, "_claim", claim_late)
        run._process_groups()
        run.invalidate_recordset()
        self.assertRecordValues(run.group_ids, [{"state": "failed"}])
        self.assertIn("Retry this document", run.group_ids.error)
        self.assertFalse(run.consolidated_billing_ids.filtered(lambda billing: billing.state != "cancelled"))
        self.assertFalse(self.invoice.consolidated_billing_id)

    def test_an_entry_without_a_customer_is_on_no_document(self):
        move = self.env["account.move"].create(
            {
                "move_type": "entry",
                "date": "2026-03-15",
                "line_ids": [
                    Command.create(
                        {
                            "account_id": self.acme.property_account_receivable_id.id,
                            "debit": debit,
                            "credit": 10.0 - debit,
                        }
                    )
                    for debit in (10.0, 0.0)
                ],
            }
        )
        move.action_post()
        self.assertEqual(self._get_entries(self._create_run()), self.invoice)
