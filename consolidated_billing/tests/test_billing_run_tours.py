from contextlib import contextmanager
from unittest.mock import patch

from odoo.tests import HttpCase, tagged

from .common import ConsolidatedBillingCommon


class BillingRunToursCommon(ConsolidatedBillingCommon, HttpCase):
    """What tours with a billing run need: built assets, a user, and a worker."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # On a busy machine the assets take longer to build than a request waits for the test's cursor.
        for bundle in ("web.assets_web", "web.assets_tests"):
            cls.env["ir.qweb"]._get_asset_bundle(bundle, css=False, js=True).js()
            cls.env["ir.qweb"]._get_asset_bundle(bundle, css=True, js=False).css()
        cls.user = cls._create_user(
            "tour_runner",
            "account.group_account_invoice",
            "sales_team.group_sale_manager",
            "base.group_partner_manager",
        )

    @contextmanager
    def _worker_between_two_requests(self):
        """Stand in for the cron thread, which does not run inside a test.

        The page asks for the progress every other second: the worker runs before the second answer.
        """
        Run = self.env.registry["consolidated.billing.run"]
        read, requests = Run.read, []

        def read_with_worker(runs, *args, **kwargs):
            if runs.sudo().filtered(lambda run: run.state == "generating"):
                requests.append(runs.ids)
                if len(requests) == 2:
                    runs.sudo()._process_groups()
            return read(runs, *args, **kwargs)

        read_with_worker._readonly = False  # the worker writes
        with patch.object(Run, "read", read_with_worker):
            yield


@tagged("post_install", "-at_install", "is_tour")
class TestBillingRunTours(BillingRunToursCommon):
    """A whole run, and a collective invoice, as a person clicks them."""

    def test_tour_of_a_run_from_the_menu_to_posted_invoices(self):
        self.env["consolidated.billing.run"].search([]).unlink()
        first = self._create_order(payment_term_id=self.net_30.id, lines=2)
        self._create_order(payment_term_id=self.net_45.id)
        self._create_order(next_bill_date="2099-01-01")
        with self._worker_between_two_requests():
            self.start_tour("/odoo", "consolidated_billing_run", login=self.user.login, timeout=120)
        run = self.env["consolidated.billing.run"].search([])
        self.assertRecordValues(run, [{"state": "done", "done_count": 1}])
        self.assertEqual(run.move_ids.state, "posted")
        self.assertEqual(run.move_ids.line_ids.sale_line_ids.order_id, first)

    def test_tour_of_a_collective_invoice_from_the_customer(self):
        customer = self._create_account("Tour Collector")
        first = self._create_order(customer, name="TOUR/1", lines=2)
        second = self._create_order(customer, name="TOUR/2")
        self.start_tour(
            f"/odoo/res.partner/{customer.id}", "consolidated_billing_collective_invoice", login=self.user.login
        )
        invoice = (first + second).invoice_ids
        self.assertEqual(invoice.amount_untaxed, 200.0)
        self.assertEqual(first.order_line.mapped("qty_to_invoice"), [1.0, 0.0])
