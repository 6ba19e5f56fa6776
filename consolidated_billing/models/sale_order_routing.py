from collections import defaultdict

from markupsafe import Markup

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import split_every

REROUTE_BATCH_SIZE = 1000


class SaleOrder(models.Model):
    """Who is billed for an order (``G3``), and re-routing when the grouping account changes (``G5``)."""

    _inherit = "sale.order"

    # === WHO IS BILLED ===#

    def _filter_billed_on_grouping_account(self):
        """Return the orders whose customer is billed on a grouping account.

        :rtype: sale.order
        """
        return self.filtered(lambda order: order.partner_id._get_grouping_account())

    def _get_payer(self):
        """Return the partner from which invoicing data comes: the grouping account, else the customer (``G3``).

        :rtype: res.partner
        """
        self.ensure_one()
        return self.partner_id._get_grouping_account() or self.partner_id

    def _get_payer_defaults(self, payer=None):
        """Return the invoicing data that follows from the payer, as values of the order.

        :param res.partner payer: the payer, by default the one of this order
        :rtype: dict
        """
        self.ensure_one()
        payer = (payer or self._get_payer()).with_company(self.company_id)
        return {
            "partner_invoice_id": payer._get_invoice_address().id,
            "payment_term_id": payer.property_payment_term_id.id,
            "preferred_payment_method_line_id": payer.property_inbound_payment_method_line_id.id,
        }

    @api.model
    def _get_open_order_domain(self):
        """Return the domain of the orders that still have, or may get, something to invoice.

        :rtype: Domain
        """
        return Domain("state", "in", ("draft", "sent")) | (
            Domain("state", "=", "sale") & Domain("invoice_status", "!=", "invoiced")
        )

    @api.model
    def _get_outstanding_domain(self, partner):
        """Return the domain of the orders with something to invoice that are ordered by, or billed to, a partner.

        :param res.partner partner: a customer or a grouping account
        :rtype: Domain
        """
        account = partner.commercial_partner_id
        return (
            Domain("state", "=", "sale")
            & Domain("invoice_status", "=", "to invoice")
            & (Domain("partner_id", "child_of", account.ids) | Domain("partner_invoice_id", "child_of", account.ids))
        )

    @api.model
    def _reroute_open_orders(self, partners):
        """Bill the open orders of customers to the grouping account that they have now (``G5``).

        Orders whose invoice address was set by hand stay as they are, and so does what is invoiced. Works in batches
        with a constant number of queries each.

        :param res.partner partners: accounts or contacts whose grouping account changed
        """
        domain = (
            self._get_open_order_domain()
            & Domain("partner_id", "child_of", partners.ids)
            & Domain("partner_id.commercial_partner_id", "in", partners.commercial_partner_id.ids)
        )
        orders = self.with_context(active_test=False).search(domain)
        for batch in split_every(REROUTE_BATCH_SIZE, orders.ids, self.browse):
            batch._reroute()
            self.env.flush_all()
            batch.order_line.invalidate_recordset()
            batch.invalidate_recordset()

    def _reroute(self):
        """Re-route the orders in ``self``, one `write` for all that get the same values."""
        automatic = self.filtered(lambda o: o.partner_invoice_id == o.default_invoice_partner_id)
        orders_by_values = defaultdict(self.browse)
        bodies = {}
        defaults = {}
        for order in automatic:
            former = order.grouping_partner_id or order.partner_id
            payer = order._get_payer()
            for partner in (former, payer):
                if (order.company_id, partner) not in defaults:
                    defaults[order.company_id, partner] = order._get_payer_defaults(partner)
            values = order._get_reroute_values(defaults[order.company_id, former], defaults[order.company_id, payer])
            orders_by_values[tuple(values.items())] += order
            bodies[order.id] = order._get_reroute_message(former, payer)
        # another payment term recomputes amounts, for which core reads the taxes order by order
        automatic.order_line.fetch(["tax_ids"])
        for values, orders in orders_by_values.items():
            orders._write_as_engine(dict(values))
        automatic._message_log_batch(bodies=bodies)

    def _get_reroute_values(self, former_defaults, new_defaults):
        """Return what changes on the order: conditions that were agreed by hand on the order are kept.

        :param dict former_defaults: see `_get_payer_defaults`, of the payer until now
        :param dict new_defaults: the same of the new payer
        :rtype: dict
        """
        values = {
            "partner_invoice_id": new_defaults["partner_invoice_id"],
            "default_invoice_partner_id": new_defaults["partner_invoice_id"],
        }
        for name in ("payment_term_id", "preferred_payment_method_line_id"):
            # an equal value is left out: to write it would recompute all amounts of the order
            if self[name].id == former_defaults[name] != new_defaults[name]:
                values[name] = new_defaults[name]
        return values

    def _get_reroute_message(self, former, payer):
        return Markup("<p>%s</p>") % self.env._(
            "The grouping account of %(customer)s changed: this order is now billed to %(payer)s instead of "
            "%(former)s.",
            customer=self.partner_id.display_name,
            payer=payer.display_name,
            former=former.display_name,
        )
