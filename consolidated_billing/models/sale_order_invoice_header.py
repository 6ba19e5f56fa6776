from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Command
from odoo.tools import is_html_empty

from ..tools.header import (
    HEADER_RULES,
    SILENT_NAMES,
    SILENT_RULES,
    HeaderRule,
    join_distinct,
    merge_headers,
)
from ..tools.merge_key import normalize_job_code

REF_SIZE = 2000  # core cuts the joined references there
BILL_TO_RULES = (HeaderRule.BILL_TO, HeaderRule.BILL_TO_OR_FIRST)
HEADER_PART = "invoice."  # starts the names of key parts that are values of the invoice


class SaleOrder(models.Model):
    """The header of an invoice that merges several orders, by one table of rules (``I3``, ``I6``).

    The table decides what the invoice gets where orders differ, which of its values are parts of the merge key, and
    what the chatter lists.
    """

    _inherit = "sale.order"

    # === THE TABLE ===#

    @api.model
    def _get_header_rules(self):
        """Return what happens to each header value on which merged orders differ.

        Extension point: call `super` and add the values that another addon's `_prepare_invoice` gives. A value with
        the rule ``KEY`` is compared by the field of the order that has the same name, else by what the invoice would
        compute.

        :return: the rules by name of a field of `account.move`
        :rtype: dict[str, HeaderRule]
        """
        return HEADER_RULES

    def _get_header_rule(self, name):
        """Return the rule for one value: of the table, else by whether the invoice computes it."""
        rule = self._from_merge_cache("header_rules", self._get_header_rules).get(name)
        if rule is None:
            field = self.env["account.move"]._fields.get(name)
            rule = HeaderRule.COMPUTED if field and field.compute and not field.related else HeaderRule.EMPTY
        return rule

    # === HEADER ===#

    @api.model
    def _prepare_grouped_invoice_header(self, orders):
        """Prepare the header of the invoice that merges several orders (``I3``, ``I6``).

        Extension point: call `super` and change or add values of the invoice. To say what happens where orders
        differ, extend `_get_header_rules`.

        :param sale.order orders: the orders, in the order in which they stand on the invoice
        :return: values of `account.move` without lines
        :rtype: dict
        """
        merged = orders._merge_headers()
        values = dict(merged.values)
        # contacts are read for all invoices of a batch at once
        first = orders[:1].with_prefetch(self._prefetch_ids or orders._prefetch_ids)
        values.update(first._get_bill_to_header_values(merged.disagreements.keys()))
        if "invoice_payment_term_id" in merged.disagreements:
            values["invoice_payment_term_id"] = orders._choose_payment_term().id
        values.update(self._join_headers(orders._get_invoice_headers()))
        values.update({name: value for name, value in first._get_computed_header_keys().items() if value})
        return values

    def _merge_headers(self):
        """Merge what `_prepare_invoice` prepared for these orders; decided once for header and chatter.

        :rtype: MergedHeader
        """
        return self._from_merge_cache(
            ("merged_header", self._ids), lambda: merge_headers(self._get_invoice_headers(), self._get_header_rule)
        )

    def _get_invoice_headers(self):
        """Return what `_prepare_invoice` prepared for each of these orders, without lines.

        Dates are those that the invoice will store: deliveries at two hours of a day agree.

        :rtype: list[dict]
        """
        headers = [
            order._from_merge_cache(
                ("header", order.id),
                lambda order=order: {k: v for k, v in order._prepare_invoice().items() if k != "invoice_line_ids"},
            )
            for order in self
        ]
        Move = self.env["account.move"]
        dates = {name for header in headers for name in header if getattr(Move._fields.get(name), "type", 0) == "date"}
        if not dates:
            return headers
        return [
            {**header, **{name: fields.Date.to_date(header[name]) for name in dates & header.keys()}}
            for header in headers
        ]

    def _get_bill_to_header_values(self, names):
        """Return the header values that the bill-to of this order has itself.

        :param names: the fields of `account.move` that are wanted
        :type names: collections.abc.Set[str]
        :return: values of those that come from the bill-to; ``False`` where it has none and nobody else's counts
        :rtype: dict
        """
        bill_to = self.partner_invoice_id.with_company(self.company_id)
        own = {
            "invoice_user_id": lambda: (bill_to.user_id or bill_to.commercial_partner_id.user_id).id,
            "preferred_payment_method_line_id": lambda: bill_to.property_inbound_payment_method_line_id.id,
            # Nothing went to the payer's own delivery address: with the bill-to itself, none is printed.
            "partner_shipping_id": lambda: bill_to.id,
        }
        own["user_id"] = own["invoice_user_id"]
        rules = {name: self._get_header_rule(name) for name in names}
        values = {name: False for name, rule in rules.items() if rule is HeaderRule.BILL_TO}
        for name, rule in rules.items():
            if rule in BILL_TO_RULES and name in own and (value := own[name]()):
                values[name] = value
        return values

    def _choose_payment_term(self):
        """Choose between terms that yield the same schedule (``K2``): the bill-to's own, else the earliest order's.

        :rtype: account.payment.term
        """
        first = self[:1]
        own = first.partner_invoice_id.with_company(first.company_id).property_payment_term_id
        if own and first._get_payment_schedule(own) == first._get_payment_schedule():
            return own
        return first.payment_term_id

    @api.model
    def _join_headers(self, headers):
        """Join what is kept of every order: references, origins, notes, payment transactions and a common job code."""
        notes = dict.fromkeys(
            header["narration"]
            for header in headers
            if header.get("narration") and not is_html_empty(header["narration"])
        )
        transaction_ids = dict.fromkeys(
            transaction_id
            for header in headers
            for command in header.get("transaction_ids") or ()
            for transaction_id in command[2]
        )
        codes = {normalize_job_code(header.get("job_code")) for header in headers}
        return {
            "ref": join_distinct(header.get("ref") for header in headers)[:REF_SIZE],
            "invoice_origin": join_distinct(header.get("invoice_origin") for header in headers),
            "narration": Markup("<br/>").join(notes) if notes else False,
            "transaction_ids": [Command.set(list(transaction_ids))],
            "job_code": headers[0].get("job_code") if len(codes) == 1 else False,
        }

    # === PARTS OF THE MERGE KEY ===#

    @api.model
    def _get_header_key_names(self):
        """Return the header values that orders must share (``KEY``), as far as this database knows them.

        :rtype: list[str]
        """
        names = self.env["account.move"]._fields.keys()
        rules = self._get_header_rules()
        return [name for name, rule in rules.items() if rule is HeaderRule.KEY and name in names]

    def _get_header_key_parts(self):
        """Return the parts of the merge key that are values of the invoice (``invoice.<field>``).

        :rtype: dict[str, Hashable]
        """
        names = self._from_merge_cache("header_keys", self._get_header_key_names)
        if not names:
            return {}
        computed = self._get_computed_header_keys()
        # Equal values must be equal for everybody, whatever the rights of who bills.
        source = self.sudo().with_company(self.company_id).with_context(lang=None, active_test=False)
        parts = {}
        for name in names:
            value = computed[name] if name in computed else source._get_plain_value(name)
            parts[f"{HEADER_PART}{name}"] = (value.strip() if isinstance(value, str) else value) or None
        return parts

    def _get_computed_header_keys(self):
        """Return the header values that orders must share and the invoice computes: orders have no such field.

        They are given to a merged invoice, which would compute them from the bill-to where its orders were delivered
        to several addresses.

        :rtype: dict[str, Any]
        """
        names = self._from_merge_cache("header_keys", self._get_header_key_names)
        names = [name for name in names if name not in self._fields]
        if not names:
            return {}
        return self._from_merge_cache(
            ("computed_header", self.company_id.id, self.partner_invoice_id.id, self.partner_shipping_id.id),
            lambda: self._compute_header_values(names),
        )

    def _compute_header_values(self, names):
        """Return what an invoice of this order would compute, without creating one."""
        move = (
            self.env["account.move"]
            .sudo()  # who may invoice an order need not read what the invoice reads of its partners
            .with_company(self.company_id)
            .new(
                {
                    "move_type": "out_invoice",
                    "company_id": self.company_id.id,
                    "partner_id": self.partner_invoice_id.id,
                    "partner_shipping_id": self.partner_shipping_id.id,
                }
            )
        )
        return {name: move._fields[name].convert_to_write(move[name], move) for name in names}

    # === WORDS ===#

    @api.model
    def _get_header_labels(self):
        """Return the labels of the fields of an invoice.

        :rtype: dict[str, str]
        """
        return self.env["ir.model.fields"].get_field_string("account.move")

    @api.model
    def _get_header_key_labels(self):
        """Return the labels of parts of the merge key that are values of the invoice.

        :rtype: dict[str, str]
        """
        return {f"{HEADER_PART}{name}": label for name, label in self._get_header_labels().items()}

    @api.model
    def _describe_header_value(self, name, value):
        """Return a header value in the words that a form shows.

        :param str name: the field of `account.move`
        :param value: a record, an id, or plain
        :rtype: str
        """
        field = self.env["account.move"]._fields.get(name)
        if field is None:
            return str(value or self.env._("(none)"))
        if field.type == "many2one":
            # names only, of what the orders show anyway
            records = self.env[field.comodel_name].sudo().with_context(active_test=False)
            value = records.browse(value.id if isinstance(value, models.BaseModel) else value).display_name
        elif field.type == "selection":
            value = dict(field._description_selection(self.env)).get(value)
        elif field.type == "boolean":
            return self.env._("yes") if value else self.env._("no")
        return str(value or self.env._("(none)"))

    # === CHATTER ===#

    @api.model
    def _get_header_disagreements(self, orders):
        """Return the header values on which merged orders disagree.

        :return: the value of each order's invoice by field name
        :rtype: dict[str, dict[sale.order, Any]]
        """
        return {
            name: dict(zip(orders, values, strict=True))
            for name, values in orders._merge_headers().disagreements.items()
            if name not in SILENT_NAMES and orders._get_header_rule(name) not in SILENT_RULES
        }

    @api.model
    def _log_disagreements(self, moves, disagreements):
        """List in the chatter of each invoice on which header values its orders disagreed (``I3``).

        :param account.move moves: the invoices
        :param list[dict] disagreements: see `_get_header_disagreements`, one for each invoice
        """
        bodies = {
            move.id: self._format_disagreements(move, differing)
            for move, differing in zip(moves, disagreements, strict=True)
            if differing
        }
        moves.filtered(lambda move: move.id in bodies)._message_log_batch(bodies=bodies)

    @api.model
    def _format_disagreements(self, move, differing):
        labels = self._get_header_labels()
        items = Markup()
        for name, value_by_order in differing.items():
            values = ", ".join(
                f"{order.name}: {self._describe_header_value(name, value)}" for order, value in value_by_order.items()
            )
            items += Markup("<li>%s: %s → %s</li>") % (
                labels.get(name, name),
                values,
                self._describe_header_value(name, move[name]),
            )
        intro = self.env._("The merged orders disagree on these values. After the arrow stands what the invoice got:")
        return Markup("<p>%s</p><ul>%s</ul>") % (intro, items)
