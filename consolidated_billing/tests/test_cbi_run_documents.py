import io

from openpyxl import load_workbook

from odoo.exceptions import AccessError
from odoo.tests import HttpCase, tagged

from .cbi_common import CbiCommon

APRIL = {"cutoff_date": "2026-04-30", "invoice_date": "2026-04-30"}


@tagged("post_install", "-at_install")
class TestCbiRunDocuments(CbiCommon, HttpCase):
    """What a run does with its documents: accept, print, send, reverse, list (``R6``, ``R7``)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.beta = cls._create_flagged("Beta", ref="BETA")
        cls.first = cls._post(amount=100.0, date="2026-03-05")
        cls.other = cls._post(cls.beta, amount=10.0, date="2026-03-07")
        cls.late = cls._post(amount=20.0, date="2026-04-07")
        cls.billing_run = cls._create_run(generate=True)
        cls.billings = cls.billing_run.consolidated_billing_ids
        cls.acmes = cls.billings.filtered(lambda billing: billing.partner_id == cls.acme)
        cls.betas = cls.billings - cls.acmes

    def _get_group(self, billing):
        return self.billing_run.group_ids.filtered(lambda group: group.consolidated_billing_id == billing)

    # === ACCEPT ===#

    def test_few_are_rejected_and_the_rest_is_accepted(self):
        self.betas.with_user(self.accountant).action_reject()
        action = self.billing_run.with_user(self.accountant).action_post()
        self.assertIn("1 documents accepted", action["params"]["message"])
        self.assertEqual((self.acmes.state, self.betas.state), ("final", "cancelled"))
        self.assertEqual(self._get_entries(self._create_run()), self.other)

    def test_what_cannot_be_accepted_is_named_and_the_rest_is_accepted(self):
        following = self._create_run(generate=True, **APRIL)
        self._post(self._create_flagged("New"), date="2026-04-08")
        both = self._create_run(generate=True, **APRIL)
        action = following.with_user(self.accountant).action_post()
        self.assertIn(self.acmes.name, action["params"]["message"])
        self.assertEqual(following.consolidated_billing_ids.state, "draft")
        both.action_post()
        self.assertEqual(both.consolidated_billing_ids.state, "final")

    def test_there_must_be_something_to_accept_print_and_send(self):
        self.billings.action_reject()
        run = self.billing_run.with_user(self.accountant)
        with self.assertRefused("no draft"):
            run.action_post()
        for method in ("action_print", "action_send"):
            with self.assertRefused("no documents"):
                getattr(run, method)()

    def test_valid_documents_are_printed_and_final_ones_sent(self):
        run = self.billing_run.with_user(self.accountant)
        self.betas.action_reject()
        self.assertEqual(run.action_print()["context"]["active_ids"], self.acmes.ids)
        with self.assertRefused("Accept"):
            run.action_send()
        run.action_post()
        self.assertEqual(run.action_send()["context"]["default_res_ids"], self.acmes.ids)

    # === REVERSE ===#

    def test_reversing_drafts_rejects_them_and_frees_the_entries(self):
        self.billing_run.with_user(self.accountant).action_reverse()
        self.assertEqual(set(self.billings.mapped("state")), {"cancelled"})
        self.assertEqual(self.billing_run.state, "cancelled")
        self.assertEqual(self._get_entries(self._create_run()), self.first + self.other)

    def test_nothing_is_reversed_when_one_document_is_paid_and_all_paid_ones_are_named(self):
        self.billing_run.action_post()
        self._pay(50.0, moves=self.first, date="2026-04-02")
        with self.assertRefused(self.acmes.name, "Nothing was changed"):
            self.billing_run.with_user(self.manager).action_reverse()
        self.assertEqual(set(self.billings.mapped("state")), {"final"})
        self.assertEqual(self.billing_run.state, "done")

    def test_a_single_document_is_reversed_beside_a_paid_one(self):
        self.billing_run.action_post()
        self._pay(50.0, moves=self.first, date="2026-04-02")
        self._get_group(self.betas).with_user(self.manager).action_reverse()
        self.assertEqual((self.acmes.state, self.betas.state), ("final", "cancelled"))
        self.assertEqual(self._get_entries(self._create_run()), self.other)

    def test_a_paid_document_is_not_reversed_alone(self):
        self.billing_run.action_post()
        self._pay(50.0, moves=self.first, date="2026-04-02")
        with self.assertRefused(self.acmes.name):
            self._get_group(self.acmes).with_user(self.manager).action_reverse()

    def test_a_final_document_is_reversed_by_a_manager_only(self):
        self.billing_run.action_post()
        with self.assertRaises(AccessError):
            self._get_group(self.betas).with_user(self.accountant).action_reverse()
        self.assertEqual(self.betas.state, "final")

    def test_a_run_whose_balance_is_carried_on_is_reversed_after_the_later_one(self):
        self.billing_run.action_post()
        later = self._create_run(generate=True, **APRIL)
        with self.assertRefused(self.acmes.name, later.consolidated_billing_ids.name):
            self.billing_run.with_user(self.manager).action_reverse()
        self.assertEqual(set(self.billings.mapped("state")), {"final"})
        later.action_reverse()
        self.billing_run.with_user(self.manager).action_reverse()
        self.assertEqual(set(self.billings.mapped("state")), {"cancelled"})

    def test_a_rejected_document_does_not_stop_the_reverse_of_the_others(self):
        self.betas.action_reject()
        self.billing_run.action_reverse()
        self.assertEqual(set(self.billings.mapped("state")), {"cancelled"})

    def test_a_rejected_entry_that_was_billed_again_stays_billed_when_the_run_is_reversed(self):
        self.betas.action_reject()
        again = self._bill()
        self.assertEqual(again.move_ids, self.other)
        self.billing_run.action_reverse()
        self.assertEqual(again.state, "draft")
        self.assertEqual(self.other.billing_number, again.name)

    def test_a_run_is_not_reversed_twice(self):
        self.billing_run.action_reverse()
        with self.assertRefused(self.billing_run.name, "nothing that could be reversed"):
            self.billing_run.action_reverse()

    # === INVOICE LIST ===#

    def test_the_invoice_list_names_documents_entries_and_reasons(self):
        report = self.env.ref("consolidated_billing.action_report_billing_run").with_user(self.accountant)
        html = report._render_qweb_html(report.report_name, self.billing_run.ids)[0].decode()
        for text in (
            self.billing_run.name,
            self.acmes.name,
            self.betas.name,
            "Acme",
            "BETA",
            self.late.name,
            "dated 2026-04-07",
        ):
            self.assertIn(text, html)
        # what is proposed is printed with taxes, as the total below it
        for amount in ("115.00", "11.50", "126.50"):
            self.assertIn(amount, html)

    def test_the_spreadsheet_lists_entries_documents_and_reasons(self):
        self.authenticate(self.accountant.login, self.accountant.login)
        response = self.url_open(self.billing_run.with_user(self.accountant).action_export()["url"])
        self.assertEqual(response.status_code, 200)
        billed, not_billed = load_workbook(io.BytesIO(response.content)).worksheets
        rows = [[cell.value for cell in row] for row in billed.iter_rows(min_row=2)]
        by_entry = {row[2]: row for row in rows}
        self.assertEqual(set(by_entry), {self.first.name, self.other.name})
        self.assertEqual(by_entry[self.other.name][:2], ["Beta", "BETA"])
        self.assertIn(self.betas.name, by_entry[self.other.name])
        self.assertIn(11.5, by_entry[self.other.name])
        skipped = [cell.value for cell in not_billed[2]]
        self.assertEqual(skipped[0], self.late.name)
        self.assertIn("dated 2026-04-07", skipped)
        self.assertIn(23.0, skipped)

    # === ANALYSIS ===#

    def test_the_analysis_groups_entries_by_what_their_document_says(self):
        Line = self.env["consolidated.billing.invoice.line"].with_user(self.accountant)
        groups = Line.formatted_read_group(
            [("company_id", "=", self.company.id), ("state", "=", "draft"), ("billing_id", "in", self.billings.ids)],
            ["company_id", "currency_id", "account_partner_id", "invoice_date:month"],
            ["amount_total:sum", "currency_id:array_agg_distinct"],
        )
        self.assertEqual(
            {(group["currency_id"][0], group["account_partner_id"][0]): group["amount_total:sum"] for group in groups},
            {(self.company.currency_id.id, self.acme.id): 115.0, (self.company.currency_id.id, self.beta.id): 11.5},
        )
