from odoo import api, models
from odoo.tools import clean_context, ormcache, str2bool

from ..tools.engine_context import give, take
from .invoice_completion import InvoiceCompletion

FAST_CREATION_PARAMETER = "consolidated_billing.fast_invoice_creation"
MOVES_PER_BATCH = 20
LINES_PER_BATCH = 500

# Core's work that is done another way here. When another addon extends one of these, core's way is taken.
REPLACED_METHODS = {
    "account.move": (
        "_compute_delivery_date",
        "_get_discount_allocation_account",
        "_get_product_base_line_currency_rate",
        "_get_rounded_base_and_tax_lines",
        "_get_sync_stack",
        "_prepare_product_base_line_for_taxes_computation",
        "_recompute_cash_rounding_lines",
        "_sync_dynamic_line",
        "_sync_dynamic_lines",
        "_sync_invoice",
        "_sync_non_deductible_base_lines",
        "_sync_rounding_lines",
        "_sync_tax_lines",
    ),
    "account.move.line": (
        "_add_precomputed_values",
        "_compute_account_id",
        "_compute_amount_currency",
        "_compute_balance",
        "_compute_currency_id",
        "_compute_debit_credit",
        "_compute_analytic_distribution",
        "_compute_is_storno",
        "_compute_partner_id",
        "_compute_totals",
        "_related_analytic_distribution",
        "_sync_invoice",
    ),
    "account.tax": (
        "_add_accounting_data_to_base_line_tax_details",
        "_get_base_line_field_value_from_record",
        "_prepare_base_line_for_taxes_computation",
        "_prepare_base_line_grouping_key",
        "_prepare_base_line_tax_repartition_grouping_key",
    ),
}
# They extend these for other entries than customer invoices from orders, or for what is asked all the same.
KNOWN_ADDONS = {
    "account",
    "analytic",
    "consolidated_billing",
    "hr_expense",
    "l10n_mx",
    "l10n_tr",
    "point_of_sale",
    "purchase",
    "sale",
    "sale_project",
    "sale_stock",
    "stock_account",
}


class AccountMove(models.Model):
    """Customer invoices created with complete values, in batches, instead of corrected line by line afterwards.

    Core creates the lines of an invoice without amounts, computes taxes, and writes amounts and tags on each line, one
    after the other. What is written can be known before: `InvoiceCompletion` asks core's tax engine for it. The result
    is the same in every stored column. What is unusual is left to core, invoice by invoice.
    """

    _inherit = "account.move"

    @api.model_create_multi
    def create(self, vals_list):
        """Extend: create invoices from orders with complete values (context ``billing_fast_creation``)."""
        if take(self.env.context, "billing_completion"):  # what somebody creates on that occasion is none of the batch
            return super(AccountMove, self.with_context(**InvoiceCompletion.NO_CONTEXT)).create(vals_list)
        if not take(self.env.context, "billing_fast_creation"):
            return super().create(vals_list)
        model = self.with_context(billing_fast_creation=None)
        completion = InvoiceCompletion(model.env)
        moves = model.browse()
        for is_usual, batch in model._split_for_fast_creation(vals_list, completion):
            if not is_usual:
                moves += super(AccountMove, model).create(batch)
                continue
            container = {"records": model}
            with model._check_balanced(container):
                created = super(AccountMove, model.with_context(**completion.get_context())).create(batch)
                created._create_counterparts(completion)
                created = container["records"] = created.with_env(model.env)
            moves += created
        return moves.with_env(self.env)

    @api.model
    def _split_for_fast_creation(self, vals_list, completion):
        """Put consecutive invoices that can be completed in batches, and the others together, in their order.

        :param list[dict] vals_list: values of invoices
        :param InvoiceCompletion completion: knows what is usual
        :return: whether the values can be completed, and the values
        :rtype: Iterator[tuple[bool, list[dict]]]
        """
        # with a project in the context, sale_project has a distribution of its own
        is_possible = self._is_fast_creation_possible() and not self.env.context.get("project_id")
        batch, lines, is_usual = [], 0, False
        for vals in vals_list:
            was_usual, is_usual = is_usual, is_possible and completion.is_usual(vals)
            count = len(vals["invoice_line_ids"]) if is_usual else 0
            is_full = is_usual and (len(batch) == MOVES_PER_BATCH or lines + count > LINES_PER_BATCH)
            if batch and (is_full or is_usual != was_usual):
                yield was_usual, batch
                batch, lines = [], 0
            batch.append(vals)
            lines += count
        if batch:
            yield is_usual, batch

    def _add_precomputed_values(self, vals_list):
        """Extend: the header of an invoice does not depend on its lines, they need not be built to compute it."""
        if not take(self.env.context, "billing_completion"):
            return super()._add_precomputed_values(vals_list)
        lines = [vals.pop("invoice_line_ids") for vals in vals_list]
        super()._add_precomputed_values(vals_list)
        for vals, commands in zip(vals_list, lines, strict=True):
            vals["invoice_line_ids"] = commands
        return None

    def _create_counterparts(self, completion):
        """Create the tax lines and the payment-term lines of invoices whose lines are complete.

        :param InvoiceCompletion completion: what was computed with the lines
        """
        Line = self.env["account.move.line"]
        products = self.line_ids.filtered(lambda line: line.display_type == "product")
        for name in ("price_subtotal", "price_total"):
            self.env.remove_to_compute(Line._fields[name], products)  # they are stored already
        # core completes an amount that is zero in one of the two currencies only, an instalment without rate for one
        Line = Line.with_context(skip_invoice_line_sync=False)
        Line.create(completion.take_tax_lines())
        needed = self._sync_dynamic_line_needed_values(self.mapped("needed_terms"))
        Line.with_context(clean_context(Line.env.context)).create(
            [{**key, **values, "display_type": "payment_term"} for key, values in needed.items()]
        )

    @api.model
    @ormcache()
    def _is_fast_creation_possible(self):
        """Return whether this database has nothing that extends what the fast way does in another way.

        :rtype: bool
        """
        return not any(
            name in vars(cls) and cls.__module__.split(".")[2] not in KNOWN_ADDONS
            for model, names in REPLACED_METHODS.items()
            for cls in type(self.env[model]).mro()
            if cls.__module__.startswith("odoo.addons.")
            for name in names
        )


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _add_precomputed_values(self, vals_list):
        """Extend: give invoice lines their account, amounts and tags before they are created."""
        completion = take(self.env.context, "billing_completion")
        if completion is None:
            return super()._add_precomputed_values(vals_list)
        completed = completion.complete_lines(self.env, vals_list)
        super()._add_precomputed_values(vals_list)
        for vals, names in completed:
            vals.setdefault("__precomputed__", set()).update(self._fields[name] for name in names)
        return None


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _create_account_invoices(self, invoice_vals_list, final):
        """Override of `sale` to create the invoices with complete values, unless that is switched off."""
        # who may bill need not read parameters
        enabled = self.env["ir.config_parameter"].sudo().get_param(FAST_CREATION_PARAMETER, "True")
        orders = self.with_context(**give(billing_fast_creation=str2bool(enabled, True)))
        moves = super(SaleOrder, orders)._create_account_invoices(invoice_vals_list, final)
        return moves.with_context(billing_fast_creation=None)
