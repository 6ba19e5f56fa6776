from typing import NamedTuple

import pytz

from odoo import api, models


class MergeOptions(NamedTuple):
    """What a billing profile says about sharing an invoice, as plain values.

    :param parts: names of the options that split by the order: ``customer``, ``delivery_address``, ``month``
    :param extra_fields: names of the order's fields that split
    :param bill_date_match: ``exact`` or ``period``
    :param credit_policy: ``net`` or ``separate``
    :param minimum_amount: untaxed, in the currency of the company that bills
    """

    parts: tuple[str, ...] = ()
    extra_fields: tuple[str, ...] = ()
    bill_date_match: str = "exact"
    credit_policy: str = "net"
    minimum_amount: float = 0.0


NO_PROFILE = MergeOptions()


class SaleOrder(models.Model):
    """The options of the bill-to's billing profile in the merge key (``K1``, ``K4``, ``K6``)."""

    _inherit = "sale.order"

    # === OPTIONS ===#

    def _get_merge_options(self):
        """Return the merge options of the profile that counts for the bill-to of this order, in its company.

        Within one partition they are read once for each bill-to.

        :rtype: MergeOptions
        """
        self.ensure_one()
        return self._from_merge_cache(
            ("merge_options", self.company_id.id, self.partner_invoice_id.id),
            lambda: self._read_merge_options(
                # who may invoice an order need not see the payer's account, nor the fields of the database
                self.partner_invoice_id.sudo().with_company(self.company_id)._get_billing_profile()
            ),
        )

    @api.model
    def _read_merge_options(self, profile):
        if not profile:
            return NO_PROFILE
        options = {
            "customer": profile.split_by_customer,
            "delivery_address": profile.split_by_delivery_address,
            "month": profile.split_by_month,
        }
        return MergeOptions(
            parts=tuple(name for name, is_set in options.items() if is_set),
            extra_fields=tuple(sorted(set(profile.extra_key_field_ids.mapped("name")) & self._fields.keys())),
            bill_date_match=profile.bill_date_match,
            credit_policy=profile.credit_policy,
            minimum_amount=profile.minimum_amount,
        )

    # === THE KEY ===#

    def _get_merge_key_parts(self):
        """Extend with the parts that the billing profile asks for: orders of one bill-to have the same ones."""
        parts = super()._get_merge_key_parts()
        options = self._get_merge_options()
        values = {
            "customer": lambda: self.partner_id.commercial_partner_id.id,
            "delivery_address": lambda: self.partner_shipping_id.id,
            "month": self._get_order_month,
        }
        parts.update({name: values[name]() for name in options.parts})
        if options.extra_fields:
            # Equal values must be equal for everybody: whatever the language, the filters or the rights of who bills.
            source = self.sudo().with_company(self.company_id).with_context(lang=None, active_test=False)
            parts.update({f"extra.{name}": source._get_plain_value(name) for name in options.extra_fields})
        return parts

    def _get_order_month(self):
        """Return the month of the order where the company is, as ``2026-03``.

        Only a company without an address in a time zone and without working hours leaves it to the user.
        """
        timezone = self._from_merge_cache(("timezone", self.company_id.id), self._get_company_timezone)
        return pytz.utc.localize(self.date_order).astimezone(timezone).strftime("%Y-%m")

    def _get_company_timezone(self):
        company = self.company_id.sudo()  # who may invoice an order need not read the company's address
        name = company.partner_id.tz or company.resource_calendar_id.tz or self.env.user.tz
        return pytz.timezone(name or "UTC")

    def _get_plain_value(self, name):
        """Return the value of a stored field in a form that can be hashed and compared.

        :param str name: the field
        :return: ids of records, the value itself otherwise; ``None`` for an empty one
        :rtype: Hashable
        """
        self.ensure_one()
        value = self[name]
        kind = self._fields[name].type
        if kind == "many2one":
            return value.id or None
        if kind == "many2many":
            return tuple(sorted(value.ids))
        if kind == "reference":
            return (value._name, value.id) if value else None
        if kind in ("boolean", "integer", "float", "monetary"):
            return value
        return value or None

    # === THE EXPLANATION ===#

    @api.model
    def _get_merge_key_labels(self):
        """Extend with the options of billing profiles."""
        extra_labels = self._from_merge_cache(
            ("extra_labels", self.env.lang),
            lambda: {
                f"extra.{name}": label
                for name, label in self.env["ir.model.fields"].get_field_string(self._name).items()
            },
        )
        return {
            **super()._get_merge_key_labels(),
            "customer": self.env._("customer"),
            "delivery_address": self.env._("delivery address"),
            "month": self.env._("month of the order"),
            "credit": self.env._("document"),
            **extra_labels,
        }

    def _describe_value(self, name):
        """Return the value of a stored field in the words that a form shows.

        :param str name: the field
        :rtype: str
        """
        self.ensure_one()
        value = self[name]
        field = self._fields[name]
        if field.type == "boolean":
            return self.env._("yes") if value else self.env._("no")
        if field.type == "selection":
            value = dict(field._description_selection(self.env)).get(value)
        elif field.relational or field.type == "reference":
            value = ", ".join(value.mapped("display_name")) if value else ""
        elif field.type in ("integer", "float", "monetary"):
            return str(value)
        return str(value) if value else self.env._("(none)")
