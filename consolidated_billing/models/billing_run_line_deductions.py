from odoo import models
from odoo.tools import float_compare


class ConsolidatedBillingRunGroup(models.Model):
    """Discounts, charges and down payments of a proposal, planned again when other lines change (``K8``, ``I5``)."""

    _inherit = "consolidated.billing.run.group"

    def _update_deductions(self):
        """Plan again what these documents, and those that share a line with them, deduct; amounts follow."""
        groups = self | self._get_sharing_groups()
        groups.filtered("selected").line_ids.filtered("selected")._plan_deductions()
        groups._update_amounts()

    def _get_sharing_groups(self):
        """Return the proposed documents that bill another part of a line of these documents.

        :rtype: consolidated.billing.run.group
        """
        Line = self.env["consolidated.billing.run.line"]
        parts = Line.search([("group_id", "in", self.ids), ("is_part", "=", True)])
        if not parts:
            return self.browse()
        others = [
            ("run_id", "in", parts.run_id.ids),
            ("order_line_id", "in", parts.order_line_id.ids),
            ("group_id.state", "=", "proposed"),
        ]
        return Line.search(others).group_id


class ConsolidatedBillingRunLine(models.Model):
    _inherit = "consolidated.billing.run.line"

    def _plan_deductions(self):
        """Plan again what is billed of the dependent lines among these, from what is billed of the others.

        A document that consists of such lines from the beginning stays as it is.
        """
        order_lines = self.order_line_id
        dependents = order_lines.filtered(lambda line: line._is_dependent())
        if not dependents:
            return
        deductions = self.filtered(lambda line: line.order_line_id in dependents)
        deductions = deductions.filtered(lambda line: line.group_id._has_other_lines())
        documents = [
            (group.id, {line.order_line_id: line._get_values() for line in lines - deductions if line.quantity})
            for group, lines in self.sorted("id").grouped("group_id").items()
        ]
        places = {(line.order_line_id.id, line.group_id.id): line for line in deductions}
        planned = dict(
            order_lines.order_id._add_dependent_lines(
                documents,
                deductions.order_line_id,
                allows=lambda line, group_id: (line.id, group_id) in places,
            )
        )
        for (_line_id, group_id), line in places.items():
            line._set_deduction(planned[group_id].get(line.order_line_id))

    def _is_shared_elsewhere(self, is_open):
        """Whether a part of this discount or down payment was billed elsewhere meanwhile: its share is planned again.

        :param float is_open: what was open until this run billed a part of it
        """
        self.ensure_one()
        order_line = self.order_line_id
        is_changed = float_compare(is_open, self.frozen_values["open"], precision_digits=6) != 0
        return is_changed and bool(is_open) and order_line._is_dependent() and order_line._is_deduction()

    def _set_deduction(self, values):
        """Store what is billed of a dependent line.

        :param dict values: values of the invoice line; nothing when it waits
        """
        self.ensure_one()
        if (values or {}) != self._get_values():
            quantity = values["quantity"] if values else 0.0
            self._write_as_engine({"quantity": quantity, "frozen_values": {**self.frozen_values, "values": values}})
