from odoo.tests import tagged

from .portal_common import LIST, PortalBillingCommon


@tagged("post_install", "-at_install")
class TestPortalBillingPayment(PortalBillingCommon):
    """Online payment of a consolidated invoice on the portal (``C6``)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.billing = cls._bill_members()
        cls.url = f"{LIST}/{cls.billing.id}"

    def test_the_form_pays_what_is_due(self):
        context = self._get_payment_context(self._open(self.head_user, self.url))
        self.assertEqual(context["amount"], 345.0)
        self.assertEqual(context["currency_id"], self.billing.currency_id.id)
        self.assertEqual(context["transaction_route"], f"/consolidated_invoice/transaction/{self.billing.id}")
        self.assertIn(self.url, context["landing_route"])

    def test_a_payment_settles_all_entries_and_names_the_billing_number(self):
        self._login(self.head_user)
        transaction = self._begin_payment(self.billing)
        self.assertRecordValues(
            transaction,
            [
                {
                    "amount": 345.0,
                    "reference": self.billing.name,
                    "consolidated_billing_id": self.billing.id,
                    "partner_id": self.head_user.partner_id.id,
                    "operation": "online_direct",
                }
            ],
        )
        self.assertEqual(transaction.invoice_ids, self.texas_invoice + self.ohio_invoice)
        self.assertIn(self.url, transaction.landing_route)
        payment = self._confirm(transaction)
        self.assertEqual(payment.partner_id, self.head)
        self.assertIn(self.billing.name, payment.memo)
        self.assertEqual(self.billing.amount_residual, 0.0)
        self.assertIn(self.billing.payment_state, ("paid", "in_payment"))
        self.assertEqual(self.billing.payment_ids, payment)
        page = self._get_text(self._open(self.head_user, self.url))
        self.assertIn("Thank you!", page)
        self.assertNotIn("Pay Now", page)

    def test_credit_notes_are_settled_first_and_then_the_oldest_invoice(self):
        """Part of the document was paid otherwise while the customer was on the page of the provider."""
        self._post(self.ohio, amount=100.0, date="2026-04-05", move_type="out_refund")
        younger = self._post(self.texas, amount=100.0, date="2026-04-10")
        older = self._post(self.ohio, amount=100.0, date="2026-04-02")
        self.billing = self._finalize(
            self._create_run(
                generate=True, by_grouping_account=True, cutoff_date="2026-04-30", invoice_date="2026-04-30"
            ).consolidated_billing_ids
        )
        self._login(self.head_user)
        transaction = self._begin_payment(self.billing)
        self.assertEqual(transaction.amount, 115.0)
        transaction.amount = 40.0  # a partial capture
        self._confirm(transaction)
        self.assertEqual([older.amount_residual, younger.amount_residual], [0.0, 75.0])
        self.assertEqual(self.billing.payment_state, "partial")

    def test_an_adjustment_of_several_customers_is_paid_for_this_one_only(self):
        self._adjust_many({self.texas: 30.0, self.acme: 70.0}, date="2026-04-15")
        self.billing = self._finalize(
            self._create_run(
                generate=True, by_grouping_account=True, cutoff_date="2026-04-30", invoice_date="2026-04-30"
            ).consolidated_billing_ids
        )
        self._login(self.head_user)
        transaction = self._begin_payment(self.billing)
        self.assertEqual(transaction.amount, 30.0)
        self._confirm(transaction)
        self.assertEqual(self.billing.amount_residual, 0.0)
        self.assertEqual(self._get_ledger(self.acme, "2026-04-30"), 70.0)

    def test_a_payment_without_journal_entry_pays_too(self):
        self._login(self.head_user)
        with self._without_payment_entries():
            payment = self._confirm(self._begin_payment(self.billing))
        self.assertFalse(payment.move_id)
        self.assertEqual(payment.invoice_ids, self.texas_invoice + self.ohio_invoice)
        self.assertEqual(self.billing.payment_state, "in_payment")
        self.assertEqual(self.billing._get_amount_to_pay(), 0.0)
        self.assertNotIn("Pay Now", self._get_text(self._open(self.head_user, self.url)))

    def test_who_has_the_link_pays_without_login(self):
        self._login(self.public)
        token = self.billing._portal_ensure_token()
        transaction = self._begin_payment(self.billing, token=token)
        self.assertEqual(transaction.partner_id, self.billing.partner_id)
        self._confirm(transaction)
        self.assertEqual(self.billing.amount_residual, 0.0)

    # === PAYMENT LINK ===#

    def _create_link(self, **values):
        """Fill the wizard as it opens from the form of the document."""
        action = self.env.ref("consolidated_billing.consolidated_billing_invoice_payment_link_action")
        context = {"active_model": self.billing._name, "active_id": self.billing.id}
        wizard = self.env[action.res_model].with_user(self.accountant).with_context(**context)
        return wizard.create(values)

    def test_a_payment_link_leads_the_customer_to_the_payment_form_without_login(self):
        wizard = self._create_link()
        self.assertRecordValues(wizard, [{"amount": 345.0, "partner_id": self.head.id, "warning_message": ""}])
        path = wizard.link.removeprefix(self.billing.get_base_url())
        self.assertTrue(path.startswith(self.url), path)
        context = self._get_payment_context(self._open(self.public, path.partition("#")[0]))
        self.assertEqual(context["amount"], 345.0)
        self.assertEqual(context["transaction_route"], f"/consolidated_invoice/transaction/{self.billing.id}")

    def test_a_payment_link_says_what_cannot_be_paid_with_it(self):
        self.assertIn("is paid as a whole online. Enter $\xa0345.00", self._create_link(amount=100.0).warning_message)
        self.env["ir.config_parameter"].sudo().set_param("account_payment.enable_portal_payment", "False")
        self.assertIn("cannot be paid online", self._create_link().warning_message)
        self.billing.with_user(self.manager).action_cancel()
        self.assertIn("is not final", self._create_link().warning_message)

    def test_payment_links_of_invoices_stay_those_of_odoo(self):
        context = {"active_model": "account.move", "active_id": self.texas_invoice.id}
        wizard = self.env["payment.link.wizard"].with_user(self.accountant).with_context(**context).create({})
        self.assertIn(f"/my/invoices/{self.texas_invoice.id}", wizard.link)
        self.assertIn("payment_token", wizard.link)

    # === REFUSED ===#

    def test_nobody_else_begins_a_payment(self):
        for user in (self.public, self.stranger, self.texas_user):
            self._login(user)
            for token in (None, "", "wrong"):
                self.assertPaymentRefused("cannot be paid with this link", token=token)

    def test_another_amount_is_refused(self):
        self._login(self.head_user)
        for amount in (0.01, 344.99, 345.01, 1000.0, -345.0, 0, False, "much", "nan", "inf"):
            self.assertPaymentRefused("$\xa0345.00, not", amount=amount)

    def test_values_that_the_form_does_not_send_are_refused(self):
        self._login(self.head_user)
        for name in ("partner_id", "currency_id", "reference_prefix", "invoice_ids", "custom_create_values"):
            self.assertPaymentRefused("not whitelisted", **{name: 1})

    def test_a_validation_is_no_way_around_the_amount(self):
        self._login(self.head_user)
        transaction = self._begin_payment(self.billing, is_validation=True, landing_route="https://example.com")
        self.assertRecordValues(transaction, [{"operation": "online_direct", "amount": 345.0}])
        self.assertNotIn("example.com", transaction.landing_route)

    def test_nothing_is_paid_twice(self):
        self._login(self.head_user)
        transaction = self._begin_payment(self.billing)
        transaction._set_pending()
        self.assertPaymentRefused("being processed")
        page = self._get_text(self._open(self.head_user, self.url))
        self.assertIn("Payment Pending", page)
        self.assertNotIn("Pay Now", page)
        transaction._set_done()  # confirmed, but no payment yet
        self.assertPaymentRefused("being processed")
        transaction._post_process()
        self.assertPaymentRefused("Nothing is due", amount=345.0)
        self.assertEqual(self.billing.transaction_ids, transaction)

    def test_a_single_invoice_that_is_being_paid_blocks_the_document_and_the_other_way_round(self):
        transaction = self._create_transaction(
            "direct", amount=115.0, currency_id=self.billing.currency_id.id, reference="single"
        )
        transaction.invoice_ids = self.texas_invoice
        transaction._set_pending()
        self._login(self.head_user)
        self.assertPaymentRefused("being processed")
        transaction._set_canceled()
        self.assertTrue(self._begin_payment(self.billing))

    def test_a_document_that_is_not_final_is_not_paid(self):
        token = self.billing._portal_ensure_token()
        self.billing.with_user(self.manager).action_cancel()
        for user in (self.public, self.head_user):
            self._login(user)
            self.assertPaymentRefused("cannot be paid with this link", token=token, amount=345.0)

    def test_without_online_payment_there_is_no_button(self):
        self.env["ir.config_parameter"].sudo().set_param("account_payment.enable_portal_payment", "False")
        page = self._get_text(self._open(self.head_user, self.url))
        self.assertNotIn("Pay Now", page)
        self.assertPaymentRefused("cannot be paid online")

    # === AFTERWARDS ===#

    def test_a_document_that_was_cancelled_meanwhile_leaves_its_payment_to_the_invoices(self):
        self._login(self.head_user)
        transaction = self._begin_payment(self.billing)
        self.billing.with_user(self.manager).action_cancel()
        payment = self._confirm(transaction)
        self.assertEqual(payment.amount, 345.0)
        self.assertEqual((self.texas_invoice + self.ohio_invoice).mapped("amount_residual"), [0.0, 0.0])

    def test_the_document_is_told_and_not_each_invoice(self):
        before = len(self.texas_invoice.message_ids)
        self._login(self.head_user)
        self._confirm(self._begin_payment(self.billing))
        self.assertIn(self.billing.name, self.billing.message_ids[0].body)
        bodies = self.texas_invoice.message_ids[: len(self.texas_invoice.message_ids) - before].mapped("body")
        self.assertFalse([body for body in bodies if "transaction" in body])


@tagged("post_install", "-at_install", "is_tour")
class TestPortalBillingTour(PortalBillingCommon):
    """From the portal's home to the payment form, as a customer clicks it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # On a busy machine the assets take longer to build than a request waits for the test's cursor.
        for bundle in ("web.assets_frontend", "web.assets_tests"):
            cls.env["ir.qweb"]._get_asset_bundle(bundle, css=False, js=True).js()
            cls.env["ir.qweb"]._get_asset_bundle(bundle, css=True, js=False).css()

    def test_a_customer_finds_a_document_and_its_payment_form(self):
        self._bill_members()
        self.start_tour("/my", "consolidated_billing_portal", login=self.head_user.login)
