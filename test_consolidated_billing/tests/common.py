from odoo import Command
from odoo.tests import freeze_time

from odoo.addons.consolidated_billing.tests.common import ConsolidatedBillingCommon
from odoo.addons.sale.models.sale_order import SaleOrder as CoreSaleOrder


class BesideOtherAppsCommon(ConsolidatedBillingCommon):
    """Orders that are delivered, and Odoo's own merging of them to compare with."""

    @classmethod
    def _deliver(cls, orders, *moments):
        """Deliver each order at its moment."""
        for order, moment in zip(orders, moments, strict=True):
            with freeze_time(moment):
                pickings = order.picking_ids
                for move in pickings.move_ids:
                    move.quantity = move.product_uom_qty
                    move.picked = True
                pickings.button_validate()

    @classmethod
    def _create_delivered(cls, *moments, **values):
        """Create one order for each moment of delivery."""
        orders = [cls._create_order(name=f"S{n}", **values) for n in range(1, len(moments) + 1)]
        orders = cls.env["sale.order"].concat(*orders)
        cls._deliver(orders, *moments)
        return orders

    @classmethod
    def _bill_by_core(cls, orders):
        """Return the invoice that Odoo's own code makes of orders that it merges: the first order's values count."""
        orders.partner_shipping_id = orders[0].partner_shipping_id
        return CoreSaleOrder._create_invoices(orders)

    @classmethod
    def _read_amounts(cls, move):
        """Return all that depends on the date of the rate, heading lines left out."""
        lines = move.line_ids.filtered(lambda line: line.balance or line.amount_currency)
        return {
            "delivery_date": move.delivery_date,
            "rate": move.invoice_currency_rate,
            "signed": (move.amount_untaxed_signed, move.amount_tax_signed, move.amount_total_signed),
            "lines": sorted(
                (line.display_type, line.account_id.id, line.amount_currency, line.balance, line.debit, line.credit)
                for line in lines
            ),
        }

    def assertEqualToCore(self, orders, by_core=None):
        """Assert that the merged invoice has the dates and amounts of the one that Odoo's own code makes.

        :param by_core: the orders in the order in which core takes them: its first one decides
        """
        move = self._bill_by_core(by_core or orders)
        self.assertEqual(len(move), 1)
        expected = self._read_amounts(move)
        move.unlink()
        merged = orders._create_invoices()
        self.assertTrue(merged.is_grouped_invoice)
        self.assertEqual(self._read_amounts(merged), expected)
        return merged

    @classmethod
    def _create_foreign_pricelist(cls, *rates):
        """Return a pricelist in a currency with these rates by day."""
        currency = cls.setup_other_currency("EUR", rates=rates)
        return cls.env["product.pricelist"].create({"name": "Abroad", "currency_id": currency.id})

    @classmethod
    def _explain(cls, orders):
        return orders._explain_groups(orders._plan_invoices())

    @classmethod
    def _set_no_taxes(cls):
        cls.product.taxes_id = [Command.clear()]
