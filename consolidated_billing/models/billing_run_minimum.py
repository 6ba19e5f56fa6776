from odoo import models
from odoo.exceptions import UserError

from .billing_run_candidates import Skipped


class ConsolidatedBillingRun(models.Model):
    """Documents that are too small to be billed now: the minimum amount of billing profiles (``R1``)."""

    _inherit = "consolidated.billing.run"

    def _defer_small_documents(self, groups, skipped):
        """Take out the documents below the minimum of their bill-to's profile, and list them as deferred.

        Their lines are not proposed, so that they are free for a later run.

        :param groups: merge key and lines of each document
        :type groups: list[tuple[MergeKey, sale.order.line]]
        :param list[Skipped] skipped: what is not proposed; the lines of deferred documents are added
        :return: the documents that are proposed
        :rtype: list[tuple[MergeKey, sale.order.line]]
        """
        kept, values = [], []
        for key, lines in groups:
            minimum = lines[0].order_id._get_merge_options().minimum_amount
            amounts = minimum and lines._get_amounts_to_invoice()
            if not minimum or not self._is_below(amounts.untaxed, lines[0].order_id.currency_id, minimum):
                kept.append((key, lines))
                continue
            reason = self._get_minimum_reason(minimum)
            skipped += [Skipped(line.order_id, line, reason) for line in lines]
            values.append({**self._prepare_group(key, lines, reason, amounts), "state": "deferred", "selected": False})
        self.env["consolidated.billing.run.group"].create(values)
        return kept

    def _is_below(self, amount, currency, minimum):
        """Whether an amount is positive, but below a minimum.

        :param float amount: untaxed, in the currency of the document
        :param res.currency currency: the currency of the document
        :param float minimum: in company currency
        """
        amount = currency._convert(amount, self.currency_id, self.company_id, self.invoice_date)
        return self.currency_id.compare_amounts(amount, 0.0) > 0 > self.currency_id.compare_amounts(amount, minimum)

    def _get_minimum_reason(self, minimum):
        # reasons are stored: readers use several number formats
        amount = f"{minimum:.{self.currency_id.decimal_places}f} {self.currency_id.name}"
        return self.env._("below minimum %(amount)s", amount=amount)


class ConsolidatedBillingRunGroup(models.Model):
    _inherit = "consolidated.billing.run.group"

    def write(self, vals):
        """Extend: a deferred document cannot be selected, its lines are not in the run."""
        deferred = vals.get("selected") and self.filtered(lambda group: group.state == "deferred")
        if deferred:
            raise UserError(
                self.env._(
                    "The document of %(partner)s waits for a later run: it is %(reason)s. To bill it now, lower the "
                    "minimum amount of its billing profile and prepare the run again.",
                    partner=deferred[0].partner_id.display_name,
                    reason=deferred[0].reason,
                )
            )
        return super().write(vals)
