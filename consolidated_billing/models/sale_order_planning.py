from dataclasses import dataclass, replace
from datetime import date

from odoo import models

from ..tools.engine_context import give
from ..tools.merge_key import MergeKey, partition
from ..tools.selection import Values
from .order_deductions import OrderDeductions


@dataclass(frozen=True)
class PlannedInvoice:
    """A future invoice; unpacked, its merge key and its lines.

    :param key: lines with this merge key are on it
    :param sale.order.line lines: what is on it, in billing order
    :param values: by order line id what is billed of the line: its quantity; of a part of a deduction price and taxes
    """

    key: MergeKey
    lines: models.BaseModel
    values: dict[int, Values]

    def __iter__(self):
        return iter((self.key, self.lines))

    def _without(self, others):
        """Return this invoice without the dependent lines that are billed on others."""
        billed = {line_id for document in others for line_id in document.values}
        lines = self.lines.filtered(lambda line: line.id not in billed or not line._is_dependent())
        return replace(self, lines=lines, values={line.id: self.values[line.id] for line in lines})


class SaleOrder(models.Model):
    """What is billed of which line on which invoice: the one decision that all ways of billing share (``K5``, ``K8``).

    The wizard and its preview, billing runs and the collective invoice choose lines and quantities; what an invoice
    gets of them is decided here.
    """

    _inherit = "sale.order"

    def _plan_invoices(self, final=False, grouped=False, quantities=None):
        """Plan the invoices over what can be invoiced now, without creating anything.

        :param bool final: whether down payments and returns are deducted
        :param bool grouped: one invoice per order, whatever the merge key says
        :param dict[int, float] quantities: what is billed by line id, of no other lines; by default all that can be
        :return: the invoices, in the order in which they would be created
        :rtype: list[PlannedInvoice]
        """
        orders = self.with_context(**give(billing_separate_credits=final and not grouped, billing_selection=None))
        orders = orders._sort_for_billing(orders)._with_merge_cache()
        ids = [line.id for order in orders for line in order._get_invoiceable_lines(final) if not line.display_type]
        if quantities is not None:
            ids = [line_id for line_id in ids if line_id in quantities]
        lines = self.env["sale.order.line"].with_env(orders.env).browse(ids)
        if grouped:
            keys = {line.id: (("order", line.order_id.id),) for line in lines if not line._is_dependent()}
        else:
            keys = orders._get_merge_keys(lines)
        return orders._plan_lines(lines, keys, quantities, is_by_hand=True)

    def _plan_lines(self, lines, keys, quantities=None, is_by_hand=False, without=()):
        """Plan the invoices over chosen lines.

        :param sale.order.line lines: what is billed, in billing order
        :param dict[int, MergeKey] keys: the merge key of each line that is billed for itself
        :param dict[int, float] quantities: what is billed of these lines; by default all that can be
        :param bool is_by_hand: whether an order that stands alone is billed whole by a person: as core does it
        :param without: merge keys of invoices that are not made
        :rtype: list[PlannedInvoice]
        """
        quantities = quantities or {}
        pieces = [
            (key, line, values)
            for line in lines
            if line.id in keys
            for key, values in self._divide_line(line, keys[line.id], quantities.get(line.id, line.qty_to_invoice))
        ]
        documents = [
            (key, {line: values for _key, line, values in members})
            for key, members in partition(pieces, lambda piece: piece[0])
            if key not in without
        ]
        dependents = lines.filtered(lambda line: line.id not in keys and line._is_dependent())
        if dependents:
            documents = self._add_dependent_lines(documents, dependents, is_by_hand)
        return self._get_planned_invoices(documents, lines)

    def _divide_line(self, line, key, quantity):
        """Divide what is billed of a line over several invoices. Extension point: by default it goes on one.

        :param sale.order.line line: the line
        :param MergeKey key: its merge key
        :param float quantity: what is billed of it
        :return: the merge keys of the invoices, with the values of each invoice line: its quantity at least
        :rtype: list[tuple[MergeKey, dict]]
        """
        return [(key, {"quantity": quantity})]

    def _get_planned_invoices(self, documents, lines):
        """Return the documents with their lines in billing order.

        :param documents: merge key and values by order line
        :type documents: list[tuple[MergeKey, dict[sale.order.line, dict]]]
        :rtype: list[PlannedInvoice]
        """
        position = {line_id: index for index, line_id in enumerate(lines._ids)}
        planned = []
        for key, values in documents:
            ids = sorted((line.id for line in values), key=position.__getitem__)
            by_id = {line.id: line_values for line, line_values in values.items()}
            planned.append(PlannedInvoice(key, lines.browse(ids).with_prefetch(lines._prefetch_ids), by_id))
        return planned

    # === DEPENDENT LINES ===#

    def _add_dependent_lines(self, documents, dependents, is_by_hand=False, allows=None):
        """Put discounts, charges and down payments on the invoices of their orders (``K8``, ``I5``).

        :param documents: merge key and values by order line
        :type documents: list[tuple[MergeKey, dict[sale.order.line, dict]]]
        :param sale.order.line dependents: what can be billed with other lines
        :param bool is_by_hand: see `_plan_lines`
        :param allows: whether a line may go on the document with this key; by default on any
        :type allows: Callable[[sale.order.line, Hashable], bool]
        :return: the documents with what was added; those that consist of what is left of orders come last
        """
        documents = [(key, dict(values)) for key, values in documents]
        indexes = {}  # of the documents of each order
        for index, (_key, values) in enumerate(documents):
            for line in values:
                indexes.setdefault(line.order_id.id, {})[index] = True
        remainders = []
        for order, lines in dependents.grouped("order_id").items():
            own = sorted(indexes.get(order.id, ()), key=lambda index: self._get_time(documents[index][1], index, order))
            if not own:
                remainders += self._plan_remainder(order, lines, is_by_hand)
                continue
            parts = [{sol: vals for sol, vals in documents[i][1].items() if sol.order_id == order} for i in own]
            stands_alone = len(own) == 1 and len(parts[0]) == len(documents[own[0]][1])
            deductions = OrderDeductions(
                order,
                parts,
                is_limited=not (is_by_hand and stands_alone),
                allows=lambda line, number, own=own: not allows or allows(line, documents[own[number]][0]),
            )
            for index, added in zip(own, deductions.add(lines), strict=True):
                documents[index][1].update(added)
        by_key = dict(documents)
        for key, line, values in remainders:
            by_key.setdefault(key, {})[line] = values
        return list(by_key.items())

    @staticmethod
    def _get_time(values, index, order):
        """Return what sorts the invoices of an order by time: the earliest bill date, then as they are created."""
        return min(line.next_bill_date or date.min for line in values if line.order_id == order), index

    def _plan_remainder(self, order, lines, is_by_hand):
        """Plan what is left of an order when nothing is billed of its other lines: nothing while some are to come.

        :return: merge key, line and values
        :rtype: list[tuple[MergeKey, sale.order.line, dict]]
        """
        if order._has_lines_to_come():
            return []
        is_alone = is_by_hand and len(self) == 1
        left = lines if is_alone else lines.filtered(lambda line: not line._is_deduction() and line.qty_to_invoice > 0)
        if not left:
            return []
        key = (("order", order.id),)
        added = order._get_open_values(left)
        return [(key if is_alone else line._get_merge_key(), line, values) for line, values in added.items()]

    def _get_open_values(self, lines):
        """Return what is left to bill of dependent lines of this order.

        :param sale.order.line lines: the lines
        :return: values of invoice lines
        :rtype: dict[sale.order.line, dict]
        """
        self.ensure_one()
        return OrderDeductions(self, [{}], is_limited=False).add_whole(lines)

    def _has_lines_to_come(self):
        """Whether lines of this order that are billed for themselves are not billed yet.

        :rtype: bool
        """
        self.ensure_one()
        return any(
            line.invoice_status in ("no", "to invoice")
            for line in self.order_line
            if not line.display_type and not line._is_dependent()
        )
