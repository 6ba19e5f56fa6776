import base64
from typing import NamedTuple

from odoo import api, models
from odoo.tools.image import image_data_uri


class PrintedEntries(NamedTuple):
    """The entries of one type on a printed document.

    :param label: what they are called
    :param total: what they add to the balance
    :param lines: the entries, in the order of the document
    """

    label: str
    total: float
    lines: models.Model


class PrintedTransfer(NamedTuple):
    """A transferred balance on a printed document.

    :param label: why it was transferred, with the number of the payment if it is one
    :param account: whose balance it is; empty for the addressee's own
    :param amount: how it acts on the balance
    """

    label: str
    account: str
    amount: float


class ConsolidatedBillingInvoice(models.Model):
    """What is printed on a consolidated billing invoice (``C3``), in the language of its context."""

    _inherit = "consolidated.billing.invoice"

    def _get_printed_entries(self):
        """Return the listed entries by type, in the order of the document.

        :rtype: list[PrintedEntries]
        """
        labels = {
            "invoice": (self.env._("Invoices"), self.invoices_amount),
            "credit": (self.env._("Credit Notes"), self.credits_amount),
            "adjustment": (self.env._("Adjustments"), self.adjustments_amount),
        }
        lines = self.line_ids.sorted(lambda line: (list(labels).index(line.entry_type), line.date, line.id))
        return [PrintedEntries(*labels[kind], members) for kind, members in lines.grouped("entry_type").items()]

    def _has_entries_of_others(self):
        """Return whether entries of other customers than the addressee are listed, so that each has to be named.

        :rtype: bool
        """
        # an account can have become a contact of another one since
        return self.line_ids.partner_id.commercial_partner_id != self.commercial_partner_id.commercial_partner_id

    def _get_printed_taxes(self):
        """Return the tax totals with the names of the taxes.

        :return: name, base and amount of each tax
        :rtype: list[tuple[str, float, float]]
        """
        # names only, of what the invoices show anyway
        taxes = self.env["account.tax"].sudo().browse([row[0] for row in self.tax_totals or ()]).exists()
        names = {tax.id: tax.tax_label or tax.name for tax in taxes}
        return [(names.get(tax_id, ""), base, amount) for tax_id, base, amount in self.tax_totals or ()]

    def _get_printed_transfers(self):
        """Return what is behind the transferred balances, one for each account and reason.

        :rtype: list[PrintedTransfer]
        """
        # customers print their documents on the portal, with what changed their balance
        rows = self.sudo().transfer_ids
        labels = dict(rows._fields["reason"]._description_selection(self.env))
        account = self.commercial_partner_id.commercial_partner_id
        return [
            PrintedTransfer(
                " · ".join(filter(None, (labels[row.reason], row.name))),
                "" if row.partner_id.commercial_partner_id == account else self._get_printed_account(row.partner_id),
                row.amount,
            )
            for row in rows
        ]

    @api.model
    def _get_printed_account(self, account):
        """Return the name of a customer account with its number.

        :rtype: str
        """
        return f"{account.name or ''} ({account.ref})" if account.ref else account.name or ""

    def _get_amount_in_words(self):
        """Return the closing balance in words.

        :rtype: str
        """
        return self.currency_id.amount_to_text(self.closing_balance)

    # === PAYMENT ===#

    def _get_company_bank(self):
        """Return the bank account on which the customer pays: the one of the billed invoices, else the company's first.

        :rtype: res.partner.bank
        """
        # customers print their documents on the portal; the account is there to be shown
        invoices = self.sudo().move_ids.filtered(lambda move: move.move_type == "out_invoice")
        return invoices.partner_bank_id[:1] or self.sudo().company_id.partner_id.bank_ids[:1]

    def _get_payment_qr_code(self):
        """Return the QR code for a banking application, where the company wants one on its documents.

        :return: the address of an image, or nothing
        :rtype: str
        """
        bank = self._get_company_bank()
        if not (self.company_id.qr_code and bank and self.currency_id.compare_amounts(self.amount_residual, 0.0) > 0):
            return ""
        return (
            bank.build_qr_code_base64(
                self.amount_residual, self.name, self.name, self.currency_id, self.partner_id, silent_errors=True
            )
            or ""
        )

    def _get_payment_link_qr_code(self):
        """Return the QR code that leads to the online payment, where the company wants one on its documents.

        :return: the address of an image, or nothing
        :rtype: str
        """
        if not (self.company_id.link_qr_code and self._can_be_paid_online()):
            return ""
        link = self.get_base_url() + self.get_portal_url()
        code = self.env["ir.actions.report"].barcode("QR", link, width=120, height=120, quiet=False)
        return image_data_uri(base64.b64encode(code))


class ConsolidatedBillingInvoiceLine(models.Model):
    _inherit = "consolidated.billing.invoice.line"

    def _get_printed_description(self, with_customer=True):
        """Return customer, its number and the reference of the entry in one line.

        :param bool with_customer: whether to name the customer even if there is a reference
        :rtype: str
        """
        name = ""
        if with_customer or not self.ref:
            name = self.env["consolidated.billing.invoice"]._get_printed_account(self.partner_id)
        return " · ".join(filter(None, (name, self.ref)))

    def _get_printed_items(self):
        """Return the items of the entry, for the format with details (``C3``), as its own print shows them (``I7``).

        :rtype: list[VisibleItem]
        """
        self.ensure_one()
        if self.entry_type == "adjustment" or not self.move_id:
            return []
        # customers print their documents on the portal, with the items of what they bought
        return self.sudo().move_id._get_visible_items()

    def _get_sign(self):
        """Return how the items of the entry act on the balance: credits lower it.

        :rtype: int
        """
        return -1 if self.entry_type == "credit" else 1
