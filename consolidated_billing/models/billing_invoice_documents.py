from odoo import fields, models
from odoo.exceptions import UserError


class ConsolidatedBillingInvoice(models.Model):
    """Opening, printing and sending consolidated billing invoices (``C3``)."""

    _inherit = "consolidated.billing.invoice"

    # === ACTIONS ===#

    def action_print(self):
        """Print the documents, each in its own format, as one PDF."""
        return self.env.ref("consolidated_billing.action_report_consolidated_billing_invoice").report_action(self)

    def action_send(self):
        """Open Odoo's message composer with the document attached; several documents become one message each.

        :raise UserError: a document is cancelled
        """
        cancelled = self.filtered(lambda billing: billing.state == "cancelled")
        if cancelled:
            raise UserError(
                self.env._(
                    "%(documents)s is cancelled and cannot be sent.", documents=", ".join(cancelled.mapped("name"))
                )
            )
        template = self.env.ref("consolidated_billing.mail_template_consolidated_billing_invoice")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Send"),
            "res_model": "mail.compose.message",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_model": self._name,
                "default_res_ids": self.ids,
                "default_composition_mode": "comment" if len(self) == 1 else "mass_mail",
                "default_template_id": template.id,
                "default_email_layout_xmlid": "mail.mail_notification_layout_with_responsible_signature",
                "mark_billing_as_sent": True,
                "force_email": True,
            },
        }

    def action_view_moves(self):
        """Open the entries that the documents list."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Entries of %(documents)s", documents=", ".join(self.mapped("name"))),
            "res_model": "account.move",
            "view_mode": "list,form",
            "domain": [("id", "in", self.line_ids.move_id.ids)],
            "context": {"create": False},
        }

    def _get_form_action(self):
        """Return the action that opens this document."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
        }

    # === SENDING ===#

    def message_post(self, **kwargs):
        """Override of `mail` to note that a document was sent."""
        if self.env.context.get("mark_billing_as_sent"):
            self.filtered(lambda billing: not billing.is_sent).write({"is_sent": True})
        return super().message_post(**kwargs)

    def _message_mail_after_hook(self, mails):
        """Override of `mail` to note that documents were sent, one message each."""
        if self.env.context.get("mark_billing_as_sent"):
            self.filtered(lambda billing: not billing.is_sent).write({"is_sent": True})
        return super()._message_mail_after_hook(mails)

    def _get_report_base_filename(self):
        self.ensure_one()
        return self.env._("Consolidated invoice %(number)s", number=self.name.replace("/", "-"))

    # === CONTENT ===#

    def _get_printed_entries(self):
        """Return the listed entries by type, in the order of the document.

        :return: label and lines of each type that has any
        :rtype: list[tuple[str, consolidated.billing.invoice.line]]
        """
        labels = {
            "invoice": self.env._("Invoices"),
            "credit": self.env._("Credit Notes"),
            "adjustment": self.env._("Adjustments"),
        }
        lines = self.line_ids.sorted(lambda line: (list(labels).index(line.entry_type), line.date, line.id))
        return [(labels[entry_type], members) for entry_type, members in lines.grouped("entry_type").items()]

    def _get_printed_taxes(self):
        """Return the tax totals with the names of the taxes in the language of the document.

        :return: name, base and amount of each tax
        :rtype: list[tuple[str, float, float]]
        """
        # names only, of what the invoices show anyway
        taxes = self.env["account.tax"].sudo().browse([row[0] for row in self.tax_totals or ()]).exists()
        names = {tax.id: tax.invoice_label or tax.name for tax in taxes}
        return [(names.get(tax_id, ""), base, amount) for tax_id, base, amount in self.tax_totals or ()]

    def _get_amount_in_words(self):
        """Return the closing balance in words, in the language of the document.

        :rtype: str
        """
        return self.currency_id.with_context(lang=self.partner_id.lang or self.env.lang).amount_to_text(
            self.closing_balance
        )


class ConsolidatedBillingInvoiceLine(models.Model):
    _inherit = "consolidated.billing.invoice.line"

    def _get_printed_items(self):
        """Return the items of the entry, for the format with details (``C3``).

        :rtype: account.move.line
        """
        self.ensure_one()
        if self.entry_type == "adjustment":
            return self.env["account.move.line"]
        return self.move_id.invoice_line_ids.filtered(lambda item: item.display_type == "product").sorted(
            lambda item: (item.sequence, item.id)
        )

    def _get_sign(self):
        """Return how the items of the entry act on the balance: credits lower it.

        :rtype: int
        """
        return -1 if self.entry_type == "credit" else 1
