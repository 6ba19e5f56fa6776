from odoo import api, fields, models
from odoo.tools import SQL, groupby

from ..tools.merge_key import explain, nearest_neighbours


class ConsolidatedBillingRun(models.Model):
    """Runs of kind ``consolidate``: the same proposal, over posted entries (``C1``, ``R1``)."""

    _inherit = "consolidated.billing.run"

    kind = fields.Selection(
        selection_add=[("consolidate", "Consolidated Billing Invoices")],
        ondelete={"consolidate": lambda runs: None},  # the table goes with the value
        tracking=True,
    )
    ignore_cycle = fields.Boolean(
        string="All Cycles",
        tracking=True,
        help="Bill all customers, also those whose billing cycle does not fall on the cutoff date.",
    )
    consolidated_billing_ids = fields.One2many(
        "consolidated.billing.invoice",
        "run_id",
        string="Consolidated Billing Invoices",
        readonly=True,
        copy=False,
        help="The consolidated billing invoices that this run created.",
    )

    @api.model
    def _get_parameter_names(self):
        return super()._get_parameter_names() | {"ignore_cycle"}

    # === PROPOSAL ===#

    def _check_can_prepare(self):
        """Extend: who consolidates must be allowed to invoice."""
        if self.kind == "consolidate":
            self.env["consolidated.billing.invoice"].check_access("write")
        return super()._check_can_prepare()

    def _check_invoice_date_is_open(self):
        """Extend: consolidated billing invoices are not posted, a locked period does not matter to them."""
        return super()._check_invoice_date_is_open() if self.kind != "consolidate" else None

    def _split_candidates(self):
        """Extend: the candidates are customer accounts."""
        return super()._split_candidates() if self.kind != "consolidate" else self._split_accounts()

    def _propose(self, candidates):
        """Extend: propose documents over the entries of a batch of accounts, and list what is not proposed."""
        if self.kind != "consolidate":
            return super()._propose(candidates)
        chosen, skipped = self._choose_entries(candidates)
        proposed, deferred = [], []
        for key, entries in self._group_entries(candidates, chosen):
            reason = self._get_below_minimum_reason(candidates.browse(dict(key)["account"]), entries)
            if reason:
                deferred.append((key, entries, reason))
            else:
                proposed.append((key, entries))
        main = self._get_main_locations(candidates)
        self._create_entry_groups(proposed, main)
        self._create_deferred_entries(deferred, main)
        self._store(
            "consolidated.billing.run.line",
            [
                {**self._prepare_entry_line(entry), "selected": False, "skip_reason": reason}
                for entry, reason in skipped
            ],
        )
        return None

    def _get_below_minimum_reason(self, account, entries):
        """Return why a document is not worth while (the profile's minimum amount), or nothing.

        :param res.partner account: the account that is billed
        :param list[Entry] entries: what would be on the document
        :rtype: str
        """
        minimum = account.billing_profile_id.minimum_amount
        currency = self.env["res.currency"].browse(entries[0].currency_id)
        untaxed = sum(entry.amount_untaxed for entry in entries)
        return self._get_minimum_reason(minimum) if minimum and self._is_below(untaxed, currency, minimum) else ""

    def _create_entry_groups(self, groups, main):
        """Store the proposed documents with their entries, which are claimed at once (``R3``).

        :param groups: merge key and entries of each document
        :type groups: list[tuple[MergeKey, list[Entry]]]
        :param dict[int, res.partner] main: the account's own invoice address by account id
        """
        reasons = self._explain_entry_groups([key for key, _entries in groups])
        group_ids = self._store(
            "consolidated.billing.run.group",
            [
                self._prepare_entry_group(key, entries, reason, main)
                for (key, entries), reason in zip(groups, reasons, strict=True)
            ],
        )
        self._store(
            "consolidated.billing.run.line",
            [
                {
                    **self._prepare_entry_line(entry),
                    "group_id": group_id,
                    "selected": True,
                    "is_claim": True,
                    "amount_untaxed": entry.amount_untaxed,
                    "amount_total": entry.amount_total,
                }
                for group_id, (_key, entries) in zip(group_ids, groups, strict=True)
                for entry in entries
            ],
        )

    def _create_deferred_entries(self, deferred, main):
        """List documents below the minimum; their entries are not proposed, so that they are free for a later run.

        :param deferred: merge key and entries of each document, and why it is deferred
        :type deferred: list[tuple[MergeKey, list[Entry], str]]
        :param dict[int, res.partner] main: the account's own invoice address by account id
        """
        group_ids = self._store(
            "consolidated.billing.run.group",
            [
                {
                    **self._prepare_entry_group(key, entries, reason, main),
                    "state": "deferred",
                    "selected": False,
                }
                for key, entries, reason in deferred
            ],
        )
        self._store(
            "consolidated.billing.run.line",
            [
                {
                    **self._prepare_entry_line(entry),
                    "deferred_group_id": group_id,
                    "selected": False,
                    "skip_reason": reason,
                }
                for group_id, (_key, entries, reason) in zip(group_ids, deferred, strict=True)
                for entry in entries
            ],
        )

    def _prepare_entry_group(self, key, entries, reason, main):
        """Prepare one document with the values of all columns.

        :param MergeKey key: its merge key
        :param list[Entry] entries: what is on it
        :param str reason: why it is apart from its neighbours, or why it is deferred
        :param dict[int, res.partner] main: the account's own invoice address by account id
        :rtype: dict
        """
        parts = dict(key)
        return {
            "run_id": self.id,
            "company_id": self.company_id.id,
            "partner_id": parts.get("location") or main[parts["account"]].id,
            "account_partner_id": parts["account"],
            "currency_id": parts["currency"],
            "state": "proposed",
            "selected": True,
            "order_count": 0,
            "line_count": len(entries),
            "amount_untaxed": sum(entry.amount_untaxed for entry in entries),
            "amount_total": sum(entry.amount_total for entry in entries),
            "merge_key": self._serialize_key(key),
            "reason": reason,
        }

    def _prepare_entry_line(self, entry):
        """Prepare one line of the run, proposed or not, with the values of all columns.

        :param Entry entry: the entry
        :rtype: dict
        """
        return {
            "run_id": self.id,
            "move_id": entry.move_id,
            "entry_partner_id": entry.partner_id,
            "entry_date": entry.date,
            "location_id": entry.location_id,
            "currency_id": entry.currency_id,
            "amount_open": entry.amount_total,
            "amount_company": entry.amount_company,
        }

    def _explain_entry_groups(self, keys):
        """Say of every document why it is apart from its nearest neighbour of the same account (``R1``).

        :param list[MergeKey] keys: the merge keys of the documents
        :rtype: list[str]
        """
        reasons = [""] * len(keys)
        indexes_by_account = groupby(range(len(keys)), key=lambda index: dict(keys[index])["account"])
        for _account, indexes in indexes_by_account:
            for index, neighbour in zip(indexes, nearest_neighbours([keys[i] for i in indexes]), strict=True):
                if neighbour is not None:
                    reasons[index] = self._explain_entry_keys(keys[index], keys[indexes[neighbour]])
        return reasons

    def _explain_entry_keys(self, key, other):
        labels = {"currency": self.env._("currency"), "location": self.env._("location")}
        models_ = {"currency": "res.currency", "location": "res.partner"}
        sentences = []
        for name in explain(key, other):
            values = [self.env[models_[name]].browse(dict(k)[name]).display_name for k in (key, other)]
            sentences.append(f"{labels[name]}: {values[0]} ≠ {values[1]}")
        return "; ".join(sentences)

    def _get_empty_reason(self, skipped):
        """Extend: say why there is nothing to consolidate."""
        if self.kind != "consolidate" or skipped:
            return super()._get_empty_reason(skipped)
        if self.by_grouping_account:
            return self.env._(
                "No grouping account with a billing profile for consolidated billing invoices has posted entries that "
                'are not billed yet. Untick "Invoicing by Grouping Customer" for the other customers.'
            )
        return self.env._(
            "No customer with a billing profile for consolidated billing invoices has posted entries that are not "
            'billed yet. Assign profiles to customers, or tick "Invoicing by Grouping Customer" for grouping accounts.'
        )

    # === TOTALS ===#

    def _update_totals(self):
        """Extend: posted entries count with taxes, as they stand on the receivable account."""
        consolidating = self.filtered(lambda run: run.kind == "consolidate")
        super(ConsolidatedBillingRun, self - consolidating)._update_totals()
        if not consolidating:
            return
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                SELECT line.run_id,
                       COALESCE(SUM(line.amount_company)
                                FILTER (WHERE line.selected AND (grp.selected OR grp.is_reversed)), 0),
                       COALESCE(SUM(line.amount_company), 0)
                  FROM consolidated_billing_run_line AS line
             LEFT JOIN consolidated_billing_run_group AS grp ON grp.id = line.group_id
                 WHERE line.run_id IN %s
              GROUP BY line.run_id
                """,
                consolidating._ids,
            )
        )
        rows = {run_id: (float(proposed), float(unbilled)) for run_id, proposed, unbilled in self.env.cr.fetchall()}
        for run in consolidating:
            run._write_totals(*rows.get(run.id, (0.0, 0.0)))
