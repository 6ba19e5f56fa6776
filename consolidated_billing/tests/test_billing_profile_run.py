"""Billing profiles in runs over orders: filter, period, credit notes and the minimum amount."""

from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from .common import ConsolidatedBillingCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10")
class TestBillingProfileRun(ConsolidatedBillingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accountant = cls._create_user("accountant", "account.group_account_invoice", company_id=cls.company.id)
        cls.profile = cls._create_profile("Monthly")
        cls.acme = cls._create_account("Acme", billing_profile_id=cls.profile.id)

    def _prepare(self, **values):
        run = self.env["consolidated.billing.run"].with_user(self.accountant)
        run = run.create({"cutoff_date": "2026-03-31", "invoice_date": "2026-03-31", **values})
        run.action_prepare()
        return run

    def _generate(self, run):
        run.action_generate()
        run._process_groups()
        run.invalidate_recordset()

    # === filter ===#

    def test_a_run_bills_only_customers_with_the_chosen_profiles(self):
        other = self._create_account("Other", billing_profile_id=self._create_profile("Other").id)
        contact = self.env["res.partner"].create({"name": "Payables", "parent_id": self.acme.id, "type": "invoice"})
        orders = self._create_order(self.acme) + self._create_order(contact)
        self._create_order(other)
        self._create_order(self._create_account("None"))
        run = self._prepare(profile_ids=self.profile.ids)
        self.assertEqual(run.group_ids.order_ids, orders)

    def test_the_filter_looks_at_the_grouping_account(self):
        self.account_12346.billing_profile_id = self._create_profile("Member's Own")
        self.account_12345.billing_profile_id = self.profile
        order = self._create_order()
        own = self.account_12346.billing_profile_id
        self.assertFalse(self._prepare(profile_ids=own.ids, by_grouping_account=True).line_ids)
        self.assertEqual(self._prepare(profile_ids=self.profile.ids, by_grouping_account=True).line_ids.order_id, order)

    def test_the_filter_reads_the_profiles_of_the_run_s_company(self):
        second = self._create_company(name="Second Company")
        self.env.user.company_ids += second
        self.acme.with_company(second).billing_profile_id = self._create_profile("Other")
        order = self._create_order(self.acme)
        run = self.env["consolidated.billing.run"].create(
            {"profile_ids": self.profile.ids, "company_id": self.company.id}
        )
        run.with_context(allowed_company_ids=[second.id, self.company.id]).action_prepare()
        self.assertEqual(run.group_ids.order_ids, order)

    def test_changing_the_filter_takes_the_proposal_back(self):
        self._create_order(self.acme)
        run = self._prepare()
        run.profile_ids = self.profile
        self.assertEqual(run.state, "draft")
        self.assertFalse(run.group_ids)

    def test_a_profile_of_another_company_cannot_be_chosen(self):
        second = self._create_company(name="Second Company")
        foreign = self._create_profile("Foreign", company_id=second.id)
        with self.assertRaises(UserError):
            self.env["consolidated.billing.run"].create({"profile_ids": foreign.ids})

    # === period and credit notes ===#

    def test_all_that_is_due_at_the_cutoff_shares_an_invoice(self):
        self.profile.bill_date_match = "period"
        order = self._create_order(
            self.acme, lines=[{"next_bill_date": day} for day in (False, "2026-03-20", "2026-03-31", "2026-04-01")]
        )
        other = self._create_order(self.acme, next_bill_date="2026-01-01")
        run = self._prepare()
        self.assertEqual(len(run.group_ids), 1)
        self.assertEqual(run.skipped_line_ids.skip_reason, "bill date 2026-04-01")
        with freeze_time("2026-03-12"):
            self._generate(run)
        self.assertRecordValues(run, [{"state": "done", "done_count": 1, "skipped_count": 0}])
        self.assertEqual(run.move_ids.invoice_line_ids.sale_line_ids, order.order_line[:3] + other.order_line)

    def test_returns_go_on_credit_notes_of_their_own(self):
        self.profile.credit_policy = "separate"
        order = self._create_order(self.acme, lines=[{"product_uom_qty": 5}])
        order._create_invoices().action_post()
        order.order_line.product_uom_qty = 2
        self._create_order(self.acme, lines=[{"price_unit": 500.0}])
        run = self._prepare()
        self.assertEqual(
            {group.amount_untaxed: group.reason for group in run.group_ids},
            {500.0: "document: invoice ≠ credit note", -300.0: "document: credit note ≠ invoice"},
        )
        self._generate(run)
        self.assertRecordValues(
            run.move_ids.sorted("move_type"),
            [
                {"move_type": "out_invoice", "amount_untaxed": 500.0},
                {"move_type": "out_refund", "amount_untaxed": 300.0},
            ],
        )

    def test_a_profile_that_changed_since_is_the_reason_to_skip(self):
        self._create_order(self.acme)
        run = self._prepare()
        self.profile.split_by_month = True
        self._generate(run)
        self.assertRecordValues(run, [{"state": "done", "skipped_count": 1}])
        self.assertEqual(run.line_ids.skip_reason, "billing profile changed")

    def test_options_that_split_nothing_and_the_minimum_can_change_meanwhile(self):
        self._create_order(self.acme)
        run = self._prepare()
        self.profile.write({"minimum_amount": 5000.0, "consolidated_billing": True})
        self._generate(run)
        self.assertRecordValues(run, [{"state": "done", "done_count": 1}])

    # === minimum amount ===#

    def _create_small_and_big(self):
        self.profile.minimum_amount = 50.0
        small = self._create_order(self.acme, lines=[{"price_unit": 30.0}], invoice_grouping="separate")
        big = self._create_order(self.acme, lines=[{"price_unit": 50.0}], invoice_grouping="separate")
        return small, big

    def test_a_document_below_the_minimum_is_deferred(self):
        small, big = self._create_small_and_big()
        run = self._prepare()
        deferred, proposed = run.group_ids.sorted("state")
        reason = f"below minimum 50.00 {self.company.currency_id.name}"
        self.assertRecordValues(
            deferred,
            [
                {
                    "state": "deferred",
                    "selected": False,
                    "reason": reason,
                    "amount_untaxed": 30.0,
                    "partner_id": self.acme.id,
                    "line_ids": [],
                    "order_ids": small.ids,
                }
            ],
        )
        self.assertEqual(proposed.order_ids, big)
        self.assertRecordValues(
            run.skipped_line_ids,
            [{"order_line_id": small.order_line.id, "skip_reason": reason, "amount_open": 30.0, "is_claim": False}],
        )
        self.assertRecordValues(
            run,
            [{"amount_proposed": 50.0, "amount_not_proposed": 30.0, "amount_unbilled": 80.0, "group_count": 1}],
        )

    def test_deferred_documents_do_not_count_in_the_progress(self):
        small, big = self._create_small_and_big()
        run = self._prepare()
        self._generate(run)
        self.assertRecordValues(run, [{"state": "done", "progress": 100.0, "done_count": 1, "proposed_count": 0}])
        self.assertEqual(run.group_ids.mapped("state"), ["done", "deferred"])
        self.assertEqual(small.invoice_status, "to invoice")
        self.assertEqual(big.invoice_status, "invoiced")

    def test_what_is_deferred_is_free_for_the_next_run(self):
        small, _big = self._create_small_and_big()
        first = self._prepare()
        self.profile.minimum_amount = 0.0
        second = self._prepare()
        self.assertEqual(second.group_ids.order_ids, small)
        self.assertEqual(first.state, "prepared")

    def test_a_deferred_document_cannot_be_selected(self):
        self._create_small_and_big()
        run = self._prepare()
        deferred = run.group_ids.filtered(lambda group: group.state == "deferred")
        for select in (deferred.action_select, run.group_ids.action_select):
            with self.assertRefused("Acme", "below minimum 50.00", "lower the minimum amount"):
                select()
        self.assertFalse(deferred.selected)
        run.group_ids.action_deselect()

    def test_the_minimum_counts_the_whole_document(self):
        self.profile.minimum_amount = 50.0
        self._create_order(self.acme, lines=[{"price_unit": 30.0}])
        self._create_order(self.acme, lines=[{"price_unit": 20.0}])
        run = self._prepare()
        self.assertRecordValues(run.group_ids, [{"state": "proposed", "amount_untaxed": 50.0}])

    def test_a_minimum_holds_for_every_amount_below_it(self):
        self.profile.minimum_amount = 50.0
        for price in (-100.0, -10.0, 0.0, 0.01, 49.99):
            self._create_order(self.acme, lines=[{"price_unit": price}], invoice_grouping="separate")
        self._create_order(self.acme, lines=[{"discount": 100.0}], invoice_grouping="separate")
        run = self._prepare()
        self.assertEqual(run.group_ids.mapped("state"), ["deferred"] * 6)
        self.assertEqual(set(run.skipped_line_ids.mapped("skip_reason")), {"below minimum 50.00 USD"})
        self.assertRecordValues(run, [{"amount_proposed": 0.0, "amount_not_proposed": -60.0}])

    def test_separate_credit_notes_are_measured_by_their_size(self):
        self.profile.write({"minimum_amount": 50.0, "credit_policy": "separate"})
        for price in (-49.99, -50.0, 0.0):
            self._create_order(self.acme, lines=[{"price_unit": price}], invoice_grouping="separate")
        run = self._prepare()
        proposed = run.group_ids.filtered(lambda group: group.state == "proposed")
        self.assertEqual(proposed.mapped("amount_untaxed"), [-50.0])
        self._generate(run)
        self.assertRecordValues(run.move_ids, [{"move_type": "out_refund", "amount_untaxed": 50.0}])

    def test_what_a_person_reduced_in_a_prepared_run_has_no_minimum(self):
        self.profile.minimum_amount = 50.0
        self._create_order(self.acme, lines=[{"price_unit": 30.0, "product_uom_qty": 2.0}, {"price_unit": 40.0}])
        run = self._prepare()
        run.line_ids[1].action_deselect()
        run.line_ids[0].quantity = 1.0
        self._generate(run)
        self.assertEqual(run.move_ids.amount_untaxed, 30.0)

    def test_what_is_left_of_a_document_below_the_minimum_waits_when_lines_changed_meanwhile(self):
        self.profile.minimum_amount = 50.0
        first = self._create_order(self.acme, lines=[{"price_unit": 30.0}])
        second = self._create_order(self.acme, lines=[{"price_unit": 40.0}])
        run = self._prepare()
        second.order_line.price_unit = 41.0
        self._generate(run)
        self.assertFalse(run.move_ids)
        self.assertEqual(run.group_ids.state, "skipped")
        reasons = {line.order_id: line.skip_reason for line in run.line_ids}
        self.assertIn("price changed", reasons[second])
        self.assertEqual(reasons[first], "below minimum 50.00 USD")
        self.assertEqual(self._prepare().group_ids.amount_untaxed, 71.0, "nothing is lost")

    def test_what_a_person_chose_is_billed_also_when_other_lines_changed_meanwhile(self):
        self.profile.minimum_amount = 50.0
        self._create_order(self.acme, lines=[{"price_unit": 10.0}])
        second = self._create_order(self.acme, lines=[{"price_unit": 20.0}])
        third = self._create_order(self.acme, lines=[{"price_unit": 40.0}])
        run = self._prepare()
        run.line_ids.filtered(lambda line: line.order_id == third).action_deselect()
        second.order_line.price_unit = 21.0
        self._generate(run)
        self.assertEqual(run.move_ids.amount_untaxed, 10.0)

    def test_a_foreign_document_is_compared_at_the_rate_of_the_invoice_date(self):
        self.profile.minimum_amount = 50.0
        euro = self.setup_other_currency("EUR", rates=[("2026-01-01", 2.0), ("2026-03-31", 0.5)])
        pricelist = self.env["product.pricelist"].create({"name": "€", "currency_id": euro.id})
        self._create_order(self.acme, lines=[{"price_unit": 30.0}], pricelist_id=pricelist.id)
        # 30 € are 60 at the end of the month, and 15 now
        self.assertEqual(self._prepare().group_ids.state, "proposed")
        self.env["consolidated.billing.run"].search([]).action_cancel()
        self.assertEqual(self._prepare(invoice_date="2026-03-10").group_ids.state, "deferred")

    def test_by_hand_there_is_no_minimum(self):
        small, _big = self._create_small_and_big()
        self.assertEqual(small._create_invoices().amount_untaxed, 30.0)

    def test_a_run_of_deferred_documents_only_says_why_it_is_empty(self):
        small, big = self._create_small_and_big()
        big.action_lock()
        (small + big)._action_cancel()
        self._create_order(self.acme, lines=[{"price_unit": 30.0}])
        run = self._prepare()
        self.assertIn("Nothing is due", run.empty_reason)
        with self.assertRefused("proposes nothing"):
            run.action_generate()
        run.action_cancel()
        self.assertEqual(run.group_ids.state, "deferred")

    def test_a_scheduled_run_with_nothing_but_deferred_documents_is_dropped(self):
        self.profile.minimum_amount = 50.0
        self._create_order(self.acme, lines=[{"price_unit": 30.0}])
        run = self.env["consolidated.billing.run"]._prepare_due(self.company, False)
        self.assertFalse(run)

    def test_preparing_again_forgets_the_deferred_documents(self):
        self._create_small_and_big()
        run = self._prepare()
        self.profile.minimum_amount = 10.0
        run.action_prepare()
        self.assertEqual(run.group_ids.mapped("state"), ["proposed", "proposed"])
        self.assertFalse(run.skipped_line_ids)

    def test_deferring_takes_a_constant_number_of_queries(self):
        self.profile.minimum_amount = 5000.0

        def count(number):
            partners = self.env["res.partner"].create(
                [{"name": "Customer", "billing_profile_id": self.profile.id}] * number
            )
            for partner in partners:
                self._create_order(partner)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            run = self._prepare(partner_ids=partners.ids)
            self.env.flush_all()
            taken = self.cr.sql_log_count - before
            self.assertEqual(run.group_ids.mapped("state"), ["deferred"] * number)
            return taken

        count(2)
        few, many = count(5), count(25)
        self.assertLessEqual(many, few + 3)
