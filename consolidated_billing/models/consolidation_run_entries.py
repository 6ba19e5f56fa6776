from collections import defaultdict
from datetime import date
from typing import NamedTuple

from odoo import models
from odoo.fields import Domain
from odoo.tools import SQL, split_every, unique

ACCOUNT_BATCH_SIZE = 500  # customer accounts whose entries are looked at together


class Frozen(NamedTuple):
    """What a proposal of an entry relies on (``R2``): the entry is skipped when one of it changed."""

    amount_total: float
    date: date
    account_id: int
    location_id: int


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
    :param date: the day on which it counts: the invoice date, else the accounting date
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

    @property
    def frozen(self):
        """Return what a proposal of this entry relies on."""
        return Frozen(self.amount_total, self.date, self.account_id, self.location_id)


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
                       %(day)s, move.name, move.ref, move.invoice_payment_term_id
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
              ORDER BY 3, 13, move.name, move.id
                """,
                company=self.company_id.id,
                receivable=self.env["account.move"]._get_receivable_account_ids(),
                is_entry=self.env["account.move"]._get_billable_entry_condition("move"),
                day=self.env["account.move"]._get_billing_day("move"),
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
            """
            item.partner_id IN (
                SELECT id FROM res_partner
                 WHERE commercial_partner_id = ANY(%(ids)s) OR grouping_partner_id = ANY(%(ids)s)
            )
            """,
            ids=list(accounts.ids),
        )

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
        company = ("company", self.company_id.id)
        groups = defaultdict(list)
        for entry in entries:
            key = [company, ("account", entry.account_id), ("currency", entry.currency_id)]
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
        addresses = Partner.browse(unique(entry.location_id for entry in entries if entry.location_id))
        account_of = {address.id: address.commercial_partner_id.id for address in addresses}
        others = unique(entry.account_id for entry in entries if account_of.get(entry.location_id) != entry.account_id)
        main = self._get_main_locations(Partner.browse(others))
        return [
            entry
            if account_of.get(entry.location_id) == entry.account_id
            else entry._replace(location_id=main[entry.account_id].id)
            for entry in entries
        ]
