from odoo.tests import tagged

from .test_billing_invoice import ConsolidatedInvoiceCommon


@tagged("post_install", "-at_install")
class TestBillingInvoicePayment(ConsolidatedInvoiceCommon):
    """One payment settles the entries of a document (``C6``)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.old = cls._post(amount=100.0, date="2026-03-01")
        cls.new = cls._post(amount=200.0, date="2026-03-10")
        cls.credit = cls._post(amount=40.0, date="2026-03-20", move_type="out_refund")
        cls.billing = cls._bill()
        cls.billing.action_finalize()
        cls.total = 345.0 - 46.0

    def _register(self, billings=None, **values):
        action = (billings or self.billing).with_user(self.accountant).action_register_payment()
        wizard = (
            self.env["account.payment.register"]
            .with_user(self.accountant)
            .with_context(**action["context"])
            .create({"journal_id": self.bank.id, **values})
        )
        self.assertTrue(wizard.group_payment)
        return wizard._create_payments()

    def test_the_wizard_proposes_all_that_is_open_with_the_billing_number(self):
        payment = self._register()
        self.assertRecordValues(
            payment, [{"amount": self.total, "memo": self.billing.name, "partner_id": self.acme.id}]
        )
        self.assertRecordValues(self.billing, [{"amount_residual": 0.0}])
        self.assertIn(self.billing.payment_state, ("paid", "in_payment"))
        self.assertEqual((self.old + self.new + self.credit).mapped("amount_residual"), [0.0, 0.0, 0.0])
        self.assertEqual(self.billing.payment_ids, payment)
        self.assertEqual(payment.billing_numbers, self.billing.name)

    def test_credit_notes_are_used_first_then_the_oldest_invoice_is_paid(self):
        self._register(amount=79.0)
        self.assertEqual(self.credit.amount_residual, 0.0)
        self.assertEqual(self.old.amount_residual, 0.0)  # 115 = 46 + 69
        self.assertEqual(self.new.amount_residual, 220.0)
        self.assertRecordValues(self.billing, [{"amount_residual": 220.0, "payment_state": "partial"}])

    def test_what_is_paid_too_much_stays_on_the_account(self):
        payment = self._register(amount=self.total + 50.0)
        self.assertRecordValues(self.billing, [{"amount_residual": 0.0}])
        receivable = payment.move_id.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        self.assertEqual(receivable.amount_residual, -50.0)

    def test_a_difference_can_be_written_off(self):
        self._register(
            amount=self.total - 10.0,
            payment_difference_handling="reconcile",
            writeoff_account_id=self.company_data["default_account_expense"].id,
        )
        self.assertRecordValues(self.billing, [{"amount_residual": 0.0}])

    def test_unreconciling_restores_what_is_open(self):
        payment = self._register()
        payment.move_id.line_ids.remove_move_reconcile()
        self.assertRecordValues(self.billing, [{"amount_residual": self.total}])
        self.assertIn(self.billing.payment_state, ("not_paid", "partial"))

    def test_payments_of_single_invoices_count(self):
        self._pay(115.0, moves=self.old, date="2026-04-02")
        self.assertRecordValues(self.billing, [{"amount_residual": self.total - 115.0, "payment_state": "partial"}])

    def test_several_documents_are_paid_by_one_payment_each(self):
        other = self._create_flagged("Other")
        self._post(other)
        second = self._bill()
        second.action_finalize()
        payments = self._register(self.billing + second)
        self.assertRecordValues(
            payments.sorted("amount"),
            [
                {"amount": 115.0, "memo": second.name, "partner_id": other.id},
                {"amount": self.total, "memo": self.billing.name, "partner_id": self.acme.id},
            ],
        )

    def test_one_payment_settles_the_entries_of_members_too(self):
        self.account_12345.billing_profile_id = self.profile
        head, member = self._post(self.account_12345), self._post(self.account_12346)
        billing = self._bill(by_grouping_account=True)
        billing.action_finalize()
        self.assertEqual(billing.move_ids, head + member)
        payment = self._register(billing)
        self.assertRecordValues(payment, [{"amount": 230.0, "partner_id": self.account_12345.id}])
        self.assertEqual(billing.amount_residual, 0.0)

    def test_a_draft_cannot_be_paid(self):
        self._post()
        with self.assertRefused("cannot be paid"):
            self._bill().action_register_payment()

    def test_a_paid_document_cannot_be_cancelled(self):
        self._register(amount=50.0)
        with self.assertRefused(self.billing.name, "paid"):
            self.billing.with_user(self.manager).action_cancel()

    def test_a_bank_transaction_that_names_the_number_settles_the_document(self):
        lines = self.env["account.bank.statement.line"].create(
            [
                {"journal_id": self.bank.id, "date": "2026-04-05", "payment_ref": reference, "amount": amount}
                for reference, amount in (
                    (f"Transfer {self.billing.name.lower()} thank you", 79.0),
                    (f"{self.billing.name}9", 10.0),
                    ("nothing", 10.0),
                )
            ]
        )
        self.accountant.group_ids += self.env.ref("account.group_account_basic")
        lines.with_user(self.accountant).action_match_billing_number()
        self.assertEqual(lines.mapped("is_reconciled"), [True, False, False])
        self.assertEqual(lines[0].partner_id, self.acme)
        self.assertEqual((self.old + self.new + self.credit).mapped("amount_residual"), [0.0, 220.0, 0.0])
        with self.assertRefused("None of these"):
            lines[1:].action_match_billing_number()

    def test_a_journal_item_is_claimed_once_even_in_sql(self):
        line = self.old.line_ids.filtered("consolidated_billing_line_id")
        before = line.consolidated_billing_line_id
        other = self.billing.line_ids - before
        self.assertEqual(other[0]._claim({other[0].id: line.ids}), 0)
        self.assertEqual(line.consolidated_billing_line_id, before)

    def test_a_document_in_foreign_currency_is_paid_in_it(self):
        currency = self.setup_other_currency("EUR", rates=[("2016-01-01", 3.0), ("2017-01-01", 2.0)])
        self._post(amount=500.0, currency_id=currency.id)
        billing = self._bill()
        billing.action_finalize()
        self.assertEqual(billing.currency_id, currency)
        payment = self._register(billing)
        self.assertRecordValues(payment, [{"amount": 575.0, "currency_id": currency.id}])
        self.assertEqual(billing.amount_residual, 0.0)

    def test_installments_are_paid_with_the_oldest_first(self):
        term = self._create_term("Halves", 0, 60)
        invoice = self._post(amount=300.0, invoice_payment_term_id=term.id)
        billing = self._bill()
        billing.action_finalize()
        payment = self._register(billing)
        self.assertEqual(payment.amount, invoice.amount_total)
        self.assertEqual(billing.amount_residual, 0.0)
