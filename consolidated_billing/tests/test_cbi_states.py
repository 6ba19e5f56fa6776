from odoo.tests import freeze_time, tagged

from .cbi_common import CbiCommon

APRIL = {"cutoff_date": "2026-04-30", "invoice_date": "2026-04-30"}


@tagged("post_install", "-at_install")
class TestCbiStates(CbiCommon):
    """Draft, final, cancelled: in which order, and what they freeze (``C4``, ``C5``)."""

    def _bill_two_months(self, finalize_first=True):
        self._post()
        first = self._bill()
        if finalize_first:
            self._finalize(first)
        self._post(amount=200.0, date="2026-04-10")
        return first, self._bill(**APRIL)

    def test_only_drafts_are_accepted_or_rejected_and_only_finals_cancelled(self):
        self._post()
        billing = self._bill()
        with self.assertRefused(billing.name, "cannot be cancelled", "draft"):
            billing.with_user(self.manager).action_cancel()
        self._finalize(billing)
        for method in ("action_finalize", "action_reject"):
            with self.assertRefused(billing.name, "final"):
                getattr(billing.with_user(self.accountant), method)()
        billing.with_user(self.manager).action_cancel()
        for method in ("action_finalize", "action_reject", "action_cancel", "action_register_payment", "action_send"):
            with self.assertRefused(billing.name, "cancelled"):
                getattr(billing.with_user(self.manager), method)()

    def test_a_document_whose_balance_is_carried_on_is_cancelled_after_the_later_one(self):
        first, second = self._bill_two_months()
        with self.assertRefused(first.name, second.name):
            first.with_user(self.manager).action_cancel()
        self.assertEqual(first.state, "final")
        second.action_reject()
        first.with_user(self.manager).action_cancel()
        self.assertEqual((first + second).mapped("state"), ["cancelled", "cancelled"])

    def test_documents_that_follow_each_other_are_cancelled_together(self):
        first, second = self._bill_two_months()
        self._finalize(second)
        (first + second).with_user(self.manager).action_cancel()
        self.assertEqual((first + second).mapped("state"), ["cancelled", "cancelled"])

    def test_a_document_is_not_accepted_before_the_one_before_it(self):
        first, second = self._bill_two_months(finalize_first=False)
        with self.assertRefused(first.name, second.name, "draft"):
            second.action_finalize()
        (second + first).action_finalize()
        self.assertEqual((first + second).mapped("state"), ["final", "final"])
        self.assertRecordValues(second, [{"opening_balance": first.closing_balance, "closing_balance": 345.0}])

    def test_a_rejected_document_before_is_no_obstacle_and_its_entries_are_not_lost(self):
        first, second = self._bill_two_months(finalize_first=False)
        with self.assertRefused(second.name):
            first.action_reject()
        second.action_reject()
        first.action_reject()
        again = self._bill(**APRIL)
        self.assertEqual(len(again.move_ids), 2)
        self.assertRecordValues(again, [{"opening_balance": 0.0, "closing_balance": 345.0}])

    @freeze_time("2026-03-15")
    def test_a_cutoff_date_in_the_future_makes_a_draft_that_is_not_accepted_yet(self):
        self._post()
        billing = self._bill()
        self.assertEqual(billing.state, "draft")
        with self.assertRefused(billing.name, "stays a draft", "03/31/2026"):
            billing.action_finalize()
        self.assertEqual(billing.state, "draft")

    @freeze_time("2026-03-31")
    def test_on_the_cutoff_date_itself_a_document_is_accepted(self):
        self._post()
        self.assertEqual(self._finalize(self._bill()).state, "final")

    def test_what_a_document_says_is_frozen(self):
        self._post()
        billing = self._finalize(self._bill())
        frozen = {
            "partner_id": self._create_account("X").id,
            "invoice_date": "2026-04-01",
            "cutoff_date": "2026-04-30",
            "payment_term_id": self.net_30.id,
            "invoice_date_due": "2027-01-01",
            "opening_balance": 5.0,
            "closing_balance": 5.0,
            "amount_residual": 0.0,
            "payment_state": "paid",
            "state": "draft",
            "run_id": False,
            "profile_id": False,
            "billing_level": "location",
        }
        for name, value in frozen.items():
            with self.subTest(field=name), self.assertRefused(billing.name):
                self._rpc(self.manager, billing, "write", {name: value})

    def test_the_format_can_be_changed_and_printed_at_any_time(self):
        self._post()
        billing = self._finalize(self._bill())
        self._rpc(self.accountant, billing, "write", {"invoice_format": "detail"})
        self.assertEqual(billing.invoice_format, "detail")

    def test_a_changed_profile_changes_no_document(self):
        self.acme.property_payment_term_id = self.net_30
        self._post()
        billing = self._bill()
        self.assertEqual(str(billing.invoice_date_due), "2026-04-30")
        self.profile.write({"invoice_format": "detail", "payment_term_id": self.net_45.id, "billing_level": "location"})
        self.assertRecordValues(
            billing,
            [{"invoice_format": "summary", "payment_term_id": self.net_30.id, "billing_level": "account"}],
        )

    def test_the_term_of_the_profile_counts_before_the_one_of_the_customer(self):
        self.acme.property_payment_term_id = self.net_30
        self.profile.payment_term_id = self.net_45
        self._post()
        billing = self._bill()
        self.assertRecordValues(billing, [{"payment_term_id": self.net_45.id}])
        self.assertEqual(str(billing.invoice_date_due), "2026-05-15")

    def test_the_chatter_says_who_accepted_and_who_cancelled(self):
        self._post()
        billing = self._bill()
        billing.with_user(self.accountant).action_finalize()
        billing.with_user(self.manager).action_cancel()
        logged = {message.author_id: str(message.body) for message in billing.sudo().message_ids}
        self.assertIn("Accepted", logged[self.accountant.partner_id])
        self.assertIn("Cancelled", logged[self.manager.partner_id])
        self.assertIn(self.manager.name, billing.cancel_reason)
