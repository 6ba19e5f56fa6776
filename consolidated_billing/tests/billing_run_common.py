from odoo.tests import new_test_user

from .common import ConsolidatedBillingCommon


class BillingRunCommon(ConsolidatedBillingCommon):
    """An accountant, a customer, and the steps of a run over orders."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accountant = new_test_user(
            cls.env, "accountant", groups="account.group_account_invoice", company_id=cls.company.id
        )
        cls.acme = cls._create_account("Acme", ref="ACME")

    @classmethod
    def _create_run(cls, prepare=True, **values):
        run = cls.env["consolidated.billing.run"].with_user(cls.accountant).create(values)
        if prepare:
            run.action_prepare()
        return run

    def _get_skipped(self, run):
        return {line.order_id.name: line.skip_reason for line in run.skipped_line_ids}

    def _generate(self, run):
        run.action_generate()
        run._process_groups()
        run.invalidate_recordset()
