from odoo import api, models
from odoo.exceptions import UserError


class ConsolidatedBillingRun(models.Model):
    """What happens to the documents of a run afterwards: post, print, send, reverse (``R6``)."""

    _inherit = "consolidated.billing.run"

    # === POST, PRINT, SEND ===#

    def action_post(self):
        """Post all draft invoices of the runs; those that cannot be posted are named, the others are posted.

        :return: a notification
        """
        drafts = self._get_drafts()
        if not drafts:
            raise UserError(self.env._("There are no draft invoices to post."))
        failures = self._post_moves(drafts)
        posted = len(drafts) - len(failures)
        message = self.env._("%(count)s invoices posted.", count=posted)
        if failures:
            message += " " + self.env._("Not posted: %(failures)s", failures="; ".join(failures[:5]))
        return self._notify_result(message, failures)

    @api.model
    def _notify_result(self, message, failures):
        """Return the notification of what was done; it stays until it is closed when something could not be done.

        :param str message: what was done, and what was not
        :param list[str] failures: a sentence for each document that could not be processed
        :rtype: dict
        """
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if failures else "success",
                "message": message,
                "sticky": bool(failures),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _get_drafts(self):
        """Return the draft invoices in the order of the documents, which is the order of their numbers.

        :rtype: account.move
        """
        domain = [("run_id", "in", self.ids), ("move_id.state", "=", "draft")]
        in_order = self.env["consolidated.billing.run.group"].search(domain, order="run_id, id").move_id
        return in_order | self.move_ids.filtered(lambda move: move.state == "draft")

    def _post_moves(self, moves):
        """Post all together; when that fails, one by one.

        :param account.move moves: draft invoices
        :return: a sentence for each invoice that could not be posted
        :rtype: list[str]
        """
        try:
            with self.env.cr.savepoint():
                moves.action_post()
            return []
        except UserError as error:
            if len(moves) == 1:
                partner = moves.partner_id.display_name
                (moves.billing_run_id or self)._message_log(
                    body=self.env._("%(partner)s could not be posted: %(error)s", partner=partner, error=error)
                )
                return [f"{partner}: {error}"]
        failures = []
        for move in moves:
            failures += move.billing_run_id._post_moves(move)
        return failures

    def action_print(self):
        """Print all invoices of the run as one PDF."""
        return self.env.ref("account.account_invoices").report_action(self._get_moves_to_hand_out())

    def action_print_separately(self):
        """Download one PDF for each invoice, in a ZIP archive."""
        return self._get_moves_to_hand_out().action_invoice_download_pdf()

    def action_send(self):
        """Open Odoo's batch sending with all posted invoices of the run."""
        moves = self._get_moves_to_hand_out().filtered(lambda move: move.state == "posted")
        if not moves:
            raise UserError(self.env._("Post the invoices before you send them."))
        return moves.action_send_and_print()

    def _get_moves_to_hand_out(self):
        moves = self.move_ids.filtered(lambda move: move.state != "cancel").sorted(
            lambda move: (move.name or "", move.id)
        )
        if not moves:
            raise UserError(self.env._("There are no invoices yet. Generate the run first."))
        return moves

    # === REVERSE ===#

    def action_reverse(self):
        """Undo all documents of the run: drafts are deleted, posted unpaid ones credited (``R6``).

        :raise UserError: a document is paid, wholly or partly; nothing is changed then
        """
        for run in self:
            groups = run.group_ids.filtered(lambda group: group.state == "done")
            if run.state not in ("done", "cancelled", "generating") or not groups:
                raise UserError(self.env._("%(run)s created nothing that could be reversed.", run=run.name))
            if run.state == "generating":
                raise UserError(self.env._("%(run)s is generating. Cancel it before you reverse it.", run=run.name))
            run._reverse_groups(groups)
            run._write_as_engine({"state": "cancelled"})
        return True

    def _reverse_groups(self, groups):
        """Undo the documents of these groups; their lines can be billed again.

        :param consolidated.billing.run.group groups: groups of the run
        :raise UserError: one of them is paid, wholly or partly, or was not created
        """
        missing = groups.filtered(lambda group: group.state != "done")
        if missing:
            raise UserError(
                self.env._(
                    "There is nothing to reverse for %(documents)s.",
                    documents=", ".join(missing.mapped("partner_id.display_name")),
                )
            )
        moves = groups.move_id
        drafts = moves.filtered(lambda move: move.state == "draft")
        posted = moves.filtered(lambda move: move.state == "posted")
        reversals = posted._get_reversals()
        self._check_can_be_undone(reversals)
        posted._credit_rest(reversals, self.env._("Billing run reversed"))
        drafts._undo_drafts()
        groups.line_ids.filtered("is_billed")._write_as_engine(
            {"is_billed": False, "skip_reason": self.env._("reversed")}
        )
        groups._write_as_engine({"state": "excluded", "is_reversed": True, "selected": False})
        self._message_log(
            body=self.env._(
                "Reversed: %(documents)s documents, %(drafts)s drafts deleted, credited: %(posted)s.",
                documents=len(groups),
                drafts=len(drafts),
                posted=", ".join(move.name for move in posted if not reversals[move].is_undone) or "-",
            )
        )
        return True

    def _check_can_be_undone(self, reversals):
        """Refuse to undo invoices that are paid, or that somebody else is about to credit; nothing is changed then.

        What was credited in full by hand counts as undone (``R11``).

        :param dict[account.move, Reversal] reversals: how far each invoice is undone
        """
        open_reversals = {move: reversal for move, reversal in reversals.items() if not reversal.is_undone}
        paid = [move.display_name for move, reversal in open_reversals.items() if reversal.is_settled]
        if paid:
            raise UserError(
                self.env._(
                    "These invoices are paid, wholly or partly: %(invoices)s. Nothing was changed. Reverse the other "
                    "documents one by one, or unreconcile the payments first.",
                    invoices=", ".join(paid),
                )
            )
        drafts = [move.display_name for move, reversal in open_reversals.items() if reversal.drafts]
        if drafts:
            raise UserError(
                self.env._(
                    "There are draft credit notes of these invoices: %(invoices)s. Nothing was changed. Post or delete "
                    "the drafts first.",
                    invoices=", ".join(drafts),
                )
            )
