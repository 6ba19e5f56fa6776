import json

from odoo import fields, models

from .bulk_rows import update_rows


class ConsolidatedBillingRunGroup(models.Model):
    _inherit = "consolidated.billing.run.group"

    account_partner_id = fields.Many2one(
        "res.partner",
        string="Account",
        readonly=True,
        index="btree_not_null",
        help="The customer account, or the grouping account, whose entries are billed.",
    )
    consolidated_billing_id = fields.Many2one(
        "consolidated.billing.invoice",
        string="Consolidated Billing Invoice",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The consolidated billing invoice that was created.",
    )

    def _get_key_parts(self):
        """Return the merge key with the ids of the proposal: they stay when contacts are merged, references do not.

        :rtype: dict[str, int]
        """
        self.ensure_one()
        return {name: json.loads(value) for name, value in self.merge_key}

    def _complete_billings(self, billings):
        """Note that the documents exist, and their amounts (``R7``).

        :param consolidated.billing.invoice billings: the documents, in the order of the groups
        """
        update_rows(
            self,
            [
                {
                    "state": "done",
                    "consolidated_billing_id": billing.id,
                    "amount_billed": billing.invoices_amount + billing.credits_amount + billing.adjustments_amount,
                    "error": None,
                }
                for billing in billings
            ],
        )

    def _update_amounts(self):
        """Extend: entries are billed whole."""
        entries = self.filtered(lambda group: group.run_id.kind == "consolidate")
        result = super(ConsolidatedBillingRunGroup, self - entries)._update_amounts()
        for group in entries:
            lines = group.line_ids.filtered("selected")
            group._write_as_engine(
                {
                    "amount_untaxed": sum(lines.mapped("amount_untaxed")),
                    "amount_total": sum(lines.mapped("amount_total")),
                }
            )
        return result


class ConsolidatedBillingRunLine(models.Model):
    _inherit = "consolidated.billing.run.line"

    move_id = fields.Many2one(
        "account.move",
        string="Entry",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The posted entry.",
    )
    entry_partner_id = fields.Many2one(
        "res.partner", readonly=True, help="The customer account of the entry, which can be about several customers."
    )
    entry_date = fields.Date(string="Date", readonly=True, help="The date of the entry when the run was prepared.")
    location_id = fields.Many2one("res.partner", readonly=True, help="The invoice address to which the entry belongs.")
    amount_total = fields.Monetary(string="Total", readonly=True, help="What the entry adds to the balance.")
    amount_company = fields.Float(
        string="Total in Company Currency",
        digits=(16, 4),
        readonly=True,
        help="What the entry adds to the balance, in company currency.",
    )

    _entry_claim_unique = models.UniqueIndex(
        "(move_id, entry_partner_id, currency_id) WHERE is_claim AND move_id IS NOT NULL",
        "Another billing run has claimed one of these entries in the meantime. Prepare this run again.",
    )

    def _get_entry_change(self, before, now):
        """Say what changed on the entry since the run was prepared (``R2``).

        :param Frozen before: what the proposal relies on
        :param Frozen now: what it is now, ``None`` when the entry cannot be billed any more
        :return: a reason, empty when nothing changed
        :rtype: str
        """
        self.ensure_one()
        move = self.move_id
        if now is None:
            if move.state != "posted":
                return self.env._("the entry is not posted any more")
            # only the number is shown
            billing = move.sudo().consolidated_billing_id
            if billing:
                return self.env._("billed meanwhile on %(billing)s", billing=billing.name)
            return self.env._("the entry changed")
        changes = {
            self.env._("amount"): self.currency_id.compare_amounts(now.amount_total, before.amount_total),
            self.env._("date"): now.date != before.date,
            self.env._("customer"): now.account_id != before.account_id,
            self.env._("invoice address"): now.location_id != before.location_id,
        }
        changed = [label for label, is_changed in changes.items() if is_changed]
        return self.env._("%(what)s changed", what=", ".join(changed)) if changed else ""
