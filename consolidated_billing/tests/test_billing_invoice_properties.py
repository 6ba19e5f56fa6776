"""Random histories: a document's closing balance is what the ledger says, and nothing is billed twice."""

import random

from odoo import fields
from odoo.tests import tagged

from .test_billing_invoice import ConsolidatedInvoiceCommon

MONTHS = ("2026-01", "2026-02", "2026-03", "2026-04")
SEEDS = range(4)


@tagged("post_install", "-at_install")
class TestBillingInvoiceProperties(ConsolidatedInvoiceCommon):
    """Invoices, credits, partial payments, write-offs, foreign currency and cancelled documents (``C3``)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.currency = cls.company.currency_id
        cls.foreign = cls.setup_other_currency("EUR", rates=[("2016-01-01", 3.0), ("2026-02-01", 2.0)])
        cls.located = cls.profile.copy({"name": "By location", "billing_level": "location"})

    def _play(self, chance, account, month):
        """Let a month of random things happen to an account."""
        for _event in range(chance.randint(2, 6)):
            day = f"{month}-{chance.randint(1, 28):02}"
            amount = round(chance.uniform(5, 500), 2)
            currency = chance.choice([self.currency, self.currency, self.foreign])
            self._do(
                chance.choice(("invoice", "invoice", "credit", "adjust", "pay", "settle")),
                account,
                amount,
                day,
                currency,
                chance,
            )
        # without statistics of what the test created, Odoo's own queries over reconciliations take seconds each
        self.env.flush_all()
        self.env.cr.execute("ANALYZE account_move, account_move_line, account_partial_reconcile, account_payment")

    def _do(self, what, account, amount, day, currency, chance):
        open_invoices = self.env["account.move"].search(
            [
                ("commercial_partner_id", "=", account.id),
                ("move_type", "=", "out_invoice"),
                ("payment_state", "in", ("not_paid", "partial")),
                ("date", "<=", day),
            ]
        )
        if what == "invoice":
            self._post(account, amount, day, currency_id=currency.id)
        elif what == "credit":
            self._post(account, amount / 4, day, move_type="out_refund", currency_id=currency.id)
        elif what == "adjust":
            self._adjust(chance.choice((1, -1)) * amount / 10, account, day)
        elif what == "pay":
            self._pay(amount, account, day)
        elif open_invoices:
            invoice = chance.choice(list(open_invoices))
            share = chance.choice((0.3, 0.5, 1.0))
            with_write_off = chance.random() < 0.3
            self._settle_by_wizard(invoice, max(round(invoice.amount_residual * share, 2), 0.01), day, with_write_off)

    def _settle_by_wizard(self, invoice, amount, day, with_write_off):
        values = {
            "amount": amount,
            "payment_date": day,
            "journal_id": self.bank.id,
            "currency_id": invoice.currency_id.id,
        }
        if with_write_off:
            values |= {
                "payment_difference_handling": "reconcile",
                "writeoff_account_id": self.company_data["default_account_expense"].id,
            }
        self.env["account.payment.register"].with_context(active_model="account.move", active_ids=invoice.ids).create(
            values
        )._create_payments()

    def _get_ledger(self, account, currency, day):
        """Return the receivable balance of an account at a date, as core's journal items tell it."""
        rows = self.env["account.move.line"]._read_group(
            [
                ("partner_id", "child_of", account.id),
                ("account_id.account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("currency_id", "=", currency.id),
                ("date", "<=", day),
            ],
            [],
            ["amount_currency:sum"],
        )
        return currency.round(rows[0][0] or 0.0)

    def _check_document(self, billing):
        self.assertEqual(
            billing.currency_id.round(
                billing.opening_balance
                + billing.transfers_amount
                + billing.invoices_amount
                + billing.credits_amount
                + billing.adjustments_amount
                + billing.payments_amount
            ),
            billing.closing_balance,
        )
        if billing.billing_level == "account":
            self.assertEqual(
                billing.closing_balance,
                self._get_ledger(billing.commercial_partner_id, billing.currency_id, billing.cutoff_date),
                billing.name,
            )
        self.assertEqual(
            billing.currency_id.round(sum(billing.line_ids.move_line_ids.mapped("amount_residual_currency"))),
            billing.amount_residual,
        )

    def test_closing_balances_agree_with_the_ledger_for_random_histories(self):
        checked = 0
        for seed in SEEDS:
            chance = random.Random(seed)
            account = self._create_flagged(f"Random {seed}")
            for month in MONTHS:
                self._play(chance, account, month)
                cutoff = fields.Date.end_of(fields.Date.to_date(f"{month}-01"), "month")
                run = (
                    self._create_run(
                        generate=True,
                        cutoff_date=cutoff,
                        invoice_date=cutoff,
                        partner_ids=account.ids,
                        ignore_cycle=True,
                    )
                    if self._has_entries(account)
                    else None
                )
                for billing in run.consolidated_billing_ids if run else ():
                    self._check_document(billing)
                    checked += 1
                    if chance.random() < 0.3:
                        billing.action_reject()
                    else:
                        billing.action_finalize()
                        self._check_document(billing)
            self._check_each_entry_once(account)
        self.assertGreater(checked, 12)

    def test_late_documents_have_the_balance_of_their_cutoff_date(self):
        """What was paid after the cutoff date was open then."""
        checked = 0
        for seed in SEEDS:
            chance = random.Random(100 + seed)
            account = self._create_flagged(f"Late {seed}")
            for month in MONTHS:
                self._play(chance, account, month)
            for month in MONTHS:
                cutoff = fields.Date.end_of(fields.Date.to_date(f"{month}-01"), "month")
                run = self._create_run(cutoff_date=cutoff, invoice_date=cutoff, partner_ids=account.ids)
                if not run.group_ids:
                    continue
                run.action_generate()
                run._process_groups()
                for billing in run.consolidated_billing_ids:
                    self._check_document(billing)
                    billing.action_finalize()
                    self._check_document(billing)
                    checked += 1
            self._check_each_entry_once(account)
        self.assertGreater(checked, 12)

    def _has_entries(self, account):
        run = self.env["consolidated.billing.run"].new({"company_id": self.company.id, "kind": "consolidate"})
        return bool(run._get_entries(account))

    def _check_each_entry_once(self, account):
        """No entry is on two valid documents, and each valid document still bills what it lists."""
        lines = self.env["consolidated.billing.invoice.line"].search(
            [("account_partner_id", "=", account.id), ("state", "!=", "cancelled")]
        )
        keys = [(line.move_id, line.partner_id, line.currency_id) for line in lines]
        self.assertEqual(len(keys), len(set(keys)))
        for line in lines:
            self.assertEqual(
                line.currency_id.round(sum(line.move_line_ids.mapped("amount_currency"))), line.amount_total
            )

    def test_documents_of_the_locations_add_up_to_the_account(self):
        for seed in SEEDS[:3]:
            chance = random.Random(seed)
            account = self._create_account(f"Located {seed}", billing_profile_id=self.located.id)
            addresses = self.env["res.partner"].create(
                [{"name": f"Site {n}", "parent_id": account.id, "type": "invoice"} for n in range(3)]
            )
            for month in MONTHS[:2]:
                for address in addresses:
                    self._post(address, round(chance.uniform(10, 99), 2), f"{month}-10")
                self._post(addresses[0], 5.0, f"{month}-11", move_type="out_refund")
                cutoff = fields.Date.end_of(fields.Date.to_date(f"{month}-01"), "month")
                self._pay(round(chance.uniform(1, 20), 2), account, f"{month}-20")
                self._settle_by_wizard(
                    self.env["account.move"].search([("partner_id", "=", addresses[1].id)], limit=1),
                    3.0,
                    f"{month}-21",
                    False,
                )
                billings = self._bill(cutoff_date=cutoff, invoice_date=cutoff, partner_ids=account.ids)
                self.assertEqual(billings.partner_id, addresses)
                for billing in billings:
                    self._check_document(billing)
                self.assertEqual(
                    self.currency.round(sum(billings.mapped("closing_balance"))),
                    self._get_ledger(account, self.currency, cutoff),
                )
                billings.action_finalize()
