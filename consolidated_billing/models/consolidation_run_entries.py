from collections import defaultdict
from datetime import date
from typing import NamedTuple

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL, split_every, unique

ACCOUNT_BATCH_SIZE = 500  # customer accounts whose entries are looked at together


class Entry(NamedTuple):
    """An entry of one customer that no consolidated billing invoice bills.

    :param move_id: the journal entry
    :param partner_id: the customer account: a member of a grouping account, or the account itself
    :param account_id: the account that is billed: the grouping account, if there is one
    :param location_id: the invoice address to which it belongs
    :param currency_id: the currency of the amounts
    :param item_ids: its receivable journal items
    :param amount_total: what it adds to the balance; credits are negative
    :param amount_company: the same in company currency
    :param amount_untaxed: without taxes, with the same sign
    :param amount_tax: taxes, with the same sign
    :param amount_residual: what is open of it
    :param entry_type: ``invoice``, ``credit`` or ``adjustment``
    """

    move_id: int
    partner_id: int
    account_id: int
    location_id: int
    currency_id: int
    item_ids: list[int]
    amount_total: float
    amount_company: float
    amount_untaxed: float
    amount_tax: float
    amount_residual: float
    entry_type: str
    date: date
    name: str
    ref: str | None
    term_id: int | None

    @property
    def key(self):
        """Return what identifies an entry: a miscellaneous one can be about several customers and currencies."""
        return self.move_id, self.partner_id, self.currency_id


