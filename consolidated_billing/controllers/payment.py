from odoo.exceptions import AccessError, MissingError, ValidationError
from odoo.http import request, route

from ..tools.numbers import is_usual
from .portal import PortalConsolidatedBilling


class PaymentConsolidatedBilling(PortalConsolidatedBilling):
    """The online payment of a consolidated billing invoice (``C6``)."""

    @route("/consolidated_invoice/transaction/<int:billing_id>", type="jsonrpc", auth="public")
    def consolidated_invoice_transaction(self, billing_id, access_token=None, **kwargs):
        """Begin the payment of what is due of a document.

        :param int billing_id: the document
        :param str access_token: the token of the document, for who is not logged in
        :param dict kwargs: the values of the payment form; the amount must be what is due
        :return: what the payment form needs to go on
        :rtype: dict
        :raise ValidationError: the user may not see the document, nothing is due, or the amount is another
        """
        try:
            billing_sudo = self._check_billing_access(billing_id, access_token)
        except (AccessError, MissingError) as error:
            message = request.env._("This document cannot be paid with this link. Ask for a new one.")
            raise ValidationError(message) from error
        self._validate_transaction_kwargs(kwargs)
        amount = self._cast_as_float(kwargs.get("amount")) or 0.0
        billing_sudo._check_online_payment(amount if is_usual(amount) else 0.0)
        kwargs.update(self._prepare_billing_transaction(billing_sudo))
        tx_sudo = self._create_transaction(
            custom_create_values=billing_sudo._prepare_transaction_values(),
            **kwargs,
        )
        return tx_sudo._get_processing_values()

    def _prepare_billing_transaction(self, billing_sudo):
        """Return the values of the transaction that do not depend on what the payment form sends."""
        user = request.env.user
        partner_sudo = billing_sudo.partner_id if user._is_public() else user.partner_id
        return {
            "amount": billing_sudo._get_amount_to_pay(),
            "currency_id": billing_sudo.currency_id.id,
            "partner_id": partner_sudo.id,
            "reference_prefix": billing_sudo.name,
            "landing_route": billing_sudo.get_portal_url(),
            "is_validation": False,
        }
