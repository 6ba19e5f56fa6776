from odoo import Command
from odoo.tests import tagged

from .cbi_common import PAID, CbiPaymentCommon


@tagged("post_install", "-at_install")
class TestCbiPaymentBank(CbiPaymentCommon):
    """Bank transactions that name a billing number settle the document (``C6``)."""

    def _transact(self, **values):
        return self.env["account.bank.statement.line"].create(
            {"journal_id": self.bank.id, "date": "2026-04-05", "payment_ref": "/", "amount": self.total, **values}
        )

    def test_a_transaction_that_names_the_number_settles_the_document(self):
        for reference in (f"Payment of {self.billing.name}", f"inv {self.billing.name.lower()}, thanks"):
            line = self._transact(payment_ref=reference)
            self.assertEqual(line._find_billings(), {line.id: self.billing})
        line.action_match_billing_number()
        self.assertTrue(line.is_reconciled)
        self.assertRecordValues(self.billing, [{"amount_residual": 0.0, "payment_state": "paid"}])
        self.assertEqual(self._get_open(self.entries), [0.0] * 4)

    def test_a_number_is_recognised_as_people_type_it(self):
        number = self.billing.name
        for reference in (
            number.replace("/", ""),
            number.replace("/", " ").lower(),
            f"Invoice {number.replace('/', '-')}, thanks",
            f"{number}-1",
        ):
            line = self._transact(payment_ref=reference)
            self.assertEqual(line._find_billings(), {line.id: self.billing}, reference)
        for values in (
            {"ref": number.replace("/", "")},
            {"narration": f"<p>for {number}</p>"},
            {"transaction_details": {"note": number.lower()}},
        ):
            line = self._transact(payment_ref="Transfer", **values)
            self.assertEqual(line._find_billings(), {line.id: self.billing}, values)

    def test_a_transaction_that_names_no_number_is_left_to_a_person(self):
        for reference in ("Thanks", f"{self.billing.name}0", "CBI/", self.billing.name.removeprefix("CBI/")):
            with self.subTest(reference=reference), self.assertRefused("None of these transactions"):
                self._transact(payment_ref=reference).action_match_billing_number()
        self.assertEqual(self.billing.amount_residual, self.total)

    def test_two_numbers_in_one_reference_are_settled_in_their_order(self):
        self._post(self.acme, amount=100.0, date="2026-04-02")
        other = self._finalize(self._bill(cutoff_date="2026-04-30", invoice_date="2026-04-30"))
        self._transact(payment_ref=f"{other.name}, {self.billing.name}", amount=165.0).action_match_billing_number()
        self.assertEqual(other.amount_residual, 0.0)
        self.assertEqual(self.billing.amount_residual, self.total - 50.0)

    def test_documents_of_two_customers_are_paid_each_on_its_own_account(self):
        other = self._bill_new("Other customer")
        line = self._transact(payment_ref=f"{self.billing.name} {other.name}", amount=self.total + 115.0)
        line.action_match_billing_number()
        self.assertEqual((self.billing + other).mapped("payment_state"), ["paid", "paid"])
        for account in (self.acme, other.partner_id):
            self.assertEqual(self._get_ledger(account, "2026-04-30"), 0.0)

    def test_a_paid_document_hides_a_shorter_number_in_its_own(self):
        sequence = self.company.consolidated_billing_sequence_id
        sequence.write({"prefix": "CBI/", "padding": 1, "number_next": 11})
        short = self._bill_new("Short")
        sequence.number_next = 113
        paid = self._bill_new("Paid")
        self.assertEqual((short + paid).mapped("name"), ["CBI/11", "CBI/113"])
        self._register(paid)
        for reference in ("CBI/113", "cbi 11 3"):
            with self.assertRefused("None of these transactions"):
                self._transact(payment_ref=reference).action_match_billing_number()
        line = self._transact(payment_ref="cbi 11")
        self.assertEqual(line._find_billings(), {line.id: short})

    def _bill_new(self, name):
        partner = self._create_flagged(name)
        self._post(partner)
        return self._finalize(self._bill(partner_ids=[Command.set(partner.ids)]))

    def test_prefixes_and_suffixes_with_dates_are_recognised(self):
        self.company.consolidated_billing_sequence_id.write({"prefix": "R%(year)s/%(month)s-", "suffix": "/X"})
        billing = self._bill_new("Dated")
        line = self._transact(payment_ref=billing.name.replace("/", " ").replace("-", "").lower())
        self.assertEqual(line._find_billings(), {line.id: billing})

    def test_a_number_of_another_company_is_not_settled(self):
        other = self.setup_other_company()["company"]
        billing = self.billing
        line = self._transact(payment_ref=billing.name)
        self.assertEqual(self.env[billing._name]._find_by_references({1: [billing.name]}, other), {1: billing.browse()})
        self.assertEqual(line._find_billings(), {line.id: billing})
        self.env.cr.execute(
            "UPDATE consolidated_billing_invoice SET company_id = %s WHERE id = %s", [other.id, billing.id]
        )
        billing.invalidate_recordset()
        self.assertEqual(line._find_billings(), {})

    def test_many_transactions_are_looked_up_in_one_query(self):
        lines = self.env["account.bank.statement.line"]
        for number in range(10):
            lines += self._transact(payment_ref=f"{self.billing.name} {number}")
        lines[:1]._find_billings()
        self.env.flush_all()
        with self.assertQueryCount(12):
            lines._find_billings()

    def test_entries_on_two_receivable_accounts_take_one_transaction(self):
        partner = self._create_flagged("Two accounts")
        self._post(partner)
        first = partner.property_account_receivable_id
        partner.property_account_receivable_id = first.copy()
        self._post(partner, amount=50.0)
        self._post(partner, amount=10.0, move_type="out_refund")
        billing = self._finalize(self._bill(partner_ids=[Command.set(partner.ids)]))
        line = self._transact(payment_ref=billing.name, amount=161.0)
        line.action_match_billing_number()
        self.assertTrue(line.is_reconciled)
        self.assertRecordValues(billing, [{"amount_residual": 0.0, "payment_state": "paid"}])

    def test_who_may_change_bank_transactions_presses_the_button(self):
        action = self.env.ref("consolidated_billing.account_bank_statement_line_action_match")
        line = self._transact(payment_ref=self.billing.name.replace("/", ""))
        bindings = self.env["ir.actions.actions"].with_user(self.accountant)
        names = [found["id"] for found in bindings.get_bindings(line._name).get("action", ())]
        self.assertNotIn(action.id, names, "Invoicing alone may not change bank transactions")
        self.accountant.group_ids += self.env.ref("account.group_account_basic")
        names = [found["id"] for found in bindings.get_bindings(line._name).get("action", ())]
        self.assertIn(action.id, names)
        context = {"active_model": line._name, "active_ids": line.ids, "active_id": line.id}
        action.with_user(self.accountant).with_context(**context).run()
        self.assertEqual(self.billing.payment_state, "paid")

    # === PAYMENTS ===#

    def _match_payment(self, payment):
        """Press "Match Billing Number" on a payment, as who may invoice."""
        action = self.env.ref("consolidated_billing.account_payment_action_match").with_user(self.accountant)
        context = {"active_model": payment._name, "active_ids": payment.ids, "active_id": payment.id}
        return action.with_context(**context).run()

    def test_a_payment_whose_memo_names_the_number_settles_the_document(self):
        payment = self._pay(self.total)
        payment.memo = f"our {self.billing.name.replace('/', ' ').lower()}"
        result = self._match_payment(payment)
        self.assertIn("1 of 1", result["params"]["message"])
        self.assertEqual(self.billing.amount_residual, 0.0)
        self.assertIn(self.billing.payment_state, PAID)
        self.assertEqual(payment.billing_numbers, self.billing.name)

    def test_a_payment_of_a_stranger_or_that_is_used_already_settles_nothing(self):
        stranger = self._pay(self.total, self._create_account("Stranger"))
        stranger.memo = self.billing.name
        draft = self._pay(self.total)
        draft.action_draft()
        draft.memo = self.billing.name
        for payment in (stranger, draft):
            with self.assertRefused("None of these payments"):
                self._match_payment(payment)
        self.assertEqual(self.billing.amount_residual, self.total)

    def test_a_part_and_too_much_from_the_bank_are_booked_on_the_customer(self):
        self._transact(payment_ref=self.billing.name, amount=100.0).action_match_billing_number()
        self.assertRecordValues(self.billing, [{"amount_residual": self.total - 100.0, "payment_state": "partial"}])
        line = self._transact(payment_ref=self.billing.name, amount=self.total)
        line.action_match_billing_number()
        self.assertEqual(self.billing.amount_residual, 0.0)
        rest = line.line_ids.filtered(lambda item: item.account_type == "asset_receivable")
        self.assertRecordValues(rest, [{"amount_residual": -100.0, "partner_id": self.acme.id}])

    def test_a_draft_is_not_settled_by_the_bank(self):
        self._post(self._create_flagged("Draft"))
        draft = self._bill()
        with self.assertRefused("None of these transactions"):
            self._transact(payment_ref=draft.name).action_match_billing_number()

    def test_a_payment_outside_of_the_documents_pays_invoices_as_ever(self):
        partner = self._create_account("Plain")
        invoice = self._post(partner)
        payment = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": self.bank.id})
            ._create_payments()
        )
        self.assertRecordValues(payment, [{"amount": 115.0, "billing_numbers": ""}])
        self.assertEqual(invoice.matched_payment_ids, payment)
