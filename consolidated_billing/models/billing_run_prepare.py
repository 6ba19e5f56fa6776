import json
from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date

from ..tools.merge_key import partition

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
            run._write_as_engine({"user_id": self.env.user.id, "prepared_at": fields.Datetime.now()})
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

    def _propose(self, orders):
        """Propose documents for a batch of orders, and list what is not proposed.

        :param sale.order orders: all candidates of some payers
        """
        orders = (
            orders._sort_for_billing(orders)
            .with_context(**self._get_merge_context(), billing_full_key=True)
            ._with_merge_cache()
        )
        orders.order_line.fetch(LINE_FIELDS)
        lines, skipped = self._choose_lines(orders)
        keys = orders._get_merge_keys(lines)
        groups = [
            (key, lines.browse([line.id for line in members]).with_prefetch(lines._prefetch_ids))
            for key, members in partition(lines, lambda line: keys[line.id])
        ]
        groups, deferred = self._split_small_documents(groups)
        reasons = orders._explain_groups(groups)
        self._create_groups(groups, reasons)
        self._create_deferred(deferred)
        self._create_skipped_lines(skipped)

    def _create_groups(self, groups, reasons):
        """Store the proposed documents and their lines with what they rely on."""
        amounts = [lines._get_amounts_to_invoice() for _key, lines in groups]
        group_ids = self._store(
            "consolidated.billing.run.group",
            [
                self._prepare_group(key, lines, reason, amount)
                for (key, lines), reason, amount in zip(groups, reasons, amounts, strict=True)
            ],
        )
        self._store(
            "consolidated.billing.run.line",
            [
                self._prepare_line(group_id, line, amount.by_line[line.id])
                for group_id, (_key, lines), amount in zip(group_ids, groups, amounts, strict=True)
                for line in lines
            ],
        )

    def _prepare_group(self, key, lines, reason, amounts):
        """Prepare one proposed document.

        :param MergeKey key: its merge key
        :param sale.order.line lines: what is on it
        :param str reason: why it is apart from its neighbours
        :param AmountsToInvoice amounts: what it amounts to
        :return: values by name of the column
        :rtype: dict
        """
        orders = lines.order_id
        return {
            "run_id": self.id,
            "company_id": self.company_id.id,
            "partner_id": orders[0].partner_invoice_id.id,
            "currency_id": orders[0].currency_id.id,
            "order_count": len(orders),
            "line_count": len(lines),
            "amount_untaxed": amounts.untaxed,
            "amount_total": amounts.total,
            "merge_key": self._serialize_key(key),
            "reason": reason,
            "selected": True,
            "state": "proposed",
        }

    def _prepare_line(self, group_id, line, amount):
        """Prepare one proposed line.

        :param int group_id: id of its document
        :param sale.order.line line: what is billed
        :param float amount: without taxes, in the currency of the order
        :return: values by name of the column
        :rtype: dict
        """
        order, quantity = line.order_id, line.qty_to_invoice
        return {
            "run_id": self.id,
            "group_id": group_id,
            "order_id": order.id,
            "order_line_id": line.id,
            "currency_id": order.currency_id.id,
            "quantity": quantity,
            "quantity_open": quantity,
            "amount_untaxed": amount,
            "amount_open": amount,
            "selected": True,
            "frozen_values": self.env["consolidated.billing.run.line"]._get_frozen_values(line),
        }

    @api.model
    def _serialize_key(self, key):
        """Return a merge key in a form that can be stored and compared part by part."""
        return [[name, json.dumps(value, default=str)] for name, value in key]

    def _create_skipped_lines(self, skipped):
        """Store what is not proposed, with the amount that stays unbilled."""
        amounts = {}
        by_order = defaultdict(list)
        for item in skipped:
            if item.line:
                by_order[item.order].append(item.line.id)
        for order, line_ids in by_order.items():
            amounts.update(order.order_line.browse(line_ids)._get_amounts_to_invoice().by_line)
        self._store(
            "consolidated.billing.run.line",
            [
                {
                    "run_id": self.id,
                    "order_id": item.order.id,
                    "order_line_id": item.line.id if item.line else None,
                    "currency_id": item.order.currency_id.id,
                    "quantity_open": item.line.qty_to_invoice if item.line else 0.0,
                    "amount_open": amounts.get(item.line.id, 0.0) if item.line else 0.0,
                    "selected": False,
                    "skip_reason": item.reason,
                }
                for item in skipped
            ],
        )

    def _reset_proposal(self):
        """Drop the proposal and release its claims."""
        self._drop_proposal()
        self._write_as_engine(
            {
                "state": "draft",
                "prepared_at": False,
                "empty_reason": False,
                "amount_proposed": 0.0,
                "amount_not_proposed": 0.0,
                "amount_unbilled": 0.0,
            }
        )

    def _close_proposal(self):
        """Set the run prepared, claim its lines and say why nothing is proposed when nothing is."""
        self._write_as_engine({"state": "prepared"})
        documents = self.proposed_count
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

    def _get_empty_reason(self, skipped):
        """Return why nothing is proposed.

        :param int skipped: how many orders or lines are listed as not proposed
        :rtype: str
        """
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

    # === TOTALS ===#

    def _update_totals(self):
        """Reconcile: what is proposed and what is not add up to all that was unbilled (in company currency)."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                SELECT line.run_id,
                       COALESCE(SUM(line.amount_untaxed / COALESCE(NULLIF(sale.currency_rate, 0), 1))
                                FILTER (WHERE line.selected AND line.group_id IN (
                                    SELECT id FROM consolidated_billing_run_group WHERE run_id IN %s AND selected
                                )), 0),
                       COALESCE(SUM(line.amount_open / COALESCE(NULLIF(sale.currency_rate, 0), 1)), 0)
                  FROM consolidated_billing_run_line AS line
                  JOIN sale_order AS sale ON sale.id = line.order_id
                 WHERE line.run_id IN %s
              GROUP BY line.run_id
                """,
                self._ids or (0,),
                self._ids or (0,),
            )
        )
        rows = {run_id: (float(proposed), float(unbilled)) for run_id, proposed, unbilled in self.env.cr.fetchall()}
        for run in self:
            run._write_totals(*rows.get(run.id, (0.0, 0.0)))

    def _write_totals(self, proposed, unbilled):
        """Store what is proposed and what is unbilled in all, in company currency."""
        proposed, unbilled = map(self.currency_id.round, (proposed, unbilled))
        self._write_as_engine(
            {
                "amount_proposed": proposed,
                "amount_unbilled": unbilled,
                "amount_not_proposed": self.currency_id.round(unbilled - proposed),
            }
        )
