"""Merged invoices amount to what core's invoices of the same orders amount to, to the cent (``I1``).

Random baskets of one customer and one delivery address, which core merges as well, are billed by core and by the
addon.
"""

import random
from collections import defaultdict

from odoo import Command
from odoo.tests import tagged

from odoo.addons.sale.models.sale_order import SaleOrder as CoreSaleOrder

from .common import ConsolidatedBillingCommon

SEEDS = range(4)


@tagged("post_install", "-at_install")
class TestEqualToCore(ConsolidatedBillingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._create_account("Customer of Core")
        tax = cls._percent_tax
        included = {"price_include_override": "tax_included"}
        cls.taxes = [
            tax(15.0),
            tax(7.7),
            tax(21.0, **included),
            tax(5.5, **included, include_base_amount=True),
            cls._fixed_tax(0.37),
            cls._group_of_taxes(tax(3.3) + tax(9.9)),
        ]
        cls.products = [cls._create_random_product(number) for number in range(3)]
        plan = cls.env["account.analytic.plan"].create({"name": "Projects"})
        cls.analytic_accounts = cls.env["account.analytic.account"].create(
            [{"name": f"Project {number}", "plan_id": plan.id} for number in range(2)]
        )
        cls.foreign = cls.env["product.pricelist"].create(
            {"name": "Foreign", "currency_id": cls.setup_other_currency("EUR").id}
        )

    @classmethod
    def _percent_tax(cls, amount, **values):
        return cls._create_tax(f"{amount}% {sorted(values)}", amount, "percent", **values)

    @classmethod
    def _fixed_tax(cls, amount):
        return cls._create_tax(f"{amount} each", amount, "fixed")

    @classmethod
    def _group_of_taxes(cls, taxes):
        return cls._create_tax("Both", 0, "group", children_tax_ids=[Command.set(taxes.ids)])

    @classmethod
    def _create_tax(cls, name, amount, amount_type, **values):
        return cls.env["account.tax"].create(
            {"name": name, "amount": amount, "amount_type": amount_type, "type_tax_use": "sale", **values}
        )

    @classmethod
    def _create_random_product(cls, number):
        account = cls.copy_account(cls.company_data["default_account_revenue"])
        return cls.env["product.product"].create(
            {
                "name": f"Product {number}",
                "invoice_policy": "order",
                "property_account_income_id": account.id,
                "taxes_id": [Command.clear()],
            }
        )

    # === random baskets ===#

    def _draw_line(self, rng):
        if rng.random() < 0.15:
            return {"display_type": "line_section", "name": f"Section {rng.randint(1, 9)}"}
        values = {
            "product_id": rng.choice(self.products).id,
            "product_uom_qty": rng.choice([1, 2, 3, 7, 0.5, 1.25]),
            "price_unit": round(rng.uniform(0.01, 500), 2),
            "discount": rng.choice([0, 0, 5, 12.5, 33.33]),
            "tax_ids": [Command.set([t.id for t in rng.sample(self.taxes, rng.randint(0, 2))])],
        }
        if rng.random() < 0.5:
            shares = rng.choice([(100, 0), (60, 40), (33.33, 66.67)])
            values["analytic_distribution"] = {
                str(account.id): share for account, share in zip(self.analytic_accounts, shares, strict=True) if share
            }
        return values

    def _draw_baskets(self, seed):
        """Return the line values of two to five orders."""
        rng = random.Random(seed)
        product_line = {"product_id": self.products[0].id, "price_unit": 12.34}
        return [
            [product_line] + [self._draw_line(rng) for _n in range(rng.randint(1, 6))]
            for _n in range(rng.randint(2, 5))
        ]

    def _create_orders(self, baskets, **values):
        orders = [self._create_order(self.customer, lines, **values) for lines in baskets]
        return self.env["sale.order"].concat(*orders)

    # === what is compared ===#

    def _get_totals(self, moves):
        """Return amounts per account, per tax and per analytic account, in both currencies."""
        totals = defaultdict(float)
        for line in moves.line_ids.filtered("account_id"):  # no headings
            sides = (("balance", line.balance), ("currency", line.amount_currency))
            for side, amount in sides:
                totals["account", side, line.account_id.id] += amount
                repartition = line.tax_repartition_line_id
                if repartition:
                    totals["tax", side, repartition.id] += amount
                for tax in line.tax_ids:
                    totals["base", side, tax.id] += amount
                for account_ids, share in (line.analytic_distribution or {}).items():
                    totals["analytic", side, account_ids] += amount * share / 100
        totals["document", "", "total"] = sum(moves.mapped("amount_total_signed"))
        totals["document", "", "untaxed"] = sum(moves.mapped("amount_untaxed_signed"))
        return {name: round(amount, 2) + 0.0 for name, amount in totals.items()}

    def _invoice_with_core(self, orders, **options):
        """Let core merge the orders by its own grouping keys."""
        return CoreSaleOrder._create_invoices(orders, **options)

    def assertEqualToCore(self, create_orders, **options):
        """Bill two identical sets of orders, one by core, one by this addon."""
        by_core = self._invoice_with_core(create_orders(), **options)
        by_key = create_orders()._create_invoices(**options)
        self.assertEqual(len(by_key), len(by_core))
        self.assertEqual(self._get_totals(by_key), self._get_totals(by_core))
        self.assertEqual(by_key.mapped("move_type"), by_core.mapped("move_type"))
        return by_key

    def _check_random(self, **values):
        for seed in SEEDS:
            with self.subTest(seed=seed):
                baskets = self._draw_baskets(seed)
                invoices = self.assertEqualToCore(lambda baskets=baskets: self._create_orders(baskets, **values))
                self.assertTrue(invoices.is_grouped_invoice)

    # === tests ===#

    def test_rounding_per_line(self):
        self.company.tax_calculation_rounding_method = "round_per_line"
        self._check_random()

    def test_rounding_globally(self):
        self.company.tax_calculation_rounding_method = "round_globally"
        self._check_random()

    def test_foreign_currency(self):
        self._check_random(pricelist_id=self.foreign.id)

    def test_fiscal_position(self):
        self._check_random(fiscal_position_id=self.fiscal_pos_a.id)

    def test_without_headings(self):
        self.company.invoice_order_sections = False
        self._check_random()

    def test_down_payments(self):
        for seed in SEEDS:
            baskets = self._draw_baskets(seed)

            def create_orders(baskets=baskets, seed=seed):
                orders = self._create_orders(baskets)
                self._pay_down(orders[0], 10 + seed)
                return orders

            with self.subTest(seed=seed):
                self.assertEqualToCore(create_orders, final=True)

    def _pay_down(self, order, percent):
        wizard = self.env["sale.advance.payment.inv"].create(
            {"sale_order_ids": order.ids, "advance_payment_method": "percentage", "amount": percent}
        )
        wizard._create_invoices(order).action_post()

    def test_returns(self):
        for seed, remaining in zip(SEEDS, (0, 0.5) * 2, strict=True):
            baskets = self._draw_baskets(seed)

            def create_orders(baskets=baskets, remaining=remaining):
                orders = self._create_orders(baskets)
                orders[0]._create_invoices().action_post()
                for line in orders[0].order_line.filtered("product_id"):
                    line.product_uom_qty = remaining
                return orders

            with self.subTest(seed=seed):
                self.assertEqualToCore(create_orders, final=True)

    def test_only_returns_make_the_same_credit_note(self):
        def create_orders():
            orders = self._create_orders(self._draw_baskets(1))
            orders._create_invoices().action_post()
            orders.order_line.filtered("product_id").product_uom_qty = 0
            return orders

        refund = self.assertEqualToCore(create_orders, final=True)
        self.assertEqual(refund.move_type, "out_refund")

    def test_posted_invoices_are_equal_too(self):
        baskets = self._draw_baskets(3)
        by_core = self._invoice_with_core(self._create_orders(baskets))
        by_key = self._create_orders(baskets)._create_invoices()
        (by_core + by_key).action_post()
        self.assertEqual(self._get_totals(by_key), self._get_totals(by_core))

    def test_one_invoice_per_order_is_core_s_own(self):
        baskets = self._draw_baskets(4)
        by_core = self._invoice_with_core(self._create_orders(baskets), grouped=True)
        by_key = self._create_orders(baskets)._create_invoices(grouped=True)
        self.assertEqual([self._get_totals(move) for move in by_key], [self._get_totals(m) for m in by_core])

    def test_two_companies(self):
        second = self._create_company(name="Second Company")
        self.env.user.company_ids += second
        env = self.env(context={**self.env.context, "allowed_company_ids": [self.company.id, second.id]})

        def create_orders():
            orders = self._create_orders(self._draw_baskets(5)).with_env(env)
            values = {
                "partner_id": self.customer.id,
                "company_id": second.id,
                "order_line": [Command.create({"name": "Free", "product_id": self.product.id, "price_unit": 9.99})],
            }
            others = env["sale.order"].create([values, values])
            others.action_confirm()
            return orders + others

        invoices = self.assertEqualToCore(create_orders)
        self.assertEqual(invoices.company_id, self.company + second)
