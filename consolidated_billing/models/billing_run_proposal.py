import json
from collections import defaultdict

from odoo import api, models


class ConsolidatedBillingRun(models.Model):
    """Storing what a run proposes, and what it does not: documents and lines, with what they rely on (``R1``)."""

    _inherit = "consolidated.billing.run"

    def _create_groups(self, planned, reasons, due, credited):
        """Store the proposed documents and their lines with what they rely on.

        :param list[PlannedInvoice] planned: the documents
        :param list[str] reasons: why each is apart from its neighbours
        :param dict[int, float] due: what is due at the cutoff date by line id
        :param dict[int, Credited] credited: what of it was credited by hand
        """
        amounts = [self._get_amounts(document) for document in planned]
        group_ids = self._store(
            "consolidated.billing.run.group",
            [
                self._prepare_group(*document, reason, amount)
                for document, reason, amount in zip(planned, reasons, amounts, strict=True)
            ],
        )
        rows = [
            self._prepare_line(group_id, line, amount.by_line[line.id], due[line.id], document.values[line.id])
            for group_id, document, amount in zip(group_ids, planned, amounts, strict=True)
            for line in document.lines
        ]
        self._complete_parts(rows)
        lowered = self._switch_off_credited(rows, credited)
        self._store("consolidated.billing.run.line", rows)
        self._close_switched_off(lowered)

    def _get_amounts(self, document):
        """Return what a document amounts to when this run creates it.

        :param PlannedInvoice document: the document
        :rtype: AmountsToInvoice
        """
        return document.lines._get_amounts_to_invoice(values=document.values, cash_rounding=self.cash_rounding_id)

    def _prepare_group(self, key, lines, reason, amounts):
        """Prepare one proposed document.

        :param MergeKey key: its merge key
        :param sale.order.line lines: what is on it
        :param str reason: why it is apart from its neighbours
        :param AmountsToInvoice amounts: what it amounts to
        :return: values by name of the column
        :rtype: dict
        """
        orders = lines.order_id
        return {
            "run_id": self.id,
            "company_id": self.company_id.id,
            "partner_id": orders[0].partner_invoice_id.id,
            "currency_id": orders[0].currency_id.id,
            "order_count": len(orders),
            "line_count": len(lines),
            "amount_untaxed": amounts.untaxed,
            "amount_total": amounts.total,
            "merge_key": self._serialize_key(key),
            "reason": orders._explain_negative(amounts.total, reason, self.deduct_down_payments),
            "selected": True,
            "state": "proposed",
        }

    def _prepare_line(self, group_id, line, amount, is_open, values):
        """Prepare one proposed line.

        :param int group_id: id of its document
        :param sale.order.line line: what is billed
        :param float amount: without taxes, in the currency of the order
        :param float is_open: how much of it is due at the cutoff date
        :param dict values: what is billed of it: see `PlannedInvoice`
        :return: values by name of the column
        :rtype: dict
        """
        order = line.order_id
        quantity = values["quantity"]
        is_dependent = line._is_dependent()
        frozen = self.env["consolidated.billing.run.line"]._get_frozen_values(line, is_open)
        if values.keys() != {"quantity"}:
            frozen["values"] = values
        return {
            "run_id": self.id,
            "group_id": group_id,
            "order_id": order.id,
            "order_line_id": line.id,
            "currency_id": order.currency_id.id,
            "quantity": quantity,
            "quantity_open": line.qty_to_invoice if is_dependent else quantity,
            "amount_untaxed": amount,
            "amount_open": amount,
            "selected": True,
            "skip_reason": None,
            "credited_by": None,
            "is_part": False,
            "frozen_values": frozen,
        }

    def _complete_parts(self, rows):
        """Mark the rows of lines that are on several documents, and let what waits of a line count as open.

        :param list[dict] rows: rows of proposed lines
        """
        by_line = defaultdict(list)
        for row in rows:
            by_line[row["order_line_id"]].append(row)
        lines = self.env["sale.order.line"].browse(by_line)
        is_open = lines.filtered(lambda line: line._is_dependent())._get_open_amounts()
        for line_id, parts in by_line.items():
            for row in parts if len(parts) > 1 else ():
                row["is_part"] = True
            if line_id in is_open:
                parts[-1]["amount_open"] += is_open[line_id] - sum(row["amount_untaxed"] for row in parts)

    @api.model
    def _serialize_key(self, key):
        """Return a merge key in a form that can be stored and compared part by part."""
        return [[name, json.dumps(value, default=str)] for name, value in key]

    def _create_skipped_lines(self, skipped):
        """Store what is not proposed, with the amount that stays unbilled."""
        amounts = {}
        by_order = defaultdict(list)
        for item in skipped:
            if item.line:
                by_order[item.order].append(item.line.id)
        for order, line_ids in by_order.items():
            amounts.update(order.order_line.browse(line_ids)._get_open_amounts())
        for item in skipped:
            if item.quantity is not None:
                amounts.update(item.line._get_amounts_to_invoice({item.line.id: item.quantity}).by_line)
        self._store(
            "consolidated.billing.run.line",
            [
                {
                    "run_id": self.id,
                    "order_id": item.order.id,
                    "order_line_id": item.line.id if item.line else None,
                    "currency_id": item.order.currency_id.id,
                    "quantity_open": self._get_skipped_quantity(item),
                    "amount_open": amounts.get(item.line.id, 0.0) if item.line else 0.0,
                    "selected": False,
                    "skip_reason": item.reason,
                }
                for item in skipped
            ],
        )

    @api.model
    def _get_skipped_quantity(self, skipped):
        """Return the quantity that stays unbilled; of a whole order that is not known.

        :param Skipped skipped: what is not proposed
        :rtype: float
        """
        if not skipped.line:
            return 0.0
        return skipped.line.qty_to_invoice if skipped.quantity is None else skipped.quantity
