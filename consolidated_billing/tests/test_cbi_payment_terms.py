from odoo.tests import tagged

from .cbi_common import PAID, CbiPaymentCommon


@tagged("post_install", "-at_install")
class TestCbiPaymentTerms(CbiPaymentCommon):
    """A document is paid whose entries have discounts, installments, other currencies or accounts (``C6``)."""

    # === EARLY-PAYMENT DISCOUNT ===#

    def test_a_discount_for_early_payment_is_proposed_as_on_the_invoices_themselves(self):
        term = self._create_discount_term("2/30 Net 60", 60, percentage=2.0, days=30)
        partner = self._create_flagged("Early bird")
        invoices = self._post(partner, invoice_payment_term_id=term.id)
        invoices += self._post(partner, amount=200.0, date="2026-03-20", invoice_payment_term_id=term.id)
        billing = self._finalize(self._bill())
        core = self.env["account.payment.register"].with_context(active_model="account.move", active_ids=invoices.ids)
        expected = core.create({"payment_date": "2026-04-05", "group_payment": True}).amount
        self.assertAlmostEqual(expected, 345.0 * 0.98)
        payment = self._register(billing)
        self.assertAlmostEqual(payment.amount, expected)
        self.assertEqual(billing.amount_residual, 0.0)
        self.assertIn(billing.payment_state, PAID)

    def test_after_the_discount_date_all_is_to_be_paid(self):
        term = self._create_discount_term("2/10 Net 60", 60, percentage=2.0, days=10)
        partner = self._create_flagged("Late bird")
        self._post(partner, invoice_payment_term_id=term.id)
        billing = self._finalize(self._bill())
        self.assertAlmostEqual(self._register(billing).amount, 115.0)

    # === PAYMENT TERMS AND CURRENCIES ===#

    def test_installments_of_one_invoice_are_settled_in_their_order(self):
        partner = self._create_flagged("Parts")
        term = self._create_term("Halves", 0, 60)
        invoice = self._post(partner, amount=200.0, invoice_payment_term_id=term.id)
        later = self._post(partner, amount=10.0, date="2026-03-11", invoice_date_due="2026-03-11")
        billing = self._finalize(self._bill())
        self._register(billing, amount=120.0)
        self.assertEqual(invoice.amount_residual, 115.0, "115 for the first half …")
        self.assertEqual(later.amount_residual, 6.5, "… then what is due next")

    def test_a_foreign_document_is_paid_in_its_currency_or_in_the_companys(self):
        foreign = self._create_foreign()
        partner = self._create_flagged("Abroad")
        self._post(partner, currency_id=foreign.id)
        billing = self._finalize(self._bill())
        payment = self._register(billing, currency_id=self.company.currency_id.id)
        self.assertRecordValues(payment, [{"amount": 57.5, "currency_id": self.company.currency_id.id}])
        self.assertRecordValues(billing, [{"amount_residual": 0.0}])

    def test_entries_on_two_receivable_accounts_are_settled_both(self):
        partner = self._create_flagged("Two accounts")
        self._post(partner)
        partner.property_account_receivable_id = partner.property_account_receivable_id.copy()
        self._post(partner, amount=50.0)
        billing = self._finalize(self._bill())
        payments = self._register(billing)
        self.assertEqual(sum(payments.mapped("amount")), 172.5)
        self.assertEqual(billing.amount_residual, 0.0)
