from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Final documents of which nothing is due are paid; the due dates of their entries stay as they are."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    even = env["consolidated.billing.invoice"].search(
        [("state", "=", "final"), ("amount_residual", "=", 0.0), ("payment_state", "in", ("not_paid", "partial"))]
    )
    env.add_to_compute(even._fields["payment_state"], even)
    env.flush_all()
