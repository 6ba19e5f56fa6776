import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

SEQUENCE_CODE = "consolidated.billing.invoice"


class ConsolidatedBillingInvoice(models.Model):
    """Billing numbers (``C4``): drawn from a PostgreSQL sequence, never given back, none missing without a record.

    A database sequence is not part of a transaction. When a worker is killed, or a document fails after its number
    was drawn, the number is lost. `_explain_missing_numbers` makes a cancelled document for each of them.
    """

    _inherit = "consolidated.billing.invoice"

    @api.model
    def _draw_numbers(self, company, count):
        """Draw billing numbers, all in one query; a sequence that was set back skips what is used already.

        :param res.company company: the company that bills
        :param int count: how many
        :return: number of the sequence, and billing number with prefix and padding
        :rtype: list[tuple[int, str]]
        :raise UserError: the company's billing sequence was changed so that it is no database sequence any more
        """
        sequence = company._get_billing_sequence()
        self._lock_numbers(company, shared=True)
        numbers = []
        while len(numbers) < count:
            missing = count - len(numbers)
            self.env.cr.execute(
                SQL("SELECT nextval(%s) FROM generate_series(1, %s)", sequence._get_database_sequence(), missing)
            )
            drawn = {sequence.get_next_char(number): number for (number,) in self.env.cr.fetchall()}
            used = self._get_used_names(company, drawn)
            numbers += [(number, name) for name, number in drawn.items() if name not in used]
        return numbers

    @api.model
    def _lock_numbers(self, company, shared):
        """Let nobody look for missing numbers while some are drawn and not yet stored, until the transaction ends.

        :param res.company company: the company that bills
        :param bool shared: several may draw at once
        :return: whether the lock was got; who draws waits for it, who looks for missing numbers does not
        :rtype: bool
        """
        key = self.env["ir.model"]._get_id(self._name)
        if shared:
            self.env.cr.execute(SQL("SELECT pg_advisory_xact_lock_shared(%s, %s)", key, company.id))
            return True
        self.env.cr.execute(SQL("SELECT pg_try_advisory_xact_lock(%s, %s)", key, company.id))
        return self.env.cr.fetchone()[0]

    @api.model
    def _explain_missing_numbers(self, company):
        """Make a cancelled document for each number that was drawn and got no document (``C4``).

        Does nothing while another transaction draws numbers: it is done the next time.

        :param res.company company: the company that bills
        :rtype: consolidated.billing.invoice
        """
        sequence = company._get_billing_sequence()
        if not self._lock_numbers(company, shared=False):
            return self.browse()
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                SELECT number
                  FROM %(sequence)s AS sequence,
                       generate_series(%(floor)s, sequence.last_value, %(step)s) AS number
                 WHERE sequence.is_called
                   AND NOT EXISTS (
                        SELECT FROM consolidated_billing_invoice AS billing
                         WHERE billing.company_id = %(company)s AND billing.sequence_number = number
                           AND billing.id > %(before)s
                       )
              ORDER BY number
                """,
                sequence=SQL.identifier(sequence._get_database_sequence()),
                floor=company.billing_number_floor,
                before=company.billing_number_document,
                step=sequence.number_increment,
                company=company.id,
            )
        )
        names = {number: sequence.get_next_char(number) for (number,) in self.env.cr.fetchall()}
        used = self._get_used_names(company, names.values())
        missing = {number: name for number, name in names.items() if name not in used}
        try:
            with self.env.cr.savepoint():
                return self._create_for_missing_numbers(company, missing)
        except psycopg2.errors.UniqueViolation:  # they were stored after this transaction began
            return self.browse()

    @api.model
    def _create_for_missing_numbers(self, company, names):
        """Create a cancelled document for each of these numbers of the company's sequence.

        :param res.company company: the company that bills
        :param dict[int, str] names: billing number by number of the sequence
        """
        today = fields.Date.context_today(self)
        billings = self._as_engine().create(
            [
                {
                    "name": name,
                    "sequence_number": number,
                    "company_id": company.id,
                    "partner_id": company.partner_id.id,
                    "commercial_partner_id": company.partner_id.commercial_partner_id.id,
                    "currency_id": company.currency_id.id,
                    "cutoff_date": today,
                    "invoice_date": today,
                    "state": "cancelled",
                    "cancel_reason": self.env._("The number was drawn, but its document could not be completed."),
                }
                for number, name in names.items()
            ]
        )
        self.env.flush_all()
        return billings

    @api.model
    def _get_used_names(self, company, names):
        """Return which of these billing numbers a document of the company has.

        :rtype: set[str]
        """
        return set(self.search([("company_id", "=", company.id), ("name", "in", list(names))]).mapped("name"))

    @api.autovacuum
    def _gc_missing_numbers(self):
        """Explain the numbers that were lost since the last billing run."""
        for company in self.env["res.company"].search([("consolidated_billing_sequence_id", "!=", False)]):
            self._explain_missing_numbers(company)


class ResCompany(models.Model):
    _inherit = "res.company"

    consolidated_billing_sequence_id = fields.Many2one(
        "ir.sequence",
        string="Billing Sequence",
        copy=False,
        readonly=True,
        ondelete="restrict",
        help="The database sequence of the billing numbers of this company.",
    )
    billing_number_floor = fields.Integer(
        default=1,
        copy=False,
        readonly=True,
        help="Numbers before this one were never drawn, or are explained: the sequence was set to start here.",
    )
    billing_number_document = fields.Integer(
        copy=False,
        readonly=True,
        help="The newest document when the sequence was set to start at its first number: it is of an older series.",
    )

    billing_number_prefix = fields.Char(
        compute="_compute_billing_number_format",
        inverse="_inverse_billing_number_prefix",
        help="What stands before the digits of a billing number; %(year)s and %(month)s are replaced by the day's.",
    )
    billing_number_padding = fields.Integer(
        compute="_compute_billing_number_format",
        inverse="_inverse_billing_number_padding",
        help="How many digits a billing number has at least.",
    )

    @api.depends("consolidated_billing_sequence_id.prefix", "consolidated_billing_sequence_id.padding")
    def _compute_billing_number_format(self):
        for company in self:
            sequence = company._get_billing_sequence()
            company.billing_number_prefix = sequence.prefix
            company.billing_number_padding = sequence.padding

    def _inverse_billing_number_prefix(self):
        for company in self:
            sequence = company._get_billing_sequence()
            sequence.prefix = company.billing_number_prefix
            sequence._get_prefix_suffix()  # says what is wrong with a placeholder

    def _inverse_billing_number_padding(self):
        for company in self:
            if not 0 < company.billing_number_padding <= 20:
                raise ValidationError(
                    self.env._(
                        "Billing numbers have between 1 and 20 digits: change %(digits)s to one of these.",
                        digits=company.billing_number_padding,
                    )
                )
            company._get_billing_sequence().padding = company.billing_number_padding

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `base` to give every company a billing sequence."""
        companies = super().create(vals_list)
        companies._create_billing_sequences()
        return companies

    def _create_billing_sequences(self):
        """Create the billing sequences of the companies in ``self`` that have none."""
        companies = self.filtered(lambda company: not company.consolidated_billing_sequence_id)
        # who creates a company need not manage sequences
        sequences = (
            self.env["ir.sequence"]
            .sudo()
            .create(
                [
                    {
                        "name": self.env._("Billing numbers of %(company)s", company=company.name),
                        "code": SEQUENCE_CODE,
                        "prefix": "CBI/",
                        "padding": 6,
                        "company_id": company.id,
                        "implementation": "standard",
                    }
                    for company in companies
                ]
            )
        )
        for company, sequence in zip(companies, sequences, strict=True):
            company.consolidated_billing_sequence_id = sequence

    @api.model
    def _create_missing_billing_sequences(self):
        """Give the companies that exist when the addon is installed a billing sequence."""
        self.search([("consolidated_billing_sequence_id", "=", False)])._create_billing_sequences()

    def _begin_billing_series(self):
        """Remember where the sequence starts now, and the documents that were numbered before."""
        self.ensure_one()
        newest = self.env["consolidated.billing.invoice"].search(
            [("company_id", "=", self.id)], order="id desc", limit=1
        )
        self.write(
            {
                "billing_number_floor": self._get_billing_sequence()._get_next_number(),
                "billing_number_document": newest.id,
            }
        )

    def _get_billing_sequence(self):
        """Return the sequence of this company's billing numbers.

        :rtype: ir.sequence
        """
        self.ensure_one()
        return self.sudo().consolidated_billing_sequence_id  # who may bill need not read sequences


