from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

# What an entry is: nobody may change it while a consolidated billing invoice shows it.
BILLING_FIELDS = {"consolidated_billing_id", "billing_number"}
BILLED_FIELDS = {
    "amount_residual",
    "amount_residual_signed",
    "amount_tax",
    "amount_total",
    "amount_total_signed",
    "amount_untaxed",
    "commercial_partner_id",
    "company_id",
    "currency_id",
    "date",
    "invoice_date",
    "journal_id",
    "move_type",
    "name",
    "origin_payment_id",
    "partner_id",
    "payment_state",
    "state",
    "statement_line_id",
}

# In the context while an account becomes a contact of another one: its entries follow it, also of closed documents.
# It cannot be sent by a client, as contexts that come over the network hold plain values only.
ACCOUNT_MOVES = object()


class AccountMove(models.Model):
    """Entries on consolidated billing invoices: which can be billed, and how they are protected (``C1``, ``C5``)."""

    _name = "account.move"
    _inherit = ["account.move", "consolidated.billing.number.mixin"]

    consolidated_billing_id = fields.Many2one(
        "consolidated.billing.invoice",
        string="Consolidated Billing Invoice",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The consolidated billing invoice that bills this entry.",
    )
    billing_number = fields.Char(
        related="consolidated_billing_id.name",
        string="Billing Number",
        store=True,
        readonly=True,
        copy=False,
        index="trigram",
        help="The number of the consolidated billing invoice that bills this entry.",
    )

    # === BUSINESS METHODS ===#

    @api.model
    def _get_billable_entry_condition(self, move):
        """Return which entries are listed on consolidated billing invoices (``C1``).

        Invoices, credit notes and miscellaneous entries; neither payments, nor exchange differences (``C9``).

        :param str move: alias of `account_move`
        :rtype: SQL
        """
        return SQL(
            """(
                %(move)s.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
                OR %(move)s.move_type = 'entry' AND NOT %(is_payment)s AND NOT %(is_exchange)s
            )""",
            move=SQL.identifier(move),
            is_payment=self._get_payment_condition(move),
            is_exchange=self._get_exchange_difference_condition(move),
        )

    @api.model
    def _get_payment_condition(self, move):
        """Return which entries are payments: those of payments and bank transactions, and others in their journals.

        :param str move: alias of `account_move`
        :rtype: SQL
        """
        return SQL(
            """(
                %(move)s.move_type = 'entry' AND (
                    %(move)s.origin_payment_id IS NOT NULL OR %(move)s.statement_line_id IS NOT NULL
                    OR EXISTS (SELECT FROM account_journal AS journal
                                WHERE journal.id = %(move)s.journal_id AND journal.type IN ('bank', 'cash', 'credit'))
                )
            )""",
            move=SQL.identifier(move),
        )

    @api.model
    def _get_exchange_difference_condition(self, move):
        """Return which entries are exchange differences: matched ones, and those of which the matching was undone.

        The latter, and what reverses them, are known by their journal and their gain or loss account only.

        :param str move: alias of `account_move`
        :rtype: SQL
        """
        return SQL(
            """(
                EXISTS (SELECT FROM account_partial_reconcile AS part
                         WHERE part.exchange_move_id = %(move)s.id AND part.exchange_move_id IS NOT NULL)
                OR EXISTS (SELECT FROM res_company AS company
                             JOIN account_move_line AS difference ON difference.move_id = %(move)s.id
                              AND difference.account_id IN (company.income_currency_exchange_account_id,
                                                            company.expense_currency_exchange_account_id)
                            WHERE company.currency_exchange_journal_id = %(move)s.journal_id)
            )""",
            move=SQL.identifier(move),
        )

    @api.model
    def _get_billing_day(self, move):
        """Return the day on which an entry counts: the invoice date, else the accounting date (``C9``).

        :param str move: alias of `account_move`
        :rtype: SQL
        """
        return SQL(
            """
            CASE %(move)s.move_type WHEN 'entry' THEN %(move)s.date ELSE COALESCE(%(move)s.invoice_date, %(move)s.date)
            END
            """,
            move=SQL.identifier(move),
        )

    @api.model
    def _get_receivable_account_ids(self):
        """Return the accounts on which customers owe: as plain ids, they lead into the indexes of journal items.

        :rtype: list[int]
        """
        self.env.cr.execute("SELECT id FROM account_account WHERE account_type = 'asset_receivable' ORDER BY id")
        return [account_id for (account_id,) in self.env.cr.fetchall()]

    # === PROTECTION ===#

    def write(self, vals):
        """Override of `account` to protect billed entries (``C5``)."""
        changed = vals.keys() & BILLED_FIELDS
        if changed:
            self._check_not_billed(changed, vals)
        return super().write(vals)

    def _get_engine_refusal(self, names):
        """Extend: an entry is not billed by saying so (``C4``, ``C5``)."""
        if names & BILLING_FIELDS:
            return self._get_typed_billing_refusal()
        return super()._get_engine_refusal(names)

    @api.model
    def _get_typed_billing_refusal(self):
        """Say why nobody types which document bills an entry: billing runs claim entries (``C4``, ``C5``)."""
        return self.env._(
            "Billing runs decide which consolidated billing invoice bills an entry. Start a billing run to bill it, "
            "or reject or cancel the document to release it."
        )

    def _check_not_billed(self, names, vals=None):
        """Refuse to reset, cancel, change or delete an entry that a consolidated billing invoice bills (``C5``).

        :param set[str] names: the fields that change
        :param dict vals: their new values
        :raise UserError: names the entry and the document
        """
        billed = self.filtered(lambda m: m.state == "posted")._filter_billed()
        if self.env.context.get("billed_account_moves") is ACCOUNT_MOVES:
            billed = billed.filtered(lambda move: not move._get_billings()._are_closed())
        for move in billed:
            fields_ = (self._fields[name] for name in names)
            if vals and all(
                field.convert_to_cache(vals[field.name], move) == field.convert_to_cache(move[field.name], move)
                for field in fields_
            ):
                continue
            billing = move._get_billings()[:1]
            raise UserError(
                self.env._(
                    "%(entry)s is billed on the consolidated billing invoice %(billing)s of %(partner)s. It cannot be "
                    "reset to draft, cancelled, changed or deleted before %(billing)s is rejected or cancelled.",
                    entry=move.name,
                    billing=billing.name,
                    partner=billing.partner_id.display_name,
                )
            )

    def _filter_billed(self):
        """Return the entries of which a journal item is on a consolidated billing invoice.

        :rtype: account.move
        """
        if not self.ids:
            return self.browse()
        rows = (
            self.env["account.move.line"]
            .sudo()  # the rule counts also for who may not see all entries
            ._read_group(
                [("move_id", "in", self.ids), ("consolidated_billing_line_id", "!=", False)], groupby=["move_id"]
            )
        )
        return self & self.browse([move.id for (move,) in rows])

    def _get_billings(self):
        """Return the consolidated billing invoices that bill these entries.

        :rtype: consolidated.billing.invoice
        """
        # only their number and bill-to are shown
        return self.sudo().line_ids.consolidated_billing_line_id.billing_id

    # === ACTIONS ===#

    def action_view_consolidated_billing(self):
        """Open the consolidated billing invoice that bills this entry."""
        self.ensure_one()
        return self.consolidated_billing_id._get_form_action()
