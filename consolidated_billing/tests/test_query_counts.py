"""Merging costs a constant number of queries, however many orders are merged."""

from odoo.tests import tagged

from odoo.addons.sale.models.sale_order import SaleOrder as CoreSaleOrder

from .common import ConsolidatedBillingCommon

FEW, MANY = 8, 32


@tagged("post_install", "-at_install")
class TestQueryCounts(ConsolidatedBillingCommon):
    def setUp(self):
        """Fill the caches of the registry, which are empty at the start of a test."""
        super().setUp()
        self._count_extra(3)

    def _create_orders(self, count, **values):
        orders = [self._create_order(**values) for _n in range(count)]
        return self.env["sale.order"].concat(*orders)

    def _count(self, orders, function):
        """Count the queries of a function on orders that are in no cache."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        function(orders)
        self.env.flush_all()
        return self.cr.sql_log_count - before

    def _count_extra(self, count, **values):
        """Return how many queries merging takes more than core, which makes one invoice too."""
        core = self._count(self._create_orders(count, **values), CoreSaleOrder._create_invoices)
        ours = self._count(self._create_orders(count, **values), lambda orders: orders._create_invoices())
        return ours - core

    def test_merging_takes_a_constant_number_of_queries_more_than_core(self):
        few, many = self._count_extra(FEW), self._count_extra(MANY)
        self.assertLessEqual(many, few + 5)

    def test_job_codes_take_no_queries(self):
        values = {"invoice_grouping": "job_code", "job_code": "Texas"}
        few, many = self._count_extra(FEW, **values), self._count_extra(MANY, **values)
        self.assertLessEqual(many, few + 5)

    def test_planning_takes_a_constant_number_of_queries(self):
        few, many = (
            self._count(self._create_orders(count), lambda orders: orders._plan_invoices()) for count in (FEW, MANY)
        )
        self.assertLessEqual(many, few + 2)

    def test_planning_orders_that_all_stand_apart_takes_no_more(self):
        few, many = (
            self._count(
                self._create_orders(count, invoice_grouping="separate"),
                lambda orders: orders._explain_groups(orders._plan_invoices()),
            )
            for count in (FEW, MANY)
        )
        self.assertLessEqual(many, few + 2)

    def test_entering_many_orders_takes_few_queries_each(self):
        def create(count):
            values = {"partner_id": self.account_12346.id}
            before = self.cr.sql_log_count
            orders = self.env["sale.order"].create([values] * count)
            self.env.flush_all()
            orders.mapped("grouping_partner_id")
            return self.cr.sql_log_count - before

        create(2)
        few, many = create(5), create(20)
        self.assertLessEqual((many - few) / 15, 3)
