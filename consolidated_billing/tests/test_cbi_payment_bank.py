from odoo.tests import tagged

from .cbi_common import CbiPaymentCommon


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

    def test_a_transaction_that_names_no_or_two_numbers_is_left_to_a_person(self):
        self._post(self._create_flagged("Other"))
        other = self._finalize(self._bill())
        for reference in ("Thanks", f"{self.billing.name}0", f"{self.billing.name} and {other.name}", "CBI/"):
            with self.subTest(reference=reference), self.assertRefused("None of these transactions"):
                self._transact(payment_ref=reference).action_match_billing_number()
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
