from odoo import api, fields, models
from odoo.exceptions import ValidationError

EXTRA_KEY_TYPES = (
    "boolean",
    "char",
    "date",
    "datetime",
    "float",
    "integer",
    "many2many",
    "many2one",
    "monetary",
    "reference",
    "selection",
    "text",
)


class ConsolidatedBillingProfile(models.Model):
    """The customer profile class: which customers are billed how, and what may share an invoice (``C1``, ``K1``)."""

    _name = "consolidated.billing.profile"
    _description = "Billing Profile"
    _inherit = ["consolidated.billing.typed.numbers", "mail.thread"]
    _order = "sequence, name, id"
    _check_company_auto = True
    _check_company_domain = models.check_company_domain_parent_of

    name = fields.Char(
        required=True,
        translate=True,
        tracking=True,
        help="What this way of billing is called, for example Monthly Consolidated.",
    )
    active = fields.Boolean(
        default=True,
        tracking=True,
        help="An archived profile cannot be chosen any more. It still counts for the customers that have it.",
    )
    sequence = fields.Integer(default=10, help="The order in which profiles are offered.")
    company_id = fields.Many2one(
        "res.company",
        index=True,
        tracking=True,
        help="The company that bills with this profile. Empty: all companies can use it.",
    )
    consolidated_billing = fields.Boolean(
        tracking=True,
        help="Customers with this profile receive consolidated billing invoices: numbered summary bills over what was "
        "invoiced since the last one.",
    )
    invoice_format = fields.Selection(
        [("detail", "Detail"), ("summary", "Summary")],
        required=True,
        default="summary",
        tracking=True,
        help="Detail: the consolidated billing invoice lists products, quantities and prices of each invoice. Summary: "
        "only the total of each invoice. A document can be reprinted in the other format.",
    )
    billing_level = fields.Selection(
        [("account", "Account"), ("location", "Bill-to Location")],
        required=True,
        default="account",
        tracking=True,
        help="Account: one consolidated billing invoice for the whole account. Bill-to Location: one for each of its "
        "invoice addresses.",
    )
    payment_term_id = fields.Many2one(
        "account.payment.term",
        string="Payment Terms",
        check_company=True,
        tracking=True,
        ondelete="restrict",
        help="When a consolidated billing invoice is due. Empty: as the payment terms of the customer say.",
    )

    entries_follow_due_date = fields.Boolean(
        string="Entries Follow the Due Date",
        default=True,
        tracking=True,
        help="When a consolidated billing invoice is accepted, the entries that it lists are due with it, but never "
        "earlier than before. Otherwise each keeps its own due date, and can be overdue before the document is.",
    )

    # merge options
    split_by_customer = fields.Boolean(
        string="Split by Customer",
        tracking=True,
        help="Orders of different customers of a grouping account never share an invoice.",
    )
    split_by_delivery_address = fields.Boolean(
        string="Split by Delivery Address",
        tracking=True,
        help="Orders that are delivered to different addresses never share an invoice.",
    )
    split_by_month = fields.Boolean(
        string="Split by Month",
        tracking=True,
        help="What falls in different months never shares an invoice: the month of the delivery where Odoo delivers "
        "it, else that of the next bill date, else that of the order.",
    )
    bill_date_match = fields.Selection(
        [("exact", "Each Bill Date by Itself"), ("period", "All Due up to the Cutoff Together")],
        string="Bill Dates",
        required=True,
        default="exact",
        tracking=True,
        help="Each Bill Date by Itself: lines with different next bill dates are billed on different invoices. All Due "
        "up to the Cutoff Together: what is due up to the cutoff date, and what has no date, shares an invoice.",
    )
    credit_policy = fields.Selection(
        [("net", "Deduct on the Invoice"), ("separate", "Separate Credit Note")],
        string="Returns and Credits",
        required=True,
        default="net",
        tracking=True,
        help="Deduct on the Invoice: returns reduce the invoice on which they are billed. Separate Credit Note: they "
        "are billed on credit notes of their own.",
    )
    minimum_amount = fields.Monetary(
        tracking=True,
        help="Billing runs leave documents below this untaxed amount for a later run, also those over nothing or less "
        "than nothing; separate credit notes are measured by their size. Zero: bill any amount. What is invoiced by "
        "hand, and what somebody reduced in a prepared run, has no minimum. In a profile that all companies share, the "
        "amount is in the currency of the company that bills.",
    )
    currency_id = fields.Many2one(
        "res.currency",
        compute="_compute_currency_id",
        help="The currency of the minimum amount: the one of the company.",
    )
    extra_key_field_ids = fields.Many2many(
        "ir.model.fields",
        string="Split by Order Fields",
        domain=[
            ("model", "=", "sale.order"),
            ("store", "=", True),
            ("ttype", "in", EXTRA_KEY_TYPES),
            ("name", "!=", "access_token"),
        ],
        help="Orders share an invoice only if they have the same value in each of these fields of the order.",
    )

    # === COMPUTE METHODS ===#

    @api.depends("company_id")
    @api.depends_context("company")
    def _compute_currency_id(self):
        for profile in self:
            profile.currency_id = (profile.company_id or self.env.company).currency_id

    # === CONSTRAINT METHODS ===#

    @api.constrains("minimum_amount")
    def _check_minimum_amount(self):
        for profile in self:
            if profile.minimum_amount < 0:
                raise ValidationError(
                    self.env._(
                        "The minimum amount of %(profile)s is negative. Enter 0 to bill any amount.",
                        profile=profile.display_name,
                    )
                )

    @api.constrains("extra_key_field_ids")
    def _check_extra_key_fields(self):
        # who defines profiles need not manage the fields of the database; only their properties are compared
        for field in self.sudo().extra_key_field_ids:
            if field.model != "sale.order" or not field.store or field.ttype not in EXTRA_KEY_TYPES:
                raise ValidationError(
                    self.env._(
                        "Orders cannot be split by %(field)s. Choose a stored field of the order that is no list of "
                        "records and no file.",
                        field=field.display_name,
                    )
                )

    # === CRUD METHODS ===#

    def copy_data(self, default=None):
        """Override of `base` to tell a copy from its original."""
        vals_list = super().copy_data(default=default)
        if "name" not in (default or {}):
            for profile, vals in zip(self, vals_list, strict=True):
                vals["name"] = self.env._("%(profile)s (copy)", profile=profile.name)
        return vals_list
