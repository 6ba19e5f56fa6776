from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Command
from odoo.tools import format_date, is_html_empty

from ..tools.header import join_distinct, merge_headers
from ..tools.merge_key import normalize_job_code

REF_SIZE = 2000  # core cuts the joined references there
JOINED_HEADER = ("ref", "invoice_origin", "narration", "transaction_ids", "job_code")
# `user_id` only mirrors `invoice_user_id`; the journal is a part of the merge key
NOT_A_DISAGREEMENT = (*JOINED_HEADER, "user_id", "journal_id")


class SaleOrder(models.Model):
    """Header, order sections and chatter of an invoice that merges several orders (``I2``, ``I3``)."""

    _inherit = "sale.order"

    # === HEADER ===#

    @api.model
    def _prepare_grouped_invoice_header(self, orders):
        """Prepare the header of the invoice that merges several orders (``I3``).

        Values on which the orders disagree come from the bill-to if it has one, else they stay empty. References and
        origins are joined in the order of the orders; all payment transactions and all distinct notes are kept.

        Extension point: call `super` and change or add values of the invoice.

        :param sale.order orders: the orders, in the order in which they stand on the invoice
        :return: values of `account.move` without lines
        :rtype: dict
        """
        headers = orders._get_invoice_headers()
        values, disagreements = merge_headers(headers)
        # contacts are read for all invoices of a batch at once
        first = orders[:1].with_prefetch(self._prefetch_ids or orders._prefetch_ids)
        values.update(first._get_bill_to_header_values(disagreements))
        if "invoice_payment_term_id" in disagreements:
            values["invoice_payment_term_id"] = orders._choose_payment_term().id
        if "journal_id" in disagreements:  # named or not, it is the same one: a part of the key
            values["journal_id"] = orders[0]._get_invoice_journal().id
        values.update(self._join_headers(headers))
        return values

    def _get_invoice_headers(self):
        """Return what `_prepare_invoice` prepared for each of these orders, without lines.

        :rtype: list[dict]
        """
        return [
            order._from_merge_cache(
                ("header", order.id),
                lambda order=order: {k: v for k, v in order._prepare_invoice().items() if k != "invoice_line_ids"},
            )
            for order in self
        ]

    def _get_bill_to_header_values(self, names):
        """Return the header values that the bill-to of this order has itself.

        :param list[str] names: the fields of `account.move` that are wanted
        :return: a value for each of them, ``False`` where the bill-to has none
        :rtype: dict
        """
        bill_to = self.partner_invoice_id.with_company(self.company_id)
        values = dict.fromkeys(names, False)
        if "invoice_user_id" in names or "user_id" in names:
            salesperson = bill_to.user_id or bill_to.commercial_partner_id.user_id
            own = {"invoice_user_id": salesperson.id, "user_id": salesperson.id}
            values.update({name: own[name] for name in own.keys() & values.keys()})
        if "preferred_payment_method_line_id" in names:
            method = bill_to.property_inbound_payment_method_line_id
            values["preferred_payment_method_line_id"] = method.id
        if "partner_shipping_id" in names:
            # Nothing went to the payer's own delivery address: with the bill-to itself, none is printed.
            values["partner_shipping_id"] = bill_to.id
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

    # === SECTIONS ===#

    @api.model
    def _add_order_sections(self, orders, lines_by_order):
        """Put a section above the lines of each order (``I2``); the order's own sections become subsections.

        :param sale.order orders: the orders on the invoice
        :param list[list[dict]] lines_by_order: the values of each order's invoice lines
        :return: the values of all lines of the invoice
        :rtype: list[dict]
        """
        if not orders[:1].company_id.invoice_order_sections:
            return [line for lines in lines_by_order for line in lines]
        orders = orders.with_prefetch(self._prefetch_ids or orders._prefetch_ids)
        show_delivery = len(orders.partner_shipping_id) > 1
        result = []
        for order, lines in zip(orders, lines_by_order, strict=True):
            order = order.with_context(lang=order.partner_invoice_id.lang or self.env.lang)
            result.append(order._prepare_order_section(show_delivery))
            for line in lines:
                if line.get("display_type") == "line_section":
                    line = {**line, "display_type": "line_subsection"}
                result.append(line)
        return result

    def _prepare_order_section(self, show_delivery):
        """Prepare the section that heads this order on a grouped invoice.

        :param bool show_delivery: whether the delivery address differs from the other orders' (``K6``)
        :return: values of `account.move.line`
        :rtype: dict
        """
        return {
            "display_type": "line_section",
            "name": self._get_order_section_name(show_delivery),
            "product_id": False,
            "product_uom_id": False,
            "quantity": 0,
            "discount": 0,
            "price_unit": 0,
            "account_id": False,
        }

    def _get_order_section_name(self, show_delivery):
        """Return number, date, customer with its number, and the references of this order in one line."""
        customer = self.partner_id.commercial_partner_id
        name = customer.display_name
        if customer.ref:
            name = f"{name} ({customer.ref})"
        day = fields.Datetime.context_timestamp(self, self.date_order).date()
        parts = [self.name, format_date(self.env, day), name]
        if self.client_order_ref:
            parts.append(self.env._("Your reference: %s", self.client_order_ref))
        if self.job_code:
            parts.append(self.env._("Job code: %s", self.job_code))
        if show_delivery:
            parts.append(self.env._("Delivered to: %s", self._get_delivery_in_one_line()))
        return " · ".join(parts)

    def _get_delivery_in_one_line(self):
        """Return name and address of the delivery, without repeating the name of the customer."""
        delivery, customer = self.partner_shipping_id, self.partner_id.commercial_partner_id
        is_own = delivery.commercial_partner_id == customer
        name = (delivery.name if is_own else delivery.display_name) if delivery != customer else ""
        lines = [name or "", *delivery._display_address(without_company=True).splitlines()]
        return ", ".join(filter(None, map(str.strip, lines))) or customer.display_name

    # === CHATTER ===#

    @api.model
    def _get_header_disagreements(self, orders):
        """Return the header values on which merged orders disagree.

        :return: the value of each order's invoice by field name
        :rtype: dict[str, dict[sale.order, Any]]
        """
        headers = orders._get_invoice_headers()
        return {
            name: {order: header.get(name) for order, header in zip(orders, headers, strict=True)}
            for name in merge_headers(headers)[1]
            if name not in NOT_A_DISAGREEMENT
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
        labels = self.env["account.move"].fields_get(list(differing), ["string"])
        items = Markup()
        for name, value_by_order in differing.items():
            values = ", ".join(
                f"{order.name}: {self._format_header_value(name, value)}" for order, value in value_by_order.items()
            )
            items += Markup("<li>%s: %s → %s</li>") % (
                labels[name]["string"],
                values,
                self._format_header_value(name, move[name]),
            )
        intro = self.env._(
            "The merged orders disagree on these values. They were taken from the bill-to, or left empty:"
        )
        return Markup("<p>%s</p><ul>%s</ul>") % (intro, items)

    @api.model
    def _format_header_value(self, name, value):
        """Return a header value as text, whether it is a record, an id or plain."""
        field = self.env["account.move"]._fields[name]
        if field.type == "many2one":
            # names only, of what the orders show anyway
            records = self.env[field.comodel_name].sudo()
            value = records.browse(value.id if hasattr(value, "id") else value).display_name
        return str(value or self.env._("(none)"))
