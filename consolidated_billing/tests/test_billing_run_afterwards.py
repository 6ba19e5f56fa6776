from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, new_test_user, tagged

from .billing_run_common import BillingRunCommon


@tagged("post_install", "-at_install")
class TestBillingRunAfterwards(BillingRunCommon):
    """Reversing, cancelling and keeping runs (``R3``, ``R6``, ``R7``), and what is refused."""

    # === AFTERWARDS ===#

    def test_drafts_are_deleted_and_posted_invoices_credited(self):
        orders = self._create_order(self.acme) + self._create_order(self._create_account("Other"))
        run = self._create_run()
        self._generate(run)
        run.move_ids[0].action_post()
        posted = run.move_ids.filtered(lambda move: move.state == "posted")
        run.action_reverse()
        self.assertEqual(run.state, "cancelled")
        self.assertEqual(run.move_ids, posted)
        self.assertEqual(posted.payment_state, "reversed")
        self.assertEqual(orders.mapped("invoice_status"), ["to invoice", "to invoice"])
        self.assertEqual(orders.order_line.mapped("qty_to_invoice"), [1.0, 1.0])

    def test_a_run_with_a_paid_document_is_not_reversed_but_its_other_documents_are(self):
        self._create_order(self.acme)
        self._create_order(self._create_account("Other"))
        run = self._create_run()
        self._generate(run)
        run.action_post()
        paid, unpaid = run.group_ids
        self._register_payment(paid.move_id, amount=10.0)
        with self.assertRaisesRegex(UserError, paid.move_id.name):
            run.action_reverse()
        self.assertEqual(run.group_ids.mapped("state"), ["done", "done"])
        unpaid.action_reverse()
        self.assertEqual(unpaid.move_id.payment_state, "reversed")
        self.assertTrue(unpaid.is_reversed)

    def test_a_run_that_billed_something_cannot_be_deleted(self):
        self._create_order(self.acme)
        run = self._create_run()
        self._generate(run)
        with self.assertRaisesRegex(UserError, "kept for audit"):
            run.unlink()
        run.action_reverse()
        with self.assertRaisesRegex(UserError, "kept for audit"):
            run.unlink()

    def test_old_lines_that_were_not_billed_are_dropped(self):
        self._create_order(self.acme)
        self._create_order(self.acme, next_bill_date="2099-01-01")
        run = self._create_run()
        self._generate(run)
        cancelled = self._create_run(by_grouping_account=False)
        cancelled.action_cancel()
        self.env.flush_all()
        self.env.cr.execute("UPDATE consolidated_billing_run SET write_date = write_date - interval '31 days'")
        self.env.invalidate_all()
        self.env["consolidated.billing.run"]._gc_lines()
        self.assertEqual(len(run.line_ids), 1)
        self.assertEqual(run.line_ids.group_id, run.group_ids)
        self.assertFalse(cancelled.line_ids)

    # === BAD INPUT ===#

    def test_bad_parameters_are_answered_by_a_sentence(self):
        self._create_order(self.acme)
        for values, sentence in (
            ({"cutoff_date": False}, "Set the cutoff date"),
            ({"invoice_date": False}, "Set the invoice date"),
        ):
            with self.assertRaisesRegex(UserError, sentence):
                self._create_run(**values)
        with self.assertRaisesRegex(ValidationError, "reversed"):
            self._create_run(order_date_from="2026-03-02", order_date_to="2026-03-01")
        self.company.sale_lock_date = "2026-01-31"
        with self.assertRaisesRegex(UserError, "locked until"):
            self._create_run(invoice_date="2026-01-15")

    def test_a_run_that_was_prepared_months_ago_must_be_prepared_again(self):
        self._create_order(self.acme)
        with freeze_time("2026-01-10"):
            run = self._create_run()
        with freeze_time("2026-03-10"), self.assertRaisesRegex(UserError, "prepare it again"):
            run.action_generate()

    def test_quantities_are_between_zero_and_what_is_open(self):
        self._create_order(self.acme, lines=[{"product_uom_qty": 5}])
        line = self._create_run().group_ids.line_ids
        for quantity in (-1.0, 5.5):
            with self.assertRaisesRegex(ValidationError, "between"), self.cr.savepoint():
                line.quantity = quantity

    def test_a_salesperson_cannot_use_billing_runs(self):
        salesman = new_test_user(self.env, "salesman", groups="sales_team.group_sale_salesman")
        with self.assertRaises(AccessError):
            self.env["consolidated.billing.run"].with_user(salesman).create({})

    def test_customers_of_another_company_are_refused(self):
        company = (
            self.company_data_2["company"]
            if hasattr(self, "company_data_2")
            else self.env["res.company"].create({"name": "Other company"})
        )
        foreign = self._create_account("Foreign", company_id=company.id)
        with self.assertRaises(UserError):
            self.env["consolidated.billing.run"].create({"partner_ids": foreign.ids, "company_id": self.company.id})
