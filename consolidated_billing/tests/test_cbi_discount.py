from freezegun import freeze_time

from odoo import Command
from odoo.tests import Form, tagged

from .cbi_common import PAID
from .portal_common import LIST, PortalBillingCommon


@tagged("post_install", "-at_install")
class TestCbiDiscount(PortalBillingCommon):
    """Discounts for early payment, wherever Odoo gives them on the single invoices (``C10``)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.term = cls._create_discount_term("2/30 Net 60", 60, percentage=2.0, days=30)
        cls.longer = cls._create_discount_term("3/60 Net 90", 90, percentage=3.0, days=60)
        cls.head_user.group_ids = cls.env.ref("base.group_portal")

    def _bill_one(self, partner=None, **values):
        partner = partner or self._create_flagged("Early bird")
        invoice = self._post(partner, invoice_payment_term_id=self.term.id, **values)
        return invoice, self._finalize(self._bill(partner_ids=[Command.set(partner.ids)]))

    def _transact(self, billing, amount, date="2026-04-05", **values):
        line = self.env["account.bank.statement.line"].create(
            {"journal_id": self.bank.id, "date": date, "payment_ref": billing.name, "amount": amount, **values}
        )
        line.action_match_billing_number()
        return line

    def _get_amounts(self, move):
        """Return what an entry books on each account, as Odoo's own payment of the same invoice does."""
        return sorted(
            (line.account_id.code, line.balance, line.amount_currency, line.tax_line_id.id, line.tax_ids.ids)
            for line in move.line_ids
            if line.account_type not in ("asset_cash", "asset_current", "asset_receivable")
        )

    def _pay_as_odoo(self, invoice, date="2026-04-05"):
        """Pay an invoice alone with Odoo's wizard."""
        wizard = self.env["account.payment.register"].with_context(active_model="account.move", active_ids=invoice.ids)
        return wizard.create({"journal_id": self.bank.id, "payment_date": date})._create_payments()

    # === BANK ===#

    def test_a_bank_transaction_of_the_discounted_amount_pays_the_document(self):
        for computation in ("included", "excluded", "mixed"):
            with self.subTest(computation=computation):
                self.term.early_pay_discount_computation = computation
                invoice, billing = self._bill_one()
                twin = self._post(self._create_account("Twin"), invoice_payment_term_id=self.term.id)
                core = self._pay_as_odoo(twin)
                line = self._transact(billing, core.amount)
                self.assertRecordValues(billing, [{"amount_residual": 0.0, "payment_state": "paid"}])
                self.assertEqual(invoice.amount_residual, 0.0)
                self.assertTrue(line.is_reconciled)
                self.assertEqual(self._get_amounts(line.move_id), self._get_amounts(core.move_id))

    def test_another_amount_or_a_later_day_takes_no_discount(self):
        for amount, date in ((112.70, "2026-04-20"), (112.0, "2026-04-05")):
            with self.subTest(date=date):
                _invoice, billing = self._bill_one()
                self._transact(billing, amount, date)
                self.assertRecordValues(billing, [{"amount_residual": 115.0 - amount, "payment_state": "partial"}])

    def test_the_full_amount_is_taken_as_it_is(self):
        _invoice, billing = self._bill_one()
        line = self._transact(billing, 115.0)
        self.assertRecordValues(billing, [{"amount_residual": 0.0, "payment_state": "paid"}])
        self.assertEqual(self._get_amounts(line.move_id), [])

    def test_a_credit_note_and_an_invoice_without_discount_are_paid_with_it(self):
        partner = self._create_flagged("Mixed")
        self._post(partner, amount=50.0)
        self._post(partner, amount=20.0, move_type="out_refund")
        _invoice, billing = self._bill_one(partner)
        self._transact(billing, 115.0 * 0.98 + 57.5 - 23.0)
        self.assertRecordValues(billing, [{"amount_residual": 0.0, "payment_state": "paid"}])

    def test_a_foreign_document_is_paid_by_the_bank_with_its_discount(self):
        foreign = self._create_foreign()
        self.env["res.currency.rate"].create(
            {"name": "2026-04-01", "rate": 2.5, "currency_id": foreign.id, "company_id": self.company.id}
        )
        _invoice, billing = self._bill_one(currency_id=foreign.id)
        line = self._transact(billing, 45.08, foreign_currency_id=foreign.id, amount_currency=112.70)
        self.assertTrue(line.is_reconciled)
        self.assertRecordValues(billing, [{"amount_residual": 0.0, "payment_state": "paid"}])

    def test_two_documents_in_one_transaction_take_the_discounts_of_both(self):
        partner = self._create_flagged("Twice")
        _first, billing = self._bill_one(partner)
        self._post(partner, amount=200.0, date="2026-04-02", invoice_payment_term_id=self.longer.id)
        other = self._finalize(
            self._bill(partner_ids=[Command.set(partner.ids)], cutoff_date="2026-04-30", invoice_date="2026-04-30")
        )
        self._transact(billing, 115.0 * 0.98 + 230.0 * 0.97, payment_ref=f"{other.name} {billing.name}")
        self.assertEqual((billing + other).mapped("payment_state"), ["paid", "paid"])

    # === WIZARD ===#

    def test_the_wizard_proposes_the_discount_until_its_day_and_books_it(self):
        invoice, billing = self._bill_one()
        action = billing.with_user(self.accountant).action_register_payment()
        wizard = self.env[action["res_model"]].with_user(self.accountant).with_context(**action["context"])
        with Form(wizard) as form:
            form.journal_id = self.bank
            form.payment_date = "2026-04-05"
            self.assertAlmostEqual(form.amount, 112.70)
            self.assertTrue(form.early_payment_discount_mode)
            form.payment_date = "2026-04-20"
            self.assertAlmostEqual(form.amount, 115.0)
            form.payment_date = "2026-04-05"
        form.record.action_create_payments()
        self.assertEqual(invoice.amount_residual, 0.0)
        self.assertIn(billing.payment_state, PAID)
        twin = self._post(self._create_account("Twin"), invoice_payment_term_id=self.term.id)
        self.assertEqual(
            self._get_amounts(billing.payment_ids.move_id), self._get_amounts(self._pay_as_odoo(twin).move_id)
        )

    def test_several_documents_with_and_without_discount_and_instalments_are_paid_at_once(self):
        _invoice, early = self._bill_one()
        partner = self._create_flagged("Parts and discount")
        self._post(partner, amount=50.0, invoice_payment_term_id=self._create_term("Halves", 30, 90).id)
        _invoice, mixed = self._bill_one(partner)
        payments = self._register(early + mixed)
        self.assertEqual(sorted(payments.mapped("amount")), [112.70, 170.20])
        self.assertEqual((early + mixed).mapped("amount_residual"), [0.0, 0.0])

    # === PRINT, QR CODE, PORTAL, PAYMENT LINK ===#

    def _get_early_document(self):
        """Return a final document of the head office over invoices with two different discounts."""
        self._post(self.texas, invoice_payment_term_id=self.term.id)
        self._post(self.ohio, amount=200.0, invoice_payment_term_id=self.longer.id)
        self._post(self.ohio, amount=10.0)
        return self._finalize(self._create_run(generate=True, by_grouping_account=True).consolidated_billing_ids)

    def test_the_discounts_are_printed_with_their_last_days(self):
        billing = self._get_early_document()
        self.assertEqual(
            [(str(offer.day), offer.amount, offer.discount) for offer in billing._get_printed_offers()],
            [("2026-04-09", 347.3, 9.2), ("2026-05-09", 349.6, 6.9)],
        )
        report = "consolidated_billing.action_report_consolidated_billing_invoice"
        printed = self.env["ir.actions.report"]._render_qweb_html(report, billing.ids)[0].decode()
        printed = " ".join(printed.split())
        for text in ("347.30", "04/09/2026", "349.60", "05/09/2026"):
            self.assertIn(text, printed)
        self.assertIn("04/09/2026", billing.payment_schedule)
        self._register(billing)
        self.assertEqual(billing._get_printed_offers(), [])

    def test_the_portal_asks_for_the_discounted_amount_and_its_payment_pays_the_document(self):
        with freeze_time("2026-04-05"):
            billing = self._get_early_document()
            self.assertEqual(billing._get_amount_to_pay(), 347.3)
            page = self._open(self.head_user, f"{LIST}/{billing.id}")
            self.assertEqual(self._get_payment_context(page)["amount"], 347.3)
            self.assertIn("347.30 due if paid until 04/09/2026", self._get_text(page))
            transaction = self._begin_payment(billing, amount=347.3)
            self.assertEqual(transaction.amount, 347.3)
            payment = self._confirm(transaction)
        self.assertEqual(payment.amount, 347.3)
        self.assertRecordValues(billing, [{"amount_residual": 0.0}])
        self.assertIn(billing.payment_state, PAID)

    def test_the_portal_asks_for_what_is_left_of_the_discounts(self):
        billing = self._get_early_document()
        with freeze_time("2026-04-20"):
            self.assertEqual(billing._get_amount_to_pay(), 349.6)
        with freeze_time("2026-06-20"):
            self.assertEqual(billing._get_amount_to_pay(), 356.5)

    def test_an_online_payment_of_a_single_invoice_books_its_discount_once(self):
        with freeze_time("2026-04-05"):
            self._post(self.texas, invoice_payment_term_id=self.term.id)
            billing = self._finalize(self._create_run(generate=True, by_grouping_account=True).consolidated_billing_ids)
            self._login(self.head_user)
            payment = self._confirm(self._begin_payment(billing, amount=112.7))
        self.assertRecordValues(billing, [{"amount_residual": 0.0}])
        self.assertAlmostEqual(sum(payment.move_id.line_ids.mapped("balance")), 0.0)
        receivable = payment.move_id.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        self.assertEqual(receivable.mapped("balance"), [-115.0])

    def test_a_discount_counts_when_the_provider_confirms_the_payment_later(self):
        with freeze_time("2026-04-09 12:00:00"):
            billing = self._get_early_document()
            self._login(self.head_user)
            transaction = self._begin_payment(billing, amount=347.3)
        transaction._write({"create_date": "2026-04-09 12:00:00"})
        transaction.invalidate_recordset(["create_date"])
        with freeze_time("2026-04-11"):
            self._confirm(transaction)
        self.assertRecordValues(billing, [{"amount_residual": 0.0}])

    def test_a_payment_link_says_until_when_there_is_a_discount(self):
        action = self.env.ref("consolidated_billing.consolidated_billing_invoice_payment_link_action")
        with freeze_time("2026-04-05"):
            billing = self._get_early_document()
            context = {"active_model": billing._name, "active_id": billing.id}
            wizard = self.env[action.res_model].with_user(self.accountant).with_context(**context).create({})
            self.assertRecordValues(wizard, [{"amount": 356.5, "warning_message": ""}])
            self.assertIn("04/09/2026", wizard.epd_info)
