from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .cbi_common import CbiCommon


@tagged("post_install", "-at_install")
class TestCbiSelection(CbiCommon):
    """Which entries are on a consolidated billing invoice, and why others are not (``C1``, ``R1``)."""

    # === CUSTOMERS ===#

    def test_only_flagged_customers_are_billed(self):
        invoice = self._post()
        self._post(self._create_account("Without profile"))
        unflagged = self._create_profile("Orders only", consolidated_billing=False)
        self._post(self._create_account("Other profile", billing_profile_id=unflagged.id))
        self.assertEqual(self._get_entries(self._create_run()), invoice)

    def test_a_chosen_customer_that_is_not_flagged_is_listed_with_the_reason(self):
        stranger = self._create_account("Stranger")
        invoice = self._post(stranger)
        run = self._create_run(partner_ids=(stranger + self.acme).ids)
        self.assertIn("billing profile", self._get_reasons(run)[invoice.name])
        self.assertEqual(run.amount_not_proposed, 115.0)

    def test_entries_of_the_contacts_belong_to_their_account(self):
        contact = self.env["res.partner"].create({"name": "Ann", "parent_id": self.acme.id})
        invoice = self._post(contact)
        run = self._create_run()
        self.assertEqual(self._get_entries(run), invoice)
        self.assertEqual(run.group_ids.partner_id, self.acme)

    def test_an_archived_customer_is_not_forgotten(self):
        invoice = self._post()
        self.acme.active = False
        self.assertEqual(self._get_entries(self._create_run()), invoice)

    def test_only_chosen_customers_are_billed(self):
        other = self._create_flagged("Other")
        invoices = self._post() + self._post(other)
        run = self._create_run(partner_ids=other.ids)
        self.assertEqual(self._get_entries(run), invoices[1])

    def test_only_customers_with_a_chosen_profile_are_billed(self):
        weekly = self._create_profile("Weekly")
        other = self._create_account("Other", billing_profile_id=weekly.id)
        invoices = self._post() + self._post(other)
        self.assertEqual(self._get_entries(self._create_run(profile_ids=weekly.ids)), invoices[1])
        self.assertEqual(self._get_entries(self._create_run(profile_ids=self.profile.ids)), invoices[0])

    def test_customers_of_another_company_are_neither_billed_nor_chosen(self):
        company = self.setup_other_company()["company"]
        foreign = self._create_account("Foreign", company_id=company.id)
        self.assertFalse(self._create_run().group_ids)
        with self.assertRefused("Foreign"):
            self._create_run(partner_ids=foreign.ids)

    # === CYCLE ===#

    def test_a_customer_whose_cycle_does_not_fall_on_the_cutoff_date_waits(self):
        mid_month = self._create_profile("Mid-month", cycle_days="15")
        self.acme.billing_profile_id = mid_month
        invoice = self._post()
        run = self._create_run()
        self.assertFalse(run.group_ids)
        self.assertEqual(self._get_reasons(run), {invoice.name: "next cutoff date 2026-04-15"})
        self.assertIn("Nothing is due", run.empty_reason)

    def test_a_customer_whose_cycle_does_not_fall_on_the_cutoff_date_can_be_billed_all_the_same(self):
        self.acme.billing_profile_id = self._create_profile("Mid-month", cycle_days="15")
        invoice = self._post()
        self.assertEqual(self._get_entries(self._create_run(ignore_cycle=True)), invoice)

    def test_a_cycle_of_several_days_a_month_falls_on_each_of_them(self):
        self.acme.billing_profile_id = self._create_profile("Twice", cycle_days="15,31")
        first, second = self._post(date="2026-03-10"), self._post(date="2026-03-20")
        run = self._create_run(cutoff_date="2026-03-15")
        self.assertEqual(self._get_entries(run), first)
        self.assertEqual(self._get_reasons(run), {second.name: "dated 2026-03-20"})
        self.assertEqual(self._get_entries(self._create_run(cutoff_date="2026-03-31", prepare=True)), second)

    def test_the_cycle_of_the_grouping_account_counts_for_its_members(self):
        self._group_members()
        self.account_12346.billing_profile_id = self._create_profile("Mid-month", cycle_days="15")
        invoice = self._post(self.account_12346)
        self.assertEqual(self._get_entries(self._create_run(by_grouping_account=True)), invoice)

    # === TREATMENTS ===#

    def test_members_entries_are_on_the_document_of_their_grouping_account(self):
        head = self._group_members()
        invoices = self._post(head) + self._post(self.account_12346)
        run = self._create_run(by_grouping_account=True)
        self.assertEqual(self._get_entries(run), invoices)
        self.assertRecordValues(run.group_ids, [{"partner_id": head.id, "amount_total": 230.0}])

    def test_treatments_never_mix(self):
        self._group_members()
        alone, grouped = self._post(), self._post(self.account_12346)
        self.assertEqual(self._get_entries(self._create_run()), alone)
        self.assertEqual(self._get_entries(self._create_run(by_grouping_account=True)), grouped)

    def test_a_flagged_member_gets_no_document_of_its_own(self):
        self.account_12346.billing_profile_id = self.profile
        self._post(self.account_12346)
        for by_grouping_account in (False, True):
            run = self._create_run(by_grouping_account=by_grouping_account)
            self.assertFalse(run.group_ids)
            self.assertTrue(run.empty_reason)

    def test_an_entry_that_moved_under_a_grouping_account_is_billed_there(self):
        head = self._group_members()
        invoice = self._post()
        self.acme.grouping_partner_id = head
        self.assertFalse(self._create_run().group_ids)
        run = self._create_run(by_grouping_account=True)
        self.assertEqual(self._get_entries(run), invoice)
        self.assertEqual(run.group_ids.partner_id, head)

    # === ENTRIES ===#

    def test_invoices_credit_notes_and_adjustments_are_billed(self):
        entries = self._post() + self._post(move_type="out_refund", amount=10.0) + self._adjust(-5.0)
        self.assertEqual(self._get_entries(self._create_run()), entries)

    def test_drafts_cancelled_entries_vendor_bills_and_payments_are_not_billed(self):
        self._post(post=False)
        self._post(post=False).button_cancel()
        self._post(move_type="in_invoice", ref="BILL")
        self._pay(50.0)
        statement_line = self.env["account.bank.statement.line"].create(
            {"journal_id": self.bank.id, "date": "2026-03-05", "payment_ref": "X", "amount": 20.0}
        )
        statement_line.line_ids.filtered(lambda line: line.account_id != self.bank.default_account_id).write(
            {"account_id": self.acme.property_account_receivable_id.id, "partner_id": self.acme.id}
        )
        run = self._create_run()
        self.assertFalse(run.line_ids)
        self.assertIn("No customer", run.empty_reason)

    def test_entries_after_the_cutoff_date_wait_with_the_reason(self):
        first, second = self._post(date="2026-03-31"), self._post(date="2026-04-01")
        run = self._create_run()
        self.assertEqual(self._get_entries(run), first)
        self.assertEqual(self._get_reasons(run), {second.name: "dated 2026-04-01"})

    def test_old_entries_are_billed_whatever_their_age(self):
        invoice = self._post(date="2019-01-01")
        self.assertEqual(self._get_entries(self._create_run()), invoice)

    def test_paid_invoices_are_listed_too(self):
        invoice = self._post()
        self._pay(115.0, moves=invoice)
        billing = self._bill()
        self.assertRecordValues(
            billing, [{"invoices_amount": 115.0, "payments_amount": -115.0, "closing_balance": 0.0}]
        )

    def test_an_invoice_of_nothing_is_listed_beside_the_others(self):
        free = self._post(amount=0.0)
        invoice = self._post()
        billing = self._bill()
        self.assertEqual(billing.move_ids, free + invoice)
        self.assertRecordValues(billing, [{"payment_state": "not_paid", "amount_residual": 115.0}])

    def test_an_entry_that_is_billed_already_is_not_billed_again(self):
        self._post()
        self._bill()
        run = self._create_run(cutoff_date="2026-04-30")
        self.assertFalse(run.line_ids)

    def test_an_entry_of_a_rejected_document_is_billed_again(self):
        invoice = self._post()
        self._bill().action_reject()
        self.assertEqual(self._get_entries(self._create_run()), invoice)

    # === PAYMENT TERMS ===#

    def test_entries_are_selected_by_payment_term(self):
        thirty = self._post(invoice_payment_term_id=self.net_30.id)
        later = self._post(invoice_payment_term_id=self.net_45.id)
        run = self._create_run(payment_term_ids=self.net_30.ids)
        self.assertEqual(self._get_entries(run), thirty)
        self.assertEqual(self._get_reasons(run), {later.name: "payment terms: Net-45"})

    def test_entries_without_a_term_follow_the_one_of_their_customer(self):
        self.acme.property_payment_term_id = self.net_30
        fee = self._adjust(10.0)
        invoice = self._post(invoice_payment_term_id=False)
        other = self._create_flagged("Other", property_payment_term_id=self.net_45.id)
        self._adjust(10.0, other)
        run = self._create_run(payment_term_ids=self.net_30.ids)
        self.assertEqual(self._get_entries(run), fee + invoice)

    def test_members_adjustments_follow_the_term_of_the_grouping_account(self):
        head = self._group_members()
        head.property_payment_term_id = self.net_30
        self.account_12346.property_payment_term_id = self.net_45
        fee = self._adjust(10.0, self.account_12346)
        run = self._create_run(payment_term_ids=self.net_30.ids, by_grouping_account=True)
        self.assertEqual(self._get_entries(run), fee)

    # === TOTALS AND REASONS ===#

    def test_each_currency_has_its_own_document_and_says_why(self):
        foreign = self._create_foreign()
        self._post()
        self._post(currency_id=foreign.id)
        run = self._create_run()
        self.assertRecordValues(
            run.group_ids.sorted("amount_total"),
            [
                {"currency_id": self.company.currency_id.id, "amount_total": 115.0},
                {"currency_id": foreign.id, "amount_total": 115.0},
            ]
            if run.group_ids[0].currency_id == self.company.currency_id
            else [
                {"currency_id": foreign.id, "amount_total": 115.0},
                {"currency_id": self.company.currency_id.id, "amount_total": 115.0},
            ],
        )
        for group in run.group_ids:
            self.assertIn("currency", group.reason)
            self.assertIn("≠", group.reason)

    def test_proposed_and_not_proposed_add_up_to_all_that_is_unbilled(self):
        foreign = self._create_foreign()
        late = self._create_account("Late", billing_profile_id=self._create_profile("Mid", cycle_days="15").id)
        self._post(amount=100.0)
        self._post(amount=40.0, move_type="out_refund")
        self._post(amount=300.0, currency_id=foreign.id)
        self._post(late, amount=1000.0)
        self._post(amount=7.0, date="2026-04-02")
        self._adjust(9.0)
        run = self._create_run()
        proposed = 115.0 - 46.0 + 345.0 / 2 + 9.0
        not_proposed = 1150.0 + 8.05
        self.assertRecordValues(
            run,
            [
                {
                    "amount_proposed": proposed,
                    "amount_not_proposed": not_proposed,
                    "amount_unbilled": proposed + not_proposed,
                }
            ],
        )

    def test_a_document_below_the_minimum_of_the_profile_waits(self):
        self.acme.billing_profile_id = self._create_profile("Not small", minimum_amount=50.0)
        invoice = self._post(amount=49.0)  # the minimum counts without taxes
        run = self._create_run()
        self.assertFalse(run.group_ids.filtered("selected"))
        self.assertIn("below minimum 50.00", self._get_reasons(run)[invoice.name])
        self._post(amount=1.0)
        run.action_prepare()
        self.assertEqual(len(self._get_entries(run)), 2)

    def test_the_minimum_is_compared_in_company_currency(self):
        foreign = self._create_foreign()
        self.acme.billing_profile_id = self._create_profile("Not small", minimum_amount=50.0)
        invoice = self._post(amount=90.0, currency_id=foreign.id)
        self.assertIn("below minimum", self._get_reasons(self._create_run())[invoice.name])

    def test_a_document_below_zero_waits_for_the_minimum_like_every_smaller_one(self):
        self.acme.billing_profile_id = self._create_profile("Not small", minimum_amount=50.0)
        credit = self._post(amount=10.0, move_type="out_refund")
        self.assertIn("below minimum", self._get_reasons(self._create_run())[credit.name])

    def test_an_empty_proposal_says_why_and_generates_nothing(self):
        run = self._create_run()
        self.assertEqual(run.state, "prepared")
        self.assertTrue(run.empty_reason)
        with self.assertRefused(run.name, "nothing to generate", run.empty_reason):
            run.action_generate()
        self.assertFalse(run.consolidated_billing_ids)

    def test_an_adjustment_inside_an_account_is_nothing_to_bill(self):
        receivable = self.acme.property_account_receivable_id
        move = self.env["account.move"].create(
            {
                "move_type": "entry",
                "date": "2026-03-15",
                "line_ids": [
                    Command.create(
                        {"account_id": receivable.id, "partner_id": self.acme.id, "debit": debit, "credit": credit}
                    )
                    for debit, credit in ((10.0, 0.0), (0.0, 10.0))
                ],
            }
        )
        move.action_post()
        self.assertFalse(self._create_run().group_ids)

    def test_a_user_without_the_right_to_invoice_prepares_nothing(self):
        self._post()
        seller = self._create_user("seller", "sales_team.group_sale_manager", company_id=self.company.id)
        with self.assertRaises(UserError):
            self._create_run(user=seller)
