from odoo.fields import Command

from .billing_run_common import BillingRunCommon


class CreditCommon(BillingRunCommon):
    """An accountant who credits invoices by hand, with Odoo's own wizard."""

    @classmethod
    def _credit(cls, move, quantity=None, post=True, modify=False):
        """Credit a posted invoice as the button *Credit Note* does, and post the draft.

        :param float quantity: of the first line, the others are dropped; by default everything
        :param bool modify: *Reverse and Create Invoice*
        :return: the credit note; with ``modify`` the new draft invoice
        """
        wizard = (
            cls.env["account.move.reversal"]
            .with_user(cls.accountant)
            .with_context(active_model="account.move", active_ids=move.ids)
            .create({"journal_id": move.journal_id.id, "reason": "by hand"})
        )
        if modify:
            return cls.env["account.move"].browse(wizard.modify_moves()["res_id"])
        note = cls.env["account.move"].browse(wizard.refund_moves()["res_id"])
        if quantity is not None:
            first = cls._get_products(note)[0]
            others = note.invoice_line_ids - first
            note.invoice_line_ids = [
                Command.update(first.id, {"quantity": quantity}),
                *(Command.delete(line.id) for line in others),
            ]
        if post:
            note.action_post()
        return note

    @classmethod
    def _bill(cls, *orders):
        """Bill all orders by hand and post the invoices."""
        moves = cls.env["sale.order"].concat(*orders)._create_invoices()
        moves.action_post()
        return moves
