from odoo import models
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

    def _note_sent(self):
        """Note that documents are sent; who sends them follows them, so that answers of customers reach somebody.

        Who may only read a document can write a message about it, but does not send it for the company.
        """
        sent = self._filtered_access("write")
        sent.filtered(lambda billing: not billing.is_sent)._write_as_engine({"is_sent": True})
        sent.message_subscribe(self.env.user.partner_id.ids)

    def _get_report_base_filename(self):
        self.ensure_one()
        return self.env._("Consolidated invoice %(number)s", number=self.name.replace("/", "-"))
