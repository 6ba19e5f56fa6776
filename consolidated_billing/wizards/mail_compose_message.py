from odoo import fields, models


class MailComposeMessage(models.TransientModel):
    """Sending consolidated billing invoices: what is sent decides whether a document counts as sent (``R10``)."""

    _inherit = "mail.compose.message"

    def _action_send_mail_comment(self, res_ids):
        """Override of `mail` to note that a document was sent."""
        self._note_sent_billings(res_ids)
        return super()._action_send_mail_comment(res_ids)

    def _action_send_mail_mass_mail(self, res_ids, auto_commit=False):
        """Override of `mail` to note that documents were sent, one message each."""
        self._note_sent_billings(res_ids)
        return super()._action_send_mail_mass_mail(res_ids, auto_commit=auto_commit)

    def _action_schedule_message(self):
        """Override of `mail` to note it when the message goes out."""
        messages = super()._action_schedule_message()
        if all(wizard._sends_billing() for wizard in self):
            messages._write_as_engine({"sends_billing": True})
        return messages

    def _sends_billing(self):
        """Return whether a consolidated billing invoice is sent to somebody: its report is in the message.

        :rtype: bool
        """
        self.ensure_one()
        is_about_billings = self.model == "consolidated.billing.invoice" and not self.subtype_is_log
        return is_about_billings and self.model in self.template_id.report_template_ids.mapped("model")

    def _note_sent_billings(self, res_ids):
        if self._sends_billing():
            self.env[self.model].browse(res_ids)._note_sent()


class MailScheduledMessage(models.Model):
    _name = "mail.scheduled.message"
    _inherit = ["consolidated.billing.engine", "mail.scheduled.message"]

    sends_billing = fields.Boolean(
        readonly=True, copy=False, help="A consolidated billing invoice is sent with this message."
    )

    def _message_created_hook(self, message):
        """Override of `mail` to note that a document was sent, by who scheduled it."""
        if self.sends_billing and self.model == "consolidated.billing.invoice":
            self.env[self.model].with_user(self.create_uid).browse(self.res_id)._note_sent()
        return super()._message_created_hook(message)
