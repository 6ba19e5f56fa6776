import logging

import psycopg2

from odoo import api, models
from odoo.exceptions import UserError

from ..tools.engine_context import give
from ..tools.merge_key import explain
from ..tools.selection import BillingSelection
from .billing_run_worker import CONCURRENCY_ERRORS

_logger = logging.getLogger(__name__)


class ConsolidatedBillingRun(models.Model):
    """Creating the documents of some groups: each alone if it must be, nothing that changed (``R2``, ``R4``)."""

    _inherit = "consolidated.billing.run"

    def _bill_groups(self, groups):
        """Create the documents of these groups together; when that fails, one by one (``R4``).

        :param consolidated.billing.run.group groups: locked, proposed groups
        """
        try:
            with self.env.cr.savepoint():
                self._bill_batch(groups)
        except CONCURRENCY_ERRORS:
            raise
        except Exception as error:  # whatever it is, it stays with its document
            if len(groups) > 1:
                for group in groups:
                    self._bill_groups(group)
                return
            if not isinstance(error, UserError):
                _logger.info("%s: document %s failed", self.name, groups.id, exc_info=True)
            groups._fail(self._get_error_message(error))

    @api.model
    def _get_error_message(self, error):
        """Return an error in words that an accountant understands."""
        if isinstance(error, UserError):
            return str(error)
        if isinstance(error, psycopg2.IntegrityError):
            tables = {model._table: name for name, model in self.env.registry.items()}
            return self.env[tables.get(error.diag.table_name, "base")]._sql_error_to_message(error)
        if isinstance(error, psycopg2.Error):
            return self.env._(
                "The database refused the document: %(error)s",
                error=error.diag.message_primary or type(error).__name__,
            )
        return self.env._("The document could not be created: %(error)s", error=error or type(error).__name__)

    def _bill_batch(self, groups):
        """Check the lines again, create the documents of what is left and note what was billed (``R2``, ``R7``).

        :raise UserError: the period of the invoice date was locked in the meantime
        """
        self._check_invoice_date_is_open()
        lines = self._skip_changed_lines(groups)
        values = {line: line._get_values() for line in lines}
        lines = lines.filtered(lambda line: values[line])
        billable = lines.group_id
        (groups - billable)._write_as_engine({"state": "skipped"})
        if not billable:
            return
        selection = BillingSelection(
            documents=[
                (group.id, {line.order_line_id.id: values[line] for line in parts})
                for group, parts in lines.grouped("group_id").items()
            ],
            header={
                "billing_run_id": self.id,
                "invoice_date": self.invoice_date,
                # as proposed, whatever is the default of who generates
                "invoice_cash_rounding_id": self.cash_rounding_id.id,
            },
        )
        orders = lines.order_id.with_context(
            **give(billing_selection=selection, billing_invoice_date=self.invoice_date),
            raise_if_nothing_to_invoice=True,
        )
        moves = orders._create_invoices(final=self.deduct_down_payments)
        for group_id, move in zip(selection.created, moves.with_env(self.env), strict=True):
            groups.browse(group_id)._complete(move)
        lines._write_as_engine({"is_billed": True, "is_claim": False})
        self._pass_claims_on(groups.line_ids.filtered("is_part").order_line_id)

    def _skip_changed_lines(self, groups):
        """Skip the lines that changed since the run was prepared, each alone and with a reason (``R2``).

        :return: the lines that can be billed
        :rtype: consolidated.billing.run.line
        """
        lines = groups.line_ids.filtered(lambda line: line.selected and not line.is_billed and not line.skip_reason)
        orders = lines.order_id.with_context(**self._get_merge_context())._with_merge_cache()
        labels = orders._get_merge_key_labels()
        billed = self._get_billed_parts(lines)
        due = lines.order_line_id._get_quantities_due(self.cutoff_date)
        reasons, shared = {}, []
        for line in lines:
            is_open = due[line.order_line_id.id] + billed.get(line.order_line_id, 0.0)
            if line._is_shared_elsewhere(is_open):
                shared.append(line)
                is_open = line.frozen_values["open"]
            reason = line._get_change(is_open) or self._get_key_change(line, orders, labels)
            if reason:
                reasons[line] = reason
        reasons = self._get_reasons_of_reduced(lines, reasons) | reasons
        for line, reason in reasons.items():
            line._write_as_engine({"skip_reason": reason, "is_claim": False})
        kept = lines.browse([line.id for line in lines if line not in reasons])
        changed = {(line.group_id, line.order_id) for line in (*reasons, *shared)}
        kept.filtered(lambda line: (line.group_id, line.order_id) in changed)._plan_deductions()
        return kept

    def _get_billed_parts(self, lines):
        """Return what this run billed already of order lines that are on several of its documents.

        :rtype: dict[sale.order.line, float]
        """
        parts = lines.filtered("is_part")
        if not parts:
            return {}
        rows = parts._read_group(
            [("run_id", "=", self.id), ("order_line_id", "in", parts.order_line_id.ids), ("is_billed", "=", True)],
            ["order_line_id"],
            ["quantity:sum"],
        )
        return dict(rows)

    def _get_reasons_of_reduced(self, lines, reasons):
        """Skip what is reduced by a discount that changed: it is not billed without its discount (``K8``).

        :param dict reasons: why some of the lines are skipped
        :return: why further ones are skipped
        :rtype: dict[consolidated.billing.run.line, str]
        """
        changed = [
            line for line in reasons if not line.order_line_id.is_downpayment and line.order_line_id._is_dependent()
        ]
        result = {}
        for discount in changed:
            reduced = discount.order_line_id._get_reduced_lines() if discount.quantity else ()
            for line in lines:
                if line.group_id == discount.group_id and line.order_line_id in reduced:
                    result[line] = self.env._("its discount: %(reason)s", reason=reasons[discount])
        return result

    def _get_key_change(self, line, orders, labels):
        """Name the parts of the merge key that changed since the run was prepared: the line belongs elsewhere now."""
        if line.order_line_id._is_dependent():
            return ""
        order_line, before = line.order_line_id.with_env(orders.env), line.group_id.merge_key
        parts = orders._divide_line(order_line, order_line._get_merge_key(), order_line.qty_to_invoice)
        keys = [self._serialize_key(key) for key, _values in parts]
        if before in keys:
            return ""
        now = keys[0]
        changed = explain(*(tuple(map(tuple, key)) for key in (now, before)))
        if not changed:
            return ""
        if [name for name, _value in now] != [name for name, _value in before]:
            return self.env._("billing profile changed")
        return self.env._("%(what)s changed", what=", ".join(labels.get(name, name) for name in changed))
