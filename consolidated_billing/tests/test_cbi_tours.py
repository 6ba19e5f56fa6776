from odoo.tests import tagged

from .cbi_common import CbiCommon
from .test_billing_run_tours import BillingRunToursCommon


@tagged("post_install", "-at_install", "is_tour")
class TestCbiTours(CbiCommon, BillingRunToursCommon):
    """A customer is flagged, billed and pays, as a person clicks it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user.group_ids += cls.env.ref("account.group_account_manager")
        cls.payer = cls._create_account("A Tour Payer", customer_rank=1)
        cls.rejected = cls._create_flagged("A Tour Rejected")

    def test_tour_of_a_consolidated_billing_invoice_from_the_profile_to_the_payment(self):
        invoices = self._post(self.payer) + self._post(self.payer, amount=200.0)
        other = self._post(self.rejected)
        with self._worker_between_two_requests():
            self.start_tour("/odoo", "consolidated_billing_invoice", login=self.user.login, timeout=180)
        billing = invoices.consolidated_billing_id
        self.assertRecordValues(
            billing,
            [{"state": "final", "payment_state": "paid", "invoice_format": "detail", "partner_id": self.payer.id}],
        )
        self.assertEqual(billing.payment_ids.amount, 345.0)
        self.assertEqual(billing.payment_ids.memo, billing.name)
        self.assertFalse(other.consolidated_billing_id)
