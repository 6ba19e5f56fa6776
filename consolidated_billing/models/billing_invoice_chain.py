from odoo import api, fields, models
from odoo.tools import SQL


class ConsolidatedBillingInvoice(models.Model):
    """Which consolidated billing invoices follow each other, and carry their balance on (``C2``, ``C3``).

    Documents of the same company, account, currency and level are a chain; of the same location too, if the level is
    the location. That is decided in `_get_chain` alone.
    """

    _inherit = "consolidated.billing.invoice"

    merged_into_id = fields.Many2one(
        "consolidated.billing.invoice",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The account of this document was merged into another one. This was its last document then; the next one "
        "carries both balances on.",
    )

    @api.model
    def _get_chain(self, billing):
        """Return what two documents that follow each other have in common, as a row.

        :param str billing: alias of the document
        :rtype: SQL
        """
        return SQL(
            """
            (%(billing)s.commercial_partner_id, %(billing)s.company_id, %(billing)s.currency_id,
             %(billing)s.billing_level,
             CASE %(billing)s.billing_level WHEN 'location' THEN %(billing)s.partner_id ELSE 0 END)
            """,
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
                         WHERE %(other)s = %(billing)s AND other.id %(compare)s billing.id
                           AND other.state != 'cancelled'
                           AND (billing.merged_into_id IS NOT NULL OR other.merged_into_id IS NULL)
                      ORDER BY other.id %(order)s
                         LIMIT 1
                       ) AS neighbour ON TRUE
                 WHERE billing.id = ANY(%(ids)s)
                """,
                other=self._get_chain("other"),
                billing=self._get_chain("billing"),
                compare=SQL(">") if following else SQL("<"),
                order=SQL("ASC") if following else SQL("DESC"),
                ids=list(self.ids),
            )
        )
        neighbours = dict(self.env.cr.fetchall())
        others = self.browse(neighbours.values())
        return dict(zip(neighbours, others, strict=True))

    def _split_by_chain(self):
        """Yield the documents in turns in which no two are of the same chain, earlier ones first.

        :rtype: Iterator[consolidated.billing.invoice]
        """
        if not self:
            return
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                SELECT array_agg(id ORDER BY id)
                  FROM (
                        SELECT billing.id, row_number() OVER (PARTITION BY %(chain)s ORDER BY billing.id) AS turn
                          FROM consolidated_billing_invoice AS billing
                         WHERE billing.id = ANY(%(ids)s)
                       ) AS turns
              GROUP BY turn ORDER BY turn
                """,
                chain=self._get_chain("billing"),
                ids=list(self.ids),
            )
        )
        for (ids,) in self.env.cr.fetchall():
            yield self.browse(ids)

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

    def _end_chains(self):
        """Let these documents be followed by none, where the account has documents of its own that go on.

        Called when their accounts were merged into another one: which document was whose is not known afterwards.
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                UPDATE consolidated_billing_invoice AS billing SET merged_into_id = kept.id
                  FROM (
                        SELECT merged.id AS merged_id, MAX(other.id) AS id
                          FROM consolidated_billing_invoice AS merged
                          JOIN consolidated_billing_invoice AS other
                            ON %(other)s = %(merged)s AND other.id != ALL(%(ids)s)
                           AND other.state != 'cancelled' AND other.merged_into_id IS NULL
                         WHERE merged.id = ANY(%(ids)s)
                      GROUP BY merged.id
                       ) AS kept
                 WHERE billing.id = kept.merged_id AND billing.merged_into_id IS NULL
                """,
                other=self._get_chain("other"),
                merged=self._get_chain("merged"),
                ids=list(self.ids),
            )
        )
        self.invalidate_recordset(["merged_into_id"])
