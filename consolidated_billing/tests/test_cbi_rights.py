from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .cbi_common import CbiCommon

REPORT = "consolidated_billing.action_report_consolidated_billing_invoice"


@tagged("post_install", "-at_install")
class TestCbiRights(CbiCommon):
    """What each role may do with consolidated billing invoices, and what not; companies stay apart."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        company = {"company_id": cls.company.id}
        cls.auditor = cls._create_user("auditor", "account.group_account_readonly", **company)
        cls.bookkeeper = cls._create_user("bookkeeper", "account.group_account_user", **company)
        cls.seller = cls._create_user("seller", "sales_team.group_sale_manager", **company)
        cls.employee = cls._create_user("employee", **company)
        cls.portal = new_test_user(cls.env, "portal_user", groups="base.group_portal", **company)
        cls.invoice = cls._post()
        cls.billing_run = cls._create_run(generate=True)
        cls.billing = cls.billing_run.consolidated_billing_ids

    def _print(self, user, billing=None):
        report = self.env.ref(REPORT).with_user(user)
        return report._render_qweb_html(report.report_name, (billing or self.billing).ids)[0].decode()

    def assertForbidden(self, user, *methods, record=None):
        for method in methods:
            with self.subTest(user=user.login, method=method), self.assertRaises(AccessError):
                self._rpc(user, record or self.billing, method)

    # === READING ===#

    def test_who_audits_reads_and_prints_and_changes_nothing(self):
        self.assertEqual(self.billing.with_user(self.auditor).line_ids.mapped("name"), [self.invoice.name])
        self.assertIn(self.billing.name, self._print(self.auditor))
        self.assertForbidden(self.auditor, "action_finalize", "action_reject")
        with self.assertRaises(AccessError):
            self._rpc(self.auditor, self.billing, "write", {"invoice_format": "detail"})
        self._post(date="2026-03-11")
        waiting = self._create_run()
        self.assertForbidden(self.auditor, "action_prepare", "action_generate", "action_cancel", record=waiting)
        self._finalize(self.billing)
        self.assertForbidden(self.auditor, "action_cancel")
        self.assertForbidden(self.auditor, "action_reverse", record=self.billing_run)
        self.assertRecordValues(self.billing, [{"state": "final", "invoice_format": "summary"}])

    def test_who_audits_cannot_pay(self):
        self._finalize(self.billing)
        with self.assertRaises(AccessError):
            self._register(self.billing, user=self.auditor)
        self.assertEqual(self.billing.payment_state, "not_paid")

    def test_who_audits_opens_the_form_of_a_document(self):
        with Form(self.billing.with_user(self.auditor)) as form:
            self.assertEqual(form.name, self.billing.name)

    def test_salespeople_employees_and_customers_read_no_document(self):
        for user in (self.seller, self.employee, self.portal):
            with self.subTest(user=user.login):
                with self.assertRaises(AccessError):
                    self._rpc(user, self.billing, "read", ["name", "closing_balance"])
                with self.assertRaises(AccessError):
                    self._rpc(user, self.billing.line_ids, "read", ["amount_total"])
                with self.assertRaises(AccessError):
                    self._print(user)

    def test_salespeople_employees_and_customers_change_no_document(self):
        for user in (self.seller, self.employee, self.portal):
            self.assertForbidden(user, "action_finalize", "action_reject")
        self._finalize(self.billing)
        for user in (self.seller, self.employee, self.portal):
            self.assertForbidden(user, "action_cancel", "action_register_payment")
        self.assertEqual(self.billing.state, "final")

    def test_the_customer_form_opens_for_who_may_not_see_documents(self):
        user = self._create_user("reception", "base.group_partner_manager", company_id=self.company.id)
        self.assertEqual(self.acme.with_user(user).consolidated_billing_count, 0)
        with Form(self.acme.with_user(user)) as form:
            form.name = "Acme & Sons"
        self.assertEqual(self.acme.with_user(self.auditor).consolidated_billing_count, 1)

    # === WORKING ===#

    def test_who_invoices_does_all_but_cancel_finals(self):
        self.billing.with_user(self.accountant).action_reject()
        run = self._create_run(user=self.accountant)
        run.action_generate()
        run._process_groups()
        billing = run.consolidated_billing_ids.with_user(self.accountant)
        billing.invoice_format = "detail"
        billing.action_finalize()
        billing.action_print()
        billing.action_send()
        self.assertForbidden(self.accountant, "action_cancel", record=billing)
        self.assertEqual(self._register(billing).amount, 115.0)

    def test_a_bookkeeper_does_not_cancel_finals_an_accounting_manager_does(self):
        self._finalize(self.billing)
        with self.assertRaisesRegex(AccessError, "accounting managers"):
            self.billing.with_user(self.bookkeeper).action_cancel()
        self.assertEqual(self.invoice.billing_number, self.billing.name)
        self.billing.with_user(self.manager).action_cancel()
        self.assertFalse(self.invoice.billing_number)

    def test_who_invoices_reverses_a_run_of_drafts_but_not_of_finals(self):
        self._finalize(self.billing)
        with self.assertRaises(AccessError):
            self.billing_run.with_user(self.accountant).action_reverse()
        self.assertRecordValues(self.billing, [{"state": "final"}])
        self.assertRecordValues(self.billing_run, [{"state": "done"}])
        self.billing_run.with_user(self.manager).action_reverse()
        self.assertRecordValues(self.billing, [{"state": "cancelled"}])

    def test_a_sales_manager_does_not_consolidate(self):
        with self.assertRaises(AccessError):
            self._create_run(user=self.seller)

    def test_a_sales_manager_does_not_accept_documents_through_their_run(self):
        with self.assertRaises(AccessError):
            self.billing_run.with_user(self.seller).action_post()
        with self.assertRaises(AccessError):
            self.billing_run.with_user(self.seller).action_reverse()
        self.assertEqual(self.billing.state, "draft")

    def test_nobody_writes_the_listed_entries(self):
        line = self.billing.line_ids
        for user in (self.accountant, self.bookkeeper, self.manager):
            for values in ({"amount_total": 1.0}, {"move_id": False}, {"billing_id": False}):
                with self.assertRaises(UserError):
                    self._rpc(user, line, "write", values)
            with self.assertRaises(AccessError):
                self._rpc(user, line, "unlink")

    # === COMPANIES ===#

    def test_another_company_sees_and_does_nothing(self):
        company = self.setup_other_company()["company"]
        stranger = self._create_user(
            "stranger", "account.group_account_manager", company_id=company.id, company_ids=company.ids
        )
        self.assertFalse(self.env["consolidated.billing.invoice"].with_user(stranger).search([]))
        self.assertEqual(self.acme.with_user(stranger).consolidated_billing_count, 0)
        self.assertForbidden(stranger, "action_finalize", "action_reject")
        with self.assertRaises(AccessError):
            self._print(stranger)
        with self.assertRaises(AccessError):
            self._rpc(stranger, self.billing.line_ids, "read", ["amount_total"])
        self.assertFalse(self.env["consolidated.billing.invoice.line"].with_user(stranger).search([]))
        self.assertForbidden(stranger, "action_generate", "action_cancel", "action_reverse", record=self.billing_run)
        self.assertEqual(self.billing.state, "draft")

    def test_the_profile_of_each_company_decides_for_itself(self):
        other = self.setup_other_company()
        company = other["company"]
        manager = self._create_user(
            "other_manager", "account.group_account_manager", company_id=company.id, company_ids=company.ids
        )
        self.env["account.move"].with_company(company).create(
            {
                "move_type": "out_invoice",
                "partner_id": self.acme.id,
                "invoice_date": "2026-03-10",
                "journal_id": other["default_journal_sale"].id,
                "invoice_line_ids": [(0, 0, {"name": "X", "price_unit": 10.0, "tax_ids": False})],
            }
        ).action_post()
        run = self._create_run(user=manager, company_id=company.id)
        self.assertFalse(run.group_ids, "no profile in that company")
        self.acme.with_company(company).billing_profile_id = self.profile
        run.action_prepare()
        self.assertRecordValues(run.group_ids, [{"amount_total": 10.0}])
        self.assertFalse(self._create_run().group_ids, "billed already in this one")
