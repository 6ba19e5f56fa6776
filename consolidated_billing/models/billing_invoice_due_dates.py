from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import SQL, format_date

from ..tools.settlement import pay_earliest
from .billing_invoice_line import ENTRY_TYPES
from .bulk_rows import update_rows


class ConsolidatedBillingInvoice(models.Model):
    """When a consolidated billing invoice is due, by instalments, and its entries with it (``C10``)."""

    _inherit = "consolidated.billing.invoice"

    instalments = fields.Json(
        readonly=True,
        copy=False,
        help="Due date and amount of each instalment, by the payment terms when the document was made.",
    )
    payment_schedule = fields.Text(
        compute="_compute_payment_schedule",
        help="What is open of each instalment, and until when payment earns a discount.",
    )

    # === INSTALMENTS ===#

    @api.depends("instalments", "amount_residual", "payment_state")
    @api.depends_context("lang")
    def _compute_payment_schedule(self):
        for billing in self:
            money = billing.currency_id.format
            rows = [
                self.env._(
                    "%(amount)s until %(date)s", amount=money(offer.amount), date=format_date(self.env, offer.day)
                )
                for offer in billing._get_printed_offers()
            ]
            rows += [
                self.env._("%(amount)s due on %(date)s", amount=money(amount), date=format_date(self.env, day))
                for day, amount in billing._get_open_instalments()
            ]
            billing.payment_schedule = "\n".join(rows)

    def _get_instalments(self, sums):
        """Return when which part of the document is due, by its payment terms.

        :param dict[str, float] sums: the totals of the listed entries by their type
        :return: due date and amount, in the order of the dates; the amounts add up to the total
        :rtype: list[tuple[str, float]]
        """
        self.ensure_one()
        total = self.currency_id.round(sum(sums.get(kind, 0.0) for kind, _label in ENTRY_TYPES))
        if not self.payment_term_id or self.currency_id.compare_amounts(total, 0.0) <= 0:
            return []
        terms = self.payment_term_id._compute_terms(
            date_ref=self.invoice_date,
            currency=self.currency_id,
            company=self.company_id,
            tax_amount=0.0,
            tax_amount_currency=0.0,
            untaxed_amount=total,
            untaxed_amount_currency=total,
            sign=1,
        )
        by_day = defaultdict(float)
        for line in terms["line_ids"]:
            by_day[line["date"]] = self.currency_id.round(by_day[line["date"]] + line["foreign_amount"])
        return [(fields.Date.to_string(day), by_day[day]) for day in sorted(by_day)]

    def _get_open_instalments(self):
        """Return what is open of each instalment, if there are several: what was paid counts for the earliest.

        :return: due date and amount; the amounts add up to the amount due
        :rtype: list[tuple[date, float]]
        """
        self.ensure_one()
        instalments = [(fields.Date.to_date(day), amount) for day, amount in self.instalments or ()]
        if len(instalments) < 2 or self.state == "cancelled":
            return []
        return pay_earliest(instalments, self.amount_residual, self.currency_id.round)

    # === DUE DATES OF THE ENTRIES ===#

    def _move_due_dates(self):
        """Let the entries be due with these documents, never earlier, unless the profile says otherwise."""
        followed = self.filtered(
            lambda billing: (
                billing.invoice_date_due and (not billing.profile_id or billing.profile_id.entries_follow_due_date)
            )
        )
        # who may accept a document need not be allowed to change entries
        moved = followed.line_ids.sudo()._move_due_dates()
        note = self.env._("Its entries are due with this document.")
        self._message_log_batch(bodies=dict.fromkeys(moved.billing_id.ids, note))

    def _restore_due_dates(self):
        """Let the entries be due when they were before these documents were accepted."""
        moved = self.line_ids.filtered("original_due_dates")
        if moved:
            moved.sudo()._restore_due_dates()  # the same as above