class ConsolidatedBillingRun(models.Model):
    """Which posted entries a run of kind ``consolidate`` looks at (``C1``)."""

    _inherit = "consolidated.billing.run"

    # === ACCOUNTS ===#

    def _get_consolidated_account_domain(self):
        """Return the domain of the customer accounts that this run looks at: its treatment and its filters.

        Customers that were chosen by name are looked at without a profile too, to say why they are not billed.

        Extension point: call `super` and add a condition.

        :rtype: Domain
        """
        self.ensure_one()
        Partner = self.env["res.partner"]
        domain = Partner._get_account_domain() & Domain(Partner._check_company_domain(self.company_id))
        if self.by_grouping_account:
            domain &= Domain("is_grouping_account", "=", True)
        else:
            domain &= Domain("grouping_partner_id", "=", False)
        if self.partner_ids:
            customers = self.partner_ids.commercial_partner_id
            domain &= Domain("id", "in", (customers | customers.grouping_partner_id).ids)
        else:
            domain &= Domain("consolidated_billing", "=", True)
        if self.profile_ids:
            domain &= Domain("billing_profile_id", "in", self.profile_ids.ids)
        return domain

    def _split_accounts(self):
        """Yield the accounts in batches that bound memory, in the order of their names.

        :rtype: Iterator[res.partner]
        """
        Partner = self.env["res.partner"].with_company(self.company_id).with_context(active_test=False)
        accounts = Partner.search(self._get_consolidated_account_domain(), order="complete_name, id")
        yield from split_every(ACCOUNT_BATCH_SIZE, accounts.ids, Partner.browse)

    # === ENTRIES ===#

    def _get_entries(self, accounts=None, move_ids=None):
        """Return the entries that no document bills: of some accounts, or some entries.

        One query for the entries, whatever their number. Record rules are not applied to it: a document bills an
        account whole, and the run is bound to its company.

        :param res.partner accounts: the accounts that are billed
        :param list[int] move_ids: ids of journal entries
        :rtype: list[Entry]
        """
        self.ensure_one()
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                SELECT move.id,
                       partner.commercial_partner_id,
                       COALESCE(partner.grouping_partner_id, partner.commercial_partner_id),
                       CASE WHEN move.move_type != 'entry' THEN move.partner_id END,
                       item.currency_id,
                       array_agg(item.id ORDER BY item.id),
                       SUM(item.amount_currency),
                       SUM(item.balance),
                       CASE WHEN move.move_type = 'entry' THEN SUM(item.amount_currency)
                            WHEN move.move_type = 'out_refund' THEN -move.amount_untaxed
                            ELSE move.amount_untaxed END,
                       CASE WHEN move.move_type = 'entry' THEN 0
                            WHEN move.move_type = 'out_refund' THEN -move.amount_tax
                            ELSE move.amount_tax END,
                       SUM(item.amount_residual_currency),
                       CASE move.move_type WHEN 'entry' THEN 'adjustment' WHEN 'out_refund' THEN 'credit'
                                           ELSE 'invoice' END,
                       move.date, move.name, move.ref, move.invoice_payment_term_id
                  FROM account_move_line AS item
                  JOIN account_move AS move ON move.id = item.move_id
                  JOIN res_partner AS partner ON partner.id = item.partner_id
                 WHERE item.company_id = %(company)s
                   AND item.parent_state = 'posted'
                   AND item.consolidated_billing_line_id IS NULL
                   AND item.payment_id IS NULL AND item.statement_line_id IS NULL
                   AND item.account_id = ANY(%(receivable)s)
                   AND %(condition)s
                   AND %(is_entry)s
              GROUP BY move.id, partner.commercial_partner_id, 3, item.currency_id
                HAVING move.move_type != 'entry' OR SUM(item.amount_currency) != 0
              ORDER BY 3, move.date, move.name, move.id
                """,
                company=self.company_id.id,
                receivable=self.env["account.move"]._get_receivable_account_ids(),
                is_entry=self.env["account.move"]._get_billable_entry_condition("move"),
                condition=self._get_entry_condition(accounts, move_ids),
            )
        )
        return self._locate_entries(
            [Entry(*row[:6], *map(float, row[6:11]), *row[11:]) for row in self.env.cr.fetchall()]
        )

    def _get_entry_condition(self, accounts, move_ids):
        if accounts is None:
            return SQL("item.move_id = ANY(%s)", list(move_ids))
        return SQL(
            """item.partner_id IN (
                SELECT id FROM res_partner
                 WHERE commercial_partner_id = ANY(%(ids)s) OR grouping_partner_id = ANY(%(ids)s)
            )""",
            ids=list(accounts.ids),
        )

    # === CHOICE ===#

    def _choose_entries(self, accounts):
        """Divide the entries of some accounts in what is billed now and what is not, with the reason (``C1``, ``R1``).

        :param res.partner accounts: the accounts that are billed
        :return: the entries to propose, and the others with why not
        :rtype: tuple[list[Entry], list[tuple[Entry, str]]]
        """
        entries = self._get_entries(accounts)
        claims = self._get_entry_claims([entry.move_id for entry in entries])
        waiting = self._get_waiting_reasons(accounts)
        terms = self._get_terms_of_entries(accounts, entries)
        chosen, skipped = [], []
        for entry in entries:
            if not self._is_in_period(entry):
                continue
            reason = waiting.get(entry.account_id) or self._get_entry_skip_reason(entry, claims, terms)
            if reason:
                skipped.append((entry, reason))
            else:
                chosen.append(entry)
        return chosen, skipped

    def _is_in_period(self, entry):
        """Return whether the dates from and to, by which a run can be narrowed down, allow the entry."""
        return not (
            (self.order_date_from and entry.date < self.order_date_from)
            or (self.order_date_to and entry.date > self.order_date_to)
        )

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

    def _get_terms_of_entries(self, accounts, entries):
        """Return the payment term by which each entry is selected: its own, else the one of the account (``C1``).

        :rtype: dict[tuple, account.payment.term]
        """
        Term = self.env["account.payment.term"]
        by_account = {
            account.id: account.billing_profile_id.payment_term_id or account.property_payment_term_id
            for account in accounts
        }
        return {
            entry.key: Term.browse(entry.term_id) if entry.term_id else by_account.get(entry.account_id, Term)
            for entry in entries
        }

    def _get_entry_skip_reason(self, entry, claims, terms):
        """Return why an entry is not proposed, or nothing.

        :param Entry entry: the entry
        :param dict[tuple, str] claims: the open runs that claim entries
        :param dict[tuple, account.payment.term] terms: the payment terms of the entries
        :rtype: str
        """
        if entry.key in claims:
            return self.env._("in run %(run)s", run=claims[entry.key])
        if entry.date > self.cutoff_date:
            return self.env._("dated %(date)s", date=entry.date)
        term = terms[entry.key]
        if self.payment_term_ids and term not in self.payment_term_ids:
            return self.env._("payment terms: %(term)s", term=term.display_name or self.env._("(none)"))
        return ""

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

    # === GROUPS ===#

    def _get_main_locations(self, accounts):
        """Return the account's own invoice address of each account.

        :rtype: dict[int, res.partner]
        """
        return {account.id: account._get_invoice_address() for account in accounts}

    def _group_entries(self, accounts, entries):
        """Put the entries that share a document together (``C2``): account, currency, and location if so wanted.

        :rtype: list[tuple[MergeKey, list[Entry]]]
        """
        by_location = {account.id for account in accounts if account.billing_profile_id.billing_level == "location"}
        groups = defaultdict(list)
        for entry in entries:
            key = [("company", self.company_id.id), ("account", entry.account_id), ("currency", entry.currency_id)]
            if entry.account_id in by_location:
                key.append(("location", entry.location_id))
            groups[tuple(key)].append(entry)
        return list(groups.items())

    def _locate_entries(self, entries):
        """Give each entry the invoice address to which it belongs: its own, if the account has it, else the main one.

        :param list[Entry] entries: with the addresses of the invoices, ``None`` for other entries
        :rtype: list[Entry]
        """
        Partner = self.env["res.partner"].with_company(self.company_id)
        main = self._get_main_locations(Partner.browse(unique(entry.account_id for entry in entries)))
        addresses = Partner.browse(unique(entry.location_id for entry in entries if entry.location_id))
        account_of = {address.id: address.commercial_partner_id.id for address in addresses}
        return [
            entry
            if account_of.get(entry.location_id) == entry.account_id
            else entry._replace(location_id=main[entry.account_id].id)
            for entry in entries
        ]
