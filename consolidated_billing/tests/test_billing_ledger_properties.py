"""Random histories of several accounts: whatever happens, a closing balance is what the ledger says (``C8``)."""

import random

from odoo import Command, fields
from odoo.tests import tagged

from .cbi_common import CbiLedgerCommon

MONTHS = ("2026-01", "2026-02", "2026-03", "2026-04")
SEEDS = range(3)
EVENTS = (
    *("invoice", "credit", "pay", "pay_invoice") * 3,
    *("adjust", "doubtful", "unmatch", "reset", "repost", "cancel_payment"),
    *("join", "leave", "merge", "level", "other_currency"),
)


@tagged("post_install", "-at_install")
class TestBillingLedgerProperties(CbiLedgerCommon):
    """Accounts that join, leave, are merged and change their level; payments that are matched, unmatched, withdrawn."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.foreign = cls.setup_other_currency("EUR", rates=[("2016-01-01", 2.0)])
        cls.located = cls._create_profile("By location", billing_level="location")
        cls.term = cls._create_term("Net 7", 7)
        cls.other_term = cls._create_term("Net 30", 30)

    # === HISTORIES ===#

    def _create_world(self, seed):
        """Create a grouping account, and accounts that can join it, some with an invoice address of their own."""
        self.head = self._create_flagged(f"Head {seed}")
        self.head.action_make_grouping_account()
        self.accounts = self.env["res.partner"].concat(
            *(self._create_flagged(f"Account {seed}.{number}") for number in range(3))
        )
        self.env["res.partner"].create({"name": f"Site {seed}", "parent_id": self.accounts[0].id, "type": "invoice"})

    def _play(self, chance, month):
        for _event in range(chance.randint(4, 7)):
            day = f"{month}-{chance.randint(1, 28):02}"
            account = chance.choice(list(self.head + self.accounts))
            getattr(self, f"_do_{chance.choice(EVENTS)}")(chance, account, day)
        # without statistics of what the test created, Odoo's own queries over reconciliations take seconds each
        self.env.flush_all()
        self.env.cr.execute("ANALYZE account_move, account_move_line, account_partial_reconcile, account_payment")

    def _get_address(self, chance, account):
        return chance.choice(list(account + account.child_ids))

    def _get_payments(self, state):
        return self.env["account.payment"].search(
            [("partner_id", "child_of", (self.head + self.accounts).ids), ("state", "in", state)]
        )

    def _get_invoices(self, account):
        return self.env["account.move"].search(
            [
                ("commercial_partner_id", "=", account.id),
                ("move_type", "=", "out_invoice"),
                ("payment_state", "in", ("not_paid", "partial")),
            ]
        )

    def _do_invoice(self, chance, account, day):
        term = chance.choice([self.term, self.other_term])
        amount = round(chance.uniform(5, 500), 2)
        self._post_net(self._get_address(chance, account), amount, day, invoice_payment_term_id=term.id)

    def _do_credit(self, chance, account, day):
        amount = round(chance.uniform(5, 50), 2)
        self._post_net(self._get_address(chance, account), amount, day, move_type="out_refund")

    def _do_adjust(self, chance, account, day):
        self._adjust(round(chance.uniform(-50, 50), 2) or 1.0, account, day)

    def _do_pay(self, chance, account, day):
        self._pay(round(chance.uniform(5, 300), 2), self._get_address(chance, account), day)

    def _do_pay_invoice(self, chance, account, day):
        invoices = self._get_invoices(account)
        if invoices:
            invoice = chance.choice(list(invoices))
            payer = chance.choice([account, account.grouping_partner_id or account])
            self._pay(round(chance.uniform(5, invoice.amount_residual + 5), 2), payer, day, moves=invoice)

    def _do_other_currency(self, chance, account, day):
        self._post_net(account, round(chance.uniform(5, 50), 2), day, currency_id=self.foreign.id)

    def _do_doubtful(self, chance, account, day):
        for invoice in self._get_invoices(account)[:1]:
            items = invoice.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
            if len(items.filtered(lambda item: not item.reconciled)) != 1 or invoice.currency_id == self.foreign:
                continue
            self._move_to_doubtful(invoice, max(day, str(invoice.date)))

    def _do_unmatch(self, chance, account, day):
        payments = self._get_payments(["paid", "in_process"])
        if payments:
            chance.choice(list(payments)).move_id.line_ids.remove_move_reconcile()

    def _do_reset(self, chance, account, day):
        payments = self._get_payments(["paid", "in_process"])
        if payments:
            chance.choice(list(payments)).action_draft()

    def _do_repost(self, chance, account, day):
        self._get_payments(["draft"])[:1].action_post()

    def _do_cancel_payment(self, chance, account, day):
        self._get_payments(["draft"])[:1].action_cancel()

    def _do_join(self, chance, account, day):
        if account != self.head:
            account.grouping_partner_id = self.head

    def _do_leave(self, chance, account, day):
        if account != self.head:
            account.grouping_partner_id = False

    def _do_merge(self, chance, account, day):
        if account != self.head and len(self.accounts) > 2:
            kept = (self.accounts - account)[0]
            self.accounts -= account
            self._merge(account, kept)

    def _do_level(self, chance, account, day):
        account.billing_profile_id = chance.choice([self.profile, self.located])

    # === DOCUMENTS ===#

    def _bill_all(self, chance, cutoff, **values):
        """Bill all accounts in both treatments; return the documents, some of which are rejected or taken back."""
        documents = self.env["consolidated.billing.invoice"]
        for by_grouping_account in (False, True):
            run = self._create_run(
                cutoff_date=cutoff,
                invoice_date=cutoff,
                partner_ids=(self.head + self.accounts).ids,
                by_grouping_account=by_grouping_account,
                ignore_cycle=True,
                **values,
            )
            if not run.group_ids:
                continue
            run.action_generate()
            run._process_groups()
            for billing in run.consolidated_billing_ids:
                self._check(billing)
                if chance.random() < 0.2:
                    billing.action_reject()
                    continue
                billing.action_finalize()
                self._check(billing)
                documents += billing
        return documents

    def _check(self, billing):
        self.assertAddsUp(billing)
        self.assertLessEqual(billing.payments_amount, 0.0, f"{billing.name}: nothing was paid back")
        for payment in billing.counted_payment_ids:
            self.assertLess(payment.amount, 0.0)
        if billing.billing_level == "account":
            covered = billing.commercial_partner_id | self.env["res.partner"].search(
                [("grouping_partner_id", "=", billing.commercial_partner_id.id)]
            )
            ledger = self._get_ledger_of(covered.commercial_partner_id, billing)
            self.assertAlmostEqual(billing.closing_balance, ledger, msg=billing.name)

    def _get_ledger_of(self, accounts, billing):
        """Return the balance of accounts at a date, item by item."""
        items = self.env["account.move.line"].search(
            [
                ("partner_id", "child_of", accounts.ids),
                ("account_id.account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("currency_id", "=", billing.currency_id.id),
            ]
        )
        return sum(
            item.amount_currency
            for item in items
            if (item.move_id.is_invoice(True) and item.move_id.invoice_date or item.date) <= billing.cutoff_date
        )

    # === PROPERTIES ===#

    def _run_history(self, seed, **values):
        chance = random.Random(seed)
        self._create_world(seed)
        documents = self.env["consolidated.billing.invoice"]
        for month in MONTHS:
            self._play(chance, month)
            cutoff = fields.Date.end_of(fields.Date.to_date(f"{month}-01"), "month")
            filters = dict(values)
            if chance.random() < 0.3:
                filters["payment_term_ids"] = [Command.set(self.term.ids)]
            documents |= self._bill_all(chance, cutoff, **filters)
        return documents

    def test_closing_balances_are_the_ledger_whatever_happens_to_the_accounts(self):
        checked = [len(self._run_history(seed)) for seed in SEEDS]
        self.assertGreater(sum(checked), 10)

    def test_closing_balances_are_the_ledger_from_a_start_date_on(self):
        chance = random.Random(99)
        self._create_world("99")
        for month in ("2025-06", "2025-07"):
            self._play(chance, month)
        for month in MONTHS[:3]:
            self._play(chance, month)
            cutoff = fields.Date.end_of(fields.Date.to_date(f"{month}-01"), "month")
            for billing in self._bill_all(chance, cutoff, order_date_from="2026-01-01"):
                for payment in billing.counted_payment_ids:
                    self.assertGreaterEqual(str(payment.date), "2026-01-01")

    def test_no_payment_is_counted_by_two_documents(self):
        documents = self._run_history(7)
        counted = documents.filtered(lambda billing: billing.state != "cancelled").counted_payment_ids
        sums = {}
        for row in counted:
            key = (row.item_ref, row.currency_id)
            sums[key] = sums.get(key, 0.0) + row.amount
        for (item_ref, currency), amount in sums.items():
            item = self.env["account.move.line"].browse(item_ref).exists()
            withdrawn = documents.transfer_ids.filtered(lambda row, ref=item_ref: row.item_ref == ref)
            if item and not withdrawn:
                self.assertLessEqual(currency.round(abs(amount)), abs(item.amount_currency))