class AccountMove(models.Model):
    _inherit = "account.move"

    def _compute_invoice_date_due(self):
        """Override of `account` to keep the due date of invoices that are due with a consolidated billing invoice."""
        billed = self.sudo().filtered("consolidated_billing_id")  # that does not depend on who looks
        lines = billed.env["consolidated.billing.invoice.line"]
        if billed:
            lines = lines.search_fetch([("move_id", "in", billed._origin.ids)], ["move_id", "original_due_dates"])
        moved = lines.filtered("original_due_dates").move_id
        kept = self.filtered(lambda move: move._origin in moved)
        for move in kept:
            move.invoice_date_due = move.invoice_date_due
        return super(AccountMove, self - kept)._compute_invoice_date_due()


class ConsolidatedBillingInvoiceLine(models.Model):
    _inherit = "consolidated.billing.invoice.line"

    original_due_dates = fields.Json(
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="When the entry, and each of its journal items, was due before its document was accepted.",
    )

    def _move_due_dates(self):
        """Let these entries be due with their document where they are due earlier, and remember when they were.

        They are many and posted: nothing but the dates changes, so that they are written in SQL.

        :return: the entries of which a date changed
        :rtype: consolidated.billing.invoice.line
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                SELECT item.consolidated_billing_line_id, item.id, item.date_maturity, billing.invoice_date_due
                  FROM account_move_line AS item
                  JOIN consolidated_billing_invoice_line AS line ON line.id = item.consolidated_billing_line_id
                  JOIN consolidated_billing_invoice AS billing ON billing.id = line.billing_id
                 WHERE line.id = ANY(%s) AND COALESCE(item.date_maturity, item.date) < billing.invoice_date_due
              ORDER BY item.id
                """,
                list(self.ids),
            )
        )
        before, item_days = defaultdict(lambda: {"items": {}}), {}
        for line_id, item_id, day, due in self.env.cr.fetchall():
            before[line_id]["items"][str(item_id)] = day and fields.Date.to_string(day)
            item_days[item_id] = due
        lines = self.browse(before)
        move_days = {}
        for line in lines:
            move, due = line.move_id, line.billing_id.invoice_date_due
            if move.is_invoice(include_receipts=True) and move.invoice_date_due and move.invoice_date_due < due:
                before[line.id]["move"] = fields.Date.to_string(move.invoice_date_due)
                move_days[move.id] = due
        if lines:
            update_rows(lines, [{"original_due_dates": before[line.id]} for line in lines])
            self._write_due_dates(item_days, move_days)
        return lines

    def _restore_due_dates(self):
        """Let these entries be due as before, except where somebody chose another date since."""
        item_days, move_days = {}, {}
        for line in self:
            due = line.billing_id.invoice_date_due
            items = {str(item.id): item for item in line.move_line_ids}
            for item_id, day in line.original_due_dates["items"].items():
                if item_id in items and items[item_id].date_maturity == due:
                    item_days[int(item_id)] = day
            if "move" in line.original_due_dates and line.move_id.invoice_date_due == due:
                move_days[line.move_id.id] = line.original_due_dates["move"]
        update_rows(self, [{"original_due_dates": None}] * len(self))
        self._write_due_dates(item_days, move_days)

    @api.model
    def _write_due_dates(self, item_days, move_days):
        """Write due dates of posted journal items and invoices.

        :param dict[int, date | str | None] item_days: by id of the journal item
        :param dict[int, date | str] move_days: by id of the invoice
        """
        for model, column, days in (
            ("account.move.line", "date_maturity", item_days),
            ("account.move", "invoice_date_due", move_days),
        ):
            if not days:
                continue
            records = self.env[model].browse(days)
            records.flush_recordset([column])
            self.env.cr.execute(
                SQL(
                    "UPDATE %(table)s AS record SET %(column)s = moved.day"
                    " FROM unnest(%(ids)s::int[], %(days)s::date[]) AS moved(id, day) WHERE moved.id = record.id",
                    table=SQL.identifier(records._table),
                    column=SQL.identifier(column),
                    ids=list(days),
                    days=list(days.values()),
                )
            )
            records.invalidate_recordset([column], flush=False)
            records.modified([column])
            self.env.remove_to_compute(records._fields[column], records)  # Odoo computes a due date from itself
