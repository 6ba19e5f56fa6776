from odoo.tests import tagged

from .cbi_common import CbiCommon


@tagged("post_install", "-at_install")
class TestCbiNumbers(CbiCommon):
    """A billing number is drawn, never typed, changed or used again, on whatever way (``C4``)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Billing = cls.env["consolidated.billing.invoice"]
        cls.invoice = cls._post()
        cls.billing = cls._bill()
        cls.bookkeeper = cls._create_user("bookkeeper", "account.group_account_user", company_id=cls.company.id)

    def test_a_draft_has_its_number_from_the_beginning_and_keeps_it(self):
        name = self.billing.name
        self.assertTrue(name)
        self.assertEqual(self.billing.state, "draft")
        self._finalize(self.billing)
        self.assertEqual(self.billing.name, name)

    def test_a_number_is_not_typed_by_a_client(self):
        values = {"name": "CBI/999999", "partner_id": self.acme.id, "company_id": self.company.id}
        for user in (self.bookkeeper, self.manager):
            with self.assertRefused("CBI/999999", "cannot be typed", "database sequence"):
                self._rpc(user, self.Billing, "create", [values])

    def test_a_number_is_not_typed_by_an_import(self):
        result = self.Billing.with_user(self.manager).load(
            ["name", "partner_id/.id", "company_id/.id", "currency_id/.id", "cutoff_date"],
            [["CBI/999999", str(self.acme.id), str(self.company.id), str(self.company.currency_id.id), "2026-03-31"]],
        )
        self.assertFalse(result["ids"])
        self.assertIn("cannot be typed", result["messages"][0]["message"])

    def test_an_import_changes_no_number(self):
        xml_id = "__import__.known_billing"
        self.env["ir.model.data"]._update_xmlids([{"xml_id": xml_id, "record": self.billing}])
        result = self.Billing.with_user(self.manager).load(["id", "name"], [[xml_id, "CBI/999999"]])
        self.assertFalse(result["ids"])
        self.assertIn("cannot be typed", result["messages"][0]["message"])
        self.assertNotEqual(self.billing.name, "CBI/999999")

    def test_a_document_is_not_made_without_a_number_either(self):
        with self.assertRefused("billing run"):
            self._rpc(self.manager, self.Billing, "create", [{"partner_id": self.acme.id}])

    def test_a_default_in_the_context_types_no_number(self):
        for context in ({"default_name": "CBI/999999"}, {"billing_engine": True, "default_name": "CBI/999999"}):
            with self.assertRefused("billing run"):
                self._rpc(self.manager, self.Billing, "create", [{"partner_id": self.acme.id}], context=context)

    def test_no_context_lets_a_client_write_what_the_engine_decides(self):
        for context in ({"billing_engine": True}, {"billing_engine": 1}, {"billing_run_engine": True}):
            for values in (
                {"name": "CBI/999999"},
                {"sequence_number": 7},
                {"state": "final"},
                {"closing_balance": 1.0},
            ):
                with self.assertRefused():
                    self._rpc(self.manager, self.billing, "write", values, context=context)

    def test_a_name_cannot_be_created_on_the_fly(self):
        with self.assertRefused("cannot be typed"):
            self._rpc(self.manager, self.Billing, "name_create", "CBI/999999")

    def test_a_document_is_not_copied(self):
        with self.assertRefused("duplicated"):
            self._rpc(self.manager, self.billing, "copy")

    def test_a_copied_invoice_is_not_billed(self):
        copy = self.invoice.copy()
        self.assertFalse(copy.billing_number)
        self.assertFalse(copy.consolidated_billing_id)
        self.assertFalse(copy.line_ids.consolidated_billing_line_id)

    def test_a_number_is_not_deleted_in_any_state(self):
        with self.assertRefused("cannot be deleted"):
            self._rpc(self.manager, self.billing, "unlink")
        self.billing.action_reject()
        with self.assertRefused("cannot be deleted"):
            self._rpc(self.manager, self.billing, "unlink")

    def test_a_rejected_number_is_kept_and_not_drawn_again(self):
        self.billing.with_user(self.accountant).action_reject()
        again = self._bill()
        self.assertNotEqual(again.name, self.billing.name)
        self.assertRecordValues(self.billing, [{"state": "cancelled"}])
        self.assertEqual(self.billing.line_ids.move_id, self.invoice, "what it listed can still be seen")

    def test_a_sequence_that_is_set_back_uses_no_number_twice(self):
        self.company.consolidated_billing_sequence_id.number_next_actual = self.billing.sequence_number
        self._post(date="2026-03-11")
        run = self._create_run(generate=True)
        self.assertRecordValues(run.group_ids, [{"state": "done"}])
        self.assertNotEqual(run.consolidated_billing_ids.name, self.billing.name)

    def test_two_companies_may_have_the_same_number(self):
        other = self.setup_other_company()
        company = other["company"]
        manager = self._create_user(
            "other_manager", "account.group_account_manager", company_id=company.id, company_ids=company.ids
        )
        self.acme.with_company(company).billing_profile_id = self.profile
        self.env["account.move"].with_company(company).create(
            {
                "move_type": "out_invoice",
                "partner_id": self.acme.id,
                "invoice_date": "2026-03-10",
                "journal_id": other["default_journal_sale"].id,
                "invoice_line_ids": [(0, 0, {"name": "X", "price_unit": 10.0, "tax_ids": False})],
            }
        ).action_post()
        run = self._create_run(generate=True, user=manager, company_id=company.id)
        billing = run.sudo().consolidated_billing_ids
        self.assertRecordValues(billing, [{"company_id": company.id, "sequence_number": 1}])
        self.assertEqual(
            len(self.Billing.search([("name", "=", billing.name)])), 1 + (billing.name == self.billing.name)
        )

    def test_a_changed_prefix_counts_on(self):
        self.company.billing_number_prefix = "BILL/"
        self._post(date="2026-03-12")
        billing = self._bill()
        self.assertEqual(billing.sequence_number, self.billing.sequence_number + 1)
        self.assertTrue(billing.name.startswith("BILL/"))
        self.assertTrue(self.billing.name.startswith("CBI/"))
