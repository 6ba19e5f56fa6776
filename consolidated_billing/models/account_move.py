from odoo import api, fields, models
from odoo.exceptions import UserError


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["consolidated.billing.engine", "account.move"]

    grouping_partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Grouping Account",
        index="btree_not_null",
        ondelete="restrict",
        readonly=True,
        copy=False,
        help="The grouping account under which these sales were billed.",
    )
    job_code = fields.Char(
        readonly=True, copy=False, index="btree_not_null", help="The job code that all billed orders share."
    )
    bill_date = fields.Date(readonly=True, copy=False, help="The next bill date that all billed order lines share.")
    is_grouped_invoice = fields.Boolean(
        string="Grouped Invoice", readonly=True, copy=False, help="This invoice merges two orders or more."
    )
    billing_run_id = fields.Many2one(
        comodel_name="consolidated.billing.run",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        copy=False,
        help="The billing run that created this invoice.",
    )

    @api.model
    def _get_prepared_fields(self):
        """Extend: Odoo's own code, in superuser mode, passes on what `sale.order._prepare_invoice` says."""
        return super()._get_prepared_fields() | {"grouping_partner_id", "job_code"}

    def _get_billing_description(self):
        """Return what this invoice says of the orders on it: credit notes and corrections of it say the same.

        :rtype: dict
        """
        self.ensure_one()
        return {
            "grouping_partner_id": self.grouping_partner_id.id,
            "job_code": self.job_code,
            "bill_date": self.bill_date,
            "is_grouped_invoice": self.is_grouped_invoice,
        }

    def _reverse_moves(self, default_values_list=None, cancel=False):
        """Override of `account`: a credit note belongs to the grouping account of what it credits; a copy does not."""
        values_list = default_values_list or [{} for _move in self]
        for move, values in zip(self, values_list, strict=False):  # as in core
            values.update(move._get_billing_description())
        moves = super(AccountMove, self._as_engine())._reverse_moves(values_list, cancel=cancel)
        return moves.with_context(billing_engine=None)

    def action_collective_invoice(self):
        """Open the collective invoice over the outstanding orders of the debtor of these invoices (``003_…``).

        :raise UserError: the invoices have several debtors
        """
        debtor = self.partner_id.commercial_partner_id
        if len(debtor) > 1:
            raise UserError(self.env._("A collective invoice has one debtor. Choose invoices of one customer."))
        return debtor.action_collective_invoice()
