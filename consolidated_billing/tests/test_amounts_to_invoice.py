"""What a run proposes is what its invoices amount to, to the cent, whatever the taxes are (``R1``, ``I1``)."""

import random
from functools import partial
from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged
from odoo.tools import float_round

from ..tools.plain_taxes import PlainLine, compute_globally, compute_per_line
from .common import ConsolidatedBillingCommon

SEEDS = range(3)
BASKETS = 300
PRICES = (0.005, 0.05, 1.005, 9.99, 33.333, 100.0, 1234.56, -12.5, -0.005)
QUANTITIES = (1.0, 2.0, 3.0, 7.5, 0.33, 12.12)
DISCOUNTS = (0.0, 0.0, 5.0, 12.5, 33.33, 100.0)
METHODS = ("round_per_line", "round_globally")


@tagged("post_install", "-at_install")
class TestAmountsToInvoice(ConsolidatedBillingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True})
        cls.plain = cls._create_tax(7.7) + cls._create_tax(15.0) + cls._create_tax(21.0)
        included = {"price_include_override": "tax_included"}
        cls.included = cls._create_tax(21.0, **included) + cls._create_tax(5.5, **included, include_base_amount=True)
        cls.plain_group = cls._create_tax(0.0, amount_type="group", children_tax_ids=[Command.set(cls.plain[:2].ids)])
        cls.others = (
            cls._create_tax(0.37, amount_type="fixed")
            + cls._create_tax(5.5, include_base_amount=True, sequence=0)
            + cls._create_tax(4.0, amount_type="division", **included)
        )

    @classmethod
    def _create_tax(cls, amount, **values):
        name = f"{amount} {sorted(values)}"
        return cls.env["account.tax"].create({"name": name, "amount": amount, "type_tax_use": "sale", **values})

    # === the short way against core's engine ===#

    def _draw_basket(self, chance, choices):
        """Draw the lines of an invoice; each has one of the choices as its taxes."""
        return [
            {
                "price_unit": chance.choice(PRICES),
                "quantity": chance.choice(QUANTITIES),
                "discount": chance.choice(DISCOUNTS),
                "tax_ids": chance.choice(choices),
            }
            for _line in range(chance.randint(1, 9))
        ]

    def _draw_plain_choices(self, chance):
        """Draw plain taxes among which the lines of an invoice choose: on top of the price, within it, or both."""
        on_top = [self.plain.browse(), self.plain[0], self.plain[1:], self.plain_group]
        return chance.choice(
            [on_top, list(self.included), [*self.included, self.plain.browse()], [*self.included, *on_top]]
        )

    def _ask_engine(self, basket, currency):
        """Return untaxed amount, total and the amounts of the lines, as core's engine computes them."""
        AccountTax = self.env["account.tax"]
        base_lines = [
            AccountTax._prepare_base_line_for_taxes_computation({**line, "currency_id": currency}) for line in basket
        ]
        AccountTax._add_tax_details_in_base_lines(base_lines, self.company)
        AccountTax._round_base_lines_tax_details(base_lines, self.company)
        details = [base_line["tax_details"] for base_line in base_lines]
        lines = [item["total_excluded_currency"] + item["delta_total_excluded_currency"] for item in details]
        taxes = [tax["tax_amount_currency"] for item in details for tax in item["taxes_data"]]
        return currency.round(sum(lines)), currency.round(sum(lines) + sum(taxes)), [currency.round(x) for x in lines]

    def _go_the_short_way(self, basket, currency, method):
        lines = [
            PlainLine(
                line["price_unit"] * (1 - line["discount"] / 100.0),
                line["quantity"],
                line["tax_ids"]._get_plain_rates(),
            )
            for line in basket
        ]
        round_amount = partial(float_round, precision_rounding=currency.rounding)
        if method == "round_per_line":
            return compute_per_line(lines, round_amount)
        distribute = self.env["account.tax"]._distribute_delta_amount_smoothly
        return compute_globally(
            lines,
            round_amount,
            lambda delta, bases: distribute(currency.decimal_places, delta, [{"factor": base} for base in bases]),
        )

    def test_the_short_way_leads_to_the_amounts_of_the_engine(self):
        chance = random.Random(7)  # noqa: S311 no cryptography
        currencies = [self.company.currency_id, self.setup_other_currency("EUR"), self.setup_other_currency("JPY")]
        currencies[1].rounding, currencies[2].rounding = 0.05, 1.0
        for method in METHODS:
            self.company.tax_calculation_rounding_method = method
            for number in range(BASKETS):
                basket = self._draw_basket(chance, self._draw_plain_choices(chance))
                currency = currencies[number % 3]
                untaxed, total, lines = self._ask_engine(basket, currency)
                amounts = self._go_the_short_way(basket, currency, method)
                self.assertEqual((amounts.untaxed, amounts.total), (untaxed, total), (method, basket))
                self.assertEqual(amounts.lines, lines, (method, basket))

    def test_other_taxes_and_mixtures_of_them_are_not_plain(self):
        first, second = self.plain[:2]
        self.assertEqual(self.plain_group._get_plain_rates(), (((first.id, 7.7), (second.id, 15.0)), False))
        self.assertEqual(self.included[0]._get_plain_rates(), (((self.included[0].id, 21.0),), True))
        self.assertEqual(self.plain.browse()._get_plain_rates(), ((), False))
        for tax in self.others + self.included:
            self.assertIsNone((first + tax)._get_plain_rates(), tax.name)
        self.assertIsNone(self.included._get_plain_rates())
        for tax in self.others.filtered(lambda tax: tax.amount_type != "percent"):
            self.assertIsNone(tax._get_plain_rates(), tax.name)
        reverse_charge = self._create_tax(
            20.0,
            invoice_repartition_line_ids=[
                Command.create({"repartition_type": "base"}),
                Command.create({"repartition_type": "tax"}),
                Command.create({"repartition_type": "tax", "factor_percent": -100.0}),
            ],
            refund_repartition_line_ids=[
                Command.create({"repartition_type": "base"}),
                Command.create({"repartition_type": "tax"}),
                Command.create({"repartition_type": "tax", "factor_percent": -100.0}),
            ],
        )
        self.assertIsNone(reverse_charge._get_plain_rates())

    def _count_engine_calls(self, lines):
        Line = self.env.registry["sale.order.line"]
        with patch.object(
            Line, "_get_amounts_of_engine", autospec=True, side_effect=Line._get_amounts_of_engine
        ) as ask:
            lines._get_amounts_to_invoice()
        return ask.call_count

    def test_only_plain_taxes_go_the_short_way(self):
        plain = self._create_order(lines=[{"tax_ids": self.plain.ids}, {"tax_ids": False}])
        mixed = self._create_order(lines=[{"tax_ids": self.plain.ids}, {"tax_ids": self.others[0].ids}])
        self.assertEqual(self._count_engine_calls(plain.order_line), 0)
        self.assertEqual(self._count_engine_calls(mixed.order_line), 1)

    def test_an_addon_that_extends_the_engine_is_always_asked(self):
        order = self._create_order(lines=[{"tax_ids": self.plain.ids}])
        Tax = self.env.registry["account.tax"]
        extended = Tax._round_tax_details_base_lines

        def round_otherwise(taxes, base_lines, company, mode="mixed"):
            extended(taxes, base_lines, company, mode)
            for base_line in base_lines:
                base_line["tax_details"]["delta_total_excluded_currency"] += 1.0

        with patch.object(Tax, "_round_tax_details_base_lines", round_otherwise):
            self.assertEqual(order.order_line._get_amounts_to_invoice().untaxed, 101.0)
        self.assertEqual(order.order_line._get_amounts_to_invoice().untaxed, 100.0)

    # === proposals against their invoices ===#

    def _draw_orders(self, chance, choices, **values):
        orders = self.env["sale.order"]
        customer = self._create_account("Customer of Odd Baskets")
        for _order in range(chance.randint(1, 4)):
            lines = [
                {
                    "product_uom_qty": line["quantity"],
                    "price_unit": line["price_unit"],
                    "discount": line["discount"],
                    "tax_ids": [Command.set(line["tax_ids"].ids)],
                }
                for line in self._draw_basket(chance, choices)
            ]
            orders += self._create_order(customer, lines=lines, **values)
        return orders

    def _check_run(self, chance, orders, lower_quantities):
        """The documents of a run, and every line of them, amount to what was proposed."""
        run = self.env["consolidated.billing.run"].create({"partner_ids": orders.partner_id.ids})
        run.action_prepare()
        if lower_quantities:
            for line in run.group_ids.line_ids:
                if chance.random() < 0.4:
                    line.quantity = round(line.quantity * chance.choice([0.25, 0.5, 0.75]), 2)
        proposed = run.amount_proposed
        run.action_generate()
        run._process_groups()
        self.assertFalse(run.line_ids.filtered("skip_reason").mapped("skip_reason"))
        self.assertEqual(run.move_ids.line_ids.sale_line_ids.order_id, orders)
        for group in run.group_ids:
            move = group.move_id
            sign = -1 if move.move_type == "out_refund" else 1
            self.assertAlmostEqual(group.amount_untaxed, sign * move.amount_untaxed)
            self.assertAlmostEqual(group.amount_total, sign * move.amount_total)
            for line in group.line_ids.filtered("is_billed"):
                item = line.order_line_id.invoice_lines
                self.assertAlmostEqual(line.amount_untaxed, -item.amount_currency, msg=item.price_unit)
            self.assertAlmostEqual(
                group.amount_untaxed, sum(group.line_ids.filtered("selected").mapped("amount_untaxed"))
            )
        if self.company.currency_id == orders.currency_id:
            self.assertAlmostEqual(proposed, sum(run.move_ids.mapped("amount_untaxed_signed")))

    def _check_random_runs(self, choices, lower_quantities=False, **values):
        for method in METHODS:
            self.company.tax_calculation_rounding_method = method
            for seed in SEEDS:
                with self.subTest(method=method, seed=seed):
                    chance = random.Random(seed)  # noqa: S311 no cryptography
                    self._check_run(chance, self._draw_orders(chance, choices, **values), lower_quantities)

    def _get_all_choices(self):
        """Return taxes, and mixtures of them, of every kind."""
        mixtures = [self.plain[0] + self.others[0], self.included, self.included[0] + self.others[1], self.others]
        return [self.plain.browse(), *self.plain, self.plain_group, *self.included, *self.others, *mixtures]

    def test_taxes_on_top_of_the_price(self):
        self._check_random_runs([self.plain.browse(), self.plain[0], self.plain[1:], self.plain_group])

    def test_taxes_within_the_price(self):
        self._check_random_runs([self.plain.browse(), *self.included])

    def test_taxes_on_top_of_the_price_and_within_it(self):
        self._check_random_runs([*self.plain, *self.included], lower_quantities=True)

    def test_all_kinds_of_taxes(self):
        self._check_random_runs(self._get_all_choices())

    def test_all_kinds_of_taxes_with_lowered_quantities(self):
        self._check_random_runs(self._get_all_choices(), lower_quantities=True)

    def test_foreign_currency(self):
        currency = self.setup_other_currency("EUR", rates=[("2017-01-01", 0.7777)])
        pricelist = self.env["product.pricelist"].create({"name": "Foreign", "currency_id": currency.id})
        self._check_random_runs(self._get_all_choices(), pricelist_id=pricelist.id)
