from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date


class ConsolidatedBillingInvoice(models.Model):
    """Accepting, rejecting and cancelling consolidated billing invoices (``C4``, ``C5``)."""

    _inherit = "consolidated.billing.invoice"

    # === ACTIONS ===#

    def action_finalize(self):
        """Accept drafts: their balances are taken once more and frozen, the customer can pay (``C5``).

        :raise UserError: not a draft, its cutoff date is in the future, or the document before it is a draft still
        """
        self._check_state("draft", self.env._("accepted"))
        self._check_cutoff_is_over()
        for billings in self._split_by_chain():
            previous = billings._get_neighbours(following=False)
            billings._check_are_final(previous)
            billings._update_balances(previous)
            billings._set_state(self.env._("Accepted."), state="final", user_id=self.env.user.id)
            billings._move_due_dates()
            billings._settle_what_is_even()
        return True

    def action_reject(self):
        """Reject drafts: they keep their number and release their entries (``C4``).

        :raise UserError: not a draft, or a later document carries its balance
        """
        self._check_state("draft", self.env._("rejected"))
        self._cancel(self.env._("Rejected by %(user)s.", user=self.env.user.name))
        return True

    def action_cancel(self):
        """Cancel final documents that are not paid; accounting managers only (``C5``).

        :raise AccessError: the user is not an accounting manager
        :raise UserError: not final, paid, or a later document carries its balance
        """
        self._check_may_cancel()
        self._check_state("final", self.env._("cancelled"))
        self._check_not_paid()
        self._cancel(self.env._("Cancelled by %(user)s.", user=self.env.user.name))
        return True

    # === CHECKS ===#

    def _check_may_cancel(self):
        if not self.env.su and not self.env.user.has_group("account.group_account_manager"):
            raise AccessError(
                self.env._("Only accounting managers can cancel a final consolidated billing invoice. Ask one of them.")
            )

    def _check_state(self, state, done):
        wrong = self.filtered(lambda billing: billing.state != state)
        if wrong:
            labels = dict(self._fields["state"]._description_selection(self.env))
            raise UserError(
                self.env._(
                    "%(documents)s cannot be %(done)s, because it is %(state)s.",
                    documents=", ".join(wrong.mapped("name")),
                    done=done,
                    state=labels[wrong[0].state].lower(),
                )
            )

    def _check_cutoff_is_over(self):
        today = fields.Date.context_today(self)
        early = self.filtered(lambda billing: billing.cutoff_date > today)
        if early:
            raise UserError(
                self.env._(
                    "%(documents)s stays a draft until its cutoff date %(date)s: more can be invoiced and paid until "
                    "then.",
                    documents=", ".join(early.mapped("name")),
                    date=format_date(self.env, early[0].cutoff_date),
                )
            )

    def _check_are_final(self, previous):
        """Refuse to accept documents that carry on the balance of a draft.

        :param dict[int, consolidated.billing.invoice] previous: the document before each, where there is one
        """
        for billing in self:
            other = previous.get(billing.id)
            if other and other.state == "draft":
                raise UserError(
                    self.env._(
                        "%(document)s carries the balance of %(previous)s, which is a draft. Accept or reject "
                        "%(previous)s first.",
                        document=billing.name,
                        previous=other.name,
                    )
                )

    def _check_not_carried_on(self):
        """Refuse to take a document away whose balance a later one carries on."""
        following = self._get_neighbours(following=True)
        for billing in self:
            other = following.get(billing.id)
            if other and other not in self:
                raise UserError(
                    self.env._(
                        "%(following)s carries the balance of %(document)s. Reject or cancel %(following)s first.",
                        document=billing.name,
                        following=other.name,
                    )
                )

    def _check_not_paid(self):
        settlements = self._get_settlements()
        paid = self.filtered(
            lambda billing: (
                billing.payment_state in ("paid", "in_payment", "partial")
                and billing.id in settlements
                and settlements[billing.id].is_touched
                and billing._is_settled_by_others()
            )
        )
        if paid:
            raise UserError(
                self.env._(
                    "These documents are paid, wholly or partly: %(documents)s. Nothing was changed. Unreconcile the "
                    "payments first.",
                    documents=", ".join(paid.mapped("name")),
                )
            )

    def _is_settled_by_others(self):
        """Return whether something else than credit notes of its entries settles this document.

        :rtype: bool
        """
        moves = self.line_ids.move_line_ids.move_id
        entries = moves.union(*moves._get_credit_families().values())
        return bool(moves._get_settled_by_others(dict.fromkeys(moves, entries)))

    # === BUSINESS METHODS ===#

    def _are_closed(self):
        """Return whether all of these documents are final and nothing of their entries is open.

        :rtype: bool
        """
        return all(
            billing.state == "final" and not any(not line.reconciled for line in billing.line_ids.move_line_ids)
            for billing in self
        )

    def _finalize_or_explain(self):
        """Accept drafts together; when that fails, one by one.

        :return: a sentence for each that could not be accepted
        :rtype: list[str]
        """
        try:
            with self.env.cr.savepoint():
                self.action_finalize()
            return []
        except UserError as error:
            if len(self) == 1:
                return [str(error)]
        return [failure for billing in self for failure in billing._finalize_or_explain()]

    def _cancel(self, reason):
        """Cancel drafts or finals: the number stays, the entries are released (``C4``, ``C5``)."""
        self.check_access("write")
        self._check_not_carried_on()
        # claims are the engine's alone, whoever may reject the document
        self._restore_due_dates()
        self.line_ids.sudo()._release()
        self._set_state(reason, state="cancelled", cancel_reason=reason)

    def _set_state(self, note, **values):
        """Write the state, with a note in the history of each document: one for all, as there may be many.

        :param str note: what happened
        :param values: the new state, and what belongs to it
        """
        self._as_engine().with_context(tracking_disable=True).write(values)
        self._message_log_batch(bodies=dict.fromkeys(self.ids, note))
