from collections import defaultdict
from typing import NamedTuple

from odoo import models
from odoo.tools import SQL, float_compare, float_round

from ..tools.credited import CreditHistory, join_names


class Credited(NamedTuple):
    """What was billed of an order line, then credited by hand, and is open for that reason.

    :param quantity: in the unit of the order line
    :param by: names of the credit notes
    """

    quantity: float
    by: str


class SaleOrder(models.Model):
    """What is billed again although it was credited by hand (``R11``)."""

    _inherit = "sale.order"

    def _create_invoices(self, grouped=False, final=False, date=None):
        """Override of `sale` to note at the invoice lines how much of a credited quantity they bill again."""
        credited = self.order_line._get_credited_by_hand()
        before = {line.id: line.qty_to_invoice for line in self.order_line if line.id in credited}
        moves = super()._create_invoices(grouped=grouped, final=final, date=date)
        if credited:
            moves._note_billed_again({line_id: before[line_id] - part.quantity for line_id, part in credited.items()})
        return moves

    def _get_nothing_to_invoice_reason(self):
        """Extend: when somebody chose to leave out what was credited by hand, that is why."""
        credited = self.order_line._get_credited_by_hand()
        if credited:
            return self.order_line._get_credited_reason(join_names(part.by for part in credited.values()))
        return super()._get_nothing_to_invoice_reason()


class SaleOrderLine(models.Model):
    """How much of an order line is open only because somebody credited it by hand (``R11``)."""

    _inherit = "sale.order.line"

    def _get_credited_by_hand(self, quantities=None):
        """Return what was billed of these lines and then credited by hand, as far as it was not billed again.

        Credit notes count that were made from an invoice, also drafts; those of a billing run that was reversed do
        not. Discounts, charges and down payments follow the other lines of their order and are left out. Needs one
        query, whatever the number of lines.

        :param dict[int, float] quantities: what can be billed by line id; by default all that is to invoice
        :return: what was credited by line id; other lines are left out
        :rtype: dict[int, Credited]
        """
        quantities = quantities or {}
        is_open = {
            line.id: quantities.get(line.id, line.qty_to_invoice)
            for line in self
            if not line.display_type and line.qty_to_invoice > 0 and not line._is_dependent()
        }
        result = {}
        for line_id, history in self._get_credit_histories(list(is_open)).items():
            quantity = history.get_quantity(is_open[line_id])
            if float_compare(quantity, 0.0, precision_digits=6) > 0:
                result[line_id] = Credited(quantity, join_names(history.get_names(quantity)))
        return result

    def _get_credit_histories(self, line_ids):
        """Return what was credited by hand, and billed again, of some order lines.

        :param list[int] line_ids: ids of order lines
        :rtype: dict[int, CreditHistory]
        """
        histories, lines = defaultdict(CreditHistory), {line.id: line for line in self}
        for line_id, uom_id, quantity, again, move_type, name, reverses, invoice in self._fetch_credits(line_ids):
            line, history = lines[line_id], histories[line_id]
            convert = self.env["uom.uom"].browse(uom_id)._compute_quantity
            quantity, again = (convert(value or 0.0, line.product_uom_id) for value in (quantity, again))
            if not reverses:
                history.billed_again += min(abs(quantity), again)
            elif move_type == "out_refund":
                label = name or self.env._("the draft credit note of %(invoice)s", invoice=invoice)
                history.credits.append((label, quantity))
            else:  # a credit note that was reversed in turn
                history.billed_again += quantity
        return histories

    def _fetch_credits(self, line_ids):
        """Read the items of credit notes and of invoices that bill again: quantities and numbers, whoever may see them.

        :param list[int] line_ids: ids of order lines
        :return: id of the order line; unit, quantity, and what of it was billed again; type and number of the document,
            whether it reverses another one, and its number
        :rtype: list[tuple]
        """
        if not line_ids:
            return []
        self.env["account.move.line"].flush_model()
        self.env["account.move"].flush_model()
        self.env["consolidated.billing.run.group"].flush_model()
        return self.env.execute_query(
            SQL(
                """
                SELECT rel.order_line_id, COALESCE(item.product_uom_id, line.product_uom_id), item.quantity,
                       item.billed_again_quantity, move.move_type, NULLIF(move.name, '/'),
                       move.reversed_entry_id IS NOT NULL, reversed.name
                  FROM sale_order_line_invoice_rel AS rel
                  JOIN sale_order_line AS line ON line.id = rel.order_line_id
                  JOIN account_move_line AS item ON item.id = rel.invoice_line_id
                  JOIN account_move AS move ON move.id = item.move_id
             LEFT JOIN account_move AS reversed ON reversed.id = move.reversed_entry_id
                 WHERE rel.order_line_id = ANY(%s)
                   AND item.parent_state != 'cancel'
                   AND (move.reversed_entry_id IS NOT NULL OR item.billed_again_quantity > 0)
                   AND NOT EXISTS (
                       SELECT FROM consolidated_billing_run_group AS grp
                        WHERE grp.is_reversed AND grp.move_id IN (move.id, move.reversed_entry_id)
                       )
              ORDER BY move.id, item.id
                """,
                line_ids,
            )
        )

    def _leave_out_credited(self, quantities):
        """Return what can be billed of these lines without billing again what was credited by hand.

        :param dict[int, float] quantities: what can be billed by line id
        :return: the same with less; lines of which nothing is left are missing
        :rtype: dict[int, float]
        """
        rest = dict(quantities)
        for line_id, part in self._get_credited_by_hand(quantities).items():
            rest[line_id] = float_round(rest[line_id] - part.quantity, precision_digits=6)
        return {line_id: quantity for line_id, quantity in rest.items() if quantity}

    def _get_credited_reason(self, credited_by):
        """Return why what was credited is not billed without a person who says so.

        :param str credited_by: names of credit notes
        :rtype: str
        """
        return self.env._("credited by %(credit_notes)s", credit_notes=credited_by)
