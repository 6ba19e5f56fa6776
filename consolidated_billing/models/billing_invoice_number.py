import psycopg2

from odoo import api, fields, models
from odoo.tools import SQL


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
            names = sequence._format_numbers([number for (number,) in self.env.cr.fetchall()])
            used = self._get_used_names(company, names.values())
            numbers += [(number, name) for number, name in names.items() if name not in used]
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
        names = sequence._format_numbers([number for (number,) in self.env.cr.fetchall()])
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
