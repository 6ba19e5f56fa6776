from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from .cbi_common import CbiRunCommon


@tagged("post_install", "-at_install")
class TestCbiRun(CbiRunCommon):
    """A run of kind ``consolidate`` is prepared, chosen from, generated, paused and cancelled (``R1`` to ``R5``)."""

    # === PREPARE AND CHOOSE ===#

    def test_prepare_makes_a_frozen_proposal_and_no_document(self):
        run = self._create_run()
        self.assertRecordValues(run, [{"state": "prepared", "proposed_count": 2, "amount_proposed": 184.0}])
        self.assertFalse(run.consolidated_billing_ids)
        self._post(amount=1000.0)
        self._generate(run)
        self.assertEqual(run.consolidated_billing_ids.move_ids, self.first + self.second + self.other)

    def test_deselected_documents_are_not_created_and_totals_follow(self):
        run = self._create_run()
        self._get_group(run, self.beta).with_user(self.accountant).selected = False
        self.assertRecordValues(
            run, [{"amount_proposed": 172.5, "amount_not_proposed": 11.5, "amount_unbilled": 184.0}]
        )
        self._generate(run)
        self.assertEqual(run.consolidated_billing_ids.partner_id, self.acme)
        self.assertEqual(self._get_group(run, self.beta).state, "excluded")
        self.assertEqual(self._get_entries(self._create_run()), self.other, "free for the next run")

    def test_deselected_entries_are_not_billed_and_totals_follow(self):
        run = self._create_run()
        self._get_line(run, self.second).with_user(self.accountant).selected = False
        self.assertRecordValues(run, [{"amount_proposed": 126.5, "amount_not_proposed": 57.5}])
        self.assertEqual(self._get_group(run, self.acme).amount_total, 115.0)
        self._generate(run)
        billing = run.consolidated_billing_ids.filtered(lambda b: b.partner_id == self.acme)
        self.assertEqual(billing.move_ids, self.first)
        self.assertEqual(self._get_entries(self._create_run()), self.second)

    def test_entries_can_be_selected_again(self):
        run = self._create_run()
        line = self._get_line(run, self.second)
        line.action_deselect()
        line.action_select()
        self.assertEqual(run.amount_proposed, 184.0)

    def test_nothing_is_chosen_once_documents_are_generated(self):
        run = self._create_run()
        self._generate(run)
        for record in (run.group_ids[0], run.line_ids[0]):
            with self.assertRefused("only while a run is prepared"):
                record.with_user(self.accountant).selected = False

    def test_entries_that_are_not_proposed_cannot_be_selected(self):
        late = self._post(date="2026-04-02")
        run = self._create_run()
        with self.assertRefused("not proposed"):
            self._get_line(run, late).selected = True

    def test_a_changed_parameter_takes_the_proposal_back(self):
        run = self._create_run()
        for values in ({"cutoff_date": "2026-04-30"}, {"ignore_cycle": True}, {"profile_ids": self.profile.ids}):
            run.action_prepare()
            run.write(values)
            self.assertRecordValues(run, [{"state": "draft", "amount_proposed": 0.0}])
            self.assertFalse(run.line_ids)

    def test_parameters_are_frozen_once_documents_are_generated(self):
        run = self._create_run()
        self._generate(run)
        for values in ({"cutoff_date": "2026-04-30"}, {"ignore_cycle": True}, {"kind": "invoice"}):
            with self.assertRefused(run.name, "parameters"):
                run.with_user(self.accountant).write(values)

    # === CLAIMS ===#

    def test_an_entry_is_in_one_open_run_only(self):
        run = self._create_run()
        second = self._create_run()
        self.assertFalse(second.group_ids)
        self.assertEqual(
            self._get_reasons(second),
            dict.fromkeys((self.first + self.second + self.other).mapped("name"), f"in run {run.name}"),
        )

    def test_a_deselected_entry_is_free_for_another_run_and_not_taken_back(self):
        run = self._create_run()
        line = self._get_line(run, self.second)
        line.selected = False
        second = self._create_run()
        self.assertEqual(self._get_entries(second), self.second)
        with self.assertRefused(self.second.name, second.name):
            line.selected = True

    def test_a_cancelled_run_releases_its_entries(self):
        run = self._create_run()
        run.action_cancel()
        self.assertEqual(self._get_entries(self._create_run()), self.first + self.second + self.other)

    def test_two_runs_of_one_company_bill_each_entry_once(self):
        runs = [self._create_run(partner_ids=partner.ids) for partner in (self.acme, self.beta)]
        for run in runs:
            self._generate(run)
        self.assertEqual([len(run.consolidated_billing_ids) for run in runs], [1, 1])
        self.assertEqual(len(set((self.first + self.second + self.other).mapped("billing_number"))), 2)

    # === BATCHES, FAILURES ===#

    def test_a_run_goes_on_where_it_stood_still(self):
        run = self._create_run()
        run.action_generate()
        self.assertEqual(run._process_groups(limit=1), 1)
        run.invalidate_recordset()
        self.assertRecordValues(run, [{"state": "generating", "done_count": 1, "progress": 50.0}])
        run.action_pause()
        self.assertEqual(run._process_groups(), 0)
        run.action_resume()
        run._process_groups()
        run.invalidate_recordset()
        self.assertRecordValues(run, [{"state": "done", "done_count": 2, "progress": 100.0}])

    def test_cancelling_keeps_what_was_created_and_frees_the_rest(self):
        run = self._create_run()
        run.action_generate()
        run._process_groups(limit=1)
        run.action_cancel()
        run._process_groups()
        run.invalidate_recordset()
        self.assertEqual(run.state, "cancelled")
        self.assertEqual(len(run.consolidated_billing_ids), 1)
        rest = (self.first + self.second + self.other) - run.consolidated_billing_ids.move_ids
        self.assertEqual(self._get_entries(self._create_run()), rest)

    def _fail(self, run, partner):
        """Let the document of a customer fail: no document can do without a currency."""
        self._get_group(run, partner).sudo()._write_as_engine({"currency_id": False})
        with mute_logger("odoo.sql_db"):
            self._generate(run)

    def test_a_document_fails_alone_and_is_tried_again(self):
        run = self._create_run()
        self._fail(run, self.beta)
        self.assertRecordValues(run, [{"state": "done", "done_count": 1, "failed_count": 1}])
        self.assertTrue(self._get_group(run, self.beta).error)
        self.assertFalse(self.other.consolidated_billing_id)
        self._get_group(run, self.beta).sudo()._write_as_engine({"currency_id": self.company.currency_id.id})
        run.action_retry_failed()
        run._process_groups()
        run.invalidate_recordset()
        self.assertRecordValues(run, [{"state": "done", "done_count": 2, "failed_count": 0}])
        self.assertTrue(self.other.consolidated_billing_id)

    def test_what_failed_is_free_and_a_retry_leaves_it_to_the_run_that_took_it(self):
        run = self._create_run()
        self._fail(run, self.beta)
        second = self._create_run()
        self.assertEqual(self._get_entries(second), self.other)
        self._get_group(run, self.beta).sudo()._write_as_engine({"currency_id": self.company.currency_id.id})
        run.action_retry_failed()
        run._process_groups()
        run.invalidate_recordset()
        self.assertEqual(self._get_line(run, self.other).skip_reason, f"in run {second.name}")
        self.assertEqual(self._get_group(run, self.beta).state, "skipped")
        self._generate(second)
        self.assertEqual(self.other.consolidated_billing_id.run_id, second)

    def test_a_locked_period_does_not_matter(self):
        self.company.sudo().fiscalyear_lock_date = "2026-12-31"
        run = self._create_run()
        self._generate(run)
        self.assertEqual(run.done_count, 2)

    # === AUDIT ===#

    def test_the_history_says_who_did_what(self):
        run = self._create_run()
        self._generate(run)
        run.with_user(self.manager).action_reverse()
        bodies = " ".join(run.message_ids.mapped("body"))
        for words in ("Prepared: 2 documents", "Generated: 2 documents", "Reversed: 2 drafts rejected"):
            self.assertIn(words, bodies)
        self.assertRecordValues(
            run, [{"user_id": self.accountant.id, "cutoff_date": fields.Date.to_date("2026-03-31")}]
        )
        self.assertEqual(sorted(run.group_ids.mapped("amount_billed")), [11.5, 172.5])

    def test_a_run_that_billed_something_is_not_deleted(self):
        run = self._create_run()
        self._generate(run)
        for _attempt in ("done", "reversed"):
            with self.assertRefused(run.name, "kept for audit"):
                run.with_user(self.accountant).unlink()
            if run.state == "done":
                run.action_reverse()

    def test_a_run_that_billed_nothing_can_be_deleted(self):
        run = self._create_run()
        run.unlink()
        self.assertEqual(self._get_entries(self._create_run()), self.first + self.second + self.other)

    def test_what_was_not_billed_is_dropped_after_30_days_and_what_was_billed_stays(self):
        self._post(date="2026-04-20")
        done = self._create_run()
        self._generate(done)
        cancelled = self._create_run(cutoff_date="2026-04-30")
        cancelled.action_cancel()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE consolidated_billing_run SET write_date = now() - interval '31 days' WHERE id IN %s",
            [tuple((done + cancelled).ids)],
        )
        self.env.invalidate_all()
        self.env["consolidated.billing.run"]._gc_lines()
        self.assertEqual(done.line_ids.move_id, self.first + self.second + self.other)
        self.assertEqual(len(done.group_ids), 2)
        self.assertFalse(cancelled.line_ids)
        self.assertFalse(cancelled.group_ids)
        self.assertEqual(len(done.consolidated_billing_ids.line_ids), 3)

    def test_what_a_run_billed_is_not_deleted_piece_by_piece(self):
        run = self._create_run()
        self._generate(run)
        for records in (run.group_ids, run.line_ids):
            with self.assertRefused("billing run cannot be deleted"):
                self._rpc(self.manager, records, "unlink")
        for name in ("group_ids", "line_ids"):
            with self.assertRefused("billing run cannot be deleted"):
                self._rpc(self.manager, run, "write", {name: [[5, 0, 0]]})
        run._write_as_engine({"state": "draft"})  # whatever led there
        with self.assertRefused(run.name, "kept for audit"):
            self._rpc(self.manager, run, "action_prepare")
        self.env.invalidate_all()
        self.assertEqual((len(run.group_ids), len(run.line_ids)), (2, 3))

    def test_what_was_billed_and_reversed_stays_for_audit(self):
        run = self._create_run()
        self._generate(run)
        run.action_reverse()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE consolidated_billing_run SET write_date = now() - interval '31 days' WHERE id = %s", [run.id]
        )
        self.env.invalidate_all()
        self.env["consolidated.billing.run"]._gc_lines()
        self.assertEqual(run.line_ids.move_id, self.first + self.second + self.other)
        self.assertEqual(len(run.group_ids), 2)
