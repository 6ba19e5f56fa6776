from collections import defaultdict

from odoo.fields import Command
from odoo.tools import frozendict

from ..tools.engine_context import give

USUAL_LINES = {"product", "line_section", "line_subsection", "line_note"}
NEEDED_INVOICE_VALUES = {
    "company_id",
    "currency_id",
    "fiscal_position_id",
    "invoice_line_ids",
    "invoice_payment_term_id",
}
# Values that say that somebody else decided an amount, an account or a tax of this invoice or line.
UNUSUAL_INVOICE_VALUES = (
    "line_ids",
    "tax_totals",
    "invoice_cash_rounding_id",
    "reversed_entry_id",
    "statement_line_id",
)
UNUSUAL_LINE_VALUES = (
    "account_id",
    "amount_currency",
    "balance",
    "credit",
    "currency_id",
    "debit",
    "deductible_amount",
    "extra_tax_data",
    "is_downpayment",
    "is_imported",
    "partner_id",
    "tax_repartition_line_id",
    "tax_tag_ids",
)
# What `complete_lines` gives a line, and core computes before a line is stored.
COMPLETED_FIELDS = (
    "account_id",
    "amount_currency",
    "balance",
    "company_currency_id",
    "company_id",
    "credit",
    "currency_id",
    "debit",
    "is_storno",
    "journal_id",
    "partner_id",
    "tax_group_id",
    "tax_line_id",
)


