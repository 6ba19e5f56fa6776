from odoo import api, fields, models

from ..tools.engine_context import give, take
from ..tools.merge_key import (
    drop_part,
    explain,
    nearest_neighbours,
    normalize_job_code,
    partition,
)
from ..tools.payment_schedule import Installment, payment_schedule
from .sale_order_invoice_header import HEADER_PART

CORE_GROUPING_KEYS = {
    "company_id",
    "partner_id",
    "partner_shipping_id",
    "currency_id",
    "fiscal_position_id",
}


class SaleOrder(models.Model):
    """The merge key of an order, the partition by it and its explanation in words (``K1`` to ``K7``, ``R1``)."""

    _inherit = "sale.order"

    # === THE KEY ===#

    def _get_merge_key_parts(self):
        """Return the parts of the merge key (``K1``) that all lines of this order share.

        Extension point: call `super` and add a part. A value must be hashable and plain (an id, a text, a date,
        a tuple of these); describe it for accountants in `_describe_merge_key_part`.

        :return: values of the parts by name, in the order in which they are explained
        :rtype: dict[str, Hashable]
        """
        self.ensure_one()
        parts = {
            "company": self.company_id.id,
            "bill_to": self.partner_invoice_id.id,
            "currency": self.currency_id.id,
            "fiscal_position": self._get_invoice_fiscal_position().id,
            "journal": self._get_invoice_journal().id,
            "payment_schedule": self._get_payment_schedule(),
            "bill_date": self.next_bill_date or None,
            "grouping": self._get_grouping_part(),
        }
        parts.update(self._get_header_key_parts())
        if other_keys := self._get_other_grouping_keys():
            invoice_values = self.with_company(self.company_id)._prepare_invoice()
            parts.update({f"{HEADER_PART}{name}": invoice_values.get(name) for name in other_keys})
        return parts

    def _get_grouping_part(self):
        """Return what orders of the same invoice grouping must share (``K1``, ``K3``)."""
        if self.invoice_grouping == "separate":
            return ("separate", self.id)
        if self.invoice_grouping == "job_code":
            return ("job_code", normalize_job_code(self.job_code))
        return ("combine",)

    def _get_other_grouping_keys(self):
        """Return the invoice values by which other addons want invoices to be split.

        They extend `_get_invoice_grouping_keys` of `sale`. The delivery address is not a part of the key (``K6``).
        """
        return [name for name in self._get_invoice_grouping_keys() if name not in CORE_GROUPING_KEYS]

    def _get_invoice_fiscal_position(self):
        """Return the fiscal position of this order's invoice.

        Taxes stay the member's (``G3``): an order that is billed on a grouping account never takes the fiscal
        position of that account, not even when it has none itself.

        :rtype: account.fiscal.position
        """
        position = self.fiscal_position_id
        if position or self.grouping_partner_id:
            return position
        return self._from_merge_cache(
            ("fiscal_position", self.company_id.id, self.partner_invoice_id.id),
            lambda: position.with_company(self.company_id)._get_fiscal_position(self.partner_invoice_id),
        )

    def _get_invoice_journal(self):
        """Return the journal in which this order is invoiced: its own, else the one that core would choose.

        :rtype: account.journal
        """
        if self.journal_id:
            return self.journal_id
        return self._from_merge_cache(
            ("journal", self.company_id.id, self.currency_id.id),
            lambda: (
                self.env["account.move"]
                .sudo()  # who may invoice an order need not read journals
                .with_company(self.company_id)
                .new(
                    {
                        "move_type": "out_invoice",
                        "company_id": self.company_id.id,
                        "currency_id": self.currency_id.id,
                    }
                )
                ._search_default_journal()
                .sudo(self.env.su)
            ),
        )

    def _get_payment_schedule(self, term=None):
        """Return what the payment term yields at the invoice date (``K2``): due dates, shares and discount.

        :param account.payment.term term: by default the one of this order; empty: due on the invoice date
        :rtype: Hashable
        """
        term = self.payment_term_id if term is None else term
        day = self._get_planned_invoice_date()
        return self._from_merge_cache(
            ("payment_schedule", term.id, day), lambda: self._compute_payment_schedule(term, day)
        )

    @api.model
    def _compute_payment_schedule(self, term, day):
        discount = None
        if term.early_discount:
            discount = (
                term._get_last_discount_date(day),
                term.discount_percentage,
                term.early_pay_discount_computation,
            )
        installments = [Installment(line._get_due_date(day), line.value, line.value_amount) for line in term.line_ids]
        return payment_schedule(installments or [Installment(day, "percent", 100.0)], discount)

    def _get_planned_invoice_date(self):
        """Return the invoice date for which payment schedules are compared: the planned one, else today."""
        return take(self.env.context, "billing_invoice_date") or fields.Date.context_today(self)

    # === CACHE OF ONE PARTITION ===#

    def _with_merge_cache(self):
        """Return the orders with a cache for values that many of them share; it lives as long as this context."""
        if take(self.env.context, "merge_key_cache") is not None:
            return self
        return self.with_context(**give(merge_key_cache={}))

    def _from_merge_cache(self, key, compute):
        cache = take(self.env.context, "merge_key_cache")
        if cache is None:
            return compute()
        if key not in cache:
            cache[key] = compute()
        return cache[key]

    def _get_cached_merge_key_parts(self):
        """Return `_get_merge_key_parts`, computed once per order within one partition."""
        self.ensure_one()
        return self._from_merge_cache(("parts", self.id), self._get_merge_key_parts)

    # === THE PARTITION ===#

    def _get_merge_keys(self, lines):
        """Return the merge key of each of the lines of the orders in ``self`` that are billed for themselves.

        A single order is billed whole, whatever the bill dates of its lines, or their months (``K5``).

        :param sale.order.line lines: lines of the orders; headings and dependent lines are left out
        :rtype: dict[int, MergeKey]
        """
        lines = lines.with_env(self._with_merge_cache().env)
        is_whole = len(self) == 1 and not take(self.env.context, "billing_full_key")
        keys = {}
        for line in lines:
            if line.display_type or line._is_dependent():
                continue
            key = line._get_merge_key()
            keys[line.id] = drop_part(drop_part(key, "bill_date"), "month") if is_whole else key
        return keys

    @api.model
    def _sort_for_billing(self, orders):
        """Sort orders as they follow each other on an invoice (``I2``): by date, then number."""
        return orders.sorted(lambda order: (order.date_order, order.name or "", order.id))

    # === THE EXPLANATION ===#

    @api.model
    def _explain_groups(self, groups):
        """Say of every group why it is apart from its nearest neighbour for the same payer (``R1``).

        :param groups: merge key and lines of each group
        :type groups: list[tuple[MergeKey, sale.order.line]]
        :return: a sentence for each group, empty for a group that is alone
        :rtype: list[str]
        """
        groups = [tuple(group) for group in groups]
        reasons = [""] * len(groups)
        by_payer = partition(
            range(len(groups)),
            lambda index: groups[index][1][:1].order_id.partner_invoice_id.commercial_partner_id.id,
        )
        for _payer, indexes in by_payer:
            neighbours = nearest_neighbours([groups[index][0] for index in indexes])
            for index, neighbour in zip(indexes, neighbours, strict=True):
                if neighbour is not None:
                    reasons[index] = self._explain_pair(groups[index], groups[indexes[neighbour]])
        return reasons

    @api.model
    def _explain_pair(self, group, other):
        """Name the parts in which two groups differ, with the values of both: "payment terms: 30 Days ≠ 45 Days"."""
        labels = self._get_merge_key_labels()
        sentences = []
        for name in explain(group[0], other[0]):
            value = group[1][0]._describe_merge_key_part(name, group[0])
            other_value = other[1][0]._describe_merge_key_part(name, other[0])
            sentences.append(f"{labels.get(name, name)}: {value} ≠ {other_value}")
        return "; ".join(sentences)

    @api.model
    def _explain_negative(self, total, reason, final):
        """Add to the reason of a document that its total is negative, or drop that when it is not any more.

        :param float total: of the document
        :param str reason: why it is apart from its neighbours
        :param bool final: whether a negative document becomes a credit note
        :rtype: str
        """
        notice = self.env._("credit note: the total is negative") if final else self.env._("the total is negative")
        sentences = [sentence for sentence in (reason or "").split("; ") if sentence and sentence != notice]
        is_said = any(self.env._("credit note") in sentence for sentence in sentences)
        return "; ".join([*sentences, notice] if total < 0 and not is_said else sentences)

    @api.model
    def _get_merge_key_labels(self):
        """Return the names of the parts of the merge key as accountants read them.

        :rtype: dict[str, str]
        """
        return {
            "company": self.env._("company"),
            "bill_to": self.env._("bill-to"),
            "currency": self.env._("currency"),
            "fiscal_position": self.env._("fiscal position"),
            "journal": self.env._("journal"),
            "payment_schedule": self.env._("payment terms"),
            "bill_date": self.env._("bill date"),
            "grouping": self.env._("invoice grouping"),
            **self._from_merge_cache(("header_labels", self.env.lang), self._get_header_key_labels),
        }

    def _describe_grouping(self):
        """Return the invoice grouping with what it groups by: the order's number, or its job code."""
        label = self.env["res.company"]._get_invoice_grouping_labels()[self.invoice_grouping]
        if self.invoice_grouping == "separate":
            return f"{label} ({self.name})"
        if self.invoice_grouping == "job_code":
            code = self.job_code or self.env._("no job code")
            return f"{label} ({code})"
        return label
