from collections import defaultdict

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .bulk_rows import insert_rows
from .consolidation_run_entries import Frozen

BILLING_BATCH_SIZE = 200  # documents that are created together; each takes little
BILLING_LINE_BATCH_SIZE = 5000


class ConsolidatedBillingRun(models.Model):
    """Creating consolidated billing invoices from the proposal: nothing that changed, nothing twice (``R2``)."""

    _inherit = "consolidated.billing.run"

    def action_cancel(self):
        """Extend: explain the billing numbers that a killed worker lost (``C4``), unless some are drawn just now."""
        generating = self.filtered(lambda run: run.state == "generating")
        result = super().action_cancel()
        generating._explain_lost_numbers()
        return result

    def _finish_if_complete(self):
        """Extend: explain the billing numbers that were lost on the way (``C4``), before the run counts as ended."""
        result = super()._finish_if_complete()
        self.filtered(lambda run: run.state in ("done", "cancelled"))._explain_lost_numbers()
        return result

    def _explain_lost_numbers(self):
        """Let no billing number of runs that end be missing without a record (``C4``)."""
        for company in self.filtered(lambda run: run.kind == "consolidate").company_id:
            # who may bill need not create documents by hand
            self.env["consolidated.billing.invoice"].sudo()._explain_missing_numbers(company)

    def _get_batch_limits(self):
        """Extend: consolidated billing invoices are created in larger batches."""
        if self.kind != "consolidate":
            return super()._get_batch_limits()
        return BILLING_BATCH_SIZE, BILLING_LINE_BATCH_SIZE

    def _bill_batch(self, groups):
        """Extend: create consolidated billing invoices."""
        if self.kind != "consolidate":
            return super()._bill_batch(groups)
        proposed = self._skip_changed_entries(groups)
        billable = groups.filtered(lambda group: group.id in proposed)
        (groups - billable)._write_as_engine({"state": "skipped"})
        if billable:
            billings = self._create_billings(billable)
            self._fill_billings(billings, [proposed[group_id] for group_id in billable.ids])
            billable._complete_billings(billings)
        return None

    def _skip_changed_entries(self, groups):
        """Skip the entries that changed since the run was prepared, each alone and with a reason (``R2``).

        :return: the entries that can be billed with the line that proposes each, by group id
        :rtype: dict[int, list[tuple[int, Entry]]]
        """
        rows = self._get_proposed_rows(groups)
        found = self._get_entries(move_ids=[key[0] for _line_id, _group_id, key, _frozen in rows])
        entries = {entry.key: entry for entry in found}
        accounts = self.env["res.partner"].with_company(self.company_id)
        unflagged = self._get_unflagged_reasons(accounts.browse({entry.account_id for entry in found}))
        Line = self.env["consolidated.billing.run.line"]
        proposed, reasons = defaultdict(list), defaultdict(list)
        for line_id, group_id, key, frozen in rows:
            entry = entries.get(key)
            now = entry.frozen if entry else None
            # few change: only they are looked at as records
            reason = now != frozen and Line.browse(line_id)._get_entry_change(frozen, now)
            reason = reason or unflagged.get(entry.account_id)
            if reason:
                reasons[reason].append(line_id)
            else:
                proposed[group_id].append((line_id, entry))
        for reason, ids in reasons.items():
            Line.browse(ids)._write_as_engine({"skip_reason": reason, "is_claim": False})
        return proposed

    def _get_proposed_rows(self, groups):
        """Return what is selected in these groups, as plain rows: they are many.

        :return: id of the line, id of the group, and what `Entry.key` and `Entry.frozen` were
        :rtype: list[tuple[int, int, tuple, Frozen]]
        """
        parts = {group.id: group._get_key_parts() for group in groups}
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                SELECT id, group_id, move_id, entry_partner_id, currency_id, entry_date, location_id, amount_total
                  FROM consolidated_billing_run_line
                 WHERE group_id = ANY(%s) AND selected AND is_billed IS NOT TRUE AND skip_reason IS NULL
              ORDER BY id
                """,
                list(groups.ids),
            )
        )
        rows = []
        for line_id, group_id, *key, day, location_id, amount in self.env.cr.fetchall():
            # a merge of contacts rewrites the columns, but not the key of the document
            key_parts = parts[group_id]
            frozen = Frozen(amount, day, key_parts["account"], key_parts.get("location", location_id))
            rows.append((line_id, group_id, tuple(key), frozen))
        return rows

    def _release_to_other_runs(self, groups):
        """Extend: leave entries to the runs that claimed them in the meantime."""
        if self.kind != "consolidate":
            return super()._release_to_other_runs(groups)
        rows = self._get_proposed_rows(groups)
        claims = self._get_entry_claims([key[0] for _line_id, _group_id, key, _frozen in rows])
        by_run = defaultdict(list)
        for line_id, _group_id, key, _frozen in rows:
            if key in claims:
                by_run[claims[key]].append(line_id)
        for run, line_ids in by_run.items():
            self.env["consolidated.billing.run.line"].browse(line_ids)._write_as_engine(
                {"skip_reason": self.env._("in run %(run)s", run=run)}
            )
        return None

    def _create_billings(self, groups):
        """Create the numbered documents of these groups, without entries yet.

        :rtype: consolidated.billing.invoice
        """
        # numbers and documents are the engine's alone, whoever may run it
        Billing = (
            self.env["consolidated.billing.invoice"]
            .sudo()
            ._as_engine()
            .with_context(
                mail_create_nolog=True,
                mail_create_nosubscribe=True,  # who sends documents follows them, not who made them
            )
        )
        numbers = Billing._draw_numbers(self.company_id, len(groups))
        accounts = groups.account_partner_id.with_company(self.company_id)
        main = self._get_main_locations(accounts)
        return Billing.create(
            [
                {
                    **self._prepare_billing(group, main[group.account_partner_id.id]),
                    "name": name,
                    "sequence_number": number,
                }
                for group, (number, name) in zip(groups, numbers, strict=True)
            ]
        )

    def _prepare_billing(self, group, main_location):
        """Prepare one document.

        :param consolidated.billing.run.group group: what was proposed
        :param res.partner main_location: the account's own invoice address
        :rtype: dict
        """
        account = group.account_partner_id.with_company(self.company_id)
        profile = account.billing_profile_id
        term = profile.payment_term_id or account.property_payment_term_id
        return {
            "company_id": self.company_id.id,
            "partner_id": group.partner_id.id,
            "commercial_partner_id": account.id,
            "main_location_id": main_location.id,
            "currency_id": group.currency_id.id,
            "profile_id": profile.id,
            "invoice_format": profile.invoice_format or "summary",
            "billing_level": "location" if "location" in dict(group.merge_key) else "account",
            "cutoff_date": self.cutoff_date,
            "invoice_date": self.invoice_date,
            "payment_term_id": term.id,
            "invoice_date_due": max(
                (line._get_due_date(self.invoice_date) for line in term.line_ids), default=self.invoice_date
            ),
            "run_id": self.id,
            "user_id": self.user_id.id,
            # nothing is listed yet: both follow the entries
            "amount_residual": 0.0,
            "payment_state": "not_paid",
        }

    def _fill_billings(self, billings, proposed):
        """List and claim the entries, and compute the amounts.

        :param consolidated.billing.invoice billings: new documents
        :param list[list[tuple[int, Entry]]] proposed: what each of them bills: line of the run, and entry
        """
        Line = billings.env["consolidated.billing.invoice.line"]
        billed = [(billing.id, *item) for billing, items in zip(billings, proposed, strict=True) for item in items]
        rows = [
            {"billing_id": billing_id, **self._prepare_billing_line(entry)} for billing_id, _line_id, entry in billed
        ]
        ids = insert_rows(Line, rows)
        item_ids = {id_: entry.item_ids for id_, (_billing_id, _line_id, entry) in zip(ids, billed, strict=True)}
        if Line.browse(ids)._claim(item_ids) != sum(map(len, item_ids.values())):
            raise UserError(
                self.env._("An entry was billed or reset by somebody else at the same moment. Retry this document.")
            )
        billings.invalidate_recordset(["line_ids"])
        billings.modified(["line_ids"])
        billings._update_amounts(billings._get_neighbours(following=False))
        self._note_billed([line_id for _billing_id, line_id, _entry in billed])

    @api.model
    def _prepare_billing_line(self, entry):
        """Prepare one entry of a document, with the values of its own columns.

        :param Entry entry: what is billed
        :rtype: dict
        """
        return {
            "entry_type": entry.entry_type,
            "move_id": entry.move_id,
            "name": entry.name,
            "ref": entry.ref,
            "date": entry.date,
            "account_partner_id": entry.account_id,
            "partner_id": entry.partner_id,
            "location_id": entry.location_id,
            "amount_untaxed": entry.amount_untaxed,
            "amount_tax": entry.amount_tax,
            "amount_total": entry.amount_total,
            "amount_residual": entry.amount_residual,
        }

    def _note_billed(self, line_ids):
        """Note which lines of the run are billed: they claim nothing any more (``R3``)."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE consolidated_billing_run_line SET is_billed = TRUE, is_claim = FALSE WHERE id = ANY(%s)",
                line_ids,
            )
        )
        self.env["consolidated.billing.run.line"].invalidate_model(["is_billed", "is_claim"])
