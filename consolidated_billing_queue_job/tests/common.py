from unittest.mock import patch

from odoo import SUPERUSER_ID
from odoo.tests import tagged

from odoo.addons.consolidated_billing.models import billing_run_worker
from odoo.addons.consolidated_billing.tests.common import ConsolidatedBillingCommon
from odoo.addons.queue_job.job import Job


@tagged("post_install", "-at_install")
class BillingQueueCommon(ConsolidatedBillingCommon):
    """Runs of five documents in batches of two, that is three jobs; jobs are real records of the queue."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        patcher = patch.object(billing_run_worker, "GROUP_BATCH_SIZE", 2)
        patcher.start()
        cls.addClassCleanup(patcher.stop)
        cls.accountant = cls._create_user("accountant", "account.group_account_invoice", company_id=cls.company.id)
        cls.customers = cls.env["res.partner"].concat(
            *(cls._create_account(f"Customer {number}") for number in range(5))
        )

    @classmethod
    def _create_run(cls, generate=True, **values):
        """Create a run over one new order of each customer, as an accountant."""
        for customer in cls.customers:
            cls._create_order(customer)
        run = cls.env["consolidated.billing.run"].with_user(cls.accountant).create(values)
        run.action_prepare()
        if generate:
            run.action_generate()
        return run

    @classmethod
    def _get_jobs(cls, run, *states):
        """Return the jobs of a run in the order of its batches, by default those that wait."""
        domain = [("billing_run_id", "=", run.id), ("state", "in", states or ("pending",))]
        return cls.env["queue.job"].sudo().search(domain, order="id")

    def _perform(self, jobs):
        """Execute jobs as the runner does, without committing; return what each reports."""
        results = []
        with self.enter_registry_test_mode():
            for record in jobs:
                job = Job.load(self.env(user=SUPERUSER_ID), record.uuid)
                job.set_started()
                job.perform()
                job.set_done()
                job.store()
                self.env.flush_all()
                results.append(job.result)
        return results
