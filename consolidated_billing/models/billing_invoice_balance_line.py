from odoo import fields, models

BALANCE_KINDS = [
    ("account", "Balance of an Account"),
    ("payment", "Payment"),
    ("transfer", "Transferred Balance"),
    ("counted", "Payment Counted by an Earlier Version"),  # noted when the database was updated: it is not shown
]
TRANSFER_REASONS = [
    ("before", "Open from before the first document"),
    ("joined", "Joined the account"),
    ("left", "Left the account"),
    ("merged", "Merged into the account"),
    ("level", "Billed at another level before"),
    ("moved", "Moved or changed since the document before"),
    ("withdrawn", "Payment withdrawn"),
    ("unlisted", "Entries that no document lists"),
    ("listed", "Entries in an earlier balance, listed now"),
]


class ConsolidatedBillingInvoiceBalance(models.Model):
    """What is behind the balance of a consolidated billing invoice, besides its entries (``C8``).

    The closing balance of each account, each payment that the document counts, and each balance
    that was transferred: they are frozen with their document. The next document begins with the first, counts no
    payment again that is among the second, and so explains every change.
    """

    _name = "consolidated.billing.invoice.balance"
    _description = "Consolidated Billing Invoice Balance"
    _inherit = ["consolidated.billing.engine"]
    _order = "date, id"
    _log_access = False  # the document says who and when

    billing_id = fields.Many2one(
        "consolidated.billing.invoice",
        string="Consolidated Billing Invoice",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        help="The document whose balance it explains.",
    )
    company_id = fields.Many2one(related="billing_id.company_id", help="The company that bills.")
    currency_id = fields.Many2one(related="billing_id.currency_id", help="The currency of the document.")
    kind = fields.Selection(BALANCE_KINDS, required=True, readonly=True, help="What the amount is.")
    reason = fields.Selection(TRANSFER_REASONS, readonly=True, help="Why the balance was transferred.")
    partner_id = fields.Many2one(
        "res.partner",
        string="Account",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        help="The customer account of which it is the balance or the payment.",
    )
    name = fields.Char(string="Number", readonly=True, help="The number of the payment, or of the entries.")
    date = fields.Date(readonly=True, help="The date of the payment.")
    amount = fields.Monetary(readonly=True, help="As it acts on the balance: what is paid is negative.")
    amount_unlisted = fields.Monetary(
        string="Not Listed", readonly=True, help="What of the balance of an account no document lists."
    )
    item_amount = fields.Float(
        string="Amount of the Payment",
        digits=(16, 6),
        readonly=True,
        aggregator=None,
        help="The amount in the currency of the payment, which can be another one than that of the document.",
    )
    # no foreign key: what was counted is known even when the payment is deleted
    item_ref = fields.Integer(
        string="Journal Item",
        readonly=True,
        aggregator=None,
        index="btree_not_null",
        help="The id of the journal item that the document counts.",
    )
