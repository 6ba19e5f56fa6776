"""Merging the header values of several orders into those of one invoice, without the ORM (``I3``, ``I6``)."""

from collections.abc import Callable, Hashable, Iterable
from enum import Enum
from typing import Any, NamedTuple


class HeaderRule(Enum):
    """What the invoice gets where the merged orders differ. What they agree on is kept as it is.

    A value for which there is no rule in `HEADER_RULES` is left to the invoice if its field is computed there
    (``COMPUTED``), and empty otherwise (``EMPTY``).
    """

    SAME = "a part of the merge key of its own says that it is the same for all orders, named or not"
    KEY = "orders that differ never share an invoice; a number of the order itself is that of the first order"
    JOINED = "what every order says is kept"
    LATEST = "the latest date"
    COMPUTED = "what the invoice computes itself, from its lines or otherwise: nothing is given"
    BILL_TO = "the value of the bill-to, empty if it has none"
    BILL_TO_OR_FIRST = "the value of the bill-to, else that of the first order that has one: access depends on it"
    FIRST = "the value of the first order that has one"
    EMPTY = "none"


HEADER_RULES = {
    # sale
    "company_id": HeaderRule.SAME,
    "currency_id": HeaderRule.SAME,
    "fiscal_position_id": HeaderRule.SAME,
    "journal_id": HeaderRule.SAME,
    "move_type": HeaderRule.SAME,
    "partner_id": HeaderRule.SAME,
    "invoice_origin": HeaderRule.JOINED,
    "narration": HeaderRule.JOINED,
    "ref": HeaderRule.JOINED,
    "transaction_ids": HeaderRule.JOINED,
    "invoice_payment_term_id": HeaderRule.BILL_TO,
    "partner_shipping_id": HeaderRule.BILL_TO,
    "preferred_payment_method_line_id": HeaderRule.BILL_TO,
    "invoice_user_id": HeaderRule.BILL_TO_OR_FIRST,
    "user_id": HeaderRule.BILL_TO_OR_FIRST,
    "team_id": HeaderRule.FIRST,
    "campaign_id": HeaderRule.EMPTY,
    "medium_id": HeaderRule.EMPTY,
    "source_id": HeaderRule.EMPTY,
    "payment_reference": HeaderRule.EMPTY,  # as in core; l10n_fi_sale: the invoice gets a reference of its own
    # consolidated_billing
    "grouping_partner_id": HeaderRule.FIRST,
    "job_code": HeaderRule.JOINED,
    # sale_stock: the date decides the tax point and, in some countries, the rate; the terms of one delivery do not
    # hold for another
    "delivery_date": HeaderRule.LATEST,
    "incoterm_location": HeaderRule.COMPUTED,
    "invoice_incoterm_id": HeaderRule.EMPTY,
    # website_sale
    "website_id": HeaderRule.COMPUTED,
    # l10n_ec_sale: what the tax authority is told can be told once
    "l10n_ec_sri_payment_id": HeaderRule.KEY,
    # l10n_in_sale
    "l10n_in_reseller_partner_id": HeaderRule.KEY,
    "l10n_in_state_id": HeaderRule.KEY,
    # l10n_it_edi_doi, l10n_it_edi_sale
    "l10n_it_edi_doi_id": HeaderRule.KEY,
    "l10n_it_cig": HeaderRule.KEY,
    "l10n_it_cup": HeaderRule.KEY,
    "l10n_it_origin_document_type": HeaderRule.KEY,
    "l10n_it_origin_document_name": HeaderRule.KEY,
    "l10n_it_origin_document_date": HeaderRule.KEY,
    # l10n_tw_edi_ecpay_website_sale
    "l10n_tw_edi_is_print": HeaderRule.KEY,
    "l10n_tw_edi_love_code": HeaderRule.KEY,
    "l10n_tw_edi_carrier_type": HeaderRule.KEY,
    "l10n_tw_edi_carrier_number": HeaderRule.KEY,
    "l10n_tw_edi_carrier_number_2": HeaderRule.KEY,
}

# What the chatter does not list: nothing was decided, or (`user_id`) it only mirrors another value.
SILENT_RULES = (HeaderRule.SAME, HeaderRule.JOINED)
SILENT_NAMES = ("user_id",)

OMITTED = object()


class MergedHeader(NamedTuple):
    """The header of an invoice that merges several orders.

    :param values: what the invoice gets. Joined values and those of the bill-to are not in it where orders differ.
    :param disagreements: the value of each order, by name of the value, in the order of the first header
    """

    values: dict[str, Any]
    disagreements: dict[str, list[Any]]


def get_rule_of_table(name: str) -> HeaderRule:
    """Return the rule for a value, without knowing its field."""
    return HEADER_RULES.get(name, HeaderRule.EMPTY)


def merge_headers(
    headers: list[dict[str, Any]], get_rule: Callable[[str], HeaderRule] = get_rule_of_table
) -> MergedHeader:
    """Keep what all headers agree on, and decide on the rest by its rule.

    :param headers: the values of each order, in the order of the orders
    :param get_rule: returns the rule for a value
    """
    values, disagreements = {}, {}
    for name in dict.fromkeys(name for header in headers for name in header):
        given = [header.get(name) or False for header in headers]
        if all(_comparable(value) == _comparable(given[0]) for value in given[1:]):
            values[name] = next(header[name] for header in headers if name in header)
            continue
        disagreements[name] = given
        decided = _decide(get_rule(name), given, all(name in header for header in headers))
        if decided is not OMITTED:
            values[name] = decided
    return MergedHeader(values, disagreements)


def _decide(rule: HeaderRule, given: list[Any], is_complete: bool) -> Any:
    """Return the value on which headers disagree.

    :param given: the value of each header, ``False`` where it has none
    :param is_complete: whether every header names the value, be it empty. An empty value is never written where none
        was: it would keep the invoice from computing one (``I6``).
    """
    present = [value for value in given if value]
    if rule is HeaderRule.LATEST:
        return max(present)
    if rule in (HeaderRule.SAME, HeaderRule.KEY, HeaderRule.FIRST, HeaderRule.BILL_TO_OR_FIRST):
        return present[0]
    if rule is HeaderRule.EMPTY and is_complete:
        return False
    return OMITTED


def join_distinct(values: Iterable[str | None | bool], separator: str = ", ") -> str:
    """Join the distinct non-empty texts in the order in which they come."""
    return separator.join(dict.fromkeys(value for value in values if value))


def _comparable(value: Any) -> Hashable:
    """Texts that are empty compare equal to no value; commands compare by what they say."""
    return repr(value) if isinstance(value, list | dict) else value
