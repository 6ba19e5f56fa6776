"""What changes a balance besides payments and listed entries: transferred balances (``C8``)."""

from lxml.html import fromstring

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.modules import load_script
from odoo.tests import tagged
from odoo.tools import file_path

from .cbi_common import CbiLedgerCommon


@tagged("post_install", "-at_install")
class TestCbiTransfers(CbiLedgerCommon):
    """Accounts that join, leave, move and are merged; entries that are not listed; payments that are withdrawn."""

    # === GROUPS ===#

    def test_a_member_brings_its_open_bill_and_its_payment_into_the_group(self):
        self._post_net(self.acme, 100.0, "2026-03-10")
        own = self._close("2026-03-31", self.acme)
        head = self._group_members()
        self.acme.grouping_partner_id = head
        self._post_net(head, 10.0, "2026-04-09")
        self._pay(100.0, self.acme, date="2026-04-12")
        billing = self._close("2026-04-30", head)
        self.assertLedger(billing, opening=0.0, transfers=100.0, listed=10.0, payments=-100.0, closing=10.0)
        self.assertTransfers(billing, [(self.acme, "joined", 100.0)])
        self.assertEqual(own.closing_balance, 100.0)

    def test_a_payment_in_the_period_before_the_member_joined_belongs_to_the_group_too(self):
        invoice = self._post_net(self.acme, 100.0, "2026-03-10")
        self._close("2026-03-31", self.acme)
        head = self._group_members()
        self._post_net(head, 10.0, "2026-04-09")
        self._close("2026-04-30", head)
        self._pay(60.0, self.acme, date="2026-04-12", moves=invoice)
        self.acme.grouping_partner_id = head
        self._post_net(head, 20.0, "2026-05-09")
        billing = self._close("2026-05-31", head)
        self.assertLedger(billing, opening=10.0, transfers=100.0, listed=20.0, payments=-60.0, closing=70.0)

    def test_the_group_does_not_keep_the_debt_of_a_member_that_left(self):
        head = self._group_members()
        self.acme.grouping_partner_id = head
        invoice = self._post_net(self.acme, 100.0, "2026-03-10")
        self._post_net(head, 10.0, "2026-03-11")
        self._close("2026-03-31", head)
        self.acme.grouping_partner_id = False
        self._post_net(head, 1.0, "2026-04-11")
        self._post_net(self.acme, 2.0, "2026-04-11")
        self._pay(30.0, self.acme, date="2026-04-15", moves=invoice)
        group, own = self._close("2026-04-30", head), self._close("2026-04-30", self.acme)
        self.assertLedger(group, opening=110.0, transfers=-100.0, listed=1.0, payments=0.0, closing=11.0)
        self.assertTransfers(group, [(self.acme, "left", -100.0)])
        self.assertLedger(own, opening=0.0, transfers=100.0, listed=2.0, payments=-30.0, closing=72.0)

    def test_a_member_that_comes_back_to_itself_does_not_owe_what_the_group_paid(self):
        self._post_net(self.acme, 100.0, "2026-03-10")
        self._close("2026-03-31", self.acme)
        head = self._group_members()
        self.acme.grouping_partner_id = head
        self._post_net(head, 10.0, "2026-04-09")
        self._pay(100.0, self.acme, date="2026-04-12")
        self._close("2026-04-30", head)
        self.acme.grouping_partner_id = False
        self._post_net(self.acme, 5.0, "2026-05-09")
        billing = self._close("2026-05-31", self.acme)
        self.assertLedger(billing, opening=100.0, transfers=-100.0, listed=5.0, payments=0.0, closing=5.0)

    def test_one_payment_of_the_head_settles_invoices_of_two_members(self):
        head = self._group_members()
        invoices = self._post_net(head, 60.0, "2026-03-10") + self._post_net(self.account_12346, 40.0, "2026-03-11")
        self._close("2026-03-31", head)
        payment = self._pay(100.0, head, date="2026-04-05")
        for invoice in invoices:
            (payment.move_id + invoice).line_ids.filtered(
                lambda line: line.account_type == "asset_receivable" and not line.reconciled
            ).reconcile()
        self._post_net(head, 1.0, "2026-04-11")
        billing = self._close("2026-04-30", head)
        self.assertLedger(billing, opening=100.0, transfers=0.0, listed=1.0, payments=-100.0, closing=1.0)

    def test_contacts_that_are_merged_bring_both_balances_together(self):
        beta = self._create_flagged("Beta")
        self._post_net(self.acme, 100.0, "2026-03-10")
        self._post_net(beta, 50.0, "2026-03-11")
        first = self._close("2026-03-31", self.acme)
        self._close("2026-03-31", beta)
        self._merge(beta, self.acme)
        self._post_net(self.acme, 10.0, "2026-04-10")
        self._pay(20.0, self.acme, date="2026-04-11")
        second = self._close("2026-04-30", self.acme)
        self.assertLedger(second, opening=100.0, transfers=50.0, listed=10.0, payments=-20.0, closing=140.0)
        self.assertTransfers(second, [(self.acme, "merged", 50.0)])
        self.assertEqual(second._get_neighbours(following=False)[second.id], first)
        self._post_net(self.acme, 1.0, "2026-05-10")
        third = self._close("2026-05-31", self.acme)
        self.assertLedger(third, opening=140.0, transfers=0.0, listed=1.0, payments=0.0, closing=141.0)

    # === RECEIVABLE ACCOUNTS ===#

    def test_a_doubtful_debt_that_moves_to_another_receivable_account_is_still_owed(self):
        invoice = self._post_net(self.acme, 100.0, "2026-01-10")
        self._close("2026-01-31", self.acme)
        self._move_to_doubtful(invoice, "2026-02-10")
        self._post_net(self.acme, 10.0, "2026-02-11")
        billing = self._close("2026-02-28", self.acme)
        self.assertLedger(billing, opening=100.0, transfers=0.0, listed=10.0, payments=0.0, closing=110.0)
        self._pay(100.0, self.acme, date="2026-03-10")
        self._post_net(self.acme, 1.0, "2026-03-11")
        billing = self._close("2026-03-31", self.acme)
        self.assertLedger(billing, opening=110.0, transfers=0.0, listed=1.0, payments=-100.0, closing=11.0)

    # === PAYMENTS ===#

    def test_a_payment_that_is_reset_is_owed_again_and_nobody_paid_back(self):
        invoice = self._post_net(self.acme, 100.0, "2026-01-10")
        payment = self._pay(53.0, self.acme, date="2026-01-20", moves=invoice)
        first = self._close("2026-01-31", self.acme)
        self.assertLedger(first, opening=0.0, transfers=0.0, listed=100.0, payments=-53.0, closing=47.0)
        payment.action_draft()
        self._post_net(self.acme, 100.0, "2026-02-10")
        second = self._close("2026-02-28", self.acme)
        self.assertLedger(second, opening=47.0, transfers=53.0, listed=100.0, payments=0.0, closing=200.0)
        self.assertRecordValues(second.transfer_ids, [{"reason": "withdrawn", "name": payment.name, "amount": 53.0}])
        payment.action_post()
        self._post_net(self.acme, 1.0, "2026-03-10")
        third = self._close("2026-03-31", self.acme)
        self.assertLedger(third, opening=200.0, transfers=0.0, listed=1.0, payments=-53.0, closing=148.0)

    def test_a_payment_that_is_withdrawn_is_told_once(self):
        payment = self._pay(53.0, self.acme, date="2026-01-20")
        self._post_net(self.acme, 100.0, "2026-01-10")
        self._close("2026-01-31", self.acme)
        payment.action_draft()
        payment.action_cancel()
        for month, transfers in (("02", 53.0), ("03", 0.0)):
            self._post_net(self.acme, 10.0, f"2026-{month}-10")
            billing = self._close(f"2026-{month}-28", self.acme)
            self.assertEqual(billing.transfers_amount, transfers)
            self.assertEqual(billing.payments_amount, 0.0)

    def test_a_payment_that_is_posted_with_another_amount_again_counts_the_difference(self):
        payment = self._pay(50.0, self.acme, date="2026-01-20")
        self._post_net(self.acme, 100.0, "2026-01-10")
        self._close("2026-01-31", self.acme)
        payment.action_draft()
        payment.amount = 80.0
        payment.action_post()
        self._post_net(self.acme, 10.0, "2026-02-10")
        billing = self._close("2026-02-28", self.acme)
        self.assertEqual(billing.closing_balance, 30.0)
        self.assertEqual(billing.transfers_amount + billing.payments_amount, -30.0)
        self.assertLessEqual(billing.payments_amount, 0.0)

    def test_undoing_the_matching_of_a_payment_changes_nothing(self):
        invoice = self._post_net(self.acme, 100.0, "2026-01-10")
        self._pay(100.0, self.acme, date="2026-01-20", moves=invoice)
        self._close("2026-01-31", self.acme)
        invoice.line_ids.remove_move_reconcile()
        self._post_net(self.acme, 10.0, "2026-02-10")
        billing = self._close("2026-02-28", self.acme)
        self.assertLedger(billing, opening=0.0, transfers=0.0, listed=10.0, payments=0.0, closing=10.0)

    # === LOCATIONS ===#

    def _create_locations(self):
        """Let the account have a document for each address; return its own address and another one."""
        self.acme.billing_profile_id = self._create_profile("By location", billing_level="location")
        self.env["res.partner"].create(
            [{"name": name, "parent_id": self.acme.id, "type": "invoice"} for name in ("North", "South")]
        )
        own = self.acme._get_invoice_address()
        return own, (self.acme.child_ids - own)[:1]

    def _close_locations(self, cutoff, own, other):
        billings = {billing.partner_id: billing for billing in self._close(cutoff, self.acme)}
        for billing in billings.values():
            self.assertAddsUp(billing)
        return billings.get(own), billings.get(other)

    def test_a_payment_on_account_that_is_matched_at_another_location_later_is_transferred(self):
        own, other = self._create_locations()
        invoice = self._post_net(other, 80.0, "2026-01-10")
        self._post_net(own, 20.0, "2026-01-10")
        payment = self._pay(50.0, self.acme, date="2026-01-20")
        here, there = self._close_locations("2026-01-31", own, other)
        self.assertRecordValues(
            here + there,
            [{"payments_amount": -50.0, "closing_balance": -30.0}, {"payments_amount": 0.0, "closing_balance": 80.0}],
        )
        self._reconcile(payment.move_id + invoice)
        self._post_net(own, 1.0, "2026-02-10")
        self._post_net(other, 2.0, "2026-02-10")
        here, there = self._close_locations("2026-02-28", own, other)
        self.assertRecordValues(
            here + there,
            [
                {"transfers_amount": 50.0, "payments_amount": 0.0, "closing_balance": 21.0},
                {"transfers_amount": -50.0, "payments_amount": 0.0, "closing_balance": 32.0},
            ],
        )

    def test_what_a_payment_does_not_settle_elsewhere_is_counted_where_it_stays(self):
        own, other = self._create_locations()
        invoice = self._post_net(other, 60.0, "2026-01-10")
        self._pay(100.0, self.acme, date="2026-01-20", moves=invoice)
        _nothing, there = self._close_locations("2026-01-31", own, other)
        self.assertRecordValues(there, [{"payments_amount": -60.0, "closing_balance": 0.0}])
        self._post_net(own, 10.0, "2026-02-10")
        here, _nothing = self._close_locations("2026-02-28", own, other)
        self.assertRecordValues(here, [{"transfers_amount": 0.0, "payments_amount": -40.0, "closing_balance": -30.0}])

    def test_a_credit_note_of_one_location_that_settles_an_invoice_of_another_is_no_payment(self):
        own, other = self._create_locations()
        invoice = self._post_net(other, 80.0, "2026-01-10")
        self._reconcile(invoice + self._post_net(own, 30.0, "2026-01-10", move_type="out_refund"))
        here, there = self._close_locations("2026-01-31", own, other)
        self.assertRecordValues(
            here + there,
            [
                {"transfers_amount": 0.0, "payments_amount": 0.0, "closing_balance": -30.0},
                {"transfers_amount": 0.0, "payments_amount": 0.0, "closing_balance": 80.0},
            ],
        )

    # === ENTRIES THAT ARE NOT LISTED ===#

    def test_matching_a_credit_note_that_another_run_lists_is_no_payment(self):
        monthly, weekly = self._create_term("Net 30", 30), self._create_term("Net 7", 7)
        invoice = self._post_net(self.acme, 100.0, "2026-01-10", invoice_payment_term_id=monthly.id)
        credit = self._post_net(
            self.acme, 30.0, "2026-01-12", move_type="out_refund", invoice_payment_term_id=weekly.id
        )
        self._reconcile(invoice + credit)
        first = self._close("2026-01-31", self.acme, payment_term_ids=[Command.set(monthly.ids)])
        self.assertLedger(first, opening=0.0, transfers=-30.0, listed=100.0, payments=0.0, closing=70.0)
        self.assertTransfers(first, [(self.acme, "unlisted", -30.0)])
        second = self._close("2026-02-28", self.acme, payment_term_ids=[Command.set(weekly.ids)])
        self.assertLedger(second, opening=70.0, transfers=30.0, listed=-30.0, payments=0.0, closing=70.0)
        self.assertTransfers(second, [(self.acme, "listed", 30.0)])

    def test_what_was_open_before_the_first_document_is_carried_over(self):
        old = self._post_net(self.acme, 1000.0, "2025-06-10")
        self._pay(900.0, self.acme, date="2025-07-10", moves=old)
        self._post_net(self.acme, 10.0, "2026-01-10")
        self._pay(5.0, self.acme, date="2026-01-15")
        first = self._close("2026-01-31", self.acme, order_date_from="2026-01-01")
        self.assertLedger(first, opening=0.0, transfers=100.0, listed=10.0, payments=-5.0, closing=105.0)
        self.assertTransfers(first, [(self.acme, "before", 100.0)])
        self._post_net(self.acme, 1.0, "2026-02-10")
        self._pay(100.0, self.acme, date="2026-02-15", moves=old)
        second = self._close("2026-02-28", self.acme, order_date_from="2026-02-01")
        self.assertLedger(second, opening=105.0, transfers=0.0, listed=1.0, payments=-100.0, closing=6.0)
        self._post_net(self.acme, 2.0, "2026-03-10")
        third = self._close("2026-03-31", self.acme)
        self.assertLedger(third, opening=6.0, transfers=-1000.0, listed=1002.0, payments=0.0, closing=8.0)

    # === DATES AND CURRENCIES ===#

    def test_the_invoice_date_counts_and_not_the_accounting_date(self):
        self.company.sale_lock_date = "2026-03-31"
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.acme.id,
                "invoice_date": "2026-03-30",
                "invoice_line_ids": [Command.create({"product_id": self.product.id, "price_unit": 100.0})],
            }
        )
        invoice.action_post()
        self.assertEqual(str(invoice.date), "2026-04-30", "the period is locked")
        run = self._create_run(cutoff_date="2026-04-15", invoice_date="2026-04-15", ignore_cycle=True)
        self.assertEqual(str(run.line_ids.entry_date), "2026-03-30")
        run.action_generate()
        run._process_groups()
        billing = run.consolidated_billing_ids
        self.assertEqual(str(billing.line_ids.date), "2026-03-30")
        self.assertEqual(billing.closing_balance, invoice.amount_total)

    def test_exchange_differences_are_no_entries_after_the_matching_was_undone(self):
        foreign = self.setup_other_currency("EUR", rates=[("2016-01-01", 0.9), ("2026-03-15", 0.8)])
        invoice = self._post_net(self.acme, 100.0, "2026-03-10", currency_id=foreign.id)
        self._pay(130.0, self.acme, date="2026-03-20", moves=invoice)
        invoice.line_ids.remove_move_reconcile()
        billing = self._close("2026-03-31", self.acme)
        self.assertEqual(billing.move_ids, invoice)
        self.assertLedger(billing, opening=0.0, transfers=0.0, listed=100.0, payments=0.0, closing=100.0)

    def test_a_payment_in_another_currency_counts_where_its_debt_is(self):
        foreign = self._create_foreign()
        invoice = self._post_net(self.acme, 100.0, "2026-03-10", currency_id=foreign.id)
        self._post_net(self.acme, 7.0, "2026-03-10")
        payment = self._pay(50.0, self.acme, date="2026-03-20")
        first = self._close("2026-03-31", self.acme)
        own = first.filtered(lambda billing: billing.currency_id != foreign)
        self.assertRecordValues(own + (first - own), [{"payments_amount": -50.0}, {"payments_amount": 0.0}])
        self._reconcile(payment.move_id + invoice)
        self._post_net(self.acme, 1.0, "2026-04-10", currency_id=foreign.id)
        self._post_net(self.acme, 1.0, "2026-04-10")
        second = self._close("2026-04-30", self.acme)
        own = second.filtered(lambda billing: billing.currency_id != foreign)
        self.assertRecordValues(
            own + (second - own),
            [
                {"transfers_amount": 50.0, "payments_amount": 0.0, "closing_balance": 8.0},
                {"transfers_amount": -100.0, "payments_amount": 0.0, "closing_balance": 1.0},
            ],
        )

    def test_a_payment_is_counted_in_each_currency_for_what_it_pays_there(self):
        foreign = self._create_foreign()
        invoice = self._post_net(self.acme, 100.0, "2026-01-10", currency_id=foreign.id)
        self._pay(70.0, self.acme, date="2026-01-20", moves=invoice)
        first = self._close("2026-01-31", self.acme)
        self.assertRecordValues(first, [{"currency_id": foreign.id, "payments_amount": -100.0, "closing_balance": 0.0}])
        self._post_net(self.acme, 30.0, "2026-02-10")
        second = self._close("2026-02-28", self.acme)
        self.assertRecordValues(second, [{"transfers_amount": 0.0, "payments_amount": -20.0, "closing_balance": 10.0}])

    # === COMPANIES ===#

    def test_each_company_has_its_own_ledger(self):
        company = self.setup_other_company()["company"]
        self._post_net(self.acme, 100.0, "2026-01-10")
        other = (
            self.env["account.move"]
            .with_company(company)
            .create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.acme.id,
                    "invoice_date": "2026-01-10",
                    "invoice_line_ids": [Command.create({"name": "Elsewhere", "price_unit": 7.0, "tax_ids": []})],
                }
            )
        )
        other.action_post()
        self.assertEqual(self._close("2026-01-31", self.acme).closing_balance, 100.0)

    # === SCREENS ===#

    def test_customers_read_on_paper_what_changed_their_balance(self):
        head = self._group_members()
        self.acme.grouping_partner_id = head
        self._post_net(self.acme, 100.0, "2026-03-10")
        self._close("2026-03-31", head)
        self.acme.grouping_partner_id = False
        self._post_net(head, 10.0, "2026-04-09")
        billing = self._close("2026-04-30", head)
        for report in ("detail", "summary"):
            html = self.env["ir.actions.report"]._render_qweb_html(
                f"consolidated_billing.action_report_consolidated_billing_invoice_{report}", billing.ids
            )[0]
            text = " ".join(fromstring(html).text_content().split())
            self.assertIn("Transferred Balances", text)
            self.assertIn("Left the account", text)
            self.assertIn("Acme (ACME)", text)

    def test_accountants_read_what_is_behind_a_balance_and_nobody_writes_it(self):
        self._post_net(self.acme, 100.0, "2026-03-10")
        self._pay(10.0, self.acme)
        billing = self._close("2026-03-31", self.acme)
        rows = billing.with_user(self.accountant).balance_ids
        self.assertEqual(set(rows.mapped("kind")), {"account", "payment"})
        for user in (self.accountant, self.manager):
            with self.assertRaises(UserError):
                self._rpc(user, rows[0], "write", {"amount": 1.0})
            with self.assertRaises(AccessError):
                rows[0].with_user(user).unlink()
        with self.assertRaises(UserError):
            billing.with_user(self.manager).write({"transfers_amount": 1.0})

    # === UPDATES ===#

    def test_documents_of_the_version_before_stay_as_printed_and_are_carried_on(self):
        invoice = self._post_net(self.acme, 100.0, "2026-01-10")
        self._pay(40.0, self.acme, date="2026-01-20", moves=invoice)
        self._post_net(self.acme, 1.0, "2026-01-21")
        first = self._close("2026-01-31", self.acme)
        self.env.cr.execute("DELETE FROM consolidated_billing_invoice_balance")
        self.env.invalidate_all()
        path = file_path("consolidated_billing/migrations/19.0.1.1.0/post-ledger.py")
        load_script(path, "post_ledger").migrate(self.env.cr, "19.0.1.0.0")
        self.env.invalidate_all()
        self.assertRecordValues(first, [{"transfers_amount": 0.0, "payments_amount": -40.0, "closing_balance": 61.0}])
        self.assertFalse(first.counted_payment_ids + first.transfer_ids)
        self._pay(10.0, self.acme, date="2026-02-10")
        self._post_net(self.acme, 5.0, "2026-02-11")
        second = self._close("2026-02-28", self.acme)
        self.assertLedger(second, opening=61.0, transfers=0.0, listed=5.0, payments=-10.0, closing=56.0)

    # === ACCOUNTS THAT BECOME CONTACTS ===#

    def test_a_paid_document_does_not_keep_an_account_from_becoming_a_contact(self):
        holding = self._create_account("Holding")
        invoice = self._post_net(self.acme, 100.0, "2026-03-10")
        billing = self._close("2026-03-31", self.acme)
        self._pay(100.0, self.acme, date="2026-04-02", moves=invoice)
        self.acme.write({"is_company": False, "parent_id": holding.id})
        self.assertEqual(invoice.commercial_partner_id, holding)
        self.assertEqual(holding.consolidated_billing_count, 1)
        action = holding.with_user(self.accountant).action_view_consolidated_billing_invoices()
        self.assertEqual(self.env[action["res_model"]].search(action["domain"]), billing)
        self.env.invalidate_all()
        self.assertEqual(billing.closing_balance, 100.0)

    def test_the_entries_of_a_paid_document_are_still_protected_from_people(self):
        invoice = self._post_net(self.acme, 100.0, "2026-03-10")
        billing = self._close("2026-03-31", self.acme)
        self._pay(100.0, self.acme, date="2026-04-02", moves=invoice)
        with self.assertRefused(billing.name):
            invoice.line_ids.with_user(self.manager).write({"partner_id": self._create_account("Other").id})
