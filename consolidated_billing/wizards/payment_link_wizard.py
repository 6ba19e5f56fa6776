from odoo import api, models


class PaymentLinkWizard(models.TransientModel):
    """A link with which customers pay a consolidated billing invoice online, without login (``C6``)."""

    _inherit = "payment.link.wizard"

    @api.depends("res_model", "res_id")
    def _compute_warning_message(self):
        """Override of `payment` to say why a document cannot be paid online, or not in part."""
        result = super()._compute_warning_message()
        for wizard in self.filtered(lambda link: link.res_model == "consolidated.billing.invoice"):
            billing = self.env[wizard.res_model].browse(wizard.res_id)
            wizard.warning_message = billing._get_online_payment_error() or wizard.warning_message
            if not wizard.warning_message and wizard.currency_id.compare_amounts(wizard.amount, wizard.amount_max):
                wizard.warning_message = self.env._(
                    "%(document)s is paid as a whole online. Enter %(amount)s.",
                    document=billing.name,
                    amount=wizard.currency_id.format(wizard.amount_max),
                )
        return result

    def _prepare_url(self, base_url, related_document):
        """Override of `payment`: the customer pays on the portal page of the document."""
        if self.res_model != "consolidated.billing.invoice":
            return super()._prepare_url(base_url, related_document)
        return base_url + related_document.get_portal_url()

    def _prepare_query_params(self, related_document):
        """Override of `payment`: the page asks for what is due; it opens the payment form at once."""
        if self.res_model != "consolidated.billing.invoice":
            return super()._prepare_query_params(related_document)
        return {"payment": True}

    def _prepare_anchor(self):
        """Override of `payment` to lead to the payment form of the page."""
        if self.res_model != "consolidated.billing.invoice":
            return super()._prepare_anchor()
        return "#portal_pay"
