import json
from collections import defaultdict

from odoo import api, models


class ConsolidatedBillingRun(models.Model):
    """Storing what a run proposes, and what it does not: documents and lines, with what they rely on (``R1``)."""

    _inherit = "consolidated.billing.run"

    def _create_groups(self, groups, reasons):
        """Store the proposed documents and their lines with what they rely on."""
        amounts = [lines._get_amounts_to_invoice() for _key, lines in groups]
        group_ids = self._store(
            "consolidated.billing.run.group",
            [
                self._prepare_group(key, lines, reason, amount)
                for (key, lines), reason, amount in zip(groups, reasons, amounts, strict=True)
            ],
        )
        self._store(
            "consolidated.billing.run.line",
            [
                self._prepare_line(group_id, line, amount.by_line[line.id])
                for group_id, (_key, lines), amount in zip(group_ids, groups, amounts, strict=True)
                for line in lines
            ],
        )

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
            "reason": reason,
            "selected": True,
            "state": "proposed",
        }

    def _prepare_line(self, group_id, line, amount):
        """Prepare one proposed line.

        :param int group_id: id of its document
        :param sale.order.line line: what is billed
        :param float amount: without taxes, in the currency of the order
        :return: values by name of the column
        :rtype: dict
        """
        order, quantity = line.order_id, line.qty_to_invoice
        return {
            "run_id": self.id,
            "group_id": group_id,
            "order_id": order.id,
            "order_line_id": line.id,
            "currency_id": order.currency_id.id,
            "quantity": quantity,
            "quantity_open": quantity,
            "amount_untaxed": amount,
            "amount_open": amount,
            "selected": True,
            "frozen_values": self.env["consolidated.billing.run.line"]._get_frozen_values(line),
        }

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
            amounts.update(order.order_line.browse(line_ids)._get_amounts_to_invoice().by_line)
        self._store(
            "consolidated.billing.run.line",
            [
                {
                    "run_id": self.id,
                    "order_id": item.order.id,
                    "order_line_id": item.line.id if item.line else None,
                    "currency_id": item.order.currency_id.id,
                    "quantity_open": item.line.qty_to_invoice if item.line else 0.0,
                    "amount_open": amounts.get(item.line.id, 0.0) if item.line else 0.0,
                    "selected": False,
                    "skip_reason": item.reason,
                }
                for item in skipped
            ],
        )
