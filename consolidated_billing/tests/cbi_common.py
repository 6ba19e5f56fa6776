import json
from contextlib import contextmanager
from unittest.mock import patch

from odoo import Command
from odoo.service.model import call_kw
from odoo.tests import tagged

from .test_billing_invoice import ConsolidatedInvoiceCommon

PAID = ("paid", "in_payment")


@tagged("post_install", "-at_install")
class CbiCommon(ConsolidatedInvoiceCommon):
    """What the tests of consolidated billing invoices share: proposals in words, calls as a client makes them."""

    @classmethod
    def _get_entries(cls, run):
        """Return the entries that a run proposes."""
        return run.line_ids.filtered("group_id").move_id

    @classmethod
    def _get_reasons(cls, run):
        """Return why not, by number of the entries that a run does not propose."""
        return {line.move_id.name: line.skip_reason for line in run.skipped_line_ids}

    @classmethod
    def _group_members(cls):
        """Let the head office receive the documents of its members; return it."""
        cls.account_12345.billing_profile_id = cls.profile
        return cls.account_12345

    @classmethod
    def _create_profile(cls, name, **values):
        return cls.profile.copy({"name": name, **values})

    @classmethod
    def _create_discount_term(cls, name, net_days, *, percentage, days):
        """Return a payment term with a discount on all, taxes included, for who pays early."""
        return cls._create_term(
            name,
            net_days,
            early_discount=True,
            discount_percentage=percentage,
            discount_days=days,
            early_pay_discount_computation="included",
        )

    @classmethod
    def _create_foreign(cls):
        """Return a currency of which two are worth one of the company's."""
        return cls.setup_other_currency("EUR", rates=[("2016-01-01", 2.0)])

    @classmethod
    def _get_ledger(cls, account, day, currency=None):
        """Return the receivable balance of an account at a date, as core's journal items tell it."""
        currency = currency or cls.company.currency_id
        rows = cls.env["account.move.line"]._read_group(
            [
                ("partner_id", "child_of", account.id),
                ("account_id.account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("company_id", "=", cls.company.id),
                ("currency_id", "=", currency.id),
                ("date", "<=", day),
            ],
            [],
            ["amount_currency:sum"],
        )
        return currency.round(rows[0][0] or 0.0)

    def _rpc(self, user, records, method, *args, **kwargs):
        """Call a method as a client does: by its name, as a user, with plain values only."""
        model = self.env[records._name].with_user(user)
        is_model_method = getattr(getattr(type(records), method), "_api_model", False)
        wire = json.loads(json.dumps([[] if is_model_method else [records.ids], args, kwargs]))
        return call_kw(model, method, wire[0] + wire[1], wire[2])

    def _finalize(self, billings):
        billings.with_user(self.accountant).action_finalize()
        return billings

    def _register(self, billings, user=None, **values):
        """Pay documents with the wizard that "Pay" opens."""
        user = user or self.accountant
        action = billings.with_user(user).action_register_payment()
        wizard = self.env["account.payment.register"].with_user(user).with_context(**action["context"])
        return wizard.create({"journal_id": self.bank.id, "payment_date": "2026-04-05", **values})._create_payments()

    @contextmanager
    def _without_payment_entries(self):
        """Do as with full accounting: a payment method without outstanding account posts no journal entry."""
        self.bank.inbound_payment_method_line_ids.payment_account_id = False
        Move = self.env.registry["account.move"]
        with patch.object(Move, "_get_invoice_in_payment_state", lambda moves: "in_payment"):
            yield


class CbiRunCommon(CbiCommon):
    """Two customers with entries to propose, and the steps of a run over them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.beta = cls._create_flagged("Beta", ref="BETA")
        cls.first = cls._post(amount=100.0, date="2026-03-05")
        cls.second = cls._post(amount=50.0, date="2026-03-06")
        cls.other = cls._post(cls.beta, amount=10.0, date="2026-03-07")

    def _generate(self, run, limit=None):
        run.action_generate()
        run._process_groups(limit)
        run.invalidate_recordset()

    def _get_group(self, run, partner):
        return run.group_ids.filtered(lambda group: group.partner_id == partner)

    def _get_line(self, run, move):
        return run.line_ids.filtered(lambda line: line.move_id == move)


class CbiPaymentCommon(CbiCommon):
    """A final document over two invoices, a credit note and a fee."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.acme.property_payment_term_id = cls._create_term("Immediate", 0)
        cls.first = cls._post(amount=100.0, date="2026-03-01")
        cls.second = cls._post(amount=200.0, date="2026-03-05")
        cls.credit = cls._post(amount=100.0, date="2026-03-20", move_type="out_refund")
        cls.fee = cls._adjust(20.0, date="2026-03-25")
        cls.entries = cls.first + cls.second + cls.credit + cls.fee
        cls.billing = cls._finalize(cls, cls._bill())
        cls.total = 115.0 + 230.0 - 115.0 + 20.0

    def _get_open(self, moves):
        """Return what is open on the receivable items of each entry, as it acts on the balance."""
        return [
            sum(move.line_ids.filtered(lambda line: line.account_type == "asset_receivable").mapped("amount_residual"))
            for move in moves
        ]


class CbiLedgerCommon(CbiCommon):
    """Balances without taxes, month by month, compared with the ledger of all that a document covers."""

    @classmethod
    def _post_net(cls, partner, amount, date, **values):
        """Post an invoice or a credit note without taxes."""
        move = cls._post(partner, amount, date, post=False, **values)
        move.invoice_line_ids.tax_ids = False
        move.action_post()
        return move

    @classmethod
    def _close(cls, cutoff, account, **values):
        """Bill an account until a cutoff date, and accept the documents."""
        billings = cls._bill(
            cutoff_date=cutoff,
            invoice_date=cutoff,
            partner_ids=account.ids,
            by_grouping_account=account.is_grouping_account,
            ignore_cycle=True,
            **values,
        )
        billings.action_finalize()
        return billings

    @classmethod
    def _merge(cls, away, kept):
        """Merge a contact into another one with Odoo's tool."""
        cls.env["base.partner.merge.automatic.wizard"].create({})._merge((away + kept).ids, kept)
        cls.env.invalidate_all()

    @classmethod
    def _reconcile(cls, moves):
        moves.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable" and not line.reconciled
        ).reconcile()

    @classmethod
    def _move_to_doubtful(cls, invoice, date):
        """Move what is open of an invoice to a second receivable account, as accountants do with doubtful debts."""
        item = invoice.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        doubtful = cls._get_doubtful_account()
        amount = item.amount_residual
        move = cls.env["account.move"].create(
            {
                "move_type": "entry",
                "date": date,
                "journal_id": cls.company_data["default_journal_misc"].id,
                "line_ids": [
                    Command.create({"partner_id": item.partner_id.id, "account_id": doubtful.id, "debit": amount}),
                    Command.create(
                        {"partner_id": item.partner_id.id, "account_id": item.account_id.id, "credit": amount}
                    ),
                ],
            }
        )
        move.action_post()
        (item + move.line_ids.filtered(lambda line: line.account_id == item.account_id)).reconcile()
        return move

    @classmethod
    def _get_doubtful_account(cls):
        values = {"name": "Doubtful Debtors", "code": "DOUBT1", "account_type": "asset_receivable", "reconcile": True}
        Account = cls.env["account.account"]
        return Account.search([("code", "=", values["code"])]) or Account.create(values)

    def assertLedger(self, billing, *, opening, transfers, listed, payments, closing):
        """Assert the balance of a document, that its rows add up, and that it is what the ledger says."""
        self.assertRecordValues(
            billing,
            [
                {
                    "opening_balance": opening,
                    "transfers_amount": transfers,
                    "payments_amount": payments,
                    "closing_balance": closing,
                }
            ],
        )
        self.assertAlmostEqual(billing.invoices_amount + billing.credits_amount + billing.adjustments_amount, listed)
        self.assertAddsUp(billing)
        account = billing.commercial_partner_id
        covered = account | self.env["res.partner"].search([("grouping_partner_id", "=", account.id)])
        ledger = sum(
            self._get_ledger(partner, billing.cutoff_date, billing.currency_id)
            for partner in covered.commercial_partner_id
        )
        self.assertAlmostEqual(billing.closing_balance, ledger)

    def assertAddsUp(self, billing):
        """Assert that the amounts of a document, and the rows behind them, add up to the cent."""
        currency = billing.currency_id
        total = sum(
            billing[name]
            for name in (
                "opening_balance",
                "transfers_amount",
                "invoices_amount",
                "credits_amount",
                "adjustments_amount",
                "payments_amount",
            )
        )
        self.assertEqual(currency.round(total), billing.closing_balance, billing.name)
        for rows, amount in (
            (billing.transfer_ids, billing.transfers_amount),
            (billing.counted_payment_ids, billing.payments_amount),
            (billing.account_balance_ids, billing.closing_balance),
        ):
            self.assertEqual(currency.round(sum(rows.mapped("amount"))), amount, billing.name)

    def assertTransfers(self, billing, expected):
        """Assert the accounts, reasons and amounts behind the transferred balances."""
        rows = [(row.partner_id, row.reason, row.amount) for row in billing.transfer_ids]
        self.assertEqual(rows, expected)
