from odoo import api, fields, models
from odoo.tools import html2plaintext

from ..tools.billing_reference import find_numbers, get_candidates, normalize_number


class ConsolidatedBillingInvoice(models.Model):
    """Which consolidated billing invoices a payment reference names (``C11``)."""

    _inherit = "consolidated.billing.invoice"

    number_key = fields.Char(
        compute="_compute_number_key",
        store=True,
        index=True,
        copy=False,
        export_string_translation=False,
        help="The letters and digits of the billing number, by which it is found in payment references.",
    )

    @api.depends("name")
    def _compute_number_key(self):
        for billing in self:
            billing.number_key = normalize_number(billing.name)

    @api.model
    def _find_by_references(self, references, company):
        """Return which documents of a company, or of its branches, payment references name, in their order.

        :param dict[int, list[str]] references: texts that a payer wrote, by the id of what is paid with them
        :param res.company company: the company that receives the payments
        :return: the documents by the same ids, whatever their state; none where it is not certain which one is meant
        :rtype: dict[int, consolidated.billing.invoice]
        """
        candidates = {id_: get_candidates(texts) for id_, texts in references.items()}
        keys = list(set().union(*candidates.values()))
        # a longer number is another one, whichever company it is of; only numbers are compared
        every = self.sudo().search_fetch([("number_key", "in", keys)], ["name", "number_key"])
        own = self.search([("id", "in", every.ids), ("company_id", "child_of", company.id)])
        # the same number in two companies is not certain; in another punctuation it is the one of this company
        named = {key: others.mapped("name") for key, others in every.grouped("number_key").items()}
        named |= {key: billings.mapped("name") for key, billings in own.grouped("number_key").items()}
        certain = {name: billing for name, billing in own.grouped("name").items() if len(billing) == 1}
        found = {}
        for id_, texts in references.items():
            numbers = find_numbers(texts, [number for key in candidates[id_] for number in named.get(key, ())])
            found[id_] = self.browse().union(*(certain[number] for number in numbers if number in certain))
        return found

    @api.model
    def _read_references(self, *texts):
        """Return the texts of a payment in which a payer may name a billing number.

        :param texts: plain texts, HTML, structured details, or nothing
        :rtype: list[str]
        """
        return [html2plaintext(text) if "<" in text else text for text in map(str, filter(None, texts))]

    def _filter_open(self, currency, amount):
        """Return those of these documents that an amount can settle: final, open and in its currency.

        :param res.currency currency: the currency of the payment
        :param float amount: what is paid; negative when it is paid back
        :return: nothing if all together are not open in this direction
        :rtype: consolidated.billing.invoice
        """
        billings = self.filtered(
            lambda billing: (
                billing.state == "final"
                and billing.currency_id == currency
                and not currency.is_zero(billing.amount_residual)
            )
        )
        due = currency.round(sum(billings.mapped("amount_residual")))
        return billings if due and amount and (due > 0) == (amount > 0) else self.browse()

    @api.model
    def _notify_matched(self, message):
        """Return the notification that payments were matched with the documents that they name."""
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
