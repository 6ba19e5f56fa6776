from odoo.tests import freeze_time, tagged

from .cbi_common import CbiRunCommon


@tagged("post_install", "-at_install")
class TestCbiRunChanges(CbiRunCommon):
    """What changed since a run of kind ``consolidate`` was prepared is skipped, alone and with a reason (``R2``)."""

    def test_an_entry_that_was_reset_meanwhile_is_skipped_alone(self):
        run = self._create_run()
        self.second.button_draft()
        self._generate(run)
        self.assertIn("not posted", self._get_line(run, self.second).skip_reason)
        billing = self.first.consolidated_billing_id
        self.assertRecordValues(billing, [{"invoices_amount": 115.0, "closing_balance": 115.0}])
        self.assertFalse(self.second.consolidated_billing_id)

    def test_an_entry_that_was_changed_meanwhile_is_skipped_with_what_changed(self):
        run = self._create_run()
        self.second.button_draft()
        self.second.invoice_line_ids.price_unit = 60.0
        self.second.action_post()
        self.first.button_draft()
        self.first.invoice_date = self.first.date = "2026-03-09"
        self.first.action_post()
        self._generate(run)
        self.assertEqual(self._get_line(run, self.second).skip_reason, "amount changed")
        self.assertEqual(self._get_line(run, self.first).skip_reason, "date changed")
        self.assertRecordValues(self._get_group(run, self.acme), [{"state": "skipped"}])
        self.assertRecordValues(run, [{"done_count": 1, "skipped_count": 1, "state": "done"}])

    def test_an_entry_that_was_billed_meanwhile_is_skipped_with_the_number(self):
        run = self._create_run()
        self.env.cr.execute("UPDATE consolidated_billing_run_line SET is_claim = FALSE WHERE run_id = %s", [run.id])
        self.env.invalidate_all()
        billing = self._bill(partner_ids=self.acme.ids)
        self._generate(run)
        self.assertIn(billing.name, self._get_line(run, self.first).skip_reason)
        self.assertEqual(run.consolidated_billing_ids.partner_id, self.beta)

    def test_an_entry_whose_customer_moved_under_a_grouping_account_is_skipped(self):
        run = self._create_run()
        self.beta.grouping_partner_id = self.account_12345
        self._generate(run)
        self.assertIn("customer", self._get_line(run, self.other).skip_reason)
        self.assertFalse(self.other.consolidated_billing_id)

    def test_an_entry_that_moved_to_another_invoice_address_is_skipped(self):
        address = self.env["res.partner"].create({"parent_id": self.acme.id, "type": "invoice", "name": "Branch"})
        run = self._create_run()
        self.second.button_draft()
        self.second.partner_id = address
        self.second.invoice_date = self.second.date
        self.second.action_post()
        self._generate(run)
        self.assertEqual(self._get_line(run, self.second).skip_reason, "invoice address changed")
        self.assertTrue(self.first.consolidated_billing_id)

    def test_the_entries_of_a_customer_that_was_merged_meanwhile_are_skipped(self):
        run = self._create_run()
        self.env["base.partner.merge.automatic.wizard"].create({})._merge((self.acme + self.beta).ids, self.acme)
        self.env.invalidate_all()
        self._generate(run)
        self.assertEqual(self._get_line(run, self.other).skip_reason, "customer changed")
        self.assertRecordValues(run.consolidated_billing_ids, [{"partner_id": self.acme.id, "payments_amount": 0.0}])

    def test_a_deleted_entry_does_not_stop_the_run(self):
        run = self._create_run()
        self.second.button_draft()
        self.second.with_context(force_delete=True).unlink()
        self._generate(run)
        self.assertEqual(run.done_count, 2)
        self.assertEqual(self.first.consolidated_billing_id.invoices_amount, 115.0)

    def test_a_customer_that_lost_its_profile_meanwhile_is_not_billed(self):
        run = self._create_run()
        self.beta.billing_profile_id = False
        self._generate(run)
        self.assertFalse(self.other.consolidated_billing_id)
        self.assertIn("profile", self._get_line(run, self.other).skip_reason)

    @freeze_time("2026-03-31")
    def test_a_proposal_of_long_ago_is_not_generated(self):
        run = self._create_run()
        with freeze_time("2026-06-01"), self.assertRefused(run.name, "prepare it again"):
            run.action_generate()
