"""Invoices that are created with complete values are those of core, in every stored column (``I1``)."""

import itertools
import random
from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged

from ..models import account_move_fast_creation as fast_creation
from .fast_creation_common import FastCreationCommon

SEEDS = range(24)
PRICES = (0.005, 0.05, 1.005, 9.99, 33.333, 100.0, 1234.56, -12.5)
QUANTITIES = (1.0, 2.0, 3.0, 7.5, 0.33, 12.12)
DISCOUNTS = (0.0, 0.0, 5.0, 12.5, 33.33, 100.0)


@tagged("post_install", "-at_install")
class TestFastInvoiceCreation(FastCreationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_taxes()
        cls.foreign = cls.setup_other_currency("CHF", rounding=0.05)
        cls.foreign_list = cls.env["product.pricelist"].create({"name": "CHF", "currency_id": cls.foreign.id})
        cls.instalments = cls._create_term("Quarters", 0, 30, 60, 90)
        cls.plan = cls.env["account.analytic.plan"].create({"name": "Projects"})
        cls.analytic = cls.env["account.analytic.account"].create(
            [{"name": name, "plan_id": cls.plan.id} for name in ("Texas", "Ohio")]
        )
        cls.other_product = cls.env["product.product"].create(
            {
                "name": "Service",
                "type": "service",
                "invoice_policy": "order",
                "property_account_income_id": cls.copy_account(cls.company_data["default_account_revenue"]).id,
            }
        )

    @classmethod
    def _create_taxes(cls):
        account = cls.company_data["default_account_tax_sale"]
        tags = cls.env["account.account.tag"].create(
            [{"name": f"T{number}", "applicability": "taxes"} for number in range(3)]
        )
        included = {"price_include_override": "tax_included"}
        plain = cls._create_tax(15.0) + cls._create_tax(21.0, **included)
        split = cls._create_repartition(60.0, 40.0, account=account, tags=tags)
        reverse = cls._create_repartition(100.0, -100.0, account=account, tags=tags)
        transition = cls.copy_account(account)
        transition.reconcile = True
        cls.company.tax_exigibility = True
        cls.choices = [
            cls.env["account.tax"],
            plain[0],
            plain[1],
            plain,
            cls._create_tax(7.7, **split),
            cls._create_tax(20.0, analytic=True),
            cls._create_tax(10.0, **reverse),
            cls._create_tax(0.37, amount_type="fixed"),
            cls._create_tax(4.0, amount_type="division", **included),
            cls._create_tax(5.5, include_base_amount=True, sequence=0) + plain[0],
            cls._create_tax(0.0, amount_type="group", children_tax_ids=[Command.set(plain[0].ids)]),
            cls._create_tax(8.0, tax_exigibility="on_payment", cash_basis_transition_account_id=transition.id, **split),
        ]

    # === RANDOM BASKETS ===#

    def _draw_line(self, chance):
        return {
            "product_id": chance.choice((self.product, self.other_product)).id,
            "price_unit": chance.choice(PRICES),
            "product_uom_qty": chance.choice(QUANTITIES),
            "discount": chance.choice(DISCOUNTS),
            "tax_ids": [Command.set(chance.choice(self.choices).ids)],
            "analytic_distribution": chance.choice(
                (
                    False,
                    False,
                    {str(self.analytic[0].id): 100},
                    {str(self.analytic[0].id): 60, str(self.analytic[1].id): 40},
                )
            ),
        }

    def _draw_order(self, chance, customer, terms):
        lines = [self._draw_line(chance) for _line in range(chance.randint(1, 6))]
        if chance.random() < 0.4:
            lines.insert(0, {"display_type": "line_section", "name": "A section"})
            lines.insert(2, {"display_type": "line_note", "name": "A note"})
        return self._create_order(
            customer,
            lines=lines,
            payment_term_id=chance.choice(terms),
            client_order_ref=chance.choice((False, "PO 1", "PO 2")),
            **({"pricelist_id": self.foreign_list.id} if chance.random() < 0.3 else {}),
        )

    def test_random_baskets_are_equal_to_core(self):
        customers = self.account_12346 + self.account_12345 + self._create_account("Alone")
        completed = 0
        for seed in SEEDS:
            chance = random.Random(seed)
            self.company.tax_calculation_rounding_method = chance.choice(("round_per_line", "round_globally"))
            self.company.invoice_order_sections = chance.random() < 0.7
            # Core's due date of a draft depends on whether others of the batch have payment terms; posting mends it.
            terms = chance.choice(((False,), (self.net_30.id, self.instalments.id)))
            is_mixed = chance.random() < 0.3
            orders = self.env["sale.order"].union(
                *(
                    self._draw_order(chance, chance.choice(customers), (False, *terms) if is_mixed else terms)
                    for _order in range(chance.randint(1, 4))
                )
            )
            with self.subTest(seed=seed):
                final = is_mixed or chance.random() < 0.3  # an invoice below zero cannot be posted
                completed += self.assertEqualToCore(orders, is_posted=is_mixed, final=final)
        self.assertGreater(completed, len(SEEDS), "most invoices are created with complete values")

    # === ONE BY ONE ===#

    def test_analytic_distribution_models_are_asked(self):
        self.env["account.analytic.distribution.model"].create(
            {"product_id": self.product.id, "analytic_distribution": {str(self.analytic[1].id): 100}}
        )
        taxes = [Command.set(self.choices[5].ids)]
        lines = [{"tax_ids": taxes}, {"tax_ids": taxes, "product_id": self.other_product.id}]
        lines += [{"tax_ids": taxes, "analytic_distribution": {str(self.analytic[0].id): 100}}]
        self.assertEqualToCore(self._create_order(lines=lines), is_used=True)

    def test_fiscal_positions_map_accounts_and_taxes(self):
        revenue = self.company_data["default_account_revenue"]
        position = self.env["account.fiscal.position"].create(
            {
                "name": "Abroad",
                "account_ids": [
                    Command.create({"account_src_id": revenue.id, "account_dest_id": self.copy_account(revenue).id}),
                ],
            }
        )
        order = self._create_order(lines=[{}, {"tax_ids": False}], fiscal_position_id=position.id)
        self.assertEqualToCore(order, is_used=True)

    def test_a_salesperson_gets_the_same_invoice(self):
        user = self._create_user("seller", "sales_team.group_sale_salesman", company_id=self.company.id)
        order = self._create_order(user_id=user.id)
        self.assertEqualToCore(order.with_user(user), is_used=True)

    def test_the_language_of_the_customer_counts(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.choices[1].with_context(lang="fr_FR").name = "TVA"
        self.account_12345.lang = self.account_12346.lang = "fr_FR"
        self.assertEqualToCore(
            self._create_order(lines=[{"tax_ids": [Command.set(self.choices[1].ids)]}]), is_used=True
        )

    def test_two_companies_in_one_call(self):
        other = self.setup_other_company()["company"]
        order = self._create_order()
        product = self.product.with_company(other)
        foreign = (
            self.env["sale.order"]
            .with_company(other)
            .create(
                {
                    "partner_id": self._create_account("Abroad").id,
                    "company_id": other.id,
                    "order_line": [Command.create({"product_id": product.id, "price_unit": 50.0})],
                }
            )
        )
        foreign.action_confirm()
        orders = (order + foreign).with_context(allowed_company_ids=(self.company + other).ids)
        self.assertEqualToCore(orders, is_used=True)

    def test_many_invoices_come_back_in_the_order_of_core(self):
        orders = self.env["sale.order"]
        for number in range(fast_creation.MOVES_PER_BATCH + 3):
            values = {"payment_term_id": self.net_30.id, "invoice_grouping": "separate"}
            early = number % 5 == 4
            orders += self._create_order(
                lines=1 + number % 3, **values, **({"client_order_ref": "odd"} if early else {})
            )
        self.assertEqualToCore(orders, is_used=True)

    # === FIXED INSTALMENTS ===#

    @classmethod
    def _create_fixed_term(cls, *amounts):
        """Create a term with these instalments now and after a month each, and the balance after 45 days."""
        fixed = [
            Command.create({"value": "fixed", "value_amount": amount, "nb_days": 30 * number})
            for number, amount in enumerate(amounts)
        ]
        balance = Command.create({"value": "percent", "value_amount": 100.0, "nb_days": 45})
        return cls.env["account.payment.term"].create({"name": f"{amounts}", "line_ids": [*fixed, balance]})

    def test_fixed_instalments_are_stored_as_core_stores_them_whatever_the_total(self):
        terms = [self._create_fixed_term(12.34), self._create_fixed_term(5.0, 7.0)]
        baskets = {
            "zero": [{"discount": 100.0}],
            "zero of two": [{"price_unit": 10.0}, {"price_unit": -10.0}],
            "zero with a tax": [{"price_unit": 11.5, "tax_ids": False}, {"price_unit": -10.0}],
            "nearly nothing": [{"price_unit": 0.03, "tax_ids": False}],
            "less than the instalments": [{"price_unit": 3.0}],
            "negative": [{"price_unit": -20.0}],
        }
        weak = self.setup_other_currency("JPY", rounding=1.0, rates=[("2016-01-01", 400.0)])
        strong = self.setup_other_currency("KWD", rounding=0.001, rates=[("2016-01-01", 0.002)])
        currencies = [self.company.currency_id, weak, strong]
        for currency, (name, lines), term in itertools.product(currencies, baskets.items(), terms):
            pricelist = self.env["product.pricelist"].create({"name": currency.name, "currency_id": currency.id})
            order = self._create_order(lines=lines, payment_term_id=term.id, pricelist_id=pricelist.id)
            with self.subTest(currency=currency.name, lines=name, term=term.name):
                self.assertEqualToCore(order, is_used=True, final=name == "negative")

    # === LEFT TO CORE ===#

    def test_down_payments_are_left_to_core(self):
        order = self._create_order(lines=2)
        self.env["sale.advance.payment.inv"].with_context(active_ids=order.ids, active_model="sale.order").create(
            {"advance_payment_method": "percentage", "amount": 30.0}
        ).create_invoices()
        order.invoice_ids.action_post()
        self.assertEqualToCore(order, is_used=False, final=True)

    def test_early_payment_discounts_are_left_to_core(self):
        for computation in ("included", "excluded", "mixed"):
            term = self._create_term("2/7 Net 30", 30)
            term.write({"early_discount": True, "early_pay_discount_computation": computation})
            with self.subTest(computation=computation):
                order = self._create_order(lines=2, payment_term_id=term.id)
                self.assertEqualToCore(order, is_used=False)

    def test_storno_accounting_is_left_to_core(self):
        self.company.account_storno = True
        order = self._create_order(lines=[{}, {"price_unit": -20.0}])
        self.assertEqualToCore(order, is_used=False)

    def test_a_default_cash_rounding_is_left_to_core(self):
        rounding = self.env["account.cash.rounding"].create(
            {
                "name": "Whole",
                "rounding": 1.0,
                "strategy": "add_invoice_line",
                "profit_account_id": self.company_data["default_account_revenue"].id,
                "loss_account_id": self.company_data["default_account_expense"].id,
            }
        )
        self.env["ir.default"].set("account.move", "invoice_cash_rounding_id", rounding.id)
        self.assertEqualToCore(self._create_order(lines=[{"price_unit": 12.34}]), is_used=False)

    def test_credit_notes_of_negative_orders_are_equal(self):
        self.assertEqualToCore(self._create_order(lines=[{"price_unit": -20.0}]), is_used=True, final=True)

    def test_what_another_addon_extends_is_left_to_core(self):
        self.addCleanup(self.env.registry.clear_cache)
        with patch.object(fast_creation, "KNOWN_ADDONS", fast_creation.KNOWN_ADDONS - {"sale"}):
            self.env.registry.clear_cache()
            self.assertEqualToCore(self._create_order(), is_used=False)

    def test_who_creates_an_invoice_otherwise_is_not_concerned(self):
        self._set_fast(True)
        with patch.object(fast_creation.InvoiceCompletion, "is_usual") as is_usual:
            self.init_invoice("out_invoice", amounts=[100.0])
        is_usual.assert_not_called()

    def test_what_is_created_on_that_occasion_is_not_concerned(self):
        """Other addons may create an invoice when they extend `create`, with the context that they find there."""
        Move = type(self.env["account.move"])
        created, create_counterparts = [], Move._create_counterparts

        def create_another(moves, completion):
            values = {
                "move_type": "out_invoice",
                "partner_id": self.account_12345.id,
                "invoice_line_ids": [
                    Command.create({"product_id": self.product.id, "price_unit": 100.0, "tax_ids": self.choices[1].ids})
                ],
            }
            created.append(moves.create(values))
            return create_counterparts(moves, completion)

        self._set_fast(True)
        with patch.object(Move, "_create_counterparts", create_another):
            self._create_order()._create_invoices()
        self.assertEqual(created[0].amount_total, 115.0)
        self.assertEqual(len(created[0].line_ids), 3)

    # === SPEED ===#

    def test_queries_do_not_grow_with_the_lines_of_an_invoice(self):
        self._set_fast(True)
        counts = []
        for lines in (20, 20, 80):  # the first one warms up
            order = self._create_order(lines=lines)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            order._create_invoices()
            self.env.flush_all()
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[2], counts[1] + 10, counts)
