from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

SEQUENCE_CODE = "consolidated.billing.invoice"
LAST_NUMBER = 2_000_000_000  # documents store their number as an integer of four bytes


class Affixes(NamedTuple):
    """What stands before and behind the digits of numbers that are drawn together.

    Cannot be sent by a client: contexts that come over the network hold plain values only.
    """

    sequence_id: int
    prefix: str
    suffix: str


class ResCompany(models.Model):
    _name = "res.company"
    _inherit = ["consolidated.billing.engine", "res.company"]

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

    def _inverse_billing_number_padding(self):
        for company in self:
            sequence, padding = company._get_billing_sequence(), company.billing_number_padding
            if not padding:
                raise ValidationError(sequence._get_bounds_refusal("padding", padding, 20))
            sequence.padding = padding

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `base` to give every company a billing sequence."""
        companies = super().create(vals_list)
        companies._create_billing_sequences()
        return companies

    def _get_engine_refusal(self, names):
        """Override: say what can be changed of billing numbers."""
        labels = self.fields_get(sorted(names), ["string"])
        return self.env._(
            "%(fields)s cannot be typed, as no billing number may be given twice. Change the prefix, the digits, the "
            "step or the next number of the billing sequence instead.",
            fields=", ".join(label["string"] for label in labels.values()),
        )

    def _create_billing_sequences(self):
        """Create the billing sequences of the companies in ``self`` that have none.

        A sequence of a former installation is taken again: no number is given twice (``C4``).
        """
        self._adopt_billing_sequences()
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
            company._write_as_engine({"consolidated_billing_sequence_id": sequence.id})

    def _adopt_billing_sequences(self):
        """Take the sequences that stayed when the addon was uninstalled: of several, the one that is furthest."""
        companies = self.sudo()  # who creates a company need not manage companies and sequences
        used = companies.search([("consolidated_billing_sequence_id", "!=", False)]).consolidated_billing_sequence_id
        companies = companies.filtered(lambda company: not company.consolidated_billing_sequence_id)
        Sequence = companies.env["ir.sequence"].with_context(active_test=False)
        kept = Sequence.search(
            [
                ("code", "=", SEQUENCE_CODE),
                ("company_id", "in", companies.ids),
                ("implementation", "=", "standard"),
                ("use_date_range", "=", False),
                ("id", "not in", used.ids),
            ]
        )
        for company, sequences in kept.grouped("company_id").items():
            sequence = sequences.sorted(lambda kept: kept._get_next_number())[-1]
            sequence.active = True
            company._write_as_engine({"consolidated_billing_sequence_id": sequence.id})
            company._begin_billing_series()

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
        self._write_as_engine(
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
    """The sequences of billing numbers: what would let numbers fail, repeat or run backwards is refused (``C4``)."""

    _inherit = "ir.sequence"

    def _get_billing_companies(self):
        # who manages sequences need not be allowed to read companies
        return self.env["res.company"].sudo().search([("consolidated_billing_sequence_id", "in", self.ids)])

    def _check_billing_values(self, vals):
        """Refuse values that a sequence of billing numbers cannot have, before the database sequence is changed.

        :param dict vals: values of `write`
        :raise UserError: says which values it can have
        """
        bounds = {"padding": (0, 20), "number_next": (1, LAST_NUMBER), "number_increment": (1, 1000)} if self else {}
        for name, (first, last) in bounds.items():
            if name in vals and not self._is_between(vals[name], first, last):
                raise ValidationError(self._get_bounds_refusal(name, vals[name], last))
        for sequence in self:
            kept = {"code": sequence.code, "company_id": sequence.company_id.id, "active": True}
            changed = [name for name, value in kept.items() if name in vals and vals[name] != value]
            if changed:
                labels = self.fields_get(changed, ["string"])
                raise UserError(
                    self.env._(
                        '%(fields)s of the sequence "%(sequence)s" cannot be changed: it numbers consolidated billing '
                        "invoices of %(company)s.",
                        fields=", ".join(label["string"] for label in labels.values()),
                        sequence=sequence.name,
                        company=sequence.company_id.name,
                    )
                )
            implementation = vals.get("implementation", sequence.implementation)
            if implementation != "standard" or vals.get("use_date_range", sequence.use_date_range):
                raise UserError(sequence._get_implementation_refusal())

    @api.model
    def _is_between(self, value, first, last):
        try:
            return first <= int(value) <= last
        except (OverflowError, TypeError, ValueError):  # whatever a client sends
            return False

    def _get_bounds_refusal(self, name, value, last):
        if name == "padding":
            return self.env._(
                "Billing numbers have between 1 and 20 digits: change %(digits)s to one of these.", digits=value
            )
        return self.env._(
            "%(field)s %(value)s is not possible for billing numbers, which are never negative and never repeated. "
            "Enter a number from 1 to %(last)s.",
            field=self.fields_get([name], ["string"])[name]["string"],
            value=value,
            last=last,
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_billing_sequence(self):
        if companies := self._get_billing_companies():
            raise UserError(
                self.env._(
                    "The sequence of the billing numbers of %(companies)s cannot be deleted: numbers once given are "
                    "never given again.",
                    companies=", ".join(companies.mapped("name")),
                )
            )

    @api.constrains("implementation", "prefix", "suffix", "use_date_range")
    def _check_billing_sequence(self):
        """Refuse what would let every billing run fail, wherever it was typed."""
        companies = self._get_billing_companies()
        for sequence in companies.consolidated_billing_sequence_id:
            sequence._get_database_sequence()
            sequence._get_prefix_suffix()  # says what is wrong with a placeholder

    def _get_database_sequence(self):
        """Return the name of the PostgreSQL sequence behind this sequence.

        :raise UserError: numbers are not drawn from a database sequence
        """
        self.ensure_one()
        if self.implementation != "standard" or self.use_date_range:
            raise UserError(self._get_implementation_refusal())
        return f"ir_sequence_{self.id:03d}"

    def _get_implementation_refusal(self):
        return self.env._(
            'The sequence "%(sequence)s" numbers consolidated billing invoices: its implementation must be "Standard", '
            "without subsequences per date range.",
            sequence=self.name,
        )

    def _next_do(self):
        """Override of `base`: a billing number is drawn with its document, and by nobody else (``C4``)."""
        if self.code == SEQUENCE_CODE and self._get_billing_companies():
            raise UserError(self.env._("Billing numbers are drawn by billing runs alone. Start a billing run instead."))
        return super()._next_do()

    def _format_numbers(self, numbers):
        """Return the billing numbers of some numbers of this sequence.

        :param list[int] numbers: numbers of the sequence
        :return: billing number with prefix and padding, by number
        :rtype: dict[int, str]
        """
        # a client could date them otherwise
        today = self.with_context(ir_sequence_date=None, ir_sequence_date_range=None)
        sequence = today.with_context(billing_affixes=Affixes(self.id, *today._get_prefix_suffix()))
        return {number: sequence.get_next_char(number) for number in numbers}

    def _get_prefix_suffix(self, date=None, date_range=None):
        """Extend: numbers that are drawn together share them, they are not put together for each anew."""
        affixes = self.env.context.get("billing_affixes")
        if isinstance(affixes, Affixes) and affixes.sequence_id == self.id and not (date or date_range):
            return affixes.prefix, affixes.suffix
        return super()._get_prefix_suffix(date=date, date_range=date_range)

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
        # who manages sequences need not be allowed to write companies and documents
        companies = self._get_billing_companies()
        companies.consolidated_billing_sequence_id.with_env(self.env)._check_billing_values(vals)
        if not {"number_next", "number_increment"} & vals.keys():
            return super().write(vals)
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
