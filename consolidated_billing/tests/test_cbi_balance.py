from odoo.tests import tagged

from .cbi_common import CbiCommon

APRIL = {"cutoff_date": "2026-04-30", "invoice_date": "2026-04-30"}
MAY = {"cutoff_date": "2026-05-31", "invoice_date": "2026-05-31"}


@tagged("post_install", "-at_install")
class TestCbiBalance(CbiCommon):
    """Opening and closing balance over several periods, with what comes late (``C3``)."""

    def assertBalance(self, billing, opening, entries, payments, closing):
        """Assert the balance of a document, that it adds up, and that it is what the ledger says."""
        self.assertRecordValues(
            billing,
            [
                {
                    "opening_balance": opening,
                    "transfers_amount": 0.0,
                    "payments_amount": payments,
                    "closing_balance": closing,
                }
            ],
        )
        self.assertFalse(billing.transfer_ids)
        total = billing.invoices_amount + billing.credits_amount + billing.adjustments_amount
        self.assertAlmostEqual(total, entries)
        self.assertAlmostEqual(opening + entries + payments, closing)
        ledger = self._get_ledger(billing.commercial_partner_id, billing.cutoff_date, billing.currency_id)
        self.assertEqual(billing.closing_balance, ledger)

    def test_a_chain_of_three_periods_carries_the_balance_on(self):
        first_invoice = self._post(amount=100.0)
        first = self._finalize(self._bill())
        self.assertBalance(first, 0.0, 115.0, 0.0, 115.0)
        self._pay(100.0, date="2026-04-05", moves=first_invoice)
        self._post(amount=200.0, date="2026-04-10")
        second = self._finalize(self._bill(**APRIL))
        self.assertBalance(second, 115.0, 230.0, -100.0, 245.0)
        self._post(amount=50.0, date="2026-05-10", move_type="out_refund")
        self._pay(187.5, date="2026-05-20")
        third = self._finalize(self._bill(**MAY))
        self.assertBalance(third, 245.0, -57.5, -187.5, 0.0)
        self.assertEqual(str(second.date_from), "2026-04-01")
        self.assertEqual(str(third.date_from), "2026-05-01")

    def test_a_late_invoice_is_on_the_next_document(self):
        self._post()
        first = self._finalize(self._bill())
        late = self._post(amount=10.0, date="2026-03-20")
        second = self._bill(**APRIL)
        self.assertEqual(second.move_ids, late)
        self.assertBalance(second, 115.0, 11.5, 0.0, 126.5)
        self.assertEqual(first.closing_balance, 115.0)

    def test_a_late_payment_is_counted_on_the_next_document(self):
        invoice = self._post()
        first = self._finalize(self._bill())
        self._pay(115.0, date="2026-03-25", moves=invoice)
        self._post(amount=200.0, date="2026-04-10")
        second = self._bill(**APRIL)
        self.assertBalance(second, 115.0, 230.0, -115.0, 230.0)
        self.assertEqual(first.closing_balance, 115.0)
        self.assertEqual(first.amount_residual, 0.0)

    def test_a_payment_after_the_cutoff_is_not_counted_yet(self):
        invoice = self._post()
        self._pay(115.0, date="2026-04-01", moves=invoice)
        billing = self._bill()
        self.assertBalance(billing, 0.0, 115.0, 0.0, 115.0)
        self.assertEqual(billing.amount_residual, 0.0)

    def test_a_refund_paid_to_the_customer_raises_the_balance(self):
        credit = self._post(amount=100.0, move_type="out_refund")
        self.env["account.payment.register"].with_context(active_model="account.move", active_ids=credit.ids).create(
            {"payment_date": "2026-03-25", "journal_id": self.bank.id}
        )._create_payments()
        self.assertBalance(self._bill(), 0.0, -115.0, 115.0, 0.0)

    def test_money_returned_on_account_raises_the_balance(self):
        self._post()
        self._pay(200.0)
        payment = self.env["account.payment"].create(
            {
                "payment_type": "outbound",
                "partner_type": "customer",
                "partner_id": self.acme.id,
                "amount": 85.0,
                "date": "2026-03-28",
                "journal_id": self.bank.id,
            }
        )
        payment.action_post()
        self.assertBalance(self._bill(), 0.0, 115.0, -115.0, 0.0)

    def test_a_cash_discount_settles_the_invoice_and_counts_as_paid(self):
        term = self._create_discount_term("2/10 Net 30", 30, percentage=2.0, days=10)
        invoice = self._post(invoice_payment_term_id=term.id)
        payment = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"payment_date": "2026-03-15", "journal_id": self.bank.id})
            ._create_payments()
        )
        self.assertAlmostEqual(payment.amount, 112.7)
        billing = self._bill()
        self.assertBalance(billing, 0.0, 115.0, -115.0, 0.0)
        self.assertEqual(billing.amount_residual, 0.0)
        self.assertEqual(billing.move_ids, invoice, "the discount is part of the payment, no adjustment of its own")

    def test_a_write_off_in_a_payment_is_part_of_the_payment(self):
        invoice = self._post()
        self.env["account.payment.register"].with_context(active_model="account.move", active_ids=invoice.ids).create(
            {
                "payment_date": "2026-03-15",
                "journal_id": self.bank.id,
                "amount": 110.0,
                "payment_difference_handling": "reconcile",
                "writeoff_account_id": self.company_data["default_account_expense"].id,
            }
        )._create_payments()
        self.assertBalance(self._bill(), 0.0, 115.0, -115.0, 0.0)

    def test_a_write_off_as_an_entry_of_its_own_is_an_adjustment(self):
        invoice = self._post()
        write_off = self._adjust(-15.0)
        (invoice + write_off).line_ids.filtered(lambda line: line.account_type == "asset_receivable").reconcile()
        billing = self._bill()
        self.assertBalance(billing, 0.0, 100.0, 0.0, 100.0)
        self.assertRecordValues(billing, [{"adjustments_amount": -15.0, "amount_residual": 100.0}])

    def test_foreign_currency_has_its_own_balance(self):
        foreign = self._create_foreign()
        invoice = self._post(amount=100.0, currency_id=foreign.id)
        self._post(amount=70.0)
        payment = self.env["account.payment.register"].with_context(active_model="account.move", active_ids=invoice.ids)
        payment.create(
            {"payment_date": "2026-03-15", "journal_id": self.bank.id, "amount": 30.0, "currency_id": foreign.id}
        )._create_payments()
        billings = self._bill()
        own = billings.filtered(lambda billing: billing.currency_id == self.company.currency_id)
        self.assertBalance(billings - own, 0.0, 115.0, -30.0, 85.0)
        self.assertBalance(own, 0.0, 80.5, 0.0, 80.5)

    def test_an_invoice_in_foreign_currency_paid_in_the_companys_own_is_settled(self):
        foreign = self._create_foreign()
        invoice = self._post(amount=100.0, currency_id=foreign.id)
        self.env["account.payment.register"].with_context(active_model="account.move", active_ids=invoice.ids).create(
            {
                "payment_date": "2026-03-15",
                "journal_id": self.bank.id,
                "amount": 57.5,
                "currency_id": self.company.currency_id.id,
            }
        )._create_payments()
        billing = self._bill()
        self.assertRecordValues(
            billing,
            [{"currency_id": foreign.id, "payments_amount": -115.0, "closing_balance": 0.0, "amount_residual": 0.0}],
        )

    def test_the_members_balance_is_that_of_the_grouping_account(self):
        head = self._group_members()
        self._post(head, amount=100.0)
        invoice = self._post(self.account_12346, amount=200.0)
        self._pay(30.0, self.account_12346, moves=invoice)
        self._pay(20.0, head)
        billing = self._bill(by_grouping_account=True)
        accounts = head + self.account_12346
        ledger = sum(self._get_ledger(account, "2026-03-31") for account in accounts)
        self.assertRecordValues(
            billing, [{"invoices_amount": 345.0, "payments_amount": -50.0, "closing_balance": 295.0}]
        )
        self.assertEqual(billing.closing_balance, ledger)

    def test_a_rejected_document_leaves_no_gap_in_the_balance(self):
        self._post(amount=100.0)
        first = self._finalize(self._bill())
        self._post(amount=200.0, date="2026-04-10")
        self._bill(**APRIL).action_reject()
        self._post(amount=10.0, date="2026-05-10")
        third = self._bill(**MAY)
        self.assertBalance(third, first.closing_balance, 241.5, 0.0, 356.5)

    def test_finalizing_takes_the_amounts_once_more_and_freezes_them(self):
        invoice = self._post()
        billing = self._bill()
        self._pay(15.0, date="2026-03-30", moves=invoice)
        self._finalize(billing)
        self.assertBalance(billing, 0.0, 115.0, -15.0, 100.0)
        self._pay(50.0, date="2026-03-31", moves=invoice)
        self.assertRecordValues(billing, [{"closing_balance": 100.0, "amount_residual": 50.0}])

    def test_what_was_paid_before_the_first_document_lowers_it(self):
        self._pay(500.0, date="2025-12-01")
        self._post()
        self.assertBalance(self._bill(), 0.0, 115.0, -500.0, -385.0)

    def test_exchange_differences_are_not_listed(self):
        foreign = self.setup_other_currency("EUR", rates=[("2016-01-01", 2.0), ("2026-03-15", 4.0)])
        invoice = self._post(amount=100.0, currency_id=foreign.id)
        self.env["account.payment.register"].with_context(active_model="account.move", active_ids=invoice.ids).create(
            {"payment_date": "2026-03-20", "journal_id": self.bank.id}
        )._create_payments()
        billing = self._bill()
        self.assertEqual(billing.move_ids, invoice)
        self.assertRecordValues(billing, [{"currency_id": foreign.id, "closing_balance": 0.0}])

    def test_a_second_document_of_the_same_cutoff_date_has_a_period_too(self):
        self._post()
        first = self._finalize(self._bill())
        self._post(amount=10.0, date="2026-03-25")
        second = self._finalize(self._bill())
        self.assertBalance(second, 115.0, 11.5, 0.0, 126.5)
        self.assertLessEqual(second.date_from, second.cutoff_date)
        self._post(amount=20.0, date="2026-04-25")
        third = self._bill(**APRIL)
        self.assertBalance(third, 126.5, 23.0, 0.0, 149.5)
        self.assertEqual(str(third.date_from), "2026-04-01")
        with self.assertRefused(second.name, third.name):
            second.with_user(self.manager).action_cancel()
        self.assertEqual(first.state, "final")

    def test_a_payment_between_two_documents_of_the_same_cutoff_date_is_counted_once(self):
        invoice = self._post()
        self._finalize(self._bill())
        self._pay(40.0, date="2026-03-30", moves=invoice)
        self._post(amount=10.0, date="2026-03-25")
        second = self._finalize(self._bill())
        self.assertBalance(second, 115.0, 11.5, -40.0, 86.5)

    def test_a_payment_that_is_reversed_later_raises_the_balance_again(self):
        invoice = self._post()
        payment = self._pay(115.0, moves=invoice)
        first = self._finalize(self._bill())
        self.assertBalance(first, 0.0, 115.0, -115.0, 0.0)
        payment.move_id._reverse_moves([{"date": "2026-04-10"}], cancel=True)
        self._post(amount=10.0, date="2026-04-12")
        self.assertBalance(self._bill(**APRIL), 0.0, 11.5, 115.0, 126.5)
