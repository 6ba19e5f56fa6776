from typing import NamedTuple

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import clean_context

from ..tools.credit_rest import get_rest_line, sum_up
from ..tools.selection import keep_selected


class Reversal(NamedTuple):
    """How far an invoice is undone already.

    :param credits: posted entries that reverse it, or each other in turn
    :param drafts: the same, not posted yet
    :param is_undone: whether nothing is left of it
    :param rest: what is left of its total, in its currency
    :param is_settled: whether it is paid, wholly or partly, or settled by something else
    """

    credits: models.BaseModel
    drafts: models.BaseModel
    is_undone: bool
    rest: float
    is_settled: bool


class AccountMove(models.Model):
    """Undoing invoices by the steps that a person takes, so that all that other addons release is released (``R6``)."""

    _inherit = "account.move"

    # === HOW FAR IT IS UNDONE ===#

    def _get_reversals(self):
        """Return how far these posted invoices are undone already, in few queries for all of them.

        :rtype: dict[account.move, Reversal]
        """
        families = self._get_credit_families()
        settled = self._get_settled_by_others(families)
        result = {}
        for move in self:
            family = families[move]
            credits = family.filtered(lambda entry: entry.state == "posted") - move
            rest = move.currency_id.round(sum(entry._get_total_against(move) for entry in credits + move))
            result[move] = Reversal(
                credits=credits,
                drafts=family.filtered(lambda entry: entry.state == "draft"),
                is_undone=bool(credits and not rest) or move._is_credited_without_link(credits),
                rest=rest,
                is_settled=move in settled,
            )
        return result

    def _get_credit_families(self):
        """Return each of these entries with those that reverse it, and that reverse these in turn.

        :rtype: dict[account.move, account.move]
        """
        families = {move: move for move in self}
        origins = {move: move for move in self}
        latest = self
        while latest:
            domain = Domain("reversed_entry_id", "in", latest.ids) & Domain("state", "!=", "cancel")
            latest = self.search(domain) - self.browse([move.id for move in origins])
            for entry in latest:
                origins[entry] = origins[entry.reversed_entry_id]
                families[origins[entry]] += entry
        return families

    def _get_total_against(self, move):
        """Return the total of this entry as it acts on what another one bills: that of a credit note is negative."""
        return self.amount_total * (1 if self.move_type == move.move_type else -1)

    @api.model
    def _get_settled_by_others(self, families):
        """Return which entries are settled, wholly or partly, by what is none of the entries that reverse them.

        Exchange differences settle nothing; a payment without a journal entry does.

        :param dict[account.move, account.move] families: see `_get_credit_families`
        :rtype: account.move
        """
        everything = self.union(*families.values())
        items = everything.line_ids.filtered(lambda item: item.account_type == "asset_receivable")
        partials = items.matched_debit_ids | items.matched_credit_ids
        exchange = partials.exchange_move_id
        settled = self.browse()
        for move, family in families.items():
            own = family.line_ids.filtered(lambda item: item.account_type == "asset_receivable")
            others = own.matched_debit_ids.debit_move_id | own.matched_credit_ids.credit_move_id
            pending = family.matched_payment_ids.filtered(
                lambda payment: not payment.move_id and payment.state in ("in_process", "paid")
            )
            if pending or others.move_id - family - exchange:
                settled += move
        return settled

    def _is_credited_without_link(self, credits):
        """Return whether credit notes that do not say what they reverse settle this invoice in full.

        :param account.move credits: the ones that say so
        :rtype: bool
        """
        if credits or self.payment_state != "reversed":
            return False
        items = self.line_ids.filtered(lambda item: item.account_type == "asset_receivable")
        others = (items.matched_debit_ids.debit_move_id | items.matched_credit_ids.credit_move_id).move_id
        return not others.reversed_entry_id

    # === UNDOING ===#

    def _undo_drafts(self):
        """Delete drafts; one that was posted before has a number and is cancelled instead, as a person has to."""
        numbered = self.filtered("posted_before")
        numbered.button_cancel()
        (self - numbered).unlink()

    def _credit_rest(self, reversals, reason):
        """Credit posted invoices as the button *Credit Note* does, as far as they are not credited yet, and post it.

        :param dict[account.move, Reversal] reversals: how far each of them is undone
        :param str reason: why
        """
        for journal, moves in self.filtered(lambda move: not reversals[move].is_undone).grouped("journal_id").items():
            wizard = (
                self.env["account.move.reversal"]
                .with_context(**clean_context(self.env.context), active_model=self._name, active_ids=moves.ids)
                .create({"reason": reason, "journal_id": journal.id})
            )
            wizard.refund_moves()
            for note in wizard.new_move_ids:
                note._keep_rest(reversals[note.reversed_entry_id])
            wizard.new_move_ids.action_post()
        for move in self:
            if reversals[move].credits:
                (move + reversals[move].credits + move.reversal_move_ids)._match_open_items()

    def _match_open_items(self):
        """Match what is still open of these entries with each other."""
        items = self.filtered(lambda move: move.state == "posted").line_ids.filtered(
            lambda item: item.account_type == "asset_receivable" and not item.reconciled
        )
        for open_items in items.grouped("account_id").values():
            if len(open_items) > 1:
                open_items.reconcile()

    def _keep_rest(self, reversal):
        """Lower the lines of this draft, a credit note over a whole invoice, to what was not credited yet.

        :param Reversal reversal: what was credited
        :raise UserError: it was credited in a way that leaves no rest which could be computed
        """
        if not reversal.credits:
            return
        move = self.reversed_entry_id
        rests = sum_up(
            (item._get_credit_key(), item.quantity * sign, item.price_subtotal * sign)
            for entry in move + reversal.credits
            for sign in (1 if entry.move_type == move.move_type else -1,)
            for item in entry.invoice_line_ids.filtered(lambda line: line.display_type == "product")
        )
        self.invoice_line_ids = self._get_rest_commands(rests)
        rest = abs(reversal.rest)
        difference = self.currency_id.round(rest - self.amount_total)
        taxes = self.line_ids.filtered(lambda item: item.display_type == "tax").sorted(lambda tax: abs(tax.balance))
        if difference and taxes and abs(difference) <= self.currency_id.rounding * len(self.invoice_line_ids):
            taxes[-1].amount_currency += difference * self.direction_sign
        if self.currency_id.compare_amounts(self.amount_total, rest):
            raise UserError(
                self.env._(
                    "%(invoice)s was credited in part by %(credits)s, and its rest cannot be computed line by line. "
                    "Credit the rest of %(rest)s by hand, and reverse again.",
                    invoice=move.display_name,
                    credits=", ".join(reversal.credits.mapped("display_name")),
                    rest=self.currency_id.format(rest),
                )
            )

    def _get_rest_commands(self, rests):
        """Return the commands that lower the lines of this credit note to a rest.

        :param rests: quantity and amount that are left, by key of the line
        :type rests: dict[Hashable, tuple[float, float]]
        :rtype: list[tuple]
        """
        kept, commands = set(), []
        for item in self.invoice_line_ids.filtered(lambda line: line.display_type == "product"):
            rest = rests.pop(item._get_credit_key(), None)
            line = rest and get_rest_line(item.quantity, item.price_subtotal, *rest, self.currency_id.rounding)
            if not line:
                continue
            kept.add(item.id)
            values = {"quantity": line.quantity, "price_unit": item.price_unit * line.price_factor}
            if not line.keeps_order:
                values["sale_line_ids"] = [Command.clear()]
            commands.append(Command.update(item.id, values))
        lines = self.invoice_line_ids.sorted(lambda item: (item.sequence, item.id))
        shown = keep_selected(((item.id, item.display_type != "product" and item.display_type) for item in lines), kept)
        return [Command.delete(item.id) for item in lines if item.id not in shown] + commands


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _get_credit_key(self):
        """Return by what a line of a credit note is matched with the line of the invoice that it credits.

        :rtype: Hashable
        """
        self.ensure_one()
        taxes = tuple(sorted(self.tax_ids.ids))
        return (tuple(self.sale_line_ids.ids), taxes) if self.sale_line_ids else (self.product_id.id, self.name, taxes)
