from odoo.tests import Form, tagged

from .credit_common import CreditCommon


@tagged("post_install", "-at_install")
class TestCreditedByHand(CreditCommon):
    """The wizards say what was credited by hand, and let the user choose (``R11``)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = cls._create_user("seller", "sales_team.group_sale_salesman_all_leads", company_id=cls.company.id)

    def _open_wizard(self, *orders):
        return Form(
            self.env["sale.advance.payment.inv"]
            .with_user(self.seller)
            .with_context(active_model="sale.order", active_ids=[order.id for order in orders])
        )

    def _collect(self, *orders):
        Collect = self.env["consolidated.billing.collect"].with_user(self.accountant)
        return Collect.create({"order_ids": [order.id for order in orders]})

    def test_the_wizard_leaves_out_what_was_credited_of_many_orders(self):
        credited, other = self._create_order(self.acme), self._create_order(self.acme)
        note = self._credit(self._bill(credited))
        with self._open_wizard(credited, other) as form:
            self.assertEqual(form.credited_note, f"{credited.display_name}: credited by {note.name}")
            self.assertEqual(form.preview_ids._records[0]["amount_untaxed"], 100.0)
            self.assertIn(f"{credited.display_name}: credited by {note.name}", form.preview_skipped)
        form.record.create_invoices()
        self.assertEqual(credited.order_line.qty_to_invoice, 1.0)
        self.assertEqual(other.invoice_status, "invoiced")

    def test_the_wizard_bills_again_what_was_credited_when_the_user_says_so(self):
        credited, other = self._create_order(self.acme), self._create_order(self.acme)
        self._credit(self._bill(credited))
        with self._open_wizard(credited, other) as form:
            form.bill_credited = True
            self.assertEqual(form.preview_ids._records[0]["amount_untaxed"], 200.0)
        form.record.create_invoices()
        self.assertEqual((credited + other).mapped("invoice_status"), ["invoiced", "invoiced"])
        credited.order_line.product_uom_qty = 2.0
        self.assertTrue(self._create_run().line_ids.selected)

    def test_the_wizard_for_one_order_bills_it_and_says_that_it_was_credited(self):
        order = self._create_order(self.acme)
        note = self._credit(self._bill(order))
        with self._open_wizard(order) as form:
            self.assertTrue(form.bill_credited)
            self.assertIn(note.name, form.credited_note)
        form.record.create_invoices()
        self.assertEqual(order.invoice_status, "invoiced")

    def test_the_wizard_refuses_to_create_nothing_and_says_why(self):
        order = self._create_order(self.acme)
        note = self._credit(self._bill(order))
        with self._open_wizard(order) as form:
            form.bill_credited = False
        with self.assertRefused(f"credited by {note.name}"):
            form.record.create_invoices()

    def test_the_wizard_says_nothing_when_nothing_was_credited(self):
        with self._open_wizard(self._create_order(self.acme), self._create_order(self.acme)) as form:
            self.assertFalse(form.credited_note)

    def test_the_collective_invoice_switches_off_what_was_credited(self):
        credited, other = self._create_order(self.acme), self._create_order(self.acme)
        note = self._credit(self._bill(credited))
        wizard = self._collect(credited, other)
        self.assertEqual(wizard.credited_note, f"{credited.name}: credited by {note.name}")
        self.assertRecordValues(
            wizard.line_ids.sorted(lambda line: line.order_id.id),
            [
                {"order_id": credited.id, "selected": False, "credited_by": note.name},
                {"order_id": other.id, "selected": True, "credited_by": False},
            ],
        )
        wizard.line_ids.selected = True
        wizard.action_create_invoice()
        self.assertEqual(credited.invoice_status, "invoiced")
        credited.order_line.product_uom_qty = 2.0
        self.assertTrue(self._create_run().line_ids.selected)

    def test_the_collective_invoice_takes_the_rest_of_a_line(self):
        order = self._create_order(self.acme, lines=[{"product_uom_qty": 5.0}])
        self._credit(self._bill(order), quantity=2.0)
        order.order_line.product_uom_qty = 6.0
        wizard = self._collect(order)
        self.assertRecordValues(wizard.line_ids, [{"selected": True, "quantity": 1.0, "quantity_open": 3.0}])

    def test_without_a_wizard_all_is_billed_as_in_odoo(self):
        order = self._create_order(self.acme)
        self._credit(self._bill(order))
        self.assertEqual(order._create_invoices().amount_untaxed, 100.0)
