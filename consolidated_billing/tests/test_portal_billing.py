from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .portal_common import LIST, PortalBillingCommon


@tagged("post_install", "-at_install")
class TestPortalBilling(PortalBillingCommon):
    """Consolidated invoices on the customer portal: who sees what."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.billing = cls._bill_members()
        cls.url = f"{LIST}/{cls.billing.id}"

    def assertTurnedAway(self, response):
        """Assert that a page is not shown, and that nothing of the document is."""
        self.assertNotIn(LIST, response.url)
        self.assertNotIn(self.billing.name, response.text)
        self.assertNotIn(self.texas_invoice.name, response.text)

    def _count(self, user):
        self._login(user)
        counters = self.make_jsonrpc_request("/my/counters", {"counters": ["consolidated_invoice_count"]})
        return counters["consolidated_invoice_count"]

    # === LIST ===#

    def test_the_home_counts_own_documents_and_those_with_a_share(self):
        self.assertEqual([self._count(user) for user in (self.head_user, self.texas_user, self.stranger)], [1, 1, 0])
        self.assertIn(LIST, self._open(self.head_user, "/my").text)

    def test_the_list_shows_the_account_its_documents(self):
        page = self._get_text(self._open(self.head_user, LIST))
        self.assertIn(self.billing.name, page)
        self.assertIn("345.00", page)
        self.assertNotIn("Your Share", page)

    def test_the_list_tells_others_what_it_is_for(self):
        for user in (self.stranger, self.texas_user):
            page = self._get_text(self._open(user, LIST))
            self.assertNotIn(self.billing.name, page)
            self.assertIn("sums up the invoices and credit notes of a billing period", page)

    def test_the_list_never_shows_drafts_and_cancelled_documents(self):
        self._post(self.head, date="2026-04-10")
        draft = self._create_run(
            generate=True, by_grouping_account=True, cutoff_date="2026-04-30", invoice_date="2026-04-30"
        ).consolidated_billing_ids
        self.assertNotIn(draft.name, self._open(self.head_user, LIST).text)
        draft.action_reject()
        self.assertNotIn(draft.name, self._open(self.head_user, LIST).text)

    def test_the_list_filters_what_is_unpaid_and_overdue(self):
        self.assertIn(self.billing.name, self._open(self.head_user, LIST, filterby="unpaid").text)
        self.assertIn(self.billing.name, self._open(self.head_user, LIST, filterby="overdue").text)
        self._register(self.billing)
        for name in ("unpaid", "overdue"):
            page = self._open(self.head_user, LIST, filterby=name)
            self.assertNotIn(self.billing.name, page.text)
            self.assertIn("matches this filter", page.text)

    def test_the_list_survives_unknown_filters_and_orders(self):
        page = self._open(self.head_user, LIST, filterby="nonsense", sortby="1; drop")
        self.assertEqual(page.status_code, 200)
        self.assertIn(self.billing.name, page.text)

    def test_the_list_has_pages_and_orders(self):
        for sorting in ("date", "duedate", "name", "amount"):
            self.assertIn(self.billing.name, self._open(self.head_user, f"{LIST}/page/1", sortby=sorting).text)

    # === DOCUMENT ===#

    def test_the_account_sees_the_whole_document(self):
        page = self._open(self.head_user, self.url)
        self.assertEqual(page.status_code, 200)
        for words in ("Amount Due", "345.00", "Download Summary", "Download Detail", "Pay Now"):
            self.assertIn(words, self._get_text(page))
        report = self._get_text(self._open(self.head_user, self.url, report_type="html"))
        for name in (self.billing.name, self.texas_invoice.name, self.ohio_invoice.name, "Bloom Ohio"):
            self.assertIn(name, report)

    def test_the_document_prints_in_both_formats_and_its_own(self):
        for billing_format, is_detail in ((None, False), ("summary", False), ("detail", True), ("other", False)):
            params = {"billing_format": billing_format} if billing_format else {}
            report = self._get_text(self._open(self.head_user, self.url, report_type="html", **params))
            self.assertEqual("Unit Price" in report, is_detail, billing_format)

    def test_the_document_downloads_as_pdf_and_text(self):
        response = self._open(self.head_user, self.url, report_type="pdf", download="true", billing_format="detail")
        self.assertEqual(response.headers["Content-Type"], "application/pdf")
        self.assertIn("attachment", response.headers["Content-Disposition"])
        self.assertIn(self.billing.name, self._open(self.head_user, self.url, report_type="text").text)

    def test_who_has_the_link_sees_the_document_without_login(self):
        page = self._open(self.public, self.billing.get_portal_url())
        self.assertIn(f"{self.url}?", page.url)
        self.assertIn(self.billing.name, page.text)
        report = self._open(self.public, self.billing.get_portal_url(report_type="html"))
        self.assertIn(self.ohio_invoice.name, report.text)

    def test_who_has_no_link_sees_nothing(self):
        self.billing._portal_ensure_token()
        self.assertTurnedAway(self._open(self.public, self.url))
        for token in ("", "wrong", self._create_token_of_another_document()):
            self.assertTurnedAway(self._open(self.public, self.url, access_token=token))
            self.assertTurnedAway(self._open(self.public, self.url, access_token=token, report_type="html"))

    def _create_token_of_another_document(self):
        self._post()
        other = self._bill()
        return other._portal_ensure_token()

    def test_strangers_and_members_guess_in_vain(self):
        for user in (self.stranger, self.texas_user):
            for params in ({}, {"report_type": "html"}, {"report_type": "pdf"}, {"report_type": "text"}):
                self.assertTurnedAway(self._open(user, self.url, **params))
            self.assertTurnedAway(self._open(user, f"{LIST}/{self.billing.id + 1000}"))

    def test_nobody_prints_through_the_report_route_what_they_may_not_read(self):
        route = f"/report/html/consolidated_billing.report_billing_invoice/{self.billing.id}"
        for user in (self.stranger, self.texas_user):
            with mute_logger("odoo.http"):
                page = self._open(user, route).text
            self.assertNotIn(self.texas_invoice.name, page)
            self.assertNotIn(self.billing.name, page)

    def test_drafts_and_cancelled_documents_are_shown_to_no_customer(self):
        self._post(self.head, date="2026-04-10")
        billing = self._create_run(
            generate=True, by_grouping_account=True, cutoff_date="2026-04-30", invoice_date="2026-04-30"
        ).consolidated_billing_ids
        link = billing.get_portal_url()
        for _state in ("draft", "cancelled"):
            for user in (self.public, self.head_user):
                for url in (link, f"{link}&report_type=html", f"{link}&report_type=pdf"):
                    response = self._open(user, url)
                    self.assertNotIn(f"{LIST}/{billing.id}", response.url)
                    self.assertNotIn(billing.name, response.text)
            if billing.state == "draft":
                billing.action_reject()
        self.assertEqual(billing.state, "cancelled")

    def test_the_link_in_an_email_works_without_login(self):
        message = self.billing.message_post(
            body="Here it is", message_type="comment", subtype_xmlid="mail.mt_comment", partner_ids=self.head.ids
        )
        groups = self.billing._notify_get_recipients_groups(message, "Consolidated Invoice")
        link = next(data["button_access"]["url"] for name, _filter, data in groups if name == "portal_customer")
        page = self._open(self.public, link)
        self.assertIn(self.url, page.url)
        self.assertIn(self.billing.name, page.text)

    def test_a_token_shows_messages_of_final_documents_only(self):
        token = self.billing._portal_ensure_token()
        Billing = self.env["consolidated.billing.invoice"]
        for user in (self.public, self.head_user):
            self.assertTrue(Billing.with_user(user)._get_thread_with_access(self.billing.id, token=token))
        self.billing.with_user(self.manager).action_cancel()
        for user in (self.public, self.head_user):
            self.assertFalse(Billing.with_user(user)._get_thread_with_access(self.billing.id, token=token))
        self.assertTrue(Billing.with_user(self.accountant)._get_thread_with_access(self.billing.id))

    # === SHARE ===#

    def test_a_member_sees_its_own_share_and_nothing_of_the_others(self):
        page = self._get_text(self._open(self.texas_user, f"{LIST}/share"))
        for words in (self.billing.name, self.texas_invoice.name, "115.00", "Billed to Bloom Head Office"):
            self.assertIn(words, page)
        for words in (self.ohio_invoice.name, "Ohio", "230.00", "345.00"):
            self.assertNotIn(words, page)

    def test_a_share_adds_up_invoices_and_credit_notes(self):
        self._post(self.texas, amount=50.0, date="2026-04-05")
        self._post(self.texas, amount=20.0, date="2026-04-06", move_type="out_refund")
        billing = self._create_run(
            generate=True, by_grouping_account=True, cutoff_date="2026-04-30", invoice_date="2026-04-30"
        ).consolidated_billing_ids
        Line = self.env["consolidated.billing.invoice.line"].with_user(self.texas_user)
        partner = self.texas_user.partner_id
        self.assertEqual(
            [share.number for share in Line._get_shares(partner)], [self.billing.name], "a draft is hidden"
        )
        self._finalize(billing)
        shares = Line._get_shares(partner)
        self.assertEqual([share.number for share in shares], [billing.name, self.billing.name])
        self.assertEqual([share.total for share in shares], [34.5, 115.0])
        self.assertEqual(Line._count_shared_documents(partner), 2)
        self.assertEqual([share.number for share in Line._get_shares(partner, limit=1, offset=1)], [self.billing.name])

    def test_who_receives_the_documents_has_no_share_and_strangers_neither(self):
        for user in (self.head_user, self.stranger):
            page = self._get_text(self._open(user, f"{LIST}/share"))
            self.assertIn("There is nothing here yet", page)
            self.assertNotIn(self.billing.name, page)

    def test_lists_need_a_login(self):
        for url in (LIST, f"{LIST}/share"):
            self.assertIn("/web/login", self._open(self.public, url).url)

    # === RPC ===#

    def test_customers_read_their_own_documents_and_entries_only(self):
        Billing, Line = self.env["consolidated.billing.invoice"], self.env["consolidated.billing.invoice.line"]
        mine = self.billing.line_ids.filtered(lambda line: line.partner_id == self.texas)
        expected = {
            self.head_user: (self.billing, self.billing.line_ids),
            self.texas_user: (Billing, mine),
            self.stranger: (Billing, Line),
        }
        for user, (billings, lines) in expected.items():
            self.assertEqual(Billing.with_user(user).search([]), billings)
            self.assertEqual(Line.with_user(user).search([]), lines)
        for model in (Billing, Line):
            with self.assertRaises(AccessError):
                model.with_user(self.public).search([])

    def test_members_read_no_totals_through_rpc(self):
        mine = self.billing.line_ids.filtered(lambda line: line.partner_id == self.texas)
        with self.assertRaises(AccessError):
            self._rpc(self.texas_user, self.billing, "read", ["closing_balance"])
        with self.assertRaises(AccessError):
            self._rpc(self.texas_user, self.billing.line_ids, "read", ["amount_total"])
        # a condition on the document finds nothing, whatever its balance is
        found = self._rpc(self.texas_user, mine, "search", [["billing_id.closing_balance", ">", 0.0]])
        self.assertFalse(found)
        found = self._rpc(
            self.texas_user, self.texas_invoice, "search", [["consolidated_billing_id.closing_balance", ">", 0.0]]
        )
        self.assertFalse(found)

    def test_customers_read_no_internals(self):
        for record, name in (
            (self.billing, "profile_id"),
            (self.billing, "run_id"),
            (self.billing, "payment_ids"),
            (self.billing, "transaction_ids"),
            (self.billing.line_ids[0], "profile_id"),
        ):
            with self.subTest(field=name), self.assertRaises(AccessError):
                self._rpc(self.head_user, record, "read", [name])
        names = self._rpc(self.head_user, self.billing, "fields_get")
        readable = [name for name in names if not name.startswith("activity_")]
        self.assertEqual(self._rpc(self.head_user, self.billing, "read", readable)[0]["closing_balance"], 345.0)

    def test_customers_change_nothing(self):
        with self.assertRaises(AccessError):
            self._rpc(self.head_user, self.billing, "action_cancel")
        for values in ({"invoice_format": "detail"}, {"is_sent": True}):
            with self.assertRaises(UserError):  # no access, or the engine's
                self._rpc(self.head_user, self.billing, "write", values)
        self.assertRecordValues(self.billing, [{"state": "final", "invoice_format": "summary", "is_sent": False}])
