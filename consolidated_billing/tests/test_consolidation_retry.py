from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_billing_invoice import ConsolidatedInvoiceCommon


@tagged("post_install", "-at_install")
class TestConsolidationRetry(ConsolidatedInvoiceCommon):
    """Documents of a run of kind ``consolidate`` that failed are tried again (``R3``, ``R4``)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls._create_flagged("Other")
        cls.entries = cls._post() + cls._post(amount=50.0) + cls._post(cls.other)
        cls.failed_run = cls._create_run()
        cls.group = cls.failed_run.group_ids.filtered(lambda group: group.partner_id == cls.acme)
        cls.group.sudo()._write_as_engine({"currency_id": False})  # what no document can do without
        cls.failed_run.action_generate()
        with mute_logger("odoo.sql_db"):
            cls.failed_run._process_groups()
        cls.failed_run.invalidate_recordset()

    def test_only_what_failed_is_tried_again(self):
        self.assertEqual(self.group.state, "failed")
        done = self.failed_run.consolidated_billing_ids
        self.group.sudo()._write_as_engine({"currency_id": self.company.currency_id.id})
        self.failed_run.action_retry_failed()
        self.failed_run._process_groups()
        self.assertEqual(set(self.failed_run.group_ids.mapped("state")), {"done"})
        self.assertEqual(len(self.failed_run.consolidated_billing_ids - done), 1)
        self.assertTrue(all(entry.consolidated_billing_id for entry in self.entries))

    def test_what_another_run_claimed_meanwhile_is_left_to_it(self):
        other = self._create_run()
        line = other.line_ids.filtered(lambda line: line.move_id == self.entries[1])
        line.action_deselect()
        self.group.sudo()._write_as_engine({"currency_id": self.company.currency_id.id})
        self.failed_run.action_retry_failed()
        self.failed_run._process_groups()
        self.failed_run.invalidate_recordset()
        self.assertRecordValues(
            self.group.line_ids,
            [{"skip_reason": f"in run {other.name}", "is_billed": False}, {"skip_reason": False, "is_billed": True}],
        )
        self.assertEqual(self.entries[1].consolidated_billing_id, self.group.consolidated_billing_id)
        other.action_generate()
        other._process_groups()
        self.assertEqual(self.entries[0].consolidated_billing_id.run_id, other)
