from odoo import models


class AccountMove(models.Model):
    """The invoices of a billing run are numbered in the order of its documents."""

    _inherit = "account.move"

    def _compute_name(self):
        """Override of `account`: what is posted together is numbered by date, and then as a billing run lists it.

        Core numbers by date, customer reference and id. It is called once for as many invoices as both orders agree on.
        """
        result = None
        for moves in self._split_for_numbering():
            result = super(AccountMove, moves)._compute_name()
        return result

    def _split_for_numbering(self):
        """Divide the invoices so that their parts, numbered by core one after the other, are in the right order.

        :rtype: list[account.move]
        """
        positions = self._get_document_positions() if len(self) > 1 else {}
        if not positions:
            return [self]
        parts, last_key = [], None
        for move in self.sorted(lambda m: (m.date, positions.get(m.id, 0), m.ref or "", m.id)):
            key = (move.date, move.ref or "", move.id)  # core's
            if last_key and key > last_key:
                parts[-1].append(move.id)
            else:
                parts.append([move.id])
            last_key = key
        return [self.browse(ids) for ids in parts]

    def _get_document_positions(self):
        """Return the place of these invoices among the documents of their billing runs.

        :return: ascending numbers by the id of the invoice; none for the invoice of no run
        :rtype: dict[int, int]
        """
        moves = self.filtered(lambda move: move.billing_run_id and move.state == "posted" and move.name in (False, "/"))
        if not moves:
            return {}
        # the number of an invoice does not depend on who posts it
        groups = self.env["consolidated.billing.run.group"].sudo().search([("move_id", "in", moves.ids)], order="id")
        return {group.move_id.id: group.id for group in groups}
