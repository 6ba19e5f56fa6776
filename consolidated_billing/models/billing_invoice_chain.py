from odoo import api, models
from odoo.tools import SQL


class ConsolidatedBillingInvoice(models.Model):
    """Which consolidated billing invoices follow each other, and carry their balance on (``C2``, ``C3``)."""

    _inherit = "consolidated.billing.invoice"

    def _get_chain_condition(self, other="other", billing="billing"):
        """Return when two documents of an account follow each other: same company, currency and level (``C2``).

        :param str other: alias of one document
        :param str billing: alias of the other
        :rtype: SQL
        """
        return SQL(
            """
            %(other)s.id != %(billing)s.id AND %(other)s.state != 'cancelled'
            AND %(other)s.company_id = %(billing)s.company_id
            AND %(other)s.commercial_partner_id = %(billing)s.commercial_partner_id
            AND %(other)s.currency_id = %(billing)s.currency_id
            AND %(other)s.billing_level = %(billing)s.billing_level
            AND (%(billing)s.billing_level = 'account' OR %(other)s.partner_id = %(billing)s.partner_id)
            """,
            other=SQL.identifier(other),
            billing=SQL.identifier(billing),
        )

    def _get_neighbours(self, following):
        """Return the document that comes directly before, or after, each of these documents.

        :param bool following: after instead of before
        :return: the other document by id, where there is one
        :rtype: dict[int, consolidated.billing.invoice]
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                SELECT billing.id, neighbour.id
                  FROM consolidated_billing_invoice AS billing
                  JOIN LATERAL (
                        SELECT other.id
                          FROM consolidated_billing_invoice AS other
                         WHERE %(chain)s AND other.id %(compare)s billing.id
                      ORDER BY other.id %(order)s
                         LIMIT 1
                       ) AS neighbour ON TRUE
                 WHERE billing.id = ANY(%(ids)s)
                """,
                chain=self._get_chain_condition(),
                compare=SQL(">") if following else SQL("<"),
                order=SQL("ASC") if following else SQL("DESC"),
                ids=list(self.ids),
            )
        )
        neighbours = dict(self.env.cr.fetchall())
        others = self.browse(neighbours.values())
        return dict(zip(neighbours, others, strict=True))

    @api.model
    def _touch(self, billings):
        """Change documents that a new one follows, so that a transaction that does not know of it cannot cancel them.

        :param Iterable[consolidated.billing.invoice] billings: the documents
        """
        self.env.cr.execute(
            SQL(
                "UPDATE consolidated_billing_invoice SET write_date = %s WHERE id = ANY(%s)",
                self.env.cr.now(),
                [billing.id for billing in billings],
            )
        )
