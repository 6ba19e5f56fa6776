from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged

from .common import ConsolidatedBillingCommon


class ConsolidatedInvoiceCommon(ConsolidatedBillingCommon):
    """Factories of posted entries, profiles and runs of kind ``consolidate``."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accountant = cls._create_user("billing_clerk", "account.group_account_invoice", company_id=cls.company.id)
        cls.manager = cls._create_user("billing_manager", "account.group_account_manager", company_id=cls.company.id)
        cls.profile = cls.env["consolidated.billing.profile"].create(
            {"name": "Monthly", "consolidated_billing": True, "invoice_format": "summary"}
        )
        cls.acme = cls._create_flagged("Acme", ref="ACME")
        cls.bank = cls.company_data["default_journal_bank"]

    @classmethod
    def _create_flagged(cls, name, **values):
        return cls._create_account(name, billing_profile_id=cls.profile.id, **values)

    @classmethod
    def _post(cls, partner=None, amount=100.0, date="2026-03-10", move_type="out_invoice", post=True, **values):
        """Create a posted invoice or credit note of one line; ``amount`` is without taxes."""
        move = cls.env["account.move"].create(
            {
                "move_type": move_type,
                "partner_id": (partner or cls.acme).id,
                "invoice_date": date,
                "date": date,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "product_id": cls.product.id,
                            "quantity": 1.0,
                            "price_unit": amount,
                            "tax_ids": [Command.set(cls.company_data["default_tax_sale"].ids)],
                        }
                    )
                ],
                **values,
            }
        )
        if post:
            move.action_post()
        return move

    @classmethod
    def _adjust(cls, amount, partner=None, date="2026-03-15"):
        """Post a miscellaneous entry that changes the receivable balance by ``amount``."""
        return cls._adjust_many({partner or cls.acme: amount}, date)

    @classmethod
    def _adjust_many(cls, amounts, date="2026-03-15"):
        """Post one miscellaneous entry over several customers."""
        lines = [
            Command.create(
                {
                    "partner_id": partner.id,
                    "account_id": partner.property_account_receivable_id.id,
                    "debit": max(amount, 0.0),
                    "credit": max(-amount, 0.0),
                }
            )
            for partner, amount in amounts.items()
        ]
        total = sum(amounts.values())
        lines.append(
            Command.create(
                {
                    "account_id": cls.company_data["default_account_revenue"].id,
                    "debit": max(-total, 0.0),
                    "credit": max(total, 0.0),
                }
            )
        )
        move = cls.env["account.move"].create(
            {
                "move_type": "entry",
                "date": date,
                "journal_id": cls.company_data["default_journal_misc"].id,
                "line_ids": lines,
            }
        )
        move.action_post()
        return move

    @classmethod
    def _pay(cls, amount, partner=None, date="2026-03-20", moves=None):
        """Post a payment on account, or one that settles these entries."""
        payment = cls.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": (partner or cls.acme).id,
                "amount": amount,
                "date": date,
                "journal_id": cls.bank.id,
                "payment_method_line_id": cls.inbound_payment_method_line.id,
            }
        )
        payment.action_post()
        if moves:
            lines = (payment.move_id + moves).line_ids
            lines.filtered(lambda line: line.account_type == "asset_receivable" and not line.reconciled).reconcile()
        return payment

    @classmethod
    def _create_run(cls, prepare=True, generate=False, user=None, **values):
        run = (
            cls.env["consolidated.billing.run"]
            .with_user(user or cls.accountant)
            .create({"kind": "consolidate", "cutoff_date": "2026-03-31", "invoice_date": "2026-03-31", **values})
        )
        if prepare or generate:
            run.action_prepare()
        if generate:
            run.action_generate()
            run._process_groups()
            run.invalidate_recordset()
        return run

    @classmethod
    def _bill(cls, **values):
        """Return the documents of a generated run."""
        return cls._create_run(generate=True, **values).consolidated_billing_ids


@tagged("post_install", "-at_install")
class TestBillingInvoice(ConsolidatedInvoiceCommon):
    """A consolidated billing invoice from posted entries to its cancellation (``C1`` to ``C5``)."""

    def test_a_document_sums_up_invoices_credits_adjustments_and_payments(self):
        invoice = self._post(amount=1000.0)
        credit = self._post(amount=100.0, move_type="out_refund", date="2026-03-12")
        fee = self._adjust(25.0)
        self._pay(300.0)
        billing = self._bill()
        self.assertRecordValues(
            billing,
            [
                {
                    "state": "draft",
                    "partner_id": self.acme.id,
                    "opening_balance": 0.0,
                    "invoices_amount": invoice.amount_total,
                    "credits_amount": -credit.amount_total,
                    "adjustments_amount": 25.0,
                    "payments_amount": -300.0,
                    "amount_untaxed": 900.0,
                    "amount_tax": 135.0,
                    "closing_balance": 1150.0 - 115.0 + 25.0 - 300.0,
                    "amount_residual": 1150.0 - 115.0 + 25.0,
                    "payment_state": "not_paid",
                }
            ],
        )
        self.assertEqual(billing.move_ids, invoice + credit + fee)
        self.assertEqual(invoice.billing_number, billing.name)
        self.assertEqual(billing.tax_totals, [[self.company_data["default_tax_sale"].id, 900.0, 135.0]])

    def test_the_next_document_opens_with_the_closing_balance_of_the_one_before(self):
        self._post(amount=100.0)
        first = self._bill()
        first.with_user(self.accountant).action_finalize()
        self._pay(50.0, date="2026-04-02", moves=first.move_ids)
        self._post(amount=200.0, date="2026-04-10")
        second = self._bill(cutoff_date="2026-04-30", invoice_date="2026-04-30")
        self.assertRecordValues(
            second,
            [
                {
                    "date_from": fields.Date.to_date("2026-04-01"),
                    "opening_balance": 115.0,
                    "payments_amount": -50.0,
                    "invoices_amount": 230.0,
                    "closing_balance": 295.0,
                }
            ],
        )
        self.assertEqual(first.payment_state, "partial")
        self.assertEqual(first.amount_residual, 65.0)

    def test_billed_entries_are_protected_until_the_document_is_rejected(self):
        invoice = self._post()
        billing = self._bill()
        for method in ("button_draft", "button_cancel"):
            with self.assertRefused(billing.name):
                getattr(invoice, method)()
        with self.assertRefused(billing.name):
            invoice.with_context(force_delete=True).unlink()
        billing.with_user(self.accountant).action_reject()
        self.assertRecordValues(billing, [{"state": "cancelled", "amount_residual": 0.0}])
        self.assertFalse(invoice.consolidated_billing_id)
        self.assertFalse(invoice.billing_number)
        invoice.button_draft()

    def test_a_number_is_never_typed_changed_or_used_again(self):
        self._post()
        billing = self._bill()
        Billing = self.env["consolidated.billing.invoice"]
        with self.assertRefused("cannot be typed"):
            Billing.create({"name": "X1", "partner_id": self.acme.id})
        with self.assertRefused("cannot be typed"):
            billing.name = "X1"
        with self.assertRefused("cannot be deleted"):
            billing.unlink()
        billing.action_reject()
        other = self._bill()
        self.assertGreater(other.name, billing.name)

    def test_only_managers_cancel_final_documents(self):
        self._post()
        billing = self._bill()
        billing.with_user(self.accountant).action_finalize()
        with self.assertRaises(AccessError):
            billing.with_user(self.accountant).action_cancel()
        billing.with_user(self.manager).action_cancel()
        self.assertEqual(billing.state, "cancelled")

    @freeze_time("2026-03-15")
    def test_a_document_of_the_future_stays_a_draft(self):
        self._post()
        billing = self._bill()
        with self.assertRefused(billing.name, "cutoff date"):
            billing.action_finalize()

    def test_an_entry_over_several_customers_is_on_the_document_of_each(self):
        other = self._create_flagged("Other")
        entry = self._adjust_many({self.acme: 30.0, other: 70.0})
        billings = self._bill()
        self.assertEqual(
            {billing.partner_id: billing.adjustments_amount for billing in billings}, {self.acme: 30.0, other: 70.0}
        )
        with self.assertRefused("cannot be"):
            entry.button_draft()
        billings[0].action_reject()
        with self.assertRefused("cannot be"):
            entry.button_draft()
        billings[1].action_reject()
        entry.button_draft()

    def test_reversing_a_run_releases_everything(self):
        invoice = self._post()
        run = self._create_run(generate=True)
        number = run.consolidated_billing_ids.name
        run.action_reverse()
        self.assertEqual(run.consolidated_billing_ids.state, "cancelled")
        self.assertEqual(run.consolidated_billing_ids.name, number)
        self.assertEqual(self._create_run().line_ids.move_id, invoice)
