from collections import namedtuple

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..tools.engine_context import give, take
from ..tools.line_split import split_lines
from ..tools.merge_key import partition
from ..tools.selection import DOCUMENT, BillingSelection, keep_selected

Slice = namedtuple("Slice", ["order", "key", "header", "lines", "bill_dates"])
Slice.__doc__ = "The part of an order that goes on one invoice: prepared values, lines and their bill dates."


class SaleOrder(models.Model):
    """Invoices from merge keys: one engine behind `_create_invoices` (``I1`` to ``I4``)."""

    _inherit = "sale.order"

    # === OVERRIDES ===#

    def _create_invoices(self, grouped=False, final=False, date=None):
        """Override of `sale` to bill what was planned: orders are merged by their merge key (``K1``), not by core's.

        Core prepares one invoice per order; `_create_account_invoices` merges what it prepared. With ``grouped`` there
        is one invoice per order, as in core.
        """
        self._check_bill_to_is_active()
        orders = self
        if not grouped:
            orders = self._sort_for_billing(self).with_context(**give(billing_merge=True))._with_merge_cache()
        orders._prefetch_for_billing()
        if not take(self.env.context, "billing_selection"):
            planned = orders._plan_invoices_of_each(final) if grouped else orders._plan_invoices(final)
            selection = BillingSelection([(document.key, document.values) for document in planned])
            orders = orders.with_context(**give(billing_selection=selection))
        moves = super(SaleOrder, orders)._create_invoices(grouped=True, final=final, date=date)
        return moves.with_env(self.env)

    def _plan_invoices_of_each(self, final=False, quantities=None):
        """Plan one invoice per order, whatever the merge key says.

        :param bool final: whether down payments and returns are deducted
        :param dict[int, float] quantities: see `_plan_invoices`
        :rtype: list[PlannedInvoice]
        """
        return [document for order in self for document in order._plan_invoices(final, True, quantities)]

    def _create_account_invoices(self, invoice_vals_list, final):
        """Override of `sale` to merge the prepared invoices of several orders before they are created."""
        is_merging = take(self.env.context, "billing_merge")
        if is_merging:
            invoice_vals_list, disagreements = self._merge_invoice_values(invoice_vals_list)
        moves = super(SaleOrder, self._as_engine())._create_account_invoices(invoice_vals_list, final)
        moves = moves.with_context(billing_engine=None)
        if is_merging:
            self._log_disagreements(moves, disagreements)
        return moves

    def _get_invoiceable_lines(self, final=False):
        """Override of `sale` to bill only what a billing run, or a person, selected."""
        lines = super()._get_invoiceable_lines(final)
        selection = take(self.env.context, "billing_selection")
        if selection is None:
            return lines
        return lines.browse(keep_selected(((line.id, line.display_type) for line in lines), selection.by_line.keys()))

    def _prepare_invoice(self):
        """Override of `sale` to bill under the grouping account (``G3``)."""
        values = super()._prepare_invoice()
        account = self.grouping_partner_id
        if account:
            values["fiscal_position_id"] = self.fiscal_position_id.id
            if not self.user_id and account.user_id:
                values.update(invoice_user_id=account.user_id.id, user_id=account.user_id.id)
        values.update(grouping_partner_id=account.id, job_code=self.job_code)
        if selection := take(self.env.context, "billing_selection"):
            values.update(selection.header)
        return values

    def _nothing_to_invoice_error_message(self):
        """Override of `sale` to name the orders and say of each why nothing can be invoiced."""
        reasons = self._get_nothing_to_invoice_reasons(planned=[])  # nothing was billed, also of what could be
        shown = list(reasons.items())[:10]
        lines = [f"• {order.display_name}: {reason}" for order, reason in shown]
        if len(reasons) > len(shown):
            lines.append(self.env._("… and %(count)s more", count=len(reasons) - len(shown)))
        message = super()._nothing_to_invoice_error_message()
        return self.env._("There is nothing to invoice:\n%(orders)s", orders="\n".join(lines)) + f"\n\n{message}"

    def _check_bill_to_is_active(self):
        """Refuse to bill an archived address.

        :raise UserError: names the orders and what to do
        """
        archived = self.filtered(lambda order: not order.partner_invoice_id.active)
        if archived:
            raise UserError(
                self.env._(
                    "The invoice address of %(orders)s is archived: %(addresses)s. Restore it, or choose another "
                    "invoice address on the order.",
                    orders=", ".join(archived.mapped("display_name")),
                    addresses=", ".join(archived.partner_invoice_id.mapped("display_name")),
                )
            )

    def _prefetch_for_billing(self):
        """Read what core asks of each order line one by one, for all lines at once."""
        self.order_line.invoice_lines.mapped("is_downpayment")
        self.order_line.tax_ids.mapped("name")

    # === MERGING ===#

    def _merge_invoice_values(self, invoice_vals_list):
        """Partition the values that core prepared per order by merge key and merge each group to one invoice.

        :param list[dict] invoice_vals_list: values of one invoice per order
        :return: values of the invoices, and for each of them the header values on which its orders disagree
        :rtype: tuple[list[dict], list[dict]]
        """
        slices = self._slice_invoice_values(invoice_vals_list)
        groups = partition(slices, lambda piece: piece.key)
        merged_vals_list, disagreements = [], []
        selection = take(self.env.context, "billing_selection")
        is_renumbered = len(groups) < len(self)
        for key, pieces in groups:
            selection.created.append(key)
            orders = self.browse([piece.order.id for piece in pieces])
            is_grouped = len(orders) > 1
            header, differing = pieces[0].header, {}
            lines = [line for piece in pieces for line in piece.lines]
            if is_grouped:
                header = self._prepare_grouped_invoice_header(orders)
                differing = self._get_header_disagreements(orders)
                lines = self._add_order_sections(orders, [piece.lines for piece in pieces])
            if is_renumbered or is_grouped:
                self._renumber_lines(lines)
            bill_dates = set().union(*(piece.bill_dates for piece in pieces))
            merged_vals_list.append(
                {
                    **header,
                    "is_grouped_invoice": is_grouped,
                    "bill_date": bill_dates.pop() if len(bill_dates) == 1 else False,
                    "invoice_line_ids": [Command.create(line) for line in lines],
                }
            )
            disagreements.append(differing)
        return merged_vals_list, disagreements

    def _slice_invoice_values(self, invoice_vals_list):
        """Divide the prepared values of each order over the invoices to which its lines belong (``K4``).

        :rtype: list[Slice]
        """
        lines_by_id = {line.id: line for line in self._get_order_lines_of_values(invoice_vals_list)}
        selection = take(self.env.context, "billing_selection")
        keys = {line_id: billed[0][0] for line_id, billed in selection.by_line.items()}
        slices = []
        for invoice_vals in invoice_vals_list:
            header = {k: v for k, v in invoice_vals.items() if k != "invoice_line_ids"}
            lines = [command[2] for command in invoice_vals["invoice_line_ids"]]
            for key, part in split_lines(lines, lambda vals: self._get_key_of_values(vals, keys)).items():
                sources = [lines_by_id[i] for vals in part for i in self._get_order_line_ids(vals) if i in keys]
                order = sources[0].order_id
                self._from_merge_cache(("header", order.id), lambda header=header: header)
                slices.append(
                    Slice(
                        order=order,
                        key=key,
                        header=header,
                        lines=[{name: value for name, value in vals.items() if name != DOCUMENT} for vals in part],
                        bill_dates={line.next_bill_date for line in sources if not line._is_dependent()},
                    )
                )
        return slices

    @api.model
    def _get_order_line_ids(self, line_vals):
        """Return the ids of the order lines from which the values of an invoice line were prepared."""
        return [
            line_id
            for command in line_vals.get("sale_line_ids") or ()
            for line_id in (command[2] if command[0] == Command.SET else [command[1]])
        ]

    @api.model
    def _get_key_of_values(self, line_vals, keys):
        if DOCUMENT in line_vals:
            return line_vals[DOCUMENT]
        return next((keys[i] for i in self._get_order_line_ids(line_vals) if i in keys), None)

    def _get_order_lines_of_values(self, invoice_vals_list):
        ids = dict.fromkeys(
            line_id
            for invoice_vals in invoice_vals_list
            for command in invoice_vals["invoice_line_ids"]
            for line_id in self._get_order_line_ids(command[2])
        )
        return self.env["sale.order.line"].browse(ids)

    def _renumber_lines(self, lines):
        """Number the lines of one invoice from one, so that the orders on it do not interleave."""
        get_sequence = self.env["sale.order.line"]._get_invoice_line_sequence
        for sequence, line in enumerate(lines, start=1):
            line["sequence"] = get_sequence(new=sequence, old=line.get("sequence", 0))

    # === NOTHING TO INVOICE ===#

    def _get_nothing_to_invoice_reasons(self, final=False, planned=None):
        """Say of each order that cannot be invoiced now why not.

        :param bool final: whether down payments and returns are deducted
        :param list[PlannedInvoice] planned: the invoices over these orders, if they are planned already
        :return: a sentence for each order without anything to invoice
        :rtype: dict[sale.order, str]
        """
        if planned is None:
            planned = self._plan_invoices(final)
        billed = {order_id for document in planned for order_id in document.lines.order_id._ids}
        return {order: order._get_nothing_to_invoice_reason() for order in self if order.id not in billed}

    def _get_nothing_to_invoice_reason(self):
        """Return why this order, which has nothing to invoice, has nothing to invoice.

        :rtype: str
        """
        self.ensure_one()
        lines = self.order_line.filtered(lambda sol: not sol.display_type)
        if self.state == "cancel":
            return self.env._("it is cancelled")
        if self.state != "sale":
            return self.env._("it is not confirmed")
        if not lines:
            return self.env._("it has no lines")
        if self.invoice_status in ("invoiced", "upselling"):
            return self.env._("it is fully invoiced")
        if any(line.qty_to_invoice > 0 for line in lines):
            return self._get_dependent_reason()
        if any(line.qty_to_invoice < 0 for line in lines):
            return self.env._("there are only returns or down payments to deduct")
        return self.env._("nothing delivered that is not invoiced yet")

    def _get_dependent_reason(self):
        """Return why discounts, rewards and charges are not billed (``K8``)."""
        if self._has_lines_to_come():
            return self.env._("discounts and charges are billed with the lines of their order, and none is billed now")
        return self.env._("only a discount is left: invoice the order alone to credit it")
