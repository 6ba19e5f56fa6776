from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, freeze_time, new_test_user, tagged

from .common import ConsolidatedBillingCommon


@tagged("post_install", "-at_install")
class TestCollectiveInvoice(ConsolidatedBillingCommon):
    """The collective invoice of ``003_…`` (``W1``)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = new_test_user(
            cls.env, "collector", groups="account.group_account_invoice", company_id=cls.company.id
        )
        cls.innophase = cls._create_account("InnoPhase B.V.")

    def _open(self, **values):
        return Form(self.env["consolidated.billing.collect"].with_user(self.user).with_context(**values))

    def _collect(self, partner=None, **values):
        form = self._open(default_partner_id=(partner or self.innophase).id)
        for name, value in values.items():
            setattr(form, name, value)
        return form.save()

    def _get_invoices(self, wizard):
        action = wizard.action_create_invoice()
        if action.get("res_id"):
            return self.env["account.move"].browse(action["res_id"])
        return self.env["account.move"].search(action["domain"])

    def test_all_open_lines_are_listed_per_order(self):
        orders = self._create_order(self.innophase, lines=2) + self._create_order(self.innophase)
        self._create_order(self.account_12346)
        wizard = self._collect()
        self.assertEqual(wizard.order_ids, orders)
        self.assertEqual(wizard.line_ids.order_line_id, orders.order_line)
        self.assertEqual(wizard.preview_summary, "2 orders → 1 invoice")
        invoice = self._get_invoices(wizard)
        self.assertPartition(invoice, orders)
        self.assertEqual(invoice.amount_untaxed, 300.0)

    def test_the_period_chooses_the_orders(self):
        """``003_…``: all registrations received in December 2017."""
        december, january = self._create_order(self.innophase), self._create_order(self.innophase)
        december.date_order = "2017-12-15"
        january.date_order = "2018-01-02"
        wizard = self._collect(date_from="2017-12-01", date_to="2017-12-31")
        self.assertEqual(wizard.order_ids, december)
        self.assertPartition(self._get_invoices(wizard), december)

    def test_a_share_of_the_ordered_quantity_is_capped_at_what_is_open(self):
        order = self._create_order(self.innophase, lines=[{"product_uom_qty": 10}])
        self.assertEqual(self._get_invoices(self._collect(share=30)).amount_untaxed, 300.0)
        self.assertEqual(order.order_line.qty_to_invoice, 7.0)
        self.assertEqual(self._get_invoices(self._collect(share=80)).amount_untaxed, 700.0)
        self.assertEqual(order.invoice_status, "invoiced")

    def test_lines_can_be_deselected_and_lowered(self):
        order = self._create_order(self.innophase, lines=[{"product_uom_qty": 10}, {}])
        form = self._open(default_order_ids=order.ids)
        with form.line_ids.edit(0) as line:
            line.quantity = 4
        with form.line_ids.edit(1) as line:
            line.selected = False
        self.assertEqual(self._get_invoices(form.save()).amount_untaxed, 400.0)
        self.assertEqual(order.order_line.mapped("qty_to_invoice"), [6.0, 1.0])

    def test_the_choice_overrides_grouping_and_bill_dates(self):
        orders = self._create_order(self.innophase, invoice_grouping="separate", next_bill_date="2099-01-01")
        orders += self._create_order(self.innophase, invoice_grouping="job_code", job_code="Texas")
        self.assertPartition(self._get_invoices(self._collect()), orders)

    def test_due_dates_still_split_and_the_wizard_says_so_before(self):
        first = self._create_order(self.innophase, payment_term_id=self.net_30.id)
        second = self._create_order(self.innophase, payment_term_id=self.net_45.id)
        wizard = self._collect()
        self.assertEqual(wizard.preview_summary, "2 orders → 2 invoices")
        self.assertIn("payment terms: Net-30 ≠ Net-45", wizard.preview_reason)
        self.assertPartition(self._get_invoices(wizard), first, second)

    def test_payment_methods_of_the_orders_need_not_be_the_same(self):
        """``003_…``: the payment methods of the different requests do not have to be the same."""
        method = self.company_data["default_journal_bank"].inbound_payment_method_line_ids[:1]
        orders = self._create_order(self.innophase) + self._create_order(self.innophase)
        orders[0].preferred_payment_method_line_id = method
        self.assertPartition(self._get_invoices(self._collect()), orders)

    @freeze_time("2026-03-10")
    def test_members_are_collected_on_their_grouping_account(self):
        orders = self._create_order(self.account_12346) + self._create_order(self.account_12345)
        wizard = self._collect(self.account_12345)
        self.assertEqual(wizard.order_ids, orders)
        self.assertEqual(self._get_invoices(wizard).partner_id, self.account_12345)

    def test_an_invoiced_order_can_get_further_lines(self):
        order = self._create_order(self.innophase)
        self._get_invoices(self._collect())
        self.assertEqual(order.invoice_status, "invoiced")
        order.order_line = [(0, 0, {"product_id": self.product.id, "product_uom_qty": 1, "price_unit": 50.0})]
        self.assertEqual(order.invoice_status, "to invoice")
        self.assertEqual(self._get_invoices(self._collect()).amount_untaxed, 50.0)
        self.assertEqual(order.invoice_status, "invoiced")

    def test_down_payments_are_deducted(self):
        order = self._create_order(self.innophase)
        self.env["sale.advance.payment.inv"].create(
            {"sale_order_ids": order.ids, "advance_payment_method": "fixed", "fixed_amount": 23.0}
        )._create_invoices(order).action_post()
        wizard = self._collect()
        down_payment = wizard.line_ids.filtered(lambda line: line.order_line_id.is_downpayment)
        self.assertEqual(down_payment.quantity, -1.0)
        self.assertEqual(self._get_invoices(wizard).amount_total, order.amount_total - 23.0)

    def test_wrong_shares_are_refused(self):
        self._create_order(self.innophase)
        for share in (0, -5, 100.5):
            with (
                self.assertRaisesRegex(ValidationError, "more than 0 and at most 100"),
                self.cr.savepoint(),
            ):
                self._collect(share=share)

    def test_more_than_what_is_open_is_refused(self):
        order = self._create_order(self.innophase)
        form = self._open(default_order_ids=order.ids)
        with form.line_ids.edit(0) as line:
            line.quantity = 2
        with self.assertRaisesRegex(ValidationError, "are open"):
            form.save()
        wizard = self._open(default_order_ids=order.ids).save()
        order._create_invoices()
        with self.assertRaisesRegex(ValidationError, "are open"):
            wizard.action_create_invoice()

    def test_nothing_chosen_is_refused(self):
        order = self._create_order(self.innophase)
        wizard = self._open(default_order_ids=order.ids).save()
        wizard.line_ids.selected = False
        with self.assertRaisesRegex(UserError, "Choose at least one line"):
            wizard.action_create_invoice()

    def test_the_button_is_there_only_when_something_is_outstanding(self):
        self.assertFalse(self.innophase.has_outstanding_orders)
        order = self._create_order(self.innophase)
        self.innophase.invalidate_recordset()
        self.assertTrue(self.innophase.has_outstanding_orders)
        order._create_invoices()
        with self.assertRaisesRegex(UserError, "fully invoiced"):
            order.action_collective_invoice()

    def test_orders_of_two_companies_are_refused(self):
        company = self.env["res.company"].create({"name": "Second company"})
        other = self.env["sale.order"].create({"partner_id": self.innophase.id, "company_id": company.id})
        with self.assertRaisesRegex(UserError, "one company"):
            (self._create_order(self.innophase) + other).action_collective_invoice()

    def test_it_opens_for_the_debtor_of_an_invoice(self):
        """``003_…``: via the invoice overview screen, select the debtor with outstanding invoices."""
        first, second = self._create_order(self.innophase), self._create_order(self.account_12346)
        invoices = first._create_invoices() + second._create_invoices()
        action = invoices[0].action_collective_invoice()
        self.assertEqual(action["context"]["default_partner_id"], self.innophase.id)
        with self.assertRaisesRegex(UserError, "one debtor"):
            invoices.action_collective_invoice()

    # === billing runs over the same lines ===#

    def _prepare_run(self, partner):
        run = self.env["consolidated.billing.run"].create({"partner_ids": partner.ids})
        run.action_prepare()
        return run

    def test_lines_that_a_run_proposes_are_named_before_they_are_billed(self):
        first = self._create_order(self.innophase, lines=2)
        run = self._prepare_run(self.innophase)
        second = self._create_order(self.innophase)
        wizard = self._collect()
        self.assertEqual(wizard.line_ids.mapped("claimed_by"), [run.name, run.name, False])
        self.assertEqual(
            wizard.claim_warning,
            f"{first.name}: proposed in {run.name}. That run will skip the lines that you bill here.",
        )
        self.assertPartition(self._get_invoices(wizard), first + second)
        run.action_generate()
        run._process_groups()
        self.assertEqual(run.line_ids.mapped("skip_reason"), ["invoiced meanwhile"] * 2)

    def test_lines_that_are_not_chosen_need_no_warning(self):
        self._create_order(self.innophase)
        run = self._prepare_run(self.innophase)
        wizard = self._collect()
        self.assertIn(run.name, wizard.claim_warning)
        wizard.line_ids.selected = False
        self.assertFalse(wizard.claim_warning)
        run.action_cancel()
        wizard = self._collect()
        self.assertFalse(wizard.claim_warning)
        self.assertFalse(wizard.line_ids.claimed_by)

    def test_a_salesperson_who_may_not_see_runs_is_warned(self):
        order = self._create_order(self.innophase)
        run = self._prepare_run(self.innophase)
        salesman = new_test_user(self.env, "collecting_salesman", groups="sales_team.group_sale_salesman_all_leads")
        wizard = self.env["consolidated.billing.collect"].with_user(salesman).create({"order_ids": order.ids})
        self.assertIn(f"{order.name}: proposed in {run.name}.", wizard.claim_warning)

    def test_the_warning_takes_no_queries_for_each_line(self):
        counts = []
        for lines in (2, 30):
            partner = self._create_account("Customer")
            order = self._create_order(partner, lines=lines)
            self._prepare_run(partner)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            wizard = self.env["consolidated.billing.collect"].create({"order_ids": order.ids})
            self.assertTrue(wizard.claim_warning)
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 2)
