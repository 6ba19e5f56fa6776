from odoo import Command
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

    def test_a_document_in_another_currency_is_paid_in_two_parts_to_the_cent(self):
        """Some of these left 0.01 open."""
        foreign = self._create_foreign()
        own = self.company.currency_id
        for rate, later in ((0.9, 0.9), (1.1, 1.17), (0.876, 0.911), (3.0, 3.0)):
            foreign.rate_ids.unlink()
            for day, value in (("2016-01-01", rate), ("2026-04-01", later)):
                values = {"name": day, "rate": value, "currency_id": foreign.id, "company_id": self.company.id}
                self.env["res.currency.rate"].create(values)
            for currency, paid_in in ((foreign, own), (own, foreign)):
                with self.subTest(rate=rate, later=later, paid_in=paid_in.name):
                    partner = self._create_flagged(f"{rate} {paid_in.name}")
                    moves = self._post(partner, amount=95.65, currency_id=currency.id)
                    moves += self._post(partner, amount=47.83, currency_id=currency.id)
                    moves += self._post(partner, amount=8.7, currency_id=currency.id, move_type="out_refund")
                    billing = self._finalize(self._bill(partner_ids=[Command.set(partner.ids)]))
                    first = self._register(billing, amount=20.0, currency_id=paid_in.id)
                    last = self._register(billing, currency_id=paid_in.id)
                    self.assertEqual(moves.mapped("amount_residual"), [0.0, 0.0, 0.0])
                    self.assertIn(billing.payment_state, PAID)
                    for payment in first + last:
                        self.assertEqual(self._get_open(payment.move_id), [0.0])

    def test_the_rest_of_a_payment_in_another_currency_is_written_off(self):
        foreign = self._create_foreign()
        partner = self._create_flagged("Written off")
        moves = self._post(partner, amount=95.65, currency_id=foreign.id)
        moves += self._post(partner, amount=47.83, currency_id=foreign.id)
        billing = self._finalize(self._bill(partner_ids=[Command.set(partner.ids)]))
        self._register(
            billing,
            amount=80.0,
            currency_id=self.company.currency_id.id,
            payment_difference_handling="reconcile",
            writeoff_account_id=self.company_data["default_account_expense"].id,
        )
        self.assertEqual(moves.mapped("amount_residual"), [0.0, 0.0])

    # === SEVERAL RECEIVABLE ACCOUNTS ===#

    def _bill_two_accounts(self, **values):
        """Return a final document with 115 and −23 on the customer's account, 57.50 on another one."""
        partner = self._create_flagged("Two accounts")
        moves = self._post(partner, date="2026-03-01", **values)
        moves += self._post(partner, amount=20.0, move_type="out_refund", **values)
        partner.property_account_receivable_id = partner.property_account_receivable_id.copy()
        moves += self._post(partner, amount=50.0, date="2026-03-20", **values)
        return moves, self._finalize(self._bill(partner_ids=[Command.set(partner.ids)]))

    def test_entries_on_two_receivable_accounts_take_one_payment(self):
        moves, billing = self._bill_two_accounts()
        payment = self._register(billing)
        self.assertRecordValues(payment, [{"amount": 149.5}])
        self.assertEqual(moves.mapped("amount_residual"), [0.0] * 3)
        self.assertEqual(billing.amount_residual, 0.0)
        self.assertIn(billing.payment_state, PAID)
        self.assertTrue(payment.is_reconciled)

    def test_a_part_pays_two_accounts_in_the_order_of_the_entries(self):
        moves, billing = self._bill_two_accounts()
        self._register(billing, amount=100.0)
        self.assertEqual(moves.mapped("amount_residual"), [0.0, 0.0, 49.5])
        self._register(billing, amount=60.0)
        self.assertEqual(moves.mapped("amount_residual"), [0.0] * 3)

    def test_two_accounts_with_a_write_off_or_in_another_currency_take_one_payment(self):
        moves, billing = self._bill_two_accounts()
        write_off = self.company_data["default_account_expense"].id
        payment = self._register(
            billing, amount=140.0, payment_difference_handling="reconcile", writeoff_account_id=write_off
        )
        self.assertEqual(len(payment), 1)
        self.assertEqual(moves.mapped("amount_residual"), [0.0] * 3)
        moves, billing = self._bill_two_accounts(currency_id=self._create_foreign().id)
        payment = self._register(billing, currency_id=self.company.currency_id.id)
        self.assertEqual(len(payment), 1)
        self.assertEqual(moves.mapped("amount_residual"), [0.0] * 3)

    def test_a_draft_payment_on_two_accounts_can_be_changed(self):
        _moves, billing = self._bill_two_accounts()
        payment = self._register(billing)
        payment.action_draft()
        payment.amount = 100.0
        payment.action_post()
        self.assertAlmostEqual(sum(payment.move_id.line_ids.mapped("balance")), 0.0)
