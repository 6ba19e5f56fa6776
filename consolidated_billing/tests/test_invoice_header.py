"""The header of a grouped invoice, notes, transactions, down payments and refunds (``I3``, ``I4``)."""

from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged

from odoo.addons.consolidated_billing.tools.header import HeaderRule

from .common import ConsolidatedBillingCommon


@tagged("post_install", "-at_install")
class TestInvoiceHeader(ConsolidatedBillingCommon):
    def _invoice(self, *values):
        """Invoice one order for each of the dictionaries of values."""
        orders = [self._create_order(name=f"S{n}", **vals) for n, vals in enumerate(values, start=1)]
        self.orders = self.env["sale.order"].concat(*orders)
        invoice = self.orders._create_invoices()
        self.assertEqual(len(invoice), 1)
        return invoice

    def _get_chatter(self, move):
        return "\n".join(move.message_ids.mapped("body"))

    def test_references_and_origins_are_joined_in_order(self):
        invoice = self._invoice({"client_order_ref": "Z"}, {"client_order_ref": "A"}, {}, {"client_order_ref": "Z"})
        self.assertRecordValues(
            invoice, [{"ref": "Z, A, S3", "invoice_origin": "S1, S2, S3, S4", "is_grouped_invoice": True}]
        )

    def test_every_distinct_note_is_kept_once(self):
        invoice = self._invoice({"note": "<p>Roof</p>"}, {"note": "<p>Wall</p>"}, {"note": "<p>Roof</p>"})
        note = str(invoice.narration)
        self.assertEqual((note.count("Roof"), note.count("Wall")), (1, 1))
        self.assertLess(note.index("Roof"), note.index("Wall"))

    def test_empty_notes_leave_the_note_empty(self):
        self.assertFalse(self._invoice({"note": False}, {"note": "<p><br></p>"}).narration)

    def test_every_payment_transaction_is_kept(self):
        provider = self.env["payment.provider"].create({"name": "Test provider"})
        method = self.env["payment.method"].create({"name": "Card", "code": "card"})
        orders = self._create_order() + self._create_order()
        for number, order in enumerate(orders):
            self.env["payment.transaction"].create(
                {
                    "provider_id": provider.id,
                    "payment_method_id": method.id,
                    "reference": f"TX{number}",
                    "amount": order.amount_total,
                    "currency_id": order.currency_id.id,
                    "partner_id": order.partner_id.id,
                    "sale_order_ids": [Command.set(order.ids)],
                    "state": "pending",
                }
            )
        self.assertEqual(orders._create_invoices().transaction_ids, orders.transaction_ids)

    def test_a_common_value_is_kept(self):
        user = self._create_user("seller", "sales_team.group_sale_salesman")
        medium = self.env["utm.medium"].create({"name": "Fair"})
        values = {"user_id": user.id, "medium_id": medium.id}
        invoice = self._invoice(values, values)
        self.assertRecordValues(invoice, [{"invoice_user_id": user.id, "medium_id": medium.id}])
        self.assertNotIn("Fair", self._get_chatter(invoice))

    def test_different_salespeople_give_way_to_the_one_of_the_bill_to(self):
        seller, other, own = (
            self._create_user(login, "sales_team.group_sale_salesman") for login in ("s1", "s2", "s3")
        )
        self.account_12345.user_id = own
        invoice = self._invoice({"user_id": seller.id}, {"user_id": other.id})
        self.assertEqual(invoice.invoice_user_id, own)
        for name in (seller.name, other.name, own.name):
            self.assertIn(name, self._get_chatter(invoice))

    def test_without_a_value_of_the_bill_to_it_stays_empty(self):
        media = self.env["utm.medium"].create([{"name": "Fair"}, {"name": "Letter"}])
        invoice = self._invoice({"medium_id": media[0].id}, {"medium_id": media[1].id})
        self.assertFalse(invoice.medium_id)
        chatter = self._get_chatter(invoice)
        for word in ("Fair", "Letter", "S1", "S2"):
            self.assertIn(word, chatter)

    def test_different_salespeople_without_one_of_the_bill_to_leave_the_first(self):
        seller, other = (self._create_user(login, "sales_team.group_sale_salesman") for login in ("s1", "s2"))
        invoice = self._invoice({"user_id": seller.id}, {"user_id": other.id})
        self.assertEqual(invoice.invoice_user_id, seller)
        chatter = self._get_chatter(invoice)
        self.assertIn(f"Salesperson: S1: {seller.name}, S2: {other.name} → {seller.name}", chatter)

    def test_a_salesperson_with_own_documents_only_does_not_see_the_merged_orders_of_others(self):
        seller, other, third = (
            self._create_user(login, "sales_team.group_sale_salesman") for login in ("s1", "s2", "s3")
        )
        invoice = self._invoice({"user_id": False}, {"user_id": seller.id}, {"user_id": other.id})
        visible = [user.login for user in seller + other + third if invoice.with_user(user).has_access("read")]
        self.assertEqual(visible, ["s1"])

    def test_the_team_of_the_first_order_stays(self):
        teams = self.env["crm.team"].create([{"name": "North"}, {"name": "South"}])
        invoice = self._invoice({"team_id": teams[1].id}, {"team_id": teams[0].id})
        self.assertEqual(invoice.team_id, teams[1])

    def test_another_addon_can_say_what_happens_to_a_value(self):
        SaleOrder = self.registry["sale.order"]
        original = SaleOrder._get_header_rules
        media = self.env["utm.medium"].create([{"name": "Fair"}, {"name": "Letter"}])

        def extended(order):
            return {**original(order), "medium_id": HeaderRule.KEY}

        orders = self._create_order(medium_id=media[0].id) + self._create_order(medium_id=media[1].id)
        with patch.object(SaleOrder, "_get_header_rules", extended):
            reasons = orders._explain_groups(orders._plan_invoices())
            self.assertEqual(len(orders._create_invoices()), 2)
        self.assertEqual(reasons[0], "Medium: Fair ≠ Letter")

    def test_why_apart_names_another_addon_s_key_in_words(self):
        SaleOrder = self.registry["sale.order"]
        original = SaleOrder._get_invoice_grouping_keys
        seller = self._create_user("s1", "sales_team.group_sale_salesman")

        def extended(order):
            return [*original(order), "invoice_user_id"]

        orders = self._create_order(name="S1", user_id=seller.id) + self._create_order(name="S2", user_id=False)
        with patch.object(SaleOrder, "_get_invoice_grouping_keys", extended):
            reasons = orders._explain_groups(orders._plan_invoices())
        self.assertEqual(reasons[0], f"Salesperson: {seller.name} ≠ (none)")

    def test_an_order_without_a_value_disagrees_with_one_that_has_it(self):
        medium = self.env["utm.medium"].create({"name": "Fair"})
        invoice = self._invoice({}, {"medium_id": medium.id})
        self.assertFalse(invoice.medium_id)
        self.assertIn("Fair", self._get_chatter(invoice))

    def test_different_teams_do_not_win_silently(self):
        teams = self.env["crm.team"].create([{"name": "North"}, {"name": "South"}])
        invoice = self._invoice({"team_id": teams[0].id}, {"team_id": teams[1].id})
        chatter = self._get_chatter(invoice)
        self.assertIn("North", chatter)
        self.assertIn("South", chatter)

    def test_payment_references_that_differ_stay_empty(self):
        invoice = self._invoice({"reference": "RF1"}, {"reference": "RF2"})
        self.assertFalse(invoice.payment_reference)

    def test_agreeing_orders_leave_no_chatter_about_it(self):
        self.assertNotIn("disagree", self._get_chatter(self._invoice({}, {})))

    def test_a_missing_salesperson_falls_back_to_the_one_of_the_grouping_account(self):
        own = self._create_user("s3", "sales_team.group_sale_salesman")
        self.account_12345.user_id = own
        order = self._create_order()
        order.user_id = False
        self.assertEqual(order._create_invoices().invoice_user_id, own)

    def test_the_invoice_of_a_third_party_payer_bears_no_grouping_account(self):
        payer = self._create_account("Payer")
        order = self._create_order(partner_invoice_id=payer.id)
        self.assertFalse(order._create_invoices().grouping_partner_id)

    def test_the_hand_made_invoice_links_to_every_order(self):
        invoice = self._invoice({}, {})
        self.assertEqual(invoice.line_ids.sale_line_ids.order_id, self.orders)
        for order in self.orders:
            self.assertIn(order.name, self._get_chatter(invoice))


