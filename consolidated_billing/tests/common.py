from contextlib import contextmanager

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon


@tagged("post_install", "-at_install")
class ConsolidatedBillingCommon(AccountTestInvoicingCommon):
    """Factories that tell the sources' story: account 12345 receives the invoices of 12346."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.company_data["company"]
        cls.company.invoice_grouping = "combine"
        cls.env.user.group_ids += cls.env.ref("sales_team.group_sale_manager")
        cls.product = cls.env["product.product"].create(
            {
                "name": "Widget",
                "type": "consu",
                "invoice_policy": "order",
                "list_price": 100.0,
                "taxes_id": [Command.set(cls.company_data["default_tax_sale"].ids)],
            }
        )
        cls.account_12345 = cls._create_account("Bloom Head Office", ref="12345")
        cls.account_12345.action_make_grouping_account()
        cls.account_12346 = cls._create_account("Bloom Texas", ref="12346", grouping_partner_id=cls.account_12345.id)
        cls.net_30 = cls._create_term("Net-30", 30)
        cls.net_45 = cls._create_term("Net-45", 45)

    @classmethod
    def _create_account(cls, name, **values):
        return cls.env["res.partner"].create({"name": name, "is_company": True, **values})

    @classmethod
    def _create_user(cls, login, *groups, **values):
        """Create a user with these groups only."""
        return new_test_user(cls.env, login, groups=",".join(("base.group_user", *groups)), **values)

    @classmethod
    def _create_profile(cls, name="Monthly", **values):
        return cls.env["consolidated.billing.profile"].create({"name": name, **values})

    @classmethod
    def _create_term(cls, name, *days, **values):
        share = 100.0 / len(days)
        return cls.env["account.payment.term"].create(
            {
                "name": name,
                "line_ids": [Command.create({"value": "percent", "value_amount": share, "nb_days": nb}) for nb in days],
                **values,
            }
        )

    @classmethod
    def _create_order(cls, partner=None, lines=1, confirm=True, **values):
        """Create an order; ``lines`` is a number of lines, or a list of their values."""
        line_values = [{}] * lines if isinstance(lines, int) else lines
        order = cls.env["sale.order"].create(
            {
                "partner_id": (partner or cls.account_12346).id,
                "order_line": [
                    Command.create(
                        {"product_id": cls.product.id, "product_uom_qty": 1.0, "price_unit": 100.0, **vals}
                        if not vals.get("display_type")
                        else vals
                    )
                    for vals in line_values
                ],
                **values,
            }
        )
        if confirm:
            order.action_confirm()
        return order

    @classmethod
    def _get_partition(cls, moves):
        """Return which orders share an invoice, as a set of sets of order names."""
        return {frozenset(move.line_ids.sale_line_ids.order_id.mapped("name")) for move in moves}

    def assertPartition(self, moves, *groups):
        """Assert that the invoices merge exactly these groups of orders."""
        self.assertEqual(
            self._get_partition(moves),
            {frozenset(orders.mapped("name")) for orders in groups},
        )
        self.assertEqual(len(moves), len(groups))

    @contextmanager
    def assertRefused(self, *words):
        """Assert that the user is told why not, in a message that contains these words."""
        with self.assertRaises(UserError) as error:
            yield
        for word in words:
            self.assertIn(word, str(error.exception))

    @classmethod
    def _get_products(cls, move):
        """Return the product lines of an invoice, in the order of the document."""
        return cls._get_lines(move).filtered(lambda line: line.display_type == "product")

    @classmethod
    def _get_lines(cls, move):
        """Return the lines of an invoice with its headings and notes, in the order of the document."""
        return move.invoice_line_ids.sorted(lambda line: (line.sequence, line.id))
