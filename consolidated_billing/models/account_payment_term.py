from contextlib import contextmanager

from odoo import models
from odoo.exceptions import UserError


class AccountPaymentTerm(models.Model):
    _inherit = "account.payment.term"

    def _get_last_discount_date(self, date_ref):
        """Override of `account` to say which term leads beyond the calendar."""
        with self._explaining_overflow():
            return super()._get_last_discount_date(date_ref)

    @contextmanager
    def _explaining_overflow(self):
        """Turn a date beyond the year 9999 into a sentence that names the payment term."""
        try:
            yield
        except (OverflowError, ValueError) as error:
            raise UserError(
                self.env._(
                    "The payment terms %(term)s lead to a date that does not exist. Correct their number of days.",
                    term=self.display_name,
                )
            ) from error


class AccountPaymentTermLine(models.Model):
    _inherit = "account.payment.term.line"

    def _get_due_date(self, date_ref):
        """Override of `account` to say which term leads beyond the calendar."""
        with self.payment_id._explaining_overflow():
            return super()._get_due_date(date_ref)
