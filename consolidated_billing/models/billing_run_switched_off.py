from dataclasses import replace

from odoo import fields, models
from odoo.tools import float_round

from ..tools.credited import join_names


class ConsolidatedBillingRun(models.Model):
    """What was billed and then credited by hand is listed, but switched off (``R11``)."""

    _inherit = "consolidated.billing.run"

    def _remember_credited(self, lines, due):
        """Return what of some lines was credited by hand, and keep it while this proposal is planned.

        :param sale.order.line lines: what can be proposed
        :param dict[int, float] due: what is due at the cutoff date by line id
        :rtype: dict[int, Credited]
        """
        return lines.order_id._from_merge_cache("credited", lambda: lines._get_credited_by_hand(due))

    def _get_deferred(self, document):
        """Extend: the minimum of a profile counts what is switched on."""
        credited = document.lines.order_id._from_merge_cache("credited", dict)
        if not any(line.id in credited for line in document.lines):
            return super()._get_deferred(document)
        chosen = self._leave_out_credited(document, credited)
        if not chosen.lines or not super()._get_deferred(chosen):
            return None
        minimum = document.lines[0].order_id._get_merge_options().minimum_amount
        return document, self._get_amounts(document), minimum

    def _leave_out_credited(self, document, credited):
        """Return a planned document without what was credited by hand, and without what depends on nothing else.

        :param PlannedInvoice document: the document
        :param dict[int, Credited] credited: what was credited by line id
        :rtype: PlannedInvoice
        """
        values = dict(document.values)
        for line in document.lines.filtered(lambda line: line.id in credited):
            rest = float_round(values[line.id]["quantity"] - credited[line.id].quantity, precision_digits=6)
            values[line.id] = {**values[line.id], "quantity": max(0.0, rest)}
        values = {line_id: billed for line_id, billed in values.items() if billed["quantity"]}
        lines = document.lines.filtered(lambda line: line.id in values)
        billed = lines.filtered(lambda line: not line._is_dependent()).order_id
        lines = lines.filtered(lambda line: line.order_id in billed)
        return replace(document, lines=lines, values={line.id: values[line.id] for line in lines})

    def _switch_off_credited(self, rows, credited):
        """Switch off the rows of lines that were credited by hand, or lower their quantities to the rest.

        A line that is on several documents is billed on the first ones.

        :param list[dict] rows: rows of proposed lines
        :param dict[int, Credited] credited: what was credited by line id
        :return: ids of the documents with such rows, and the credit notes
        :rtype: dict[int, list[str]]
        """
        rest = {line_id: part.quantity for line_id, part in credited.items()}
        documents = {}
        for row in reversed(rows) if credited else ():
            line_id = row["order_line_id"]
            quantity = min(rest.get(line_id, 0.0), row["quantity"])
            if quantity <= 0:
                continue
            rest[line_id] -= quantity
            by = credited[line_id].by
            documents.setdefault(row["group_id"], []).insert(0, by)
            row["credited_by"] = by
            left = float_round(row["quantity"] - quantity, precision_digits=6)
            if left:
                row["quantity"] = left
            else:
                reason = self.env["sale.order.line"]._get_credited_reason(by)
                row.update({"selected": False, "skip_reason": reason, "amount_untaxed": 0.0})
        return documents

    def _close_switched_off(self, documents):
        """Switch off the documents of which nothing is left, lower the amounts of the others, and say why.

        :param dict[int, list[str]] documents: see `_switch_off_credited`
        """
        groups = self.env["consolidated.billing.run.group"].browse(documents)
        for group in groups:
            reason = self.env["sale.order.line"]._get_credited_reason(join_names(documents[group.id]))
            group._write_as_engine({"reason": "; ".join(filter(None, (group.reason, reason)))})
        empty = groups.filtered(lambda group: not group._has_chosen_lines())
        empty._write_as_engine({"selected": False})
        (groups - empty)._update_deductions()

    def _forget_empty_reason(self):
        """Do not say any more why nothing is proposed, once somebody switched something on."""
        self.filtered("empty_reason")._write_as_engine({"empty_reason": False})


class ConsolidatedBillingRunGroup(models.Model):
    _inherit = "consolidated.billing.run.group"

    def _has_chosen_lines(self):
        """Return whether anything is switched on that is billed for itself.

        :rtype: bool
        """
        self.ensure_one()
        return any(line.selected and not line.order_line_id._is_dependent() for line in self.line_ids)

    def write(self, vals):
        """Extend: who switches on a document of which nothing is switched on wants what was credited."""
        if not vals.get("selected") or self._is_engine():
            return super().write(vals)
        self.run_id._check_can_choose()
        self.run_id._forget_empty_reason()
        credited = self.filtered(lambda group: not group._has_chosen_lines()).line_ids.filtered("credited_by")
        credited._write_as_engine({"selected": True, "skip_reason": False})
        result = super().write(vals)
        if credited:
            credited.group_id._update_deductions()
            self.run_id._update_totals()
        return result


class ConsolidatedBillingRunLine(models.Model):
    _inherit = "consolidated.billing.run.line"

    credited_by = fields.Char(
        readonly=True,
        help="The credit notes by which the line, or a part of it, was credited by hand after it was billed. It is "
        "billed again only when somebody switches it on or raises its quantity.",
    )

    def write(self, vals):
        """Extend: who switches on what was credited has it billed again."""
        if "selected" not in vals or self._is_engine():
            return super().write(vals)
        self.run_id._check_can_choose()
        credited = self.filtered("credited_by")
        if vals["selected"]:
            self.run_id._forget_empty_reason()
            credited._write_as_engine({"skip_reason": False})
            empty = credited.group_id.filtered(lambda group: not group._has_chosen_lines())
            empty._write_as_engine({"selected": True})
            return super().write(vals)
        result = super().write(vals)
        whole = credited.filtered(lambda line: not line._is_lowered())
        for credited_by, lines in whole.grouped("credited_by").items():
            lines._write_as_engine({"skip_reason": self.order_line_id._get_credited_reason(credited_by)})
        return result