class InvoiceCompletion:
    """Completes the values of the lines of usual customer invoices, and prepares their tax lines.

    Everything is computed by core's tax engine, over all lines of an invoice at once. One object serves all invoices
    that are created together: it remembers taxes, accounts and distributions.

    :param Environment env: in which the invoices are created
    """

    NO_CONTEXT = {
        "billing_completion": None,
        "skip_analytic_sync": False,
        "skip_invoice_line_sync": False,
        "skip_invoice_sync": False,
    }

    def __init__(self, env):
        self.env = env
        self._tax_lines = []
        self._taxes = {}
        self._accounts = {}
        self._distributions = {}
        self._has_distribution_models = None
        self._unusual_defaults = None

    def get_context(self):
        """Return the context in which the lines of a batch are created.

        :rtype: dict
        """
        return {**dict.fromkeys(self.NO_CONTEXT, True), **give(billing_completion=self)}

    def take_tax_lines(self):
        """Return the values of the tax lines of the invoices that were completed since the last time.

        :rtype: list[dict]
        """
        tax_lines, self._tax_lines = self._tax_lines, []
        return tax_lines

    # === WHAT IS USUAL ===#

    def is_usual(self, vals):
        """Return whether the values of this invoice can be completed; everything else is left to core.

        :param dict vals: values of a future invoice
        :rtype: bool
        """
        if not NEEDED_INVOICE_VALUES <= vals.keys() or vals.get("move_type") != "out_invoice":
            return False
        lines = vals["invoice_line_ids"]
        if not lines or self.has_unusual_defaults() or any(vals.get(name) for name in UNUSUAL_INVOICE_VALUES):
            return False
        company = self.env["res.company"].browse(vals["company_id"])
        if company.account_storno or company.account_discount_expense_allocation_id:
            return False
        if self.env["account.payment.term"].browse(vals["invoice_payment_term_id"] or []).early_discount:
            return False
        return all(command[0] == Command.CREATE and self._is_usual_line(command[2], vals) for command in lines)

    def has_unusual_defaults(self):
        """Return whether somebody chose a default for what only core completes."""
        if self._unusual_defaults is None:
            Default = self.env["ir.default"]
            self._unusual_defaults = Default._get_model_defaults("account.move").keys() & set(
                UNUSUAL_INVOICE_VALUES
            ) or Default._get_model_defaults("account.move.line").keys() & set(UNUSUAL_LINE_VALUES)
        return bool(self._unusual_defaults)

    def _is_usual_line(self, line, vals):
        if line.get("display_type") not in USUAL_LINES or any(line.get(name) for name in UNUSUAL_LINE_VALUES):
            return False
        if line["display_type"] != "product":
            return True
        taxes = self._get_taxes(line)
        return (
            taxes is not None
            and bool(line.get("product_id"))
            and line.get("quantity") is not None
            and line.get("price_unit") is not None
            and bool(self._get_income_account(line["product_id"], vals.get("fiscal_position_id"), vals["company_id"]))
        )

    def _get_taxes(self, line):
        """Return the taxes of a future line, or nothing when they are not plainly set."""
        commands = line.get("tax_ids")
        if not commands or len(commands) != 1 or commands[0][0] != Command.SET:
            return None
        ids = tuple(commands[0][2])
        if ids not in self._taxes:
            self._taxes[ids] = self.env["account.tax"].browse(ids)
        return self._taxes[ids]

    def _get_income_account(self, product_id, fiscal_position_id, company_id):
        """Return the account of a product, as core maps it."""
        key = product_id, fiscal_position_id or False, company_id
        if key not in self._accounts:
            template = self.env["product.product"].with_company(company_id).browse(product_id).product_tmpl_id
            position = self.env["account.fiscal.position"].browse(fiscal_position_id or [])
            self._accounts[key] = template.get_product_accounts(fiscal_pos=position)["income"]
        return self._accounts[key]

    # === ANALYTIC DISTRIBUTION ===#

    def _get_distribution(self, move, vals, account):
        """Return the analytic distribution of a line: given, of the order line, or by distribution models, as in core.

        :return: the distribution, or ``False``
        """
        if vals.get("analytic_distribution"):
            return vals["analytic_distribution"]
        order_line_ids = move.env["sale.order"]._get_order_line_ids(vals)
        own = move.env["sale.order.line"].browse(order_line_ids[:1]).analytic_distribution or {}
        if self._has_distribution_models is None:
            self._has_distribution_models = bool(
                move.env["account.analytic.distribution.model"].search_count([], limit=1)
            )
        if not self._has_distribution_models:
            return own or False
        key = vals["product_id"], move.partner_id.commercial_partner_id.id, account.id, move.company_id.id, tuple(own)
        if key not in self._distributions:
            self._distributions[key] = self._get_distribution_of_models(move, vals, account, own)
        return own | self._distributions[key] or False

    def _get_distribution_of_models(self, move, vals, account, own):
        """Ask the distribution models, as core does for a line."""
        line = move.env["account.move.line"].new(
            {
                "move_id": move.id,
                "product_id": vals["product_id"],
                "partner_id": move.partner_id.commercial_partner_id.id,
                "account_id": account.id,
                "company_id": move.company_id.id,
                "analytic_distribution": False,
            }
        )
        ids = {int(part) for key in own for part in key.split(",") if part.strip()}
        plans = move.env["account.analytic.account"].browse(ids).exists().root_plan_id
        arguments = line._get_analytic_distribution_arguments(plans)
        return move.env["account.analytic.distribution.model"]._get_distribution(frozendict(arguments))

    # === COMPLETING ===#

    def complete_lines(self, env, vals_list):
        """Give the lines of stored invoices their accounts, amounts and tags, and prepare the tax lines.

        :param Environment env: of the lines
        :param list[dict] vals_list: values of lines, with their invoice; those of products are completed
        :return: the completed values, and the names of what was given and is computed otherwise
        :rtype: list[tuple[dict, tuple[str, ...]]]
        """
        by_move = defaultdict(list)
        for vals in vals_list:
            if vals.get("display_type") == "product":
                by_move[vals["move_id"]].append(vals)
        for move in env["account.move"].browse(by_move):
            self._complete_invoice(move, by_move[move.id])
        return [(vals, COMPLETED_FIELDS) for lines in by_move.values() for vals in lines]

    def _complete_invoice(self, move, lines):
        """Complete the lines of products of one invoice."""
        Tax = move.env["account.tax"]
        company = move.company_id
        header = self._get_header_values(move)
        base_lines = [self._prepare_base_line(move, vals) for vals in lines]
        Tax._add_tax_details_in_base_lines(base_lines, company)
        totals = [self._get_totals(base_line, company) for base_line in base_lines]
        Tax._round_base_lines_tax_details(base_lines, company)
        Tax._add_accounting_data_in_base_lines_tax_details(
            base_lines, company, include_caba_tags=move.always_tax_exigible
        )
        results = Tax._prepare_tax_lines(base_lines, company)
        for vals, total, (base_line, amounts) in zip(lines, totals, results["base_lines_to_update"], strict=True):
            balance = company.currency_id.round(amounts["balance"])
            vals.update(
                header | total,
                account_id=base_line["account_id"].id,
                analytic_distribution=base_line["analytic_distribution"],
                tax_tag_ids=amounts["tax_tag_ids"],
                amount_currency=move.currency_id.round(amounts["amount_currency"]),
                balance=balance,
                debit=max(balance, 0.0),
                credit=max(-balance, 0.0),
            )
        self._tax_lines += [{**vals, "display_type": "tax", "move_id": move.id} for vals in results["tax_lines_to_add"]]

    def _get_totals(self, base_line, company):
        """Return what a line amounts to alone, as core shows it: rounding differences of the invoice are not in it.

        :param dict base_line: a line with the details of its taxes, not rounded yet
        """
        details = base_line["tax_details"]
        alone = {
            **base_line,
            "tax_details": {**details, "taxes_data": [dict(tax_data) for tax_data in details["taxes_data"]]},
        }
        self.env["account.tax"]._round_base_lines_tax_details([alone], company)
        return {
            "price_subtotal": alone["tax_details"]["total_excluded_currency"],
            "price_total": alone["tax_details"]["total_included_currency"],
        }

    def _get_header_values(self, move):
        """Return what all lines of an invoice have from it."""
        return {
            "company_id": move.company_id.id,
            "company_currency_id": move.company_id.currency_id.id,
            "currency_id": move.currency_id.id,
            "is_storno": False,
            "journal_id": move.journal_id.id,
            "partner_id": move.partner_id.commercial_partner_id.id,
            "tax_group_id": False,
            "tax_line_id": False,
        }

    def _prepare_base_line(self, move, vals):
        """Return a line for core's tax engine, as core prepares stored lines."""
        account = self._get_income_account(vals["product_id"], move.fiscal_position_id.id, move.company_id.id)
        return move.env["account.tax"]._prepare_base_line_for_taxes_computation(
            None,
            product_id=move.env["product.product"].browse(vals["product_id"]),
            product_uom_id=move.env["uom.uom"].browse(vals.get("product_uom_id") or []),
            tax_ids=self._get_taxes(vals),
            price_unit=vals["price_unit"],
            quantity=vals["quantity"],
            discount=vals.get("discount") or 0.0,
            currency_id=move.currency_id,
            rate=move.invoice_currency_rate,
            sign=move.direction_sign,
            special_mode=False,
            name=vals.get("name"),
            is_refund=False,
            partner_id=move.partner_id.commercial_partner_id,
            account_id=account,
            analytic_distribution=self._get_distribution(move, vals, account),
        )
