from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..tools.engine_context import give
from .billing_run_candidates import Skipped

# What a proposal is made of. Other fields of an order line, its long description for one, stay in the database.
LINE_FIELDS = (
    "company_id",
    "discount",
    "display_type",
    "extra_tax_data",
    "is_downpayment",
    "next_bill_date",
    "order_id",
    "price_unit",
    "product_id",
    "qty_to_invoice",
    "tax_ids",
)


class ConsolidatedBillingRun(models.Model):
    """Preparing a run: candidates → lines with merge keys → groups, frozen and explained (``R1``)."""

    _inherit = "consolidated.billing.run"

    # === ACTIONS ===#

    def action_prepare(self):
        """Freeze the proposal: what will be billed, on which documents and why, and what will not (``R1``).

        :raise UserError: a parameter is missing or wrong, or another run is prepared over the same orders
        """
        for run in self:
            run._check_can_prepare()
            run._reset_proposal()
            run._write_as_engine(
                {
                    "user_id": self.env.user.id,
                    "prepared_at": fields.Datetime.now(),
                    "cash_rounding_id": run._get_cash_rounding().id,
                }
            )
            for orders in run._split_candidates():
                run._propose(orders)
                self.env.flush_all()
                self.env.invalidate_all()
            run._close_proposal()
        return True

    def action_back_to_draft(self):
        """Give the proposal back, to change the parameters of the run."""
        self.filtered(lambda run: run.state == "prepared")._reset_proposal()

    # === CHECKS ===#

    def _check_can_prepare(self):
        self.ensure_one()
        if self.state not in ("draft", "prepared"):
            raise UserError(self.env._("%(run)s was generated or cancelled. Make a new run.", run=self.name))
        if not self.cutoff_date:
            raise UserError(self.env._("Set the cutoff date before you prepare %(run)s.", run=self.name))
        if not self.invoice_date:
            raise UserError(self.env._("Set the invoice date before you prepare %(run)s.", run=self.name))
        self._check_invoice_date_is_open()

    def _check_invoice_date_is_open(self):
        """Refuse an invoice date in a locked period; exceptions from the lock are respected."""
        company = self.company_id.with_company(self.company_id)
        locks = company._get_lock_date_violations(self.invoice_date, purchase=False)
        if locks:
            raise UserError(
                self.env._(
                    "The invoice date %(date)s is in a period that is locked until %(lock)s. Choose a later date.",
                    date=format_date(self.env, self.invoice_date),
                    lock=format_date(self.env, max(lock[0] for lock in locks)),
                )
            )

    def _check_can_choose(self):
        for run in self:
            if run.state != "prepared":
                raise UserError(
                    self.env._(
                        "Documents and lines can be chosen only while a run is prepared. %(run)s is not.",
                        run=run.name,
                    )
                )

    # === PROPOSAL ===#

    def _get_cash_rounding(self):
        """Return the cash rounding of the invoices of this run: the default of who prepares it.

        :rtype: account.cash.rounding
        """
        return self.env["account.move"].with_company(self.company_id)._get_default_cash_rounding()

    def _propose(self, orders):
        """Propose documents for a batch of orders, and list what is not proposed.

        :param sale.order orders: all candidates of some payers
        """
        orders = (
            orders._sort_for_billing(orders)
            .with_context(**self._get_merge_context(), **give(billing_full_key=True))
            ._with_merge_cache()
        )
        orders.order_line.fetch(LINE_FIELDS)
        due = orders.order_line._get_quantities_due(self.cutoff_date)
        lines, skipped = self._choose_lines(orders, due)
        keys = orders._get_merge_keys(lines)
        credited = self._remember_credited(lines, due)
        planned, deferred = self._split_small_documents(
            lambda without: orders._plan_lines(lines, keys, due, without=without)
        )
        reasons = orders._explain_groups(planned)
        self._create_groups(planned, reasons, due, credited)
        self._create_deferred(deferred)
        self._create_skipped_lines(skipped + self._get_unplanned(lines, planned + [item[0] for item in deferred]))

    def _get_unplanned(self, lines, planned):
        """Return the lines that could be billed, but are on no document, and why not (``K8``).

        :param sale.order.line lines: what could be billed
        :param list[PlannedInvoice] planned: the documents
        :rtype: list[Skipped]
        """
        billed = {line_id for document in planned for line_id in document.values}
        orders = {order_id for document in planned for order_id in document.lines.order_id._ids}
        return [
            Skipped(line.order_id, line, self._get_dependent_reason(line, line.order_id.id in orders))
            for line in lines
            if line.id not in billed
        ]

    def _reset_proposal(self):
        """Drop the proposal and release its claims."""
        self._drop_proposal()
        self._write_as_engine(
            {
                "state": "draft",
                "prepared_at": False,
                "cash_rounding_id": False,
                "empty_reason": False,
                "amount_proposed": 0.0,
                "amount_not_proposed": 0.0,
                "amount_unbilled": 0.0,
            }
        )

    def _close_proposal(self):
        """Set the run prepared, claim its lines and say why nothing is proposed when nothing is."""
        self._write_as_engine({"state": "prepared"})
        documents = self._get_chosen_count()
        skipped = self.env["consolidated.billing.run.line"].search_count(
            [("run_id", "=", self.id), ("group_id", "=", False)]
        )
        if not documents:
            self._write_as_engine({"empty_reason": self._get_empty_reason(skipped)})
        self._update_totals()
        self._update_claims()
        self._message_log(
            body=self.env._(
                "Prepared: %(documents)s documents, %(skipped)s orders or lines not proposed.",
                documents=documents,
                skipped=skipped,
            )
        )

    def _get_chosen_count(self):
        """Return how many documents are proposed and switched on.

        :rtype: int
        """
        chosen = [("run_id", "=", self.id), ("state", "=", "proposed"), ("selected", "=", True)]
        return self.env["consolidated.billing.run.group"].search_count(chosen)

    def _get_empty_reason(self, skipped):
        """Return why nothing is proposed.

        :param int skipped: how many orders or lines are listed as not proposed
        :rtype: str
        """
        if self.proposed_count:
            return self.env._(
                "All that is due was billed before and credited by hand. Switch on what shall be billed again."
            )
        if skipped:
            return self.env._("Nothing is due: see the list of what is not billed.")
        if self.by_grouping_account:
            return self.env._(
                "No order that is billed on a grouping account matches. Untick "
                '"Invoicing by Grouping Customer" for the other customers.'
            )
        return self.env._(
            'No order matches. Tick "Invoicing by Grouping Customer" for customers that are billed on a grouping '
            "account."
        )
