from odoo import api, fields, models
from odoo.exceptions import UserError


class ConsolidatedBillingRun(models.Model):
    """Documents that are too small to be billed now: the minimum amount of billing profiles (``R1``)."""

    _inherit = "consolidated.billing.run"

    def _split_small_documents(self, plan):
        """Divide documents in those to propose and those below the minimum of their bill-to's profile.

        What a deferred document would have deducted of an order is planned again for the others.

        :param plan: plans the documents without those with some merge keys
        :type plan: Callable[[set[MergeKey]], list[PlannedInvoice]]
        :return: what is proposed; what is deferred, with its amounts and the minimum
        :rtype: tuple[list[PlannedInvoice], list[tuple[PlannedInvoice, AmountsToInvoice, float]]]
        """
        planned, deferred, keys = plan(()), [], set()
        while small := [item for item in map(self._get_deferred, planned) if item]:
            deferred += small
            keys.update(document.key for document, _amounts, _minimum in small)
            planned = [document for document in planned if document.key not in keys]
            if any(line._is_dependent() for document, _amounts, _minimum in small for line in document.lines):
                planned = [document for document in plan(keys) if document.key not in keys]
        return planned, [(document._without(planned), amounts, minimum) for document, amounts, minimum in deferred]

    def _get_deferred(self, document):
        """Return a document with its amounts and the minimum, if it is below that; otherwise nothing."""
        order = document.lines[0].order_id
        minimum = order._get_merge_options().minimum_amount
        amounts = minimum and self._get_amounts(document)
        if amounts and self._is_document_below(amounts.untaxed, order):
            return document, amounts, minimum
        return None

    def _is_document_below(self, amount, order):
        """Whether a document is below the minimum of its bill-to's profile.

        A credit note of its own is measured by its size, as the profile wants such documents; what is less than nothing
        otherwise waits for the invoice on which it is deducted.

        :param float amount: untaxed, in the currency of the order
        :param sale.order order: one of its orders
        :rtype: bool
        """
        options = order._get_merge_options()
        size = abs(amount) if options.credit_policy == "separate" else amount
        return self._is_below(size, order.currency_id, options.minimum_amount)

    def _is_below(self, amount, currency, minimum):
        """Whether an amount is below a minimum; without a minimum none is.

        :param float amount: untaxed, in the currency of the document
        :param res.currency currency: the currency of the document
        :param float minimum: in company currency
        """
        amount = currency._convert(amount, self.currency_id, self.company_id, self.invoice_date)
        return bool(minimum) and self.currency_id.compare_amounts(amount, minimum) < 0

    def _skip_changed_lines(self, groups):
        """Extend: skip what is left of a document when changes, not a person's choice, took it below the minimum."""
        chosen = {group: group.amount_untaxed for group in groups}
        lines = super()._skip_changed_lines(groups)
        shrunk = lines.group_id.filtered(lambda group: group.line_ids.filtered("selected") - lines)
        kept_by_group = lines.filtered(lambda line: line.group_id in shrunk).grouped("group_id")
        for group, kept in kept_by_group.items():
            order = kept.order_id[:1].with_context(**self._get_merge_context())
            minimum = order._get_merge_options().minimum_amount
            amount = kept._get_amounts_to_invoice().untaxed
            if minimum and self._is_document_below(amount, order) and not self._is_document_below(chosen[group], order):
                kept._write_as_engine({"skip_reason": self._get_minimum_reason(minimum), "is_claim": False})
                lines -= kept
        return lines

    def _create_deferred(self, deferred):
        """List documents that are deferred; their lines are not proposed, so that they are free for a later run.

        :param deferred: see `_split_small_documents`
        """
        reasons = [self._get_minimum_reason(minimum) for _document, _amounts, minimum in deferred]
        group_ids = self._store(
            "consolidated.billing.run.group",
            [
                {**self._prepare_group(*document, reason, amounts), "state": "deferred", "selected": False}
                for (document, amounts, _minimum), reason in zip(deferred, reasons, strict=True)
            ],
        )
        self._store(
            "consolidated.billing.run.line",
            [
                {
                    "run_id": self.id,
                    "deferred_group_id": group_id,
                    "order_id": line.order_id.id,
                    "order_line_id": line.id,
                    "currency_id": line.order_id.currency_id.id,
                    "quantity_open": document.values[line.id]["quantity"],
                    "amount_open": amounts.by_line[line.id],
                    "selected": False,
                    "skip_reason": reason,
                }
                for group_id, (document, amounts, _minimum), reason in zip(group_ids, deferred, reasons, strict=True)
                for line in document.lines
            ],
        )

    def _get_minimum_reason(self, minimum):
        # reasons are stored: readers use several number formats
        amount = f"{minimum:.{self.currency_id.decimal_places}f} {self.currency_id.name}"
        return self.env._("below minimum %(amount)s", amount=amount)


class ConsolidatedBillingRunLine(models.Model):
    _inherit = "consolidated.billing.run.line"

    deferred_group_id = fields.Many2one(
        "consolidated.billing.run.group",
        string="Deferred Document",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
        help="The document on which the line would have been billed, if that were not too small.",
    )


class ConsolidatedBillingRunGroup(models.Model):
    _inherit = "consolidated.billing.run.group"

    deferred_line_ids = fields.One2many(
        "consolidated.billing.run.line",
        "deferred_group_id",
        string="Deferred Lines",
        help="What waits for a later run, because the document is below the minimum amount.",
    )

    @api.depends("deferred_line_ids.order_id")
    def _compute_order_ids(self):
        """Extend: a deferred document has no lines, but orders."""
        result = super()._compute_order_ids()
        for group in self.filtered("deferred_line_ids"):
            group.order_ids = group.deferred_line_ids.order_id
        return result

    def write(self, vals):
        """Extend: a deferred document cannot be selected, its lines are not in the run."""
        deferred = vals.get("selected") and self.filtered(lambda group: group.state == "deferred")
        if deferred:
            raise UserError(
                self.env._(
                    "The document of %(partner)s waits for a later run: it is %(reason)s. To bill it now, lower the "
                    "minimum amount of its billing profile and prepare the run again.",
                    partner=deferred[0].partner_id.display_name,
                    reason=deferred[0].reason,
                )
            )
        return super().write(vals)
