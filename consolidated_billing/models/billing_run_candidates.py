from collections import namedtuple
from datetime import datetime, time, timedelta

import pytz

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import float_is_zero

from ..tools.days import nearest

PREPARE_BATCH_SIZE = 1000  # orders; all orders of one payer are in one batch

Skipped = namedtuple("Skipped", ["order", "line", "reason", "quantity"], defaults=[None])
Skipped.__doc__ = """An order (line empty), an order line, or a quantity of it that is not proposed, and why.

Without a quantity it is all that can be invoiced of the line.
"""


class ConsolidatedBillingRun(models.Model):
    """Which orders and lines a run looks at, and why it leaves some of them (``R1``)."""

    _inherit = "consolidated.billing.run"

    # === CANDIDATES ===#

    @api.model
    def _get_unbilled_domain(self):
        """Return the domain of the orders that have, or may get, something to bill.

        :rtype: Domain
        """
        return Domain("state", "=", "sale") & Domain("invoice_status", "in", ("to invoice", "no"))

    def _get_candidate_domain(self):
        """Return the domain of the orders that this run looks at: its treatment and its filters.

        Extension point: call `super` and add a condition. What is outside of the domain is not listed by the run.

        :rtype: Domain
        """
        self.ensure_one()
        domain = (
            self._get_unbilled_domain()
            & Domain("company_id", "=", self.company_id.id)
            & Domain("grouping_partner_id", "!=" if self.by_grouping_account else "=", False)
        )
        if self.partner_ids:
            domain &= Domain("partner_id", "child_of", self.partner_ids.ids) | Domain(
                "grouping_partner_id", "in", self.partner_ids.ids
            )
        if self.payment_term_ids:
            domain &= Domain("payment_term_id", "in", self.payment_term_ids.ids)
        if self.order_date_from:
            domain &= Domain("date_order", ">=", self._get_start_of_day(nearest(self.order_date_from)))
        if self.order_date_to:
            end = self._get_start_of_day(nearest(self.order_date_to) + timedelta(days=1))
            domain &= Domain("date_order", "<", end)
        return domain

    def _get_start_of_day(self, day):
        """Return when a day begins where the user is, as the naive UTC time that the database stores."""
        timezone = pytz.timezone(self.env.user.tz or "UTC")
        return timezone.localize(datetime.combine(day, time.min)).astimezone(pytz.utc).replace(tzinfo=None)

    def _split_candidates(self):
        """Yield the candidates in batches that bound memory; orders of one payer are never separated.

        :rtype: Iterator[sale.order]
        """
        Order = self.env["sale.order"]
        payer = "partner_invoice_id.commercial_partner_id"
        by_name = [f"{payer}.complete_name", payer]
        rows = Order._read_group(self._get_candidate_domain(), by_name, ["id:array_agg"], order=", ".join(by_name))
        batch = []
        for _name, _payer, order_ids in rows:
            batch += order_ids
            if len(batch) >= PREPARE_BATCH_SIZE:
                yield Order.browse(batch)
                batch = []
        if batch:
            yield Order.browse(batch)

    # === CHOICE ===#

    def _choose_lines(self, orders, due):
        """Divide what can be invoiced of the orders in what is due now and what is not proposed.

        :param sale.order orders: the candidates
        :param dict[int, float] due: what is due at the cutoff date by line id
        :return: the lines to propose, in billing order, and the others
        :rtype: tuple[sale.order.line, list[Skipped]]
        """
        line_ids, skipped = [], []
        candidates = {}
        for order in orders:
            if order.invoice_status != "to invoice":
                skipped.append(Skipped(order, None, order._get_nothing_to_invoice_reason()))
                continue
            billable = order._get_invoiceable_lines(self.deduct_down_payments)
            products = billable.filtered(lambda line: not line.display_type)
            if products:
                candidates[order] = products
            else:
                skipped.append(Skipped(order, None, order._get_nothing_to_invoice_reason()))
        claims = self._get_claims([line_id for products in candidates.values() for line_id in products._ids])
        for order, products in candidates.items():
            waits_for = next((claims[line.id] for line in products if line.id in claims and line._is_dependent()), "")
            for line in products:
                # lines are not billed without their discount
                reason = self._get_skip_reason(line, {line.id: waits_for} if waits_for else claims)
                if reason:
                    skipped.append(Skipped(order, line, reason))
                    continue
                later = line.qty_to_invoice - due[line.id]
                if not float_is_zero(later, precision_digits=6):
                    skipped.append(Skipped(order, line, self._get_later_reason(), later))
                if not float_is_zero(due[line.id], precision_digits=6):
                    line_ids.append(line.id)
        return orders.order_line.browse(line_ids), skipped

    def _get_skip_reason(self, line, claims):
        """Return why a line that can be invoiced is not proposed, or nothing.

        :param sale.order.line line: the line
        :param dict[int, str] claims: the open runs that claim order lines
        :rtype: str
        """
        if line.id in claims:
            return self.env._("in run %(run)s", run=claims[line.id])
        if line.next_bill_date and line.next_bill_date > self.cutoff_date and not line._is_dependent():
            return self.env._("bill date %(date)s", date=line.next_bill_date)
        return ""

    def _get_dependent_reason(self, line, is_order_billed):
        """Return why a discount, a charge or a down payment is not proposed although it can be invoiced (``K8``).

        :param sale.order.line line: the line
        :param bool is_order_billed: whether other lines of its order are proposed
        :rtype: str
        """
        if not is_order_billed:
            if line.is_downpayment:
                return self.env._("no other line of the order is billed")
            return line.order_id._get_dependent_reason()
        if line.is_downpayment:
            return self.env._("nothing is left from which it could be deducted")
        return self.env._("the lines that it reduces are not billed")

    def _get_later_reason(self):
        """Return why a part of what can be invoiced is left for a later run: it was delivered after the cutoff date."""
        return self.env._("delivered after %(date)s", date=self.cutoff_date)

    def _get_claims(self, order_line_ids):
        """Return the names of the other open runs that claim these order lines.

        :rtype: dict[int, str]
        """
        claims = self.env["consolidated.billing.run.line"].sudo()  # also of runs that the user may not see
        rows = claims._read_group(
            [
                ("order_line_id", "in", order_line_ids),
                ("is_claim", "=", True),
                ("run_id", "!=", self.id),
            ],
            ["order_line_id", "run_id"],
        )
        return {order_line.id: run.name for order_line, run in rows}
