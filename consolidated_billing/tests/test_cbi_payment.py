from odoo import Command
from odoo.tests import tagged

from .cbi_common import PAID, CbiPaymentCommon


@tagged("post_install", "-at_install")
class TestCbiPayment(CbiPaymentCommon):
    """The customer pays the document: what that does to its entries and its state (``C6``)."""

    # === AMOUNTS ===#

    def test_one_payment_settles_all_entries(self):
        payment = self._register(self.billing)
        self.assertRecordValues(
            payment, [{"amount": self.total, "memo": self.billing.name, "partner_id": self.acme.id}]
        )
        self.assertEqual(self._get_open(self.entries), [0.0] * 4)
        self.assertEqual(self.billing.amount_residual, 0.0)
        self.assertIn(self.billing.payment_state, PAID)

    def test_without_outstanding_account_a_payment_pays_at_once(self):
        self.bank.inbound_payment_method_line_ids.payment_account_id = self.bank.default_account_id
        self._register(self.billing)
        self.assertRecordValues(self.billing, [{"amount_residual": 0.0, "payment_state": "paid"}])

    def test_a_part_goes_to_credit_notes_first_and_then_to_the_oldest(self):
        self._register(self.billing, amount=30.0)
        # the credit note settles the first invoice; the payment begins with the second
        self.assertEqual(self._get_open(self.entries), [0.0, 200.0, 0.0, 20.0])
        self.assertRecordValues(self.billing, [{"amount_residual": 220.0, "payment_state": "partial"}])

    def test_several_parts_add_up(self):
        self._register(self.billing, amount=30.0)
        self._register(self.billing, amount=100.0)
        self.assertRecordValues(self.billing, [{"amount_residual": 120.0, "payment_state": "partial"}])
        last = self._register(self.billing)
        self.assertEqual(last.amount, 120.0)
        self.assertEqual(self.billing.payment_count, 3)
        self.assertIn(self.billing.payment_state, PAID)

    def test_too_much_leaves_credit_on_the_account_for_the_next_document(self):
        self._register(self.billing, amount=self.total + 80.0)
        self.assertIn(self.billing.payment_state, PAID)
        self._post(amount=100.0, date="2026-04-10")
        following = self._bill(cutoff_date="2026-04-30", invoice_date="2026-04-30")
        self.assertRecordValues(
            following,
            [{"opening_balance": self.total, "payments_amount": -self.total - 80.0, "closing_balance": 35.0}],
        )

    def test_an_underpayment_can_be_closed_with_a_write_off(self):
        self._register(
            self.billing,
            amount=self.total - 5.0,
            payment_difference_handling="reconcile",
            writeoff_account_id=self.company_data["default_account_expense"].id,
        )
        self.assertEqual(self.billing.amount_residual, 0.0)
        self.assertIn(self.billing.payment_state, PAID)

    def test_unreconciling_restores_what_is_open(self):
        payment = self._register(self.billing)
        payment.move_id.line_ids.remove_move_reconcile()
        self.assertEqual(self.billing.amount_residual, self.total)
        self._register(self.billing)
        self.assertIn(self.billing.payment_state, PAID)

    def test_a_cancelled_payment_leaves_the_document_unpaid(self):
        self._post(self._create_flagged("Other"))
        billing = self._finalize(self._bill())
        payment = self._register(billing)
        payment.action_draft()
        payment.action_cancel()
        self.assertRecordValues(billing, [{"amount_residual": 115.0, "payment_state": "not_paid"}])

    # === SINGLE INVOICES ===#

    def test_a_payment_of_a_single_invoice_counts(self):
        payment = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=self.second.ids)
            .create({"payment_date": "2026-04-02", "journal_id": self.bank.id})
            ._create_payments()
        )
        self.assertRecordValues(self.billing, [{"amount_residual": self.total - 230.0, "payment_state": "partial"}])
        self.assertEqual(payment.billing_numbers, self.billing.name)
        self.assertIn(payment, self.billing.payment_ids)

    def test_all_invoices_paid_one_by_one_make_the_document_paid(self):
        partner = self._create_flagged("Single")
        invoices = self._post(partner) + self._post(partner, amount=50.0)
        billing = self._finalize(self._bill())
        for invoice in invoices:
            self._pay(invoice.amount_total, partner, moves=invoice)
        self.assertEqual(billing.amount_residual, 0.0)
        self.assertIn(billing.payment_state, PAID)

    def test_what_was_paid_before_billing_counts(self):
        partner = self._create_flagged("Early")
        paid = self._post(partner)
        self._pay(115.0, partner, moves=paid)
        open_ = self._post(partner, amount=50.0)
        billing = self._finalize(self._bill())
        self.assertEqual(billing.line_ids.move_id, paid + open_)
        self.assertRecordValues(billing, [{"amount_residual": 57.5, "payment_state": "partial"}])

    def test_a_payment_without_journal_entry_pays_the_document_until_it_is_cancelled(self):
        with self._without_payment_entries():
            payment = self._register(self.billing)
            self.assertFalse(payment.move_id)
            self.assertRecordValues(self.billing, [{"amount_residual": self.total, "payment_state": "in_payment"}])
            self.assertEqual(self.billing.payment_ids, payment)
            self.assertEqual(payment.billing_numbers, self.billing.name)
            payment.action_cancel()
            self.assertEqual(self.billing.payment_state, "not_paid")

    def test_a_part_without_journal_entry_pays_a_part_of_the_document(self):
        with self._without_payment_entries():
            self._register(self.billing, amount=230.0)
            self.assertEqual(self.billing.payment_state, "partial")
            # the credit note and the first invoice cancel each other out
            self.assertEqual(self.second.payment_state, "in_payment")
            self.assertFalse(self.fee.matched_payment_ids)

    def test_a_reversed_invoice_makes_the_document_reversed(self):
        partner = self._create_flagged("Reversed")
        invoice = self._post(partner)
        billing = self._finalize(self._bill())
        invoice._reverse_moves([{"invoice_date": "2026-04-01"}], cancel=True)
        self.assertRecordValues(billing, [{"amount_residual": 0.0, "payment_state": "reversed"}])

    def test_a_credit_note_of_the_document_pays_nothing_of_it(self):
        partner = self._create_flagged("Credited before")
        credited = self._post(partner)
        credit = credited._reverse_moves([{"invoice_date": "2026-03-20", "date": "2026-03-20"}], cancel=True)
        self._post(partner, amount=200.0)
        billing = self._finalize(self._bill())
        self.assertIn(credit, billing.move_ids)
        self.assertRecordValues(billing, [{"amount_residual": 230.0, "payment_state": "not_paid"}])
        billing.with_user(self.manager).action_cancel()
        self.assertEqual(billing.state, "cancelled")

    # === CREDIT NOTES ONLY ===#

    def test_a_document_of_credit_notes_is_paid_back(self):
        partner = self._create_flagged("Creditor")
        credit = self._post(partner, move_type="out_refund")
        billing = self._finalize(self._bill())
        self.assertRecordValues(billing, [{"closing_balance": -115.0, "amount_residual": -115.0}])
        payment = self._register(billing)
        self.assertRecordValues(payment, [{"payment_type": "outbound", "amount": 115.0, "partner_id": partner.id}])
        self.assertEqual(credit.amount_residual, 0.0)
        self.assertEqual(billing.amount_residual, 0.0)
        self.assertIn(billing.payment_state, PAID)

    def _bill_even(self, adjust=False):
        """Return a draft of which nothing is due, and its entries."""
        partner = self._create_flagged("Even")
        entries = self._post(partner)
        entries += self._adjust(-115.0, partner) if adjust else self._post(partner, move_type="out_refund")
        return self._bill(partner_ids=[Command.set(partner.ids)]), entries

    def test_a_document_that_nets_to_zero_is_paid_when_it_is_accepted(self):
        for adjust in (False, True):
            billing, entries = self._bill_even(adjust)
            self.assertEqual(billing.payment_state, "not_paid")
            self._finalize(billing)
            self.assertRecordValues(billing, [{"amount_residual": 0.0, "payment_state": "paid"}])
            self.assertEqual(self._get_open(entries), [0.0, 0.0])
            self.assertFalse(billing.payment_ids)

    def test_accepting_a_run_settles_each_document_that_nets_to_zero(self):
        entries = self.env["account.move"]
        for number in range(3):
            partner = self._create_flagged(f"Even {number}")
            entries += self._post(partner) + self._post(partner, move_type="out_refund")
        run = self._create_run(generate=True)
        run.action_post()
        self.assertEqual(set(run.consolidated_billing_ids.mapped("payment_state")), {"paid"})
        self.assertEqual(self._get_open(entries), [0.0] * 6)

    def test_pay_says_that_nothing_is_due_and_leaves_no_payment(self):
        billing, entries = self._bill_even()
        self._finalize(billing)
        before = self.env["account.payment"].search_count([])
        with self.assertRefused(billing.name, "nothing is open"):
            billing.with_user(self.accountant).action_register_payment()
        entries.line_ids.remove_move_reconcile()
        self.assertEqual(billing.payment_state, "paid")
        action = billing.with_user(self.accountant).action_register_payment()
        self.assertIn("Nothing is due", action["params"]["message"])
        self.assertEqual(self._get_open(entries), [0.0, 0.0])
        self.assertEqual(self.env["account.payment"].search_count([]), before)

    def test_pay_leaves_out_what_is_not_due(self):
        billing, _entries = self._bill_even()
        self._finalize(billing)
        self.assertEqual(self._register(billing + self.billing).amount, self.total)

    def test_an_even_document_on_two_accounts_is_paid(self):
        partner = self._create_flagged("Even on two accounts")
        self._post(partner)
        partner.property_account_receivable_id = partner.property_account_receivable_id.copy()
        self._post(partner, move_type="out_refund")
        billing = self._finalize(self._bill(partner_ids=[Command.set(partner.ids)]))
        self.assertRecordValues(billing, [{"amount_residual": 0.0, "payment_state": "paid"}])

    def test_an_even_document_can_be_cancelled_and_billed_again(self):
        billing, entries = self._bill_even()
        self._finalize(billing)
        billing.with_user(self.manager).action_cancel()
        again = self._bill(partner_ids=[Command.set(billing.partner_id.ids)])
        self.assertEqual(again.move_ids, entries)
        self.assertEqual(self._finalize(again).payment_state, "paid")

    # === SEVERAL DOCUMENTS ===#

    def test_a_batch_of_documents_gets_one_payment_each(self):
        partners = [self._create_flagged(f"Batch {number}") for number in range(3)]
        for number, partner in enumerate(partners, start=1):
            self._post(partner, amount=100.0 * number)
        billings = self._finalize(self._bill())
        payments = self._register(billings)
        self.assertEqual(sorted(payments.mapped("amount")), [115.0, 230.0, 345.0])
        self.assertEqual(set(payments.mapped("memo")), set(billings.mapped("name")))
        self.assertEqual(set(billings.mapped("amount_residual")), {0.0})

    def test_two_documents_of_one_customer_are_paid_each_by_its_own(self):
        self._post(amount=300.0, date="2026-04-10")
        following = self._finalize(self._bill(cutoff_date="2026-04-30", invoice_date="2026-04-30"))
        payments = self._register(self.billing + following)
        self.assertEqual(sorted(payments.mapped("amount")), [self.total, 345.0])
        self.assertEqual((self.billing + following).mapped("amount_residual"), [0.0, 0.0])

    def test_paid_and_unpaid_documents_together_pay_what_is_open(self):
        self._register(self.billing)
        self._post(amount=300.0, date="2026-04-10")
        following = self._finalize(self._bill(cutoff_date="2026-04-30", invoice_date="2026-04-30"))
        self.assertEqual(self._register(self.billing + following).amount, 345.0)

    # === REFUSALS ===#

    def test_a_paid_document_is_not_paid_again(self):
        self._register(self.billing)
        with self.assertRefused(self.billing.name, "nothing is open"):
            self.billing.action_register_payment()

    def test_a_partly_paid_document_is_not_cancelled_until_the_payment_is_taken_back(self):
        payment = self._register(self.billing, amount=250.0 - 5.0)
        with self.assertRefused(self.billing.name, "paid"):
            self.billing.with_user(self.manager).action_cancel()
        payment.action_cancel()
        self.entries.line_ids.remove_move_reconcile()
        self.billing.with_user(self.manager).action_cancel()
        self.assertEqual(self.billing.state, "cancelled")

    # === GROUPING ACCOUNTS ===#

    def test_an_entry_over_several_members_is_on_one_document(self):
        head = self._group_members()
        entry = self._adjust_many({head: 30.0, self.account_12346: 70.0})
        billing = self._finalize(self._bill(by_grouping_account=True))
        self.assertRecordValues(billing, [{"adjustments_amount": 100.0, "amount_residual": 100.0}])
        self.assertEqual(billing.line_ids.move_id, entry)
        self.assertEqual(self._register(billing).amount, 100.0)
        self.assertEqual(billing.amount_residual, 0.0)

    def test_a_part_goes_to_the_oldest_entry_whatever_member_it_is_of(self):
        head = self._group_members()
        young = self._create_account("Young member", grouping_partner_id=head.id)
        oldest = self._post(young, date="2026-03-01", invoice_date_due="2026-03-01")
        newest = self._post(head, date="2026-03-20", invoice_date_due="2026-03-20")
        middle = self._post(self.account_12346, date="2026-03-10", invoice_date_due="2026-03-10")
        billing = self._finalize(self._bill(by_grouping_account=True))
        payment = self._register(billing, amount=130.0)
        self.assertEqual(payment.partner_id, head)
        self.assertEqual((oldest + middle + newest).mapped("amount_residual"), [0.0, 100.0, 115.0])

    def test_a_members_credit_note_is_used_for_the_oldest_entry_of_the_document(self):
        head = self._group_members()
        old = self._post(head, date="2026-03-01", invoice_date_due="2026-03-01")
        new = self._post(self.account_12346, date="2026-03-20", invoice_date_due="2026-03-20")
        credit = self._post(self.account_12346, date="2026-03-21", move_type="out_refund", amount=50.0)
        billing = self._finalize(self._bill(by_grouping_account=True))
        self._register(billing, amount=57.5)
        self.assertEqual((old + new + credit).mapped("amount_residual"), [0.0, 115.0, 0.0])

    def test_equal_due_dates_are_settled_by_date_of_the_entry(self):
        partner = self._create_flagged("Same due date")
        due = {"invoice_date_due": "2026-04-30"}
        old = self._post(partner, amount=100.0, date="2026-03-01", **due)
        new = self._post(partner, amount=10.0, date="2026-03-20", **due)
        billing = self._finalize(self._bill())
        self._register(billing, amount=15.0)
        self.assertEqual((old + new).mapped("amount_residual"), [100.0, 11.5])
