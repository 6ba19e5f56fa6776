from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .cbi_common import CbiCommon


@tagged("post_install", "-at_install")
class TestCbiProtection(CbiCommon):
    """An entry on a draft or final document stays as it was billed (``C5``)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._post()
        cls.fee = cls._adjust(25.0)
        cls.billing = cls._bill()
        cls.bookkeeper = cls._create_user("bookkeeper", "account.group_account_user", company_id=cls.company.id)
        cls.other = cls._create_flagged("Other")

    def assertProtected(self, entry, method, *args, **kwargs):
        """Assert that a client is refused, with a sentence that names the entry and the document."""
        before = entry.read(["state", "date", "partner_id", "amount_total", "billing_number", "line_ids"])
        with self.assertRefused(self.billing.name):
            self._rpc(self.manager, entry, method, *args, **kwargs)
        entry.invalidate_recordset()
        self.assertEqual(
            entry.read(["state", "date", "partner_id", "amount_total", "billing_number", "line_ids"]), before
        )

    # === RESET, CANCEL, DELETE ===#

    def test_a_billed_entry_is_not_reset_cancelled_or_deleted(self):
        for entry in self.invoice, self.fee:
            self.assertProtected(entry, "button_draft")
            self.assertProtected(entry, "button_cancel")
            self.assertProtected(entry, "unlink", context={"force_delete": True})
            self.assertProtected(entry, "unlink", context={"force_delete": True, "dynamic_unlink": True})

    def test_a_final_document_protects_its_entries_as_a_draft_does(self):
        self._finalize(self.billing)
        self.assertProtected(self.invoice, "button_draft")
        self.assertProtected(self.fee, "button_cancel")

    def test_the_message_names_entry_document_and_way_out(self):
        with self.assertRefused(self.invoice.name, self.billing.name, "Acme", "rejected or cancelled"):
            self._rpc(self.bookkeeper, self.invoice, "button_draft")

    def test_entries_of_a_rejected_or_cancelled_document_are_free(self):
        self.billing.action_reject()
        self._rpc(self.bookkeeper, self.fee, "button_draft")
        again = self._finalize(self._bill())
        again.with_user(self.manager).action_cancel()
        self._rpc(self.bookkeeper, self.invoice, "button_draft")
        self.assertEqual(self.invoice.state, "draft")

    # === CHANGE ===#

    def test_date_customer_journal_and_state_are_not_changed_by_a_client(self):
        journal = self.company_data["default_journal_sale"].copy()
        for values in (
            {"date": "2026-03-30"},
            {"invoice_date": "2026-03-30"},
            {"partner_id": self.other.id},
            {"journal_id": journal.id},
            {"state": "draft"},
            {"state": "cancel"},
            {"name": "INV/2026/99999"},
        ):
            self.assertProtected(self.invoice, "write", values)
        self.assertProtected(self.fee, "write", {"date": "2026-03-30"})

    def test_the_same_values_can_be_written_again(self):
        self._rpc(self.bookkeeper, self.invoice, "write", {"state": "posted", "invoice_date_due": "2026-05-01"})
        item = self.fee.line_ids[0]
        self._rpc(self.bookkeeper, item, "write", {"debit": item.debit, "account_id": item.account_id.id})
        self.assertEqual(self.invoice.consolidated_billing_id, self.billing)

    def test_notes_and_references_can_still_be_changed(self):
        self._rpc(self.bookkeeper, self.invoice, "write", {"narration": "Called on Monday", "invoice_origin": "X"})
        self.assertIn("Monday", self.invoice.narration)

    def test_journal_items_are_not_changed(self):
        receivable = self.invoice.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        product = self.invoice.invoice_line_ids
        for line, values in (
            (receivable, {"partner_id": self.other.id}),
            (receivable, {"account_id": receivable.account_id.copy().id}),
            (receivable, {"debit": 1.0}),
            (receivable, {"amount_currency": 1.0}),
            (receivable, {"date": "2026-01-01"}),
            (receivable, {"move_id": self.fee.id}),
            (product, {"price_unit": 50.0}),
            (product, {"quantity": 2.0}),
            (product, {"discount": 10.0}),
            (product, {"balance": -1.0}),
            (product, {"name": "Something else"}),
            (product, {"tax_ids": [Command.clear()]}),
            (product, {"product_id": self.product.copy().id}),
        ):
            with self.subTest(values=values):
                with self.assertRaises(UserError), self.env.cr.savepoint():
                    self._rpc(self.manager, line, "write", values)
                self.env.invalidate_all()
                self.assertEqual(self.invoice.amount_total, 115.0)

    def test_journal_items_are_not_changed_through_their_entry(self):
        product = self.invoice.invoice_line_ids
        new_line = {"name": "X", "price_unit": 1.0, "quantity": 1.0}
        for values in (
            {"invoice_line_ids": [Command.update(product.id, {"price_unit": 50.0})]},
            {"invoice_line_ids": [Command.update(product.id, {"quantity": 3.0})]},
            {"invoice_line_ids": [Command.create(new_line)]},
            {"invoice_line_ids": [Command.delete(product.id)]},
            {"line_ids": [Command.delete(product.id)]},
            {"line_ids": [Command.clear()]},
            {"invoice_payment_term_id": self._create_term("Halves", 10, 20).id},
        ):
            with self.subTest(values=values):
                with self.assertRaises(UserError), self.env.cr.savepoint():
                    self._rpc(self.manager, self.invoice, "write", values)
                self.invoice.invalidate_recordset()
                self.assertEqual(self.invoice.amount_total, 115.0)
                self.assertEqual(len(self.invoice.invoice_line_ids), 1)

    def test_journal_items_are_neither_added_nor_deleted(self):
        receivable = self.fee.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self._rpc(self.manager, self.fee.line_ids, "unlink", context={"force_delete": True})
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self._rpc(
                self.manager,
                self.env["account.move.line"],
                "create",
                [
                    {
                        "move_id": self.fee.id,
                        "account_id": receivable.account_id.id,
                        "partner_id": self.acme.id,
                        "debit": debit,
                        "credit": credit,
                    }
                    for debit, credit in ((10.0, 0.0), (0.0, 10.0))
                ],
            )
        self.fee.invalidate_recordset()
        self.assertEqual(len(self.fee.line_ids), 2)

    def test_the_link_to_the_document_is_not_written_by_a_client(self):
        receivable = self.invoice.line_ids.filtered("consolidated_billing_line_id")
        stranger = self._post(self.other)
        for record, values in (
            (self.invoice, {"consolidated_billing_id": False}),
            (stranger, {"consolidated_billing_id": self.billing.id}),
            (self.invoice, {"billing_number": "CBI/999999"}),
            (receivable, {"consolidated_billing_line_id": False}),
        ):
            with self.subTest(values=values):
                with self.assertRaises(UserError), self.env.cr.savepoint():
                    self._rpc(self.manager, record, "write", values)
        self.env.invalidate_all()
        self.assertEqual(receivable.consolidated_billing_line_id.billing_id, self.billing)
        self.assertEqual(self.invoice.billing_number, self.billing.name)
        self.assertFalse(stranger.consolidated_billing_id)

    def test_a_new_entry_does_not_claim_to_be_billed(self):
        values = {
            "move_type": "out_invoice",
            "partner_id": self.acme.id,
            "consolidated_billing_id": self.billing.id,
            "invoice_line_ids": [Command.create({"name": "X", "price_unit": 1.0})],
        }
        with self.assertRaises(UserError):
            self._rpc(self.manager, self.env["account.move"], "create", [values])

    def test_the_entries_of_a_document_are_not_exchanged_by_a_client(self):
        stranger = self._post(self.other)
        for values in (
            {"move_ids": [Command.link(stranger.id)]},
            {"move_ids": [Command.unlink(self.invoice.id)]},
            {"line_ids": [Command.clear()]},
            {"line_ids": [Command.create({"move_id": stranger.id, "entry_type": "invoice"})]},
        ):
            with self.subTest(values=values):
                with self.assertRaises(UserError), self.env.cr.savepoint():
                    self._rpc(self.manager, self.billing, "write", values)
        self.billing.invalidate_recordset()
        self.assertEqual(self.billing.move_ids, self.invoice + self.fee)

    def test_a_billed_entry_keeps_its_number_when_others_are_renumbered(self):
        wizard = (
            self.env["account.resequence.wizard"]
            .with_context(active_model="account.move", active_ids=self.invoice.ids)
            .create({"first_name": "INV/2026/00500"})
        )
        with self.assertRefused(self.invoice.name, self.billing.name), self.env.cr.savepoint():
            wizard.resequence()
        self.billing.action_reject()
        wizard.resequence()
        self.assertEqual(self.invoice.name, "INV/2026/00500")

    # === WHAT STAYS ALLOWED ===#

    def test_a_billed_invoice_can_be_credited(self):
        self._finalize(self.billing)
        wizard = (
            self.env["account.move.reversal"]
            .with_user(self.bookkeeper)
            .with_context(active_model="account.move", active_ids=self.invoice.ids)
        )
        action = wizard.create({"journal_id": self.invoice.journal_id.id, "date": "2026-04-02"}).modify_moves()
        replacement = self.env["account.move"].browse(action["res_id"])
        self.assertEqual(self.invoice.payment_state, "reversed")
        self.assertFalse(replacement.consolidated_billing_id)
        self.assertEqual(self.billing.amount_residual, 25.0)
        second = self._bill(cutoff_date="2026-04-30", invoice_date="2026-04-30")
        self.assertEqual(second.move_ids, self.invoice.reversal_move_ids)
        self.assertRecordValues(second, [{"opening_balance": 140.0, "credits_amount": -115.0, "closing_balance": 25.0}])

    def test_a_billed_invoice_can_be_paid_and_unreconciled(self):
        payment = self._pay(115.0, moves=self.invoice)
        payment.move_id.line_ids.remove_move_reconcile()
        self.assertEqual(self.billing.amount_residual, 140.0)

    def test_the_form_of_a_billed_invoice_opens_and_saves_a_note(self):
        with Form(self.invoice.with_user(self.bookkeeper)) as form:
            form.narration = "Seen"
        self.assertEqual(self.invoice.consolidated_billing_id, self.billing)

    def test_the_form_of_a_billed_entry_can_be_saved_unchanged_in_its_items(self):
        with Form(self.fee.with_user(self.bookkeeper)) as form:
            form.ref = "Fee of March"
        self.assertEqual(self.fee.ref, "Fee of March")

    # === CUSTOMERS ===#

    def test_a_merged_customer_keeps_its_documents_and_their_balance(self):
        self._finalize(self.billing)
        target = self._create_flagged("Acme Holding")
        self._post(target, amount=10.0, date="2026-04-03")
        self.env["base.partner.merge.automatic.wizard"].create({})._merge((self.acme + target).ids, target)
        self.env.invalidate_all()
        self.assertRecordValues(self.billing, [{"partner_id": target.id, "commercial_partner_id": target.id}])
        with self.assertRefused(self.billing.name):
            self.invoice.button_draft()
        second = self._bill(cutoff_date="2026-04-30", invoice_date="2026-04-30")
        self.assertRecordValues(second, [{"opening_balance": 140.0, "closing_balance": 151.5}])

    def test_a_billed_customer_does_not_become_a_contact_of_another(self):
        with self.assertRefused(self.billing.name, "cannot be"):
            self.acme.write({"parent_id": self.other.id, "is_company": False})
        self.env.invalidate_all()
        self.assertEqual(self.invoice.line_ids.partner_id, self.acme)

    def test_the_document_stays_with_the_account_whatever_happens_to_its_grouping(self):
        self._finalize(self.billing)
        self.acme.grouping_partner_id = self._group_members()
        self.assertRecordValues(self.billing, [{"partner_id": self.acme.id, "closing_balance": 140.0}])
        with self.assertRefused(self.billing.name):
            self.invoice.button_draft()

    def test_another_company_does_not_touch_the_entry(self):
        company = self.setup_other_company()["company"]
        stranger = self._create_user(
            "stranger", "account.group_account_manager", company_id=company.id, company_ids=company.ids
        )
        with self.assertRaises(UserError):
            self._rpc(stranger, self.invoice, "button_draft")
