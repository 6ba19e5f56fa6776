"""The standard wizard says what will happen before it happens."""

from odoo.tests import Form, tagged

from .common import ConsolidatedBillingCommon


@tagged("post_install", "-at_install")
class TestWizardPreview(ConsolidatedBillingCommon):
    def _open(self, orders, **values):
        return (
            self.env["sale.advance.payment.inv"]
            .with_context(active_model="sale.order", active_ids=orders.ids)
            .create({"sale_order_ids": orders.ids, **values})
        )

    def _create_five_orders(self):
        """The source's example: Texas, Texas, California, California, blank."""
        orders = self.env["sale.order"]
        for number, code in enumerate(["Texas", "texas ", "California", "California", ""], start=1001):
            orders += self._create_order(
                name=f"#{number}",
                invoice_grouping="job_code",
                job_code=code,
                lines=[{"price_unit": float(number)}],
            )
        return orders

    def assertPreviewIsCreated(self, wizard):
        """Assert that payers, orders and amounts of the preview are those of the created invoices."""
        preview = [(row.partner_id, row.order_ids, row.amount_untaxed, row.amount_total) for row in wizard.preview_ids]
        invoices = wizard._create_invoices(wizard.sale_order_ids)
        created = [
            (
                move.partner_id,
                move.line_ids.sale_line_ids.order_id,
                move.amount_untaxed_in_currency_signed,
                move.amount_total_in_currency_signed,
            )
            for move in invoices
        ]
        self.assertEqual(len(preview), len(created))
        for (payer, orders, untaxed, total), expected in zip(preview, created, strict=True):
            self.assertEqual(payer, expected[0])
            self.assertEqual(set(orders.ids), set(expected[1].ids))
            self.assertAlmostEqual(untaxed, expected[2], places=2)
            self.assertAlmostEqual(total, expected[3], places=2)
        return invoices

    def test_five_orders_make_three_invoices(self):
        wizard = self._open(self._create_five_orders())
        self.assertEqual(wizard.preview_summary, "5 orders → 3 invoices")
        o1, o2, o3, o4, o5 = wizard.sale_order_ids.sorted("name")
        self.assertEqual(
            [set(row.order_ids.ids) for row in wizard.preview_ids],
            [set((o1 + o2).ids), set((o3 + o4).ids), set(o5.ids)],
        )
        self.assertEqual(wizard.preview_ids.mapped("amount_untaxed"), [2003.0, 2007.0, 1005.0])
        self.assertEqual(wizard.preview_ids.partner_id, self.account_12345)
        self.assertPreviewIsCreated(wizard)

    def test_one_order_makes_one_invoice(self):
        wizard = self._open(self._create_order())
        self.assertEqual(wizard.preview_summary, "1 order → 1 invoice")
        self.assertFalse(wizard.preview_ids.reason)
        self.assertFalse(wizard.preview_skipped)

    def test_two_orders_make_one_invoice(self):
        wizard = self._open(self._create_order() + self._create_order())
        self.assertEqual(wizard.preview_summary, "2 orders → 1 invoice")

    def test_the_form_shows_it_when_it_opens(self):
        orders = self._create_five_orders()
        context = {"active_model": "sale.order", "active_ids": orders.ids}
        form = Form(self.env["sale.advance.payment.inv"].with_context(**context))
        self.assertEqual(form.preview_summary, "5 orders → 3 invoices")
        form.consolidated_billing = False
        self.assertEqual(form.preview_summary, "5 orders → 5 invoices")

    def test_a_down_payment_needs_no_preview(self):
        context = {"active_model": "sale.order", "active_ids": self._create_order().ids}
        form = Form(self.env["sale.advance.payment.inv"].with_context(**context))
        self.assertEqual(form.preview_summary, "1 order → 1 invoice")
        form.advance_payment_method = "percentage"
        self.assertFalse(form.preview_summary)

    def test_reasons_name_both_values(self):
        first = self._create_order(payment_term_id=self.net_30.id)
        second = self._create_order(payment_term_id=self.net_45.id)
        wizard = self._open(first + second)
        for row in wizard.preview_ids:
            for word in ("payment terms", "Net-30", "Net-45", "≠"):
                self.assertIn(word, row.reason)

    def test_reasons_name_exactly_what_differs(self):
        first = self._create_order(next_bill_date="2026-05-01")
        second = self._create_order(invoice_grouping="separate", next_bill_date="2026-05-01")
        reason = self._open(first + second).preview_ids[0].reason
        self.assertIn("invoice grouping", reason)
        self.assertIn("Separate Invoice", reason)
        self.assertNotIn("bill date", reason)

    def test_different_payers_need_no_reason(self):
        stranger = self._create_account("Stranger")
        wizard = self._open(self._create_order() + self._create_order(stranger))
        self.assertFalse(any(wizard.preview_ids.mapped("reason")))

    def test_orders_with_nothing_to_invoice_are_named_with_the_reason(self):
        done = self._create_order()
        done._create_invoices()
        draft = self._create_order(confirm=False)
        undelivered = self._create_order(lines=[{"product_id": self._create_delivered().id}])
        wizard = self._open(done + draft + undelivered + self._create_order())
        self.assertEqual(wizard.preview_summary, "4 orders → 1 invoice")
        skipped = wizard.preview_skipped.splitlines()
        self.assertEqual(len(skipped), 3)
        for order, line, words in zip(
            done + draft + undelivered, skipped, ("invoiced", "confirmed", "delivered"), strict=True
        ):
            self.assertIn(order.name, line)
            self.assertIn(words, line)

    def _create_delivered(self):
        return self.env["product.product"].create({"name": "Sand", "invoice_policy": "delivery"})

    def test_creating_nothing_says_which_and_why(self):
        draft = self._create_order(confirm=False)
        undelivered = self._create_order(lines=[{"product_id": self._create_delivered().id}])
        wizard = self._open(draft + undelivered)
        self.assertFalse(wizard.preview_ids)
        with self.assertRefused(draft.name, "confirmed", undelivered.name, "delivered"):
            wizard.create_invoices()

    def test_amounts_are_those_of_the_invoices_with_line_dates_and_discounts(self):
        orders = self._create_order(
            lines=[
                {"price_unit": 33.33, "product_uom_qty": 3, "discount": 7.5},
                {"price_unit": 0.07, "product_uom_qty": 13, "next_bill_date": "2026-01-01"},
            ]
        )
        orders += self._create_order(lines=[{"price_unit": 19.99, "product_uom_qty": 1.5}])
        wizard = self._open(orders)
        self.assertEqual(wizard.preview_summary, "2 orders → 2 invoices")
        self.assertPreviewIsCreated(wizard)

    def test_amounts_in_a_foreign_currency(self):
        euro = self.setup_other_currency("EUR")
        pricelist = self.env["product.pricelist"].create({"name": "€", "currency_id": euro.id})
        orders = self._create_order(pricelist_id=pricelist.id) + self._create_order()
        wizard = self._open(orders)
        self.assertEqual(set(wizard.preview_ids.currency_id), {euro, self.company.currency_id})
        self.assertPreviewIsCreated(wizard)

    def test_down_payments_are_deducted_as_chosen(self):
        order = self._create_order(lines=[{"price_unit": 77.77}])
        down = self._open(order, advance_payment_method="percentage", amount=33)
        down._create_invoices(order).action_post()
        orders = order + self._create_order()
        kept = self._open(orders, deduct_down_payments=False)
        self.assertAlmostEqual(sum(kept.preview_ids.mapped("amount_untaxed")), 177.77)
        self.assertPreviewIsCreated(self._open(orders))

    def test_a_credit_note_is_previewed_with_its_sign(self):
        order = self._create_order(lines=[{"product_uom_qty": 5}])
        order._create_invoices().action_post()
        order.order_line.product_uom_qty = 2
        wizard = self._open(order)
        self.assertAlmostEqual(abs(wizard.preview_ids.amount_untaxed), 300)
        invoice = wizard._create_invoices(order)
        self.assertRecordValues(invoice, [{"move_type": "out_refund", "amount_untaxed": 300.0}])

    def test_a_salesperson_sees_the_preview_and_creates_it(self):
        user = self._create_user("seller", "sales_team.group_sale_salesman")
        orders = self._create_five_orders()
        orders.user_id = user
        wizard = self.env["sale.advance.payment.inv"].with_user(user).create({"sale_order_ids": orders.ids})
        self.assertEqual(wizard.preview_summary, "5 orders → 3 invoices")
        self.assertEqual(len(wizard.preview_ids.mapped("reason")), 3)
        wizard.create_invoices()
        self.assertEqual(len(orders.sudo().invoice_ids), 3)

    def test_nothing_is_created_by_looking(self):
        orders = self._create_five_orders()
        self._open(orders).preview_ids.mapped("reason")
        self.assertFalse(orders.invoice_ids)
        self.assertEqual(set(orders.mapped("invoice_status")), {"to invoice"})