@tagged("post_install", "-at_install")
class TestDownPaymentsAndRefunds(ConsolidatedBillingCommon):
    def _pay_down(self, order, percent=30):
        wizard = self.env["sale.advance.payment.inv"].create(
            {
                "sale_order_ids": order.ids,
                "advance_payment_method": "percentage",
                "amount": percent,
            }
        )
        invoice = wizard._create_invoices(order)
        invoice.action_post()
        return invoice

    def test_a_down_payment_invoice_is_addressed_to_the_grouping_account(self):
        invoice = self._pay_down(self._create_order())
        self.assertRecordValues(
            invoice,
            [{"partner_id": self.account_12345.id, "grouping_partner_id": self.account_12345.id}],
        )

    def test_down_payments_of_every_order_are_deducted(self):
        orders = self._create_order() + self._create_order(lines=2)
        for order in orders:
            self._pay_down(order)
        invoice = orders._create_invoices(final=True)
        self.assertPartition(invoice, orders)
        self.assertAlmostEqual(invoice.amount_untaxed, 300 * 0.7)

    def test_down_payments_stay_without_final(self):
        orders = self._create_order() + self._create_order()
        self._pay_down(orders[0])
        self.assertAlmostEqual(orders._create_invoices().amount_untaxed, 200)

    def test_a_down_payment_is_deducted_once_when_its_order_is_divided(self):
        orders = self._create_order(lines=2) + self._create_order()
        orders[0].order_line[1].next_bill_date = "2026-01-01"
        self._pay_down(orders[0])
        invoices = orders._create_invoices(final=True)
        self.assertEqual(len(invoices), 2)
        self.assertAlmostEqual(sum(invoices.mapped("amount_untaxed")), 300 - 60)

    def test_a_return_is_netted_with_the_other_orders(self):
        orders = self._create_order(lines=[{"product_uom_qty": 5}]) + self._create_order()
        orders[0]._create_invoices().action_post()
        orders[0].order_line.product_uom_qty = 2
        orders[1].order_line.product_uom_qty = 4
        invoice = orders._create_invoices(final=True)
        self.assertRecordValues(invoice, [{"move_type": "out_invoice", "amount_untaxed": 100.0}])

    def test_more_returns_than_sales_make_a_credit_note(self):
        orders = self._create_order(lines=[{"product_uom_qty": 5}]) + self._create_order()
        orders[0]._create_invoices().action_post()
        orders[0].order_line.product_uom_qty = 2
        refund = orders._create_invoices(final=True)
        self.assertRecordValues(refund, [{"move_type": "out_refund", "amount_untaxed": 200.0}])
        self.assertEqual(sorted(self._get_products(refund).mapped("quantity")), [-1, 3])

    def test_returns_stay_without_final(self):
        order = self._create_order(lines=[{"product_uom_qty": 5}])
        order._create_invoices().action_post()
        order.order_line.product_uom_qty = 2
        other = self._create_order()
        self.assertPartition((order + other)._create_invoices(), other)
