"""Consolidated billing invoices take a constant number of queries for each batch."""

from odoo.tests import tagged

from .test_billing_invoice import ConsolidatedInvoiceCommon


@tagged("post_install", "-at_install")
class TestBillingInvoiceQueries(ConsolidatedInvoiceCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._post()
        cls._bill().action_finalize()

    def _count(self, function):
        """Count the queries of a function on records that are in no cache, and of what follows before the commit."""
        self.cr.flush()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        result = function()
        self.cr.flush()
        return self.cr.sql_log_count - before, result

    def _count_steps(self, customers, entries):
        partners = [self._create_flagged(f"Customer {n}") for n in range(customers)]
        for partner in partners:
            for _entry in range(entries):
                self._post(partner)
        run = self._create_run(prepare=False)
        prepare, _result = self._count(run.action_prepare)
        run.action_generate()
        generate, _result = self._count(run._process_groups)
        billings = run.consolidated_billing_ids.browse(run.consolidated_billing_ids.ids)
        self.assertEqual(len(billings), customers)
        finalize, _result = self._count(billings.action_finalize)
        return prepare, generate, finalize

    def test_the_number_of_queries_depends_neither_on_customers_nor_on_entries(self):
        few = self._count_steps(3, 2)
        for many in (self._count_steps(15, 2), self._count_steps(3, 8)):
            for step, before, after in zip(("prepare", "generate", "finalize"), few, many, strict=True):
                self.assertLessEqual(after, before + 3, f"{step}: {few} → {many}")
