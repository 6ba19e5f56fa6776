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
    def _worker_between_two_requests(self, starts=1):
        """Stand in for the cron thread, which does not run inside a test.

        The page asks for the progress every other second: the worker runs before the second answer after a start.

        :param int starts: the worker sleeps until a run was started or resumed this many times
        """
        Run = self.env.registry["consolidated.billing.run"]
        read, trigger, triggers, requests = Run.read, Run._trigger_workers, [], []

        def count_starts(run):
            triggers.append(run.id)
            requests.clear()
            trigger(run)

        def read_with_worker(runs, names=None, load="_classic_read"):
            is_progress = "progress" in (names or ()) and "name" not in names  # not the whole form
            if is_progress and runs.sudo().state == "generating" and len(triggers) >= starts:
                requests.append(runs.ids)
                if len(requests) == 2:
                    runs.sudo()._process_groups()
            return read(runs, names, load)

        read_with_worker._readonly = False  # the worker writes
        with patch.object(Run, "read", read_with_worker), patch.object(Run, "_trigger_workers", count_starts):
            yield


@tagged("post_install", "-at_install", "is_tour")
class TestBillingRunTours(BillingRunToursCommon):
    """A whole run, and a collective invoice, as a person clicks them."""

    def _prepare_run(self, *customers):
        for customer in customers:
            self._create_order(customer)
        partners = self.env["res.partner"].concat(*customers)
        run = self.env["consolidated.billing.run"].with_user(self.user).create({"partner_ids": partners.ids})
        run.action_prepare()
        return run

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

    def test_tour_of_a_document_that_fails_and_is_tried_again(self):
        closed = self._create_account("Closed Shop")
        run = self._prepare_run(self._create_account("Open Shop"), closed)
        closed.active = False
        with self._worker_between_two_requests(starts=2):
            self.start_tour(
                f"/odoo/billing-runs/{run.id}", "consolidated_billing_run_failure", login=self.user.login, timeout=120
            )
        self.assertTrue(closed.active)
        self.assertRecordValues(run, [{"state": "done", "done_count": 2, "failed_count": 0, "is_paused": False}])
        self.assertEqual(run.move_ids.partner_id.mapped("name"), ["Closed Shop", "Open Shop"])

    def test_tour_of_a_run_that_is_cancelled(self):
        run = self._prepare_run(self._create_account("Open Shop"))
        self.start_tour(f"/odoo/billing-runs/{run.id}", "consolidated_billing_run_cancel", login=self.user.login)
        self.assertRecordValues(run, [{"state": "cancelled", "done_count": 0}])
        self.assertFalse(run.move_ids)
        self.assertFalse(run.line_ids.filtered("is_claim"))

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
