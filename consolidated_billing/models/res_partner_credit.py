from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import SQL

CREDIT_FIELDS = ("credit", "credit_to_invoice", "credit_used")
CREDIT_GROUPS = "account.group_account_invoice,account.group_account_readonly"


class ResPartner(models.Model):
    """What counts against a credit limit: the debt of an account that is billed, with its members (``G8``)."""

    _inherit = "res.partner"

    credit_used = fields.Monetary(
        compute="_compute_credit_used",
        groups=CREDIT_GROUPS,
        help="What counts against the credit limit: open amounts and confirmed orders that are not invoiced yet. On a "
        "grouping account those of all its members; on a member what it ordered itself, whoever is billed.",
    )

    # === COMPUTE METHODS ===#

    @api.depends("credit", "credit_to_invoice", "grouping_partner_id")
    @api.depends_context("company")
    def _compute_credit_used(self):
        members = self.filtered(lambda partner: partner._is_grouped_member())
        amounts = members._origin._get_credit_by_own_orders()
        members_by_account = (self - members)._origin._get_grouped_partners_by_account()
        for partner in self:
            if partner in members:
                partner.credit_used = amounts[partner._origin.id]
                continue
            accounts = members_by_account.get(partner._origin, ())
            partner.credit_used = sum(
                (account.credit + account.credit_to_invoice for account in accounts),
                start=partner.credit + partner.credit_to_invoice,
            )

    # === BUSINESS METHODS ===#

    @api.model
    def _read_credit(self, documents):
        """Read what the warnings of these documents depend on, as it is now, and for all of them at once.

        Other documents change balances without these fields being told.

        :param documents: orders or invoices
        """
        self.invalidate_model(CREDIT_FIELDS, flush=False)
        # whoever takes orders sees the warning, not the balances: as in core
        documents = documents.sudo().filtered(
            lambda document: document.state in ("draft", "sent") and document.company_id.account_use_credit_limit
        )
        for company, own in documents.grouped("company_id").items():
            accounts = self.union(*(document._get_credit_accounts() for document in own.with_company(company)))
            for name in CREDIT_FIELDS:
                accounts.sudo().with_company(company).mapped(name)

    def _is_grouped_member(self):
        """Whether this is an account that is billed on another one.

        :rtype: bool
        """
        account = self.grouping_partner_id._origin
        return bool(account) and account != self._origin and self.commercial_partner_id._origin == self._origin

    def _get_credit_accounts(self, customer):
        """Return the accounts whose credit limits count when this debtor is billed for what a customer orders.

        The debtor, its grouping account, and the customer; a member that is not billed only with a limit of its own.

        :param res.partner customer: who orders, an account or a contact
        :rtype: res.partner
        """
        debtor, customer = self.commercial_partner_id, customer.commercial_partner_id
        accounts = debtor | debtor.grouping_partner_id
        if not customer._is_grouped_member() or customer.use_partner_credit_limit:
            accounts |= customer
        return accounts

    def _get_credit_by_own_orders(self):
        """Return what accounts owe and ordered themselves, whoever is billed, in the currency of the current company.

        :return: amount by id of the account
        :rtype: dict[int, float]
        """
        if not self.ids:
            return {}
        amounts = defaultdict(float, {account.id: account.credit for account in self})
        for parts in (self._get_unbilled_by_customer(), self._get_open_share_by_customer()):
            for account_id, amount in parts.items():
                amounts[account_id] += amount
        currency = self.env.company.currency_id
        return {account.id: currency.round(amounts[account.id]) for account in self}

    def _get_unbilled_by_customer(self):
        """Return what is confirmed and not invoiced of the accounts' own orders, counted as core counts it.

        :rtype: dict[int, float]
        """
        company = self.env.company
        today = fields.Date.context_today(self)
        # a sum is shown, to those who may see what customers owe: orders of all salespeople count
        orders = (
            self.env["sale.order"]
            .sudo()
            .search(
                [
                    ("company_id", "=", company.id),
                    ("state", "=", "sale"),
                    ("partner_id.commercial_partner_id", "in", self.ids),
                    ("order_line", "any", [("untaxed_amount_to_invoice", ">", 0)]),
                ]
            )
        )
        amounts = defaultdict(float)
        by_account = orders.grouped(lambda order: (order.partner_id.commercial_partner_id.id, order.currency_id))
        for (account_id, currency), own in by_account.items():
            total = sum(own.mapped("amount_to_invoice"))
            amounts[account_id] += currency._convert(total, company.currency_id, company, today)
        return amounts

    def _get_open_share_by_customer(self):
        """Return the share of the accounts' own orders in what is open of invoices to other accounts.

        :rtype: dict[int, float]
        """
        moves = self.env["account.move"]._search(
            [
                ("state", "=", "posted"),
                ("move_type", "in", ("out_invoice", "out_refund")),
                ("amount_residual_signed", "!=", 0),
                ("company_id", "child_of", self.env.company.root_id.id),
            ],
            bypass_access=True,  # only sums leave this method
        )
        self.env["account.move.line"].flush_model(["move_id", "display_type", "price_total"])
        self.env["account.move"].flush_model(["commercial_partner_id"])
        self.env["sale.order"].flush_model(["partner_id"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT owned.account_id, SUM(move.amount_residual_signed * owned.amount / whole.amount)
                  FROM (
                        SELECT DISTINCT line.id, line.move_id, line.price_total AS amount,
                                        customer.commercial_partner_id AS account_id
                          FROM res_partner AS customer
                          JOIN sale_order AS sale ON sale.partner_id = customer.id
                          JOIN sale_order_line AS sold ON sold.order_id = sale.id
                          JOIN sale_order_line_invoice_rel AS rel ON rel.order_line_id = sold.id
                          JOIN account_move_line AS line ON line.id = rel.invoice_line_id
                         WHERE customer.commercial_partner_id IN %(accounts)s
                       ) AS owned
                  JOIN account_move AS move ON move.id = owned.move_id
                  JOIN LATERAL (
                        SELECT NULLIF(SUM(line.price_total), 0) AS amount
                          FROM account_move_line AS line
                         WHERE line.move_id = move.id AND line.display_type = 'product'
                       ) AS whole ON TRUE
                 WHERE move.id IN %(moves)s
                   AND move.commercial_partner_id != owned.account_id
              GROUP BY owned.account_id
                """,
                accounts=self._ids,
                moves=moves.subselect(),
            )
        )
        return {account_id: float(amount or 0.0) for account_id, amount in rows}
