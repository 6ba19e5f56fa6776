from datetime import date

from odoo import fields, models


class ConsolidatedBillingRun(models.Model):
    """Which entries a run of kind ``consolidate`` proposes, and why it leaves the others (``C1``, ``R1``)."""

    _inherit = "consolidated.billing.run"

    def _choose_entries(self, accounts):
        """Divide the entries of some accounts in what is billed now and what is not, with the reason (``C1``, ``R1``).

        :param res.partner accounts: the accounts that are billed
        :return: the entries to propose, and the others with why not
        :rtype: tuple[list[Entry], list[tuple[Entry, str]]]
        """
        first, last = self.order_date_from or date.min, self.order_date_to or date.max
        entries = [entry for entry in self._get_entries(accounts) if first <= entry.date <= last]
        reasons = self._get_entry_skip_reasons(accounts, entries)
        chosen = [entry for entry, reason in zip(entries, reasons, strict=True) if not reason]
        skipped = [(entry, reason) for entry, reason in zip(entries, reasons, strict=True) if reason]
        return chosen, skipped

    def _get_entry_skip_reasons(self, accounts, entries):
        """Return why entries are not proposed.

        :param res.partner accounts: the accounts that are billed
        :param list[Entry] entries: their entries
        :return: a sentence for each entry, empty for those that are proposed
        :rtype: list[str]
        """
        waiting = self._get_waiting_reasons(accounts)
        claims = self._get_entry_claims([entry.move_id for entry in entries])
        terms = self._get_unwanted_terms(accounts, entries)
        cutoff_date = self.cutoff_date
        reasons = []
        for entry, term in zip(entries, terms, strict=True):
            reason = waiting.get(entry.account_id, "")
            if not reason and entry.key in claims:
                reason = self.env._("in run %(run)s", run=claims[entry.key])
            elif not reason and entry.date > cutoff_date:
                reason = self.env._("dated %(date)s", date=entry.date)
            elif not reason and term:
                reason = self.env._("payment terms: %(term)s", term=term)
            reasons.append(reason)
        return reasons

    def _get_waiting_reasons(self, accounts):
        """Return why accounts are not billed now: no profile says so, or their cycle does not fall on the cutoff date.

        :return: a sentence by account id
        :rtype: dict[int, str]
        """
        unflagged = self._get_unflagged_reasons(accounts)
        reasons = {**self._get_billed_until_reasons(accounts), **unflagged}
        if self.ignore_cycle:
            return reasons
        flagged = accounts.filtered(lambda account: account.id not in unflagged)
        for profile, members in flagged.grouped("billing_profile_id").items():
            if not profile._is_cutoff_date(self.cutoff_date):
                day = profile._get_cutoff_dates(fields.Date.add(self.cutoff_date, days=1), 1)[0]
                reasons.update(dict.fromkeys(members.ids, self.env._("next cutoff date %(date)s", date=day)))
        return reasons

    def _get_unflagged_reasons(self, accounts):
        """Return which accounts receive no consolidated billing invoices (``C1``).

        :return: a sentence by account id
        :rtype: dict[int, str]
        """
        reason = self.env._("no billing profile for consolidated billing invoices")
        return {account.id: reason for account in accounts if not account.consolidated_billing}

    def _get_billed_until_reasons(self, accounts):
        """Return which accounts are billed beyond the cutoff date: a document never goes back behind the one before."""
        rows = self.env["consolidated.billing.invoice"]._read_group(
            [
                ("company_id", "=", self.company_id.id),
                ("commercial_partner_id", "in", accounts.ids),
                ("state", "!=", "cancelled"),
                ("cutoff_date", ">", self.cutoff_date),
            ],
            ["commercial_partner_id"],
            ["cutoff_date:max"],
        )
        return {account.id: self.env._("billed until %(date)s already", date=day) for account, day in rows}

    def _get_unwanted_terms(self, accounts, entries):
        """Return the payment terms of the entries that the run does not select by them (``C1``).

        The term of an entry is its own, else the one of the account.

        :return: the name of the payment term of each entry, empty when the run selects the entry
        :rtype: list[str]
        """
        if not self.payment_term_ids:
            return [""] * len(entries)
        Term = self.env["account.payment.term"]
        by_account = {
            account.id: account.billing_profile_id.payment_term_id or account.property_payment_term_id
            for account in accounts
        }
        terms = [
            Term.browse(entry.term_id) if entry.term_id else by_account.get(entry.account_id, Term) for entry in entries
        ]
        return ["" if term in self.payment_term_ids else term.display_name or self.env._("(none)") for term in terms]

    def _get_entry_claims(self, move_ids):
        """Return the names of the other open runs that claim these entries.

        :rtype: dict[tuple[int, int, int], str]
        """
        claims = self.env["consolidated.billing.run.line"].sudo()  # also of runs that the user may not see
        rows = claims._read_group(
            [("move_id", "in", move_ids), ("is_claim", "=", True), ("run_id", "!=", self.id)],
            ["move_id", "entry_partner_id", "currency_id", "run_id"],
        )
        return {(move.id, partner.id, currency.id): run.name for move, partner, currency, run in rows}
