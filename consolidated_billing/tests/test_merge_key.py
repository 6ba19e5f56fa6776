"""Which orders share an invoice, part by part of the key (``K1``, ``K3`` to ``K7``)."""

from itertools import permutations
from unittest.mock import patch

from odoo.tests import tagged

from .common import ConsolidatedBillingCommon


@tagged("post_install", "-at_install")
class TestMergeKey(ConsolidatedBillingCommon):
    def _invoice_two(self, second=None, **values):
        """Invoice an order of the member with another one that has these values."""
        self.first = self._create_order()
        self.second = self._create_order(second, **values)
        return (self.first + self.second)._create_invoices()

    def assertTogether(self, invoices):
        self.assertPartition(invoices, self.first + self.second)

    def assertApart(self, invoices):
        self.assertPartition(invoices, self.first, self.second)

    # === bill-to ===#

    def test_members_of_one_account_share_an_invoice(self):
        member = self._create_account("Ohio", grouping_partner_id=self.account_12345.id)
        self.assertTogether(self._invoice_two(member))

    def test_customers_without_a_grouping_account_never_share_one(self):
        self.account_12346.grouping_partner_id = False
        self.assertApart(self._invoice_two(self._create_account("Stranger")))

    def test_another_invoice_address_by_hand_is_apart(self):
        payer = self._create_account("Payer")
        self.assertApart(self._invoice_two(partner_invoice_id=payer.id))

    def test_two_addresses_of_one_account_are_apart(self):
        clerk = self.env["res.partner"].create({"name": "Clerk", "parent_id": self.account_12345.id})
        self.assertApart(self._invoice_two(partner_invoice_id=clerk.id))

    def test_orders_of_contacts_share_the_invoice_of_their_account(self):
        buyer = self.env["res.partner"].create({"name": "Buyer", "parent_id": self.account_12346.id})
        self.assertTogether(self._invoice_two(buyer))

    # === currency, fiscal position, journal ===#

    def test_currencies_are_apart(self):
        euro = self.setup_other_currency("EUR")
        pricelist = self.env["product.pricelist"].create({"name": "€", "currency_id": euro.id})
        self.assertApart(self._invoice_two(pricelist_id=pricelist.id))

    def test_fiscal_positions_are_apart(self):
        self.assertApart(self._invoice_two(fiscal_position_id=self.fiscal_pos_a.id))

    def test_the_fiscal_position_of_the_grouping_account_does_not_count(self):
        self.account_12345.property_account_position_id = self.fiscal_pos_a
        invoices = self._invoice_two()
        self.assertTogether(invoices)
        self.assertFalse(invoices.fiscal_position_id)

    def test_an_explicit_journal_is_apart(self):
        journal = self.company_data["default_journal_sale"].copy({"code": "SAL2"})
        self.assertApart(self._invoice_two(journal_id=journal.id))

    def test_the_default_journal_equals_no_journal(self):
        journal = self.company_data["default_journal_sale"]
        invoices = self._invoice_two(journal_id=journal.id)
        self.assertTogether(invoices)
        self.assertEqual(invoices.journal_id, journal)

    # === bill date and lines ===#

    def test_bill_dates_are_apart_and_no_date_is_a_value(self):
        self.assertApart(self._invoice_two(next_bill_date="2026-01-01"))

    def test_an_order_is_divided_over_the_bill_dates_of_its_lines(self):
        first, second = self._create_order(lines=2), self._create_order()
        first.order_line[1].next_bill_date = "2026-01-01"
        invoices = (first + second)._create_invoices()
        self.assertEqual(
            [self._get_products(move).sale_line_ids for move in invoices],
            [first.order_line[0] + second.order_line, first.order_line[1]],
        )

    # === grouping ===#

    def test_kinds_of_grouping_never_mix(self):
        kinds = ("separate", "combine", "job_code")
        orders = [self._create_order(invoice_grouping=kind) for kind in kinds * 2]
        invoices = self.env["sale.order"].concat(*orders)._create_invoices()
        o1, o2, o3, o4, o5, o6 = orders
        self.assertPartition(invoices, o1, o4, o2 + o5, o3 + o6)

    def test_job_codes_only_count_where_they_group(self):
        self.first = self._create_order(job_code="Texas")
        self.second = self._create_order(job_code="Ohio")
        invoice = (self.first + self.second)._create_invoices()
        self.assertTogether(invoice)
        self.assertFalse(invoice.job_code)

    def test_codes_are_compared_without_case_and_spaces(self):
        codes = ("Texas", "texas ", " TEXAS")
        orders = self.env["sale.order"].concat(
            *(self._create_order(invoice_grouping="job_code", job_code=code) for code in codes)
        )
        self.assertPartition(orders._create_invoices(), orders)

    # === K5: by hand ===#

    def test_a_single_order_is_one_invoice_with_all_its_lines(self):
        order = self._create_order(lines=3)
        order.order_line[1].next_bill_date = "2026-01-01"
        order.order_line[2].next_bill_date = "2099-01-01"
        invoice = order._create_invoices()
        self.assertEqual(self._get_products(invoice).sale_line_ids, order.order_line)
        self.assertFalse(invoice.bill_date)
        self.assertFalse(invoice.is_grouped_invoice)

    def test_future_lines_of_several_orders_are_billed_by_hand(self):
        orders = self._create_order(next_bill_date="2099-01-01") + self._create_order()
        self.assertPartition(orders._create_invoices(), orders[0], orders[1])

    def test_the_wizard_without_core_s_option_makes_one_invoice_per_order(self):
        orders = self._create_order(lines=2) + self._create_order()
        orders[0].order_line[1].next_bill_date = "2026-01-01"
        wizard = self.env["sale.advance.payment.inv"].create(
            {"sale_order_ids": orders.ids, "consolidated_billing": False}
        )
        wizard.create_invoices()
        self.assertPartition(orders.invoice_ids, orders[0], orders[1])

    def test_the_wizard_with_core_s_option_merges(self):
        orders = self._create_order() + self._create_order()
        self.env["sale.advance.payment.inv"].create({"sale_order_ids": orders.ids}).create_invoices()
        self.assertPartition(orders.invoice_ids, orders)

    def test_selected_orders_without_anything_to_invoice_do_not_disturb(self):
        done = self._create_order(lines=2)
        done.order_line[1].next_bill_date = "2026-01-01"
        done._create_invoices()
        order = self._create_order()
        self.assertPartition((done + order)._create_invoices(), order)

    # === K6, K7 ===#

    def test_delivery_addresses_do_not_separate(self):
        address = self.env["res.partner"].create({"name": "Yard", "city": "Dallas"})
        self.assertTogether(self._invoice_two(partner_shipping_id=address.id))

    def _create_mixed_orders(self):
        return self.env["sale.order"].concat(
            self._create_order(invoice_grouping="job_code", job_code="A"),
            self._create_order(lines=[{}, {"next_bill_date": "2026-01-01"}]),
            self._create_order(invoice_grouping="job_code", job_code="a"),
            self._create_order(next_bill_date="2026-01-01"),
        )

    def test_the_partition_does_not_depend_on_the_selection_s_order(self):
        orders = self._create_mixed_orders()
        partitions = {
            frozenset(
                frozenset(lines.ids) for _key, lines in self.env["sale.order"].concat(*selection)._plan_invoices()
            )
            for selection in permutations(orders)
        }
        self.assertEqual(len(partitions), 1)

    def test_what_is_created_is_what_was_planned(self):
        orders = self._create_mixed_orders()
        plan = [lines for _key, lines in orders._plan_invoices()]
        invoices = orders._create_invoices()
        self.assertEqual([self._get_products(move).sale_line_ids for move in invoices], plan)

    def test_invoices_of_a_reversed_selection_are_the_same(self):
        values = dict(date_order="2026-03-01 10:00:00", client_order_ref="PO")
        first = [self._create_order(name=f"A{n}", **values) for n in range(4)]
        second = [self._create_order(name=f"A{n}", **values) for n in range(4)]
        concat = self.env["sale.order"].concat
        invoice, other = concat(*first)._create_invoices(), concat(*second[::-1])._create_invoices()
        names = ["ref", "invoice_origin", "narration", "amount_total"]
        self.assertEqual(invoice.read(names)[0] | {"id": 0}, other.read(names)[0] | {"id": 0})
        self.assertEqual(
            [line.name for line in self._get_lines(invoice)],
            [line.name for line in self._get_lines(other)],
        )

    # === extension points ===#

    def test_another_addon_can_add_a_part_of_the_order(self):
        SaleOrder = self.registry["sale.order"]
        original = SaleOrder._get_merge_key_parts

        def extended(order):
            return {**original(order), "reference": order.client_order_ref}

        with patch.object(SaleOrder, "_get_merge_key_parts", extended):
            self.assertApart(self._invoice_two(client_order_ref="PO 5"))

    def test_another_addon_can_add_a_part_of_the_line(self):
        Line = self.registry["sale.order.line"]
        original = Line._get_merge_key

        def extended(line):
            return (*original(line), ("discount", line.discount))

        orders = self._create_order(lines=[{}, {"discount": 10}]) + self._create_order()
        with patch.object(Line, "_get_merge_key", extended):
            invoices = orders._create_invoices()
        self.assertEqual([len(self._get_products(move)) for move in invoices], [2, 1])

    def test_another_addon_can_change_the_header(self):
        SaleOrder = self.registry["sale.order"]
        original = SaleOrder._prepare_grouped_invoice_header

        def extended(order, orders):  # the documented signature
            return {**original(order, orders), "ref": f"{len(orders)} orders"}

        with patch.object(SaleOrder, "_prepare_grouped_invoice_header", extended):
            self.assertEqual(self._invoice_two().ref, "2 orders")

    def test_core_s_own_extension_point_keeps_splitting(self):
        SaleOrder = self.registry["sale.order"]
        original = SaleOrder._get_invoice_grouping_keys
        self.company.invoice_order_sections = False

        def extended(order):
            return [*original(order), "ref"]

        with patch.object(SaleOrder, "_get_invoice_grouping_keys", extended):
            self.assertApart(self._invoice_two(client_order_ref="PO 5"))

    def test_an_archived_bill_to_is_refused_clearly(self):
        order = self._create_order()
        payer = self._create_account("Gone Payer")
        order.partner_invoice_id = payer
        payer.action_archive()
        with self.assertRefused("Gone Payer"):
            (order + self._create_order())._create_invoices()
        self.assertFalse(order.invoice_ids)
