"""Instalments: the share that completes 100 percent takes what is left (``W1``)."""

from odoo.tests import Form, tagged

from .deduction_common import DeductionCommon


@tagged("post_install", "-at_install")
class TestCollectiveShares(DeductionCommon):
    def _collect(self, order, share, quantity=None):
        """Bill a share as a person does: from the button of the order."""
        action = order.action_collective_invoice()
        form = Form(self.env[action["res_model"]].with_context(**action["context"]))
        form.share = share
        if quantity is not None:
            with form.line_ids.edit(0) as line:
                line.selected = True
                line.quantity = quantity
        before = order.invoice_ids
        form.save().action_create_invoice()
        order.invalidate_recordset()
        return order.invoice_ids - before

    def test_three_thirds_leave_nothing(self):
        order = self._create_order(self.acme, [{"product_uom_qty": 10.0}])
        for share, amount in ((33.33, 333.0), (33.33, 333.0), (33.34, 334.0)):
            self.assertEqual(self._collect(order, share).amount_untaxed, amount)
        self.assertBilled(order)

    def test_a_share_that_completes_nothing_leaves_its_rest(self):
        order = self._create_order(self.acme, [{"product_uom_qty": 10.0}])
        for _number in range(3):
            self._collect(order, 33.33)
        self.assertEqual(round(order.order_line.qty_to_invoice, 2), 0.01)

    def test_small_quantities_are_completed_too(self):
        order = self._create_order(self.acme, [{"product_uom_qty": 0.33}])
        for _number in range(9):
            self._collect(order, 10.0)
        self.assertEqual(round(order.order_line.qty_to_invoice, 2), 0.06)
        self._collect(order, 10.0)
        self.assertBilled(order)

    def test_a_typed_quantity_counts_for_what_it_is(self):
        order = self._create_order(self.acme, [{"product_uom_qty": 10.0}])
        self._collect(order, 50.0, quantity=2.0)
        self.assertEqual(self._collect(order, 50.0).invoice_line_ids.quantity, 5.0)
        self._collect(order, 30.0)
        self.assertBilled(order)

    def test_a_credited_share_is_open_again(self):
        order = self._create_order(self.acme, [{"product_uom_qty": 10.0}])
        invoice = self._collect(order, 33.33)
        invoice.action_post()
        wizard = self.env["account.move.reversal"].create(
            {"move_ids": invoice.ids, "journal_id": invoice.journal_id.id}
        )
        self.env["account.move"].browse(wizard.refund_moves()["res_id"]).action_post()
        # what was credited by hand is billed again only when a person says so
        self._collect(order, 66.67, quantity=6.67)
        self.assertEqual(round(order.order_line.qty_to_invoice, 2), 3.33)
        self._collect(order, 33.33, quantity=3.33)
        self.assertBilled(order)

    def test_a_discount_is_shared_and_completed(self):
        order = self._create_discounted([{"product_uom_qty": 10.0, "price_unit": 9.99}])
        moves = [self._collect(order, share) for share in (33.33, 33.33, 33.34)]
        self.assertEqual(round(sum(move.amount_total for move in moves), 2), round(order.amount_total, 2))
        self.assertBilled(order)
