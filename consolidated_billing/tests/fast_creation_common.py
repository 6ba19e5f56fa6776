from contextlib import contextmanager
from unittest.mock import patch

from odoo import Command

from ..models.account_move_fast_creation import FAST_CREATION_PARAMETER
from ..models.invoice_completion import InvoiceCompletion
from .common import ConsolidatedBillingCommon

# Differ from one creation to the next, whatever creates.
VOLATILE = {"id", "create_date", "write_date", "create_uid", "write_uid", "access_token"}


class Rollback(Exception):
    """Ends a savepoint whose work is not kept."""


class FastCreationCommon(ConsolidatedBillingCommon):
    """Creates the same invoices by core and with complete values, and compares every stored column."""

    @classmethod
    def _set_fast(cls, is_fast):
        cls.env["ir.config_parameter"].set_param(FAST_CREATION_PARAMETER, str(is_fast))

    @contextmanager
    def _forgotten(self):
        """Take back what is done inside: the next one finds the same rows."""
        try:
            with self.env.cr.savepoint():
                yield
                raise Rollback
        except Rollback:
            self.env.invalidate_all()

    def _get_record_values(self, record):
        """Return all stored columns and many2many values of a record but those that differ each time."""
        return {
            name: record[name].ids if field.relational else record[name]
            for name, field in record._fields.items()
            if field.store and name not in VOLATILE and (field.column_type or field.type == "many2many")
        }

    def _get_move_values(self, move, orders):
        """Return all that is stored of an invoice, with its lines in the order of their creation."""
        values = self._get_record_values(move)
        lines = []
        for line in move.line_ids.sorted("id"):
            of_line = self._get_record_values(line)
            del of_line["move_id"]
            if line.display_type not in ("line_section", "line_subsection", "line_note"):
                del of_line["parent_state"]  # always that of the invoice
            lines.append(of_line)
        values["lines"] = lines
        values["messages"] = sorted((message.body or "", message.subtype_id.id) for message in move.message_ids)
        values["followers"] = sorted(move.message_partner_ids.ids)
        return values

    def _create_and_read(self, orders, is_fast, is_posted=False, **options):
        """Create the invoices of orders one way, and return all that is stored of them and of the orders."""
        self._set_fast(is_fast)
        moves = orders._create_invoices(**options).sudo()
        if is_posted:
            moves.action_post()
        self.env.flush_all()
        self.env.invalidate_all()
        invoices = [self._get_move_values(move, orders) for move in moves]
        lines = [self._get_record_values(line) for line in orders.sudo().order_line]
        for line in lines:
            line["invoice_lines"] = len(line["invoice_lines"])
        return {"invoices": invoices, "order_lines": lines}

    def assertEqualToCore(self, orders, is_used=None, **options):
        """Assert that both ways store the same.

        :param bool is_used: whether lines are to be completed; by default either is fine
        :param options: of `_create_and_read`
        """
        stored = []
        complete = InvoiceCompletion._complete_invoice
        with patch.object(InvoiceCompletion, "_complete_invoice", autospec=True, side_effect=complete) as completing:
            for is_fast in (False, True):
                with self._forgotten():
                    stored.append(self._create_and_read(orders, is_fast, **options))
                if not is_fast:
                    completing.assert_not_called()
            if is_used is not None:
                self.assertEqual(completing.called, is_used)
        core, fast = stored
        self.assertEqual(len(fast["invoices"]), len(core["invoices"]))
        for ours, cores in zip(fast["invoices"], core["invoices"], strict=True):
            self.assertEqual(
                [(line["display_type"], line["name"]) for line in ours["lines"]],
                [(line["display_type"], line["name"]) for line in cores["lines"]],
            )
            for our_line, core_line in zip(ours.pop("lines"), cores.pop("lines"), strict=True):
                self.assertEqual(our_line, core_line)
            self.assertEqual(ours, cores)
        self.assertEqual(fast["order_lines"], core["order_lines"])
        return completing.call_count

    @classmethod
    def _create_tax(cls, amount, **values):
        name = f"{amount} {sorted(map(str, values.items()))}"[:200]
        return cls.env["account.tax"].create({"name": name, "amount": amount, "type_tax_use": "sale", **values})

    @classmethod
    def _create_repartition(cls, *factors, account, tags):
        """Return both repartitions of a tax: its base and a line for each factor, tagged; the first on an account."""
        base_tag, *tax_tags = tags
        lines = [Command.create({"repartition_type": "base", "tag_ids": [Command.set(base_tag.ids)]})] + [
            Command.create(
                {
                    "repartition_type": "tax",
                    "factor_percent": factor,
                    "account_id": account.id if not number else False,
                    "tag_ids": [Command.set(tag.ids)],
                }
            )
            for number, (factor, tag) in enumerate(zip(factors, tax_tags, strict=True))
        ]
        return {"invoice_repartition_line_ids": lines, "refund_repartition_line_ids": lines}
