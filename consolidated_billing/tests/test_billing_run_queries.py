"""Billing runs need no queries for each order or line beyond those of core."""

from odoo.tests import tagged

from odoo.addons.sale.models.sale_order import SaleOrder as CoreSaleOrder

from .common import ConsolidatedBillingCommon

FEW, MANY = 20, 100


@tagged("post_install", "-at_install")
class TestBillingRunQueries(ConsolidatedBillingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True})
        warm_up = cls._create_account("Warm-up")
        cls._create_order(warm_up)
        run = cls._prepare(warm_up)
        run.action_generate()
        run._process_groups()

    @classmethod
    def _prepare(cls, partner):
        run = cls.env["consolidated.billing.run"].create({"partner_ids": partner.ids})
        run.action_prepare()
        return run

    def _create_orders(self, count, lines=1, **values):
        partner = self._create_account("Customer")
        for _order in range(count):
            self._create_order(partner, lines=lines, **values)
        return partner

    def _count(self, function, records):
        """Count the queries of a function on records that are in no cache."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        function(records)
        self.env.flush_all()
        return self.cr.sql_log_count - before

    def test_preparing_takes_a_constant_number_of_queries(self):
        for values in ({}, {"invoice_grouping": "separate"}, {"next_bill_date": "2099-01-01"}):
            few, many = (self._count(self._prepare, self._create_orders(count, **values)) for count in (FEW, MANY))
            self.assertLessEqual(many, few + 3, values)

    def _count_extra(self, lines):
        """Return how many queries generating takes more than core, for the same number of orders."""
        partner = self._create_orders(5, lines=lines)
        orders = self.env["sale.order"].search([("partner_id", "=", partner.id)])
        core = self._count(CoreSaleOrder._create_invoices, orders)
        run = self._prepare(self._create_orders(5, lines=lines))
        run.action_generate()
        ours = self._count(lambda records: records._process_groups(), run)
        return ours - core

    def test_generating_takes_no_queries_for_each_line(self):
        few, many = self._count_extra(2), self._count_extra(12)
        self.assertLessEqual(many, few + 5)
