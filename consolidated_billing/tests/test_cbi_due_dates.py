from odoo.tests import Form, tagged

from .cbi_common import PAID, CbiCommon


@tagged("post_install", "-at_install")
class TestCbiDueDates(CbiCommon):
    """A document is due by its terms, and its entries with it (``C10``)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.immediate = cls._create_term("Immediate", 0)
        cls.profile.payment_term_id = cls.net_30
        cls.due = "2026-04-30"  # 30 days after 2026-03-31

    def _get_due(self, moves):
        """Return when an entry is due: the invoice, then its receivable items."""
        items = moves.line_ids.filtered(lambda item: item.account_type == "asset_receivable").sorted("id")
        return [str(day) for day in (*moves.mapped("invoice_date_due"), *items.mapped("date_maturity"))]

    # === DUE DATES OF THE ENTRIES ===#

    def test_entries_are_due_with_the_document_that_was_accepted(self):
        invoice = self._post(invoice_payment_term_id=self.immediate.id)
        credit = self._post(move_type="out_refund", amount=10.0, invoice_payment_term_id=self.immediate.id)
        fee = self._adjust(5.0)
        before = self._get_due(invoice + credit)
        billing = self._bill()
        self.assertEqual(str(billing.invoice_date_due), self.due)
        self.assertEqual(self._get_due(invoice + credit), before, "a draft moves nothing")
        self._finalize(billing)
        self.assertEqual(set(self._get_due(invoice + credit)), {self.due})
        self.assertIn(self.due, self._get_due(fee))

    def test_an_entry_is_never_due_earlier(self):
        invoice = self._post(invoice_payment_term_id=self._create_term("Net 90", 90).id)
        before = self._get_due(invoice)
        self._finalize(self._bill())
        self.assertEqual(self._get_due(invoice), before)

    def test_each_instalment_of_an_entry_moves_only_where_it_is_due_earlier(self):
        invoice = self._post(amount=200.0, invoice_payment_term_id=self._create_term("Halves", 0, 90).id)
        last = self._get_due(invoice)[-1]
        billing = self._finalize(self._bill())
        self.assertEqual(self._get_due(invoice), [last, self.due, last])
        billing.with_user(self.manager).action_cancel()
        self.assertEqual(self._get_due(invoice), [last, "2026-03-10", last])

    def test_a_payment_and_another_change_leave_the_moved_due_date(self):
        invoice = self._post(invoice_payment_term_id=self.immediate.id)
        billing = self._finalize(self._bill())
        self._register(billing, amount=40.0)
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(set(self._get_due(invoice)), {self.due})
        invoice.ref = "Another reference"
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(set(self._get_due(invoice)), {self.due})
        self._register(billing)
        self.assertIn(billing.payment_state, PAID)
        self.assertEqual(set(self._get_due(invoice)), {self.due})

    def test_what_is_paid_in_part_moves_too(self):
        invoice = self._post(invoice_payment_term_id=self.immediate.id)
        self._pay(15.0, moves=invoice)
        self._finalize(self._bill())
        self.assertEqual(set(self._get_due(invoice)), {self.due})

    def test_cancelling_restores_the_due_dates_also_after_several_cycles(self):
        invoice = self._post(invoice_payment_term_id=self.immediate.id)
        by_hand = self._post(amount=10.0, invoice_payment_term_id=False, invoice_date_due="2026-03-12")
        before = self._get_due(invoice), self._get_due(by_hand)
        for _cycle in range(2):
            billing = self._finalize(self._bill())
            self.assertEqual(set(self._get_due(invoice + by_hand)), {self.due})
            billing.with_user(self.manager).action_cancel()
            self.env.flush_all()
            self.env.invalidate_all()
            self.assertEqual((self._get_due(invoice), self._get_due(by_hand)), before)
        invoice.button_draft()
        invoice.action_post()
        self.assertEqual(self._get_due(invoice), before[0])

    def test_a_due_date_that_somebody_chose_since_is_kept(self):
        invoice = self._post(invoice_payment_term_id=self.immediate.id)
        billing = self._finalize(self._bill())
        item = invoice.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        item.date_maturity = "2026-06-01"
        billing.with_user(self.manager).action_cancel()
        self.assertEqual(str(item.date_maturity), "2026-06-01")

    def test_a_rejected_draft_moves_nothing(self):
        invoice = self._post(invoice_payment_term_id=self.immediate.id)
        before = self._get_due(invoice)
        self._bill().action_reject()
        self.assertEqual(self._get_due(invoice), before)

    def test_a_profile_can_let_entries_keep_their_due_dates(self):
        with Form(self.profile) as form:
            self.assertTrue(form.entries_follow_due_date)
            form.entries_follow_due_date = False
        invoice = self._post(invoice_payment_term_id=self.immediate.id)
        before = self._get_due(invoice)
        billing = self._finalize(self._bill())
        self.assertEqual(self._get_due(invoice), before)
        billing.with_user(self.manager).action_cancel()
        self.assertEqual(self._get_due(invoice), before)

    def test_a_document_that_was_final_before_leaves_its_entries_when_they_are_paid(self):
        """As after an update from the version before: nothing was moved."""
        self.profile.entries_follow_due_date = False
        invoice = self._post(invoice_payment_term_id=self.immediate.id)
        before = self._get_due(invoice)
        billing = self._finalize(self._bill())
        self.profile.entries_follow_due_date = True
        self._register(billing, amount=10.0)
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(self._get_due(invoice), before)

    def test_an_overdue_filter_follows_the_document(self):
        invoice = self._post(invoice_payment_term_id=self.immediate.id)
        overdue = [("id", "=", invoice.id), ("line_ids.date_maturity", "<", "2026-04-15")]
        self.assertTrue(self.env["account.move"].search(overdue))
        self._finalize(self._bill())
        self.assertFalse(self.env["account.move"].search(overdue))
        self.assertFalse(
            self.env["account.move"].search([("id", "=", invoice.id), ("invoice_date_due", "<", self.due)])
        )

    def test_accepting_takes_as_many_queries_for_many_entries_as_for_few(self):
        counts = []
        for number in (2, 12):
            partner = self._create_flagged(f"Many {number}")
            for _number in range(number):
                self._post(partner, invoice_payment_term_id=self.immediate.id)
            billing = self._bill().with_user(self.accountant)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            billing.action_finalize()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 2)

    # === INSTALMENTS ===#

    def _render(self, billing):
        report = "consolidated_billing.action_report_consolidated_billing_invoice"
        content = self.env["ir.actions.report"]._render_qweb_html(report, billing.ids)[0].decode()
        return " ".join(content.split())

    def test_each_instalment_is_printed_and_they_add_up_to_the_cent(self):
        self.profile.payment_term_id = self._create_term("Quarters", 30, 60, 90, 120)
        self._post(amount=100.01)
        billing = self._finalize(self._bill())
        instalments = billing._get_open_instalments()
        self.assertEqual(
            [str(day) for day, _amount in instalments], ["2026-04-30", "2026-05-30", "2026-06-29", "2026-07-29"]
        )
        self.assertAlmostEqual(sum(amount for _day, amount in instalments), billing.amount_residual)
        self.assertEqual(str(billing.invoice_date_due), "2026-07-29")
        printed = self._render(billing)
        for day in ("04/30/2026", "05/30/2026", "06/29/2026", "07/29/2026"):
            self.assertIn(day, printed)
            self.assertIn(day, Form(billing).payment_schedule)

    def test_what_is_paid_counts_for_the_earliest_instalment(self):
        self.profile.payment_term_id = self._create_term("Halves", 30, 60)
        self._post(amount=100.0)
        billing = self._finalize(self._bill())
        self._register(billing, amount=60.0)
        self.assertEqual([amount for _day, amount in billing._get_open_instalments()], [55.0])
        self._register(billing)
        self.assertEqual(billing._get_open_instalments(), [])

    def test_a_later_change_of_the_terms_does_not_change_the_document(self):
        term = self._create_term("Halves", 30, 60)
        self.profile.payment_term_id = term
        self._post(amount=100.0)
        billing = self._finalize(self._bill())
        before = billing._get_open_instalments()
        term.line_ids[1].nb_days = 120
        self.assertEqual(billing._get_open_instalments(), before)

    def test_one_due_date_is_no_instalment(self):
        self._post()
        billing = self._finalize(self._bill())
        self.assertEqual(billing._get_open_instalments(), [])
        self.assertFalse(billing.payment_schedule)
        self.assertNotIn("Instalment of", self._render(billing))
