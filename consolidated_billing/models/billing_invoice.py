from odoo import api, fields, models
from odoo.exceptions import UserError

from .billing_formats import BILLING_LEVELS, INVOICE_FORMATS

BILLING_INVOICE_STATES = [("draft", "Draft"), ("final", "Final"), ("cancelled", "Cancelled")]


class ConsolidatedBillingInvoice(models.Model):
    """A consolidated billing invoice: a numbered summary bill over posted entries (``C1`` to ``C7``, ``004_…``)."""

    _name = "consolidated.billing.invoice"
    _description = "Consolidated Billing Invoice"
    _inherit = [
        "consolidated.billing.engine",
        "portal.mixin",
        "mail.thread.main.attachment",
        "mail.activity.mixin",
    ]
    _order = "cutoff_date desc, id desc"
    _check_company_auto = True
    _mail_post_access = "read"

    name = fields.Char(
        string="Billing Number",
        readonly=True,
        required=True,
        copy=False,
        index="trigram",
        help="The unique number of this document. It is drawn from a database sequence and never typed.",
    )
    sequence_number = fields.Integer(
        readonly=True, copy=False, aggregator=None, help="The number that was drawn from the database sequence."
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, help="The company that bills.")
    state = fields.Selection(
        BILLING_INVOICE_STATES,
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        index=True,
        help="Draft: can be accepted or rejected. Final: frozen, to be paid. Cancelled: a rejected draft or a "
        "cancelled document; it keeps its number, and its entries can be billed again.",
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Bill-to",
        required=True,
        readonly=True,
        index=True,
        check_company=True,
        ondelete="restrict",
        help="Who receives this document.",
    )
    commercial_partner_id = fields.Many2one(
        "res.partner",
        string="Account",
        readonly=True,
        ondelete="restrict",
        help="The customer account, or the grouping account, whose entries are billed.",
    )
    main_location_id = fields.Many2one(
        "res.partner",
        readonly=True,
        ondelete="restrict",
        help="The account's own invoice address: what is paid on account is shown on its document.",
    )
    currency_id = fields.Many2one(
        "res.currency", required=True, readonly=True, help="The currency of all amounts of this document."
    )
    profile_id = fields.Many2one(
        "consolidated.billing.profile",
        string="Billing Profile",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The billing profile of the customer when the document was created.",
    )
    invoice_format = fields.Selection(
        INVOICE_FORMATS,
        string="Format",
        required=True,
        default="summary",
        help="Detail lists the items of each invoice with description, quantity and unit price; summary only the total "
        "of each invoice. The document can be printed in the other format at any time.",
    )
    billing_level = fields.Selection(
        BILLING_LEVELS,
        required=True,
        readonly=True,
        default="account",
        help="Account: one document for the whole account. Location: one for each invoice address.",
    )
    date_from = fields.Date(string="From", readonly=True, help="The first day of the billing period.")
    cutoff_date = fields.Date(
        required=True, readonly=True, help="The last day of the billing period: later entries are not on this document."
    )
    invoice_date = fields.Date(string="Billing Date", readonly=True, help="The date of this document.")
    payment_term_id = fields.Many2one(
        "account.payment.term",
        string="Payment Terms",
        readonly=True,
        help="When this document is due, counted from its date.",
    )
    invoice_date_due = fields.Date(string="Due Date", readonly=True, help="Until when the customer pays this document.")
    line_ids = fields.One2many(
        "consolidated.billing.invoice.line",
        "billing_id",
        string="Entries",
        readonly=True,
        copy=False,
        help="The invoices, credit notes and adjustments that this document lists. They stay listed after a "
        "cancellation.",
    )
    move_ids = fields.One2many(
        "account.move",
        "consolidated_billing_id",
        string="Billed Entries",
        readonly=True,
        copy=False,
        help="The journal entries that this document bills now.",
    )
    run_id = fields.Many2one(
        "consolidated.billing.run",
        string="Billing Run",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The billing run that created this document.",
    )
    cancel_reason = fields.Char(readonly=True, copy=False, help="Why this number has no valid document.")
    is_sent = fields.Boolean(
        string="Sent", readonly=True, copy=False, tracking=True, help="This document was sent to the customer."
    )
    user_id = fields.Many2one("res.users", string="Responsible", readonly=True, help="Who made this document.")

    _name_unique = models.Constraint(
        "UNIQUE (company_id, name)",
        "A billing number is used once only. Check the prefix and the next number of the billing sequence.",
    )

    # The document before is looked up by it, from the newest on.
    _account_index = models.Index("(commercial_partner_id, id)")

    # === COMPUTE METHODS ===#

    def _compute_access_url(self):
        result = super()._compute_access_url()
        for billing in self:
            billing.access_url = f"/my/consolidated_invoices/{billing.id}"
        return result

    # === CRUD METHODS ===#

    @api.model_create_multi
    def create(self, vals_list):
        """Number the documents; a typed number is refused, by import and RPC as well (``C4``)."""
        if not self._is_engine():
            self._refuse_typed_number(vals_list)
            raise UserError(
                self.env._(
                    "Consolidated billing invoices are created by billing runs, which number and fill them. Start a "
                    "billing run instead."
                )
            )
        return super().create(vals_list)

    def write(self, vals):
        """Keep what the engine decided: only the format and the state of sending can be changed (``C4``, ``C5``)."""
        if not self._is_engine() and "name" in vals:
            self._refuse_typed_number([vals])
        return super().write(vals)

    def _get_engine_refusal(self, names):
        """Extend: say what to do with a document that is wrong."""
        labels = self.fields_get(sorted(names), ["string"])
        return self.env._(
            "%(fields)s of %(documents)s cannot be changed. Reject the draft, or cancel the final document, "
            "and bill again.",
            fields=", ".join(labels[name]["string"] for name in sorted(labels)),
            documents=", ".join(self.mapped("name")),
        )

    @api.model
    def _refuse_typed_number(self, vals_list):
        typed = [str(vals["name"]) for vals in vals_list if vals.get("name")]
        if typed:
            raise UserError(
                self.env._(
                    "The billing number %(number)s cannot be typed: it comes from a database sequence. Leave it out.",
                    number=", ".join(typed[:3]),
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_numbered(self):
        if self:
            raise UserError(
                self.env._(
                    "%(documents)s cannot be deleted, because a billing number is never used again. Reject or cancel "
                    "it instead.",
                    documents=", ".join(self.mapped("name")),
                )
            )

    def copy_data(self, default=None):
        """Refuse: every entry is billed once."""
        raise UserError(self.env._("A consolidated billing invoice cannot be duplicated: every entry is billed once."))