class IrSequence(models.Model):
    _inherit = "ir.sequence"

    @api.constrains("implementation", "use_date_range")
    def _check_billing_sequence(self):
        # who manages sequences need not be allowed to read companies
        companies = self.env["res.company"].sudo().search([("consolidated_billing_sequence_id", "in", self.ids)])
        for sequence in companies.consolidated_billing_sequence_id:
            sequence._get_database_sequence()

    def _get_database_sequence(self):
        """Return the name of the PostgreSQL sequence behind this sequence.

        :raise UserError: numbers are not drawn from a database sequence
        """
        self.ensure_one()
        if self.implementation != "standard" or self.use_date_range:
            raise UserError(
                self.env._(
                    'The sequence "%(sequence)s" numbers consolidated billing invoices: its implementation must be '
                    '"Standard", without subsequences per date range.',
                    sequence=self.name,
                )
            )
        return f"ir_sequence_{self.id:03d}"

    def _get_next_number(self):
        """Return the number that is drawn next, without drawing it.

        :rtype: int
        """
        self.env.cr.execute(
            SQL(
                "SELECT CASE WHEN is_called THEN last_value + %s ELSE last_value END FROM %s",
                self.number_increment,
                SQL.identifier(self._get_database_sequence()),
            )
        )
        return self.env.cr.fetchone()[0]

    def write(self, vals):
        """Override of `base` to begin a new series: numbers that are left out on purpose need no explanation."""
        if not {"number_next", "number_increment"} & vals.keys():
            return super().write(vals)
        # who manages sequences need not be allowed to write companies and documents
        companies = self.env["res.company"].sudo().search([("consolidated_billing_sequence_id", "in", self.ids)])
        Billing = companies.env["consolidated.billing.invoice"]
        for company in companies:
            if not Billing._lock_numbers(company, shared=False):
                raise UserError(
                    self.env._(
                        "Billing numbers of %(company)s are being drawn at this moment. Change the sequence when the "
                        "billing run has ended.",
                        company=company.name,
                    )
                )
            Billing._explain_missing_numbers(company)
        result = super().write(vals)
        for company in companies:
            company._begin_billing_series()
        return result
