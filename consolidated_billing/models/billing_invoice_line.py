from odoo import api, fields, models
from odoo.tools import SQL

ENTRY_TYPES = [("invoice", "Invoice"), ("credit", "Credit Note"), ("adjustment", "Adjustment")]


class ConsolidatedBillingInvoiceLine(models.Model):
    """One entry on a consolidated billing invoice (``C3``): what it was when it was billed.

    Lines stay when their document is rejected or cancelled; what they bill is then free again. An entry is claimed by
    `account.move.line.consolidated_billing_line_id`: a journal item has one such line at most.
    """

    _name = "consolidated.billing.invoice.line"
    _description = "Consolidated Billing Invoice Entry"
    _inherit = ["consolidated.billing.engine"]
    _order = "billing_id, date, id"
    _log_access = False  # the document says who and when
    _check_company_auto = True

    billing_id = fields.Many2one(
        "consolidated.billing.invoice",
        string="Consolidated Billing Invoice",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        help="The document that lists this entry.",
    )
    # Not stored: the analysis groups and filters by what the document says, without a copy on each entry.
    company_id = fields.Many2one(related="billing_id.company_id", help="The company that bills.")
    currency_id = fields.Many2one(
        related="billing_id.currency_id", help="The currency of the document and of this entry."
    )
    state = fields.Selection(related="billing_id.state", help="The state of the document.")
    profile_id = fields.Many2one(related="billing_id.profile_id", help="The billing profile of the document.")
    account_partner_id = fields.Many2one(
        "res.partner",
        string="Account",
        readonly=True,
        ondelete="restrict",
        help="The customer account, or the grouping account, that is billed.",
    )
    invoice_date = fields.Date(
        related="billing_id.invoice_date", string="Billing Date", help="The date of the document."
    )
    entry_type = fields.Selection(
        ENTRY_TYPES,
        required=True,
        readonly=True,
        help="Invoices and credit notes, and adjustments: other entries on the customer's receivable account.",
    )
    move_id = fields.Many2one(
        "account.move",
        string="Entry",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        check_company=True,
        help="The journal entry.",
    )
    move_line_ids = fields.One2many(
        "account.move.line",
        "consolidated_billing_line_id",
        string="Journal Items",
        readonly=True,
        help="The receivable journal items that this line bills now.",
    )
    name = fields.Char(string="Number", readonly=True, help="The number of the entry.")
    ref = fields.Char(string="Reference", readonly=True, help="The reference of the entry.")
    date = fields.Date(readonly=True, help="The date of the entry.")
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        readonly=True,
        index=True,
        ondelete="restrict",
        help="The customer account of the entry: a member of the grouping account, or the account itself.",
    )
    location_id = fields.Many2one(
        "res.partner",
        readonly=True,
        ondelete="restrict",
        help="The invoice address to which the entry belongs.",
    )
    amount_untaxed = fields.Monetary(
        string="Tax Excluded", readonly=True, help="Without taxes, as it acts on the balance: credits are negative."
    )
    amount_tax = fields.Monetary(string="Taxes", readonly=True, help="Taxes, as they act on the balance.")
    amount_total = fields.Monetary(
        string="Total", readonly=True, help="What the entry adds to the balance: credits are negative."
    )
    amount_residual = fields.Monetary(
        string="Open",
        compute="_compute_amount_residual",
        store=True,
        help="What is open of this entry. Nothing, once its document is rejected or cancelled.",
    )

    # === COMPUTE METHODS ===#

    @api.depends("move_line_ids.amount_residual_currency")
    def _compute_amount_residual(self):
        """Sum what is open on the receivable journal items, in one query for all lines."""
        MoveLine = self.env["account.move.line"]
        rows = MoveLine._read_group(
            [("consolidated_billing_line_id", "in", self.ids)],
            ["consolidated_billing_line_id"],
            ["amount_residual_currency:sum"],
        )
        residuals = {line.id: residual for line, residual in rows}
        for line in self:
            line.amount_residual = residuals.get(line.id, 0.0)

    # === BUSINESS METHODS ===#

    def _claim(self, item_ids_by_line):
        """Claim the journal items of these lines (``C5``): none that is on another document.

        :param dict[int, list[int]] item_ids_by_line: ids of the journal items by id of the line
        :return: how many journal items were claimed; less than given when somebody else was faster
        :rtype: int
        """
        self.env["account.move.line"].flush_model(["parent_state", "consolidated_billing_line_id"])
        self.env["account.move"].flush_model(["consolidated_billing_id", "billing_number"])
        pairs = [(line_id, item_id) for line_id, items in item_ids_by_line.items() for item_id in items]
        line_ids, item_ids = map(list, zip(*pairs, strict=True))
        self.env.cr.execute(
            SQL(
                """
                UPDATE account_move_line AS item
                   SET consolidated_billing_line_id = claim.line_id
                  FROM unnest(%s::int[], %s::int[]) AS claim(line_id, item_id)
                 WHERE item.id = claim.item_id AND item.consolidated_billing_line_id IS NULL
                   AND item.parent_state = 'posted'
                """,
                line_ids,
                item_ids,
            )
        )
        claimed = self.env.cr.rowcount
        self.env.cr.execute(
            SQL(
                """
                UPDATE account_move AS move
                   SET consolidated_billing_id = billing.id, billing_number = billing.name
                  FROM consolidated_billing_invoice_line AS line
                  JOIN consolidated_billing_invoice AS billing ON billing.id = line.billing_id
                 WHERE line.id = ANY(%s) AND move.id = line.move_id AND move.consolidated_billing_id IS NULL
                """,
                list(self.ids),
            )
        )
        self._forget_claims()
        return claimed

    def _release(self):
        """Release the entries of these lines: they can be billed again (``C4``, ``C5``)."""
        self.env.flush_all()
        ids = list(self.ids)
        self.env.cr.execute(
            SQL(
                """
                UPDATE account_move_line SET consolidated_billing_line_id = NULL
                 WHERE consolidated_billing_line_id = ANY(%s)
                """,
                ids,
            )
        )
        # An entry over several customers can be on several documents: it shows another one of them then.
        self.env.cr.execute(
            SQL(
                """
                UPDATE account_move AS move
                   SET consolidated_billing_id = other.billing_id, billing_number = other.name
                  FROM account_move AS released
             LEFT JOIN LATERAL (
                        SELECT line.billing_id, billing.name
                          FROM account_move_line AS item
                          JOIN consolidated_billing_invoice_line AS line ON line.id = item.consolidated_billing_line_id
                          JOIN consolidated_billing_invoice AS billing ON billing.id = line.billing_id
                         WHERE item.move_id = released.id
                      ORDER BY line.id
                         LIMIT 1
                       ) AS other ON TRUE
                 WHERE released.id = move.id
                   AND (move.id, move.consolidated_billing_id) IN (
                        SELECT move_id, billing_id FROM consolidated_billing_invoice_line WHERE id = ANY(%s)
                       )
                """,
                ids,
            )
        )
        self._forget_claims()
        self.modified(["move_line_ids"])

    def _forget_claims(self):
        """Forget what the caches hold of the columns that were written in SQL."""
        self.env["account.move.line"].invalidate_model(["consolidated_billing_line_id", "billing_number"])
        self.env["account.move"].invalidate_model(["consolidated_billing_id", "billing_number"])
        self.env["consolidated.billing.invoice"].invalidate_model(["move_ids"])
        self.invalidate_model(["move_line_ids"])
