"""What is proposed is what is created is what is posted, whatever term, rounding or default counts (``R1``)."""

import itertools

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from odoo import Command
from odoo.tests import Form, freeze_time, tagged

from .common import ConsolidatedBillingCommon

EXAMPLES = 12
COMPUTATIONS = ("included", "excluded", "mixed")
METHODS = ("round_per_line", "round_globally")
PRICES = (0.005, 0.05, 1.005, 9.99, 33.33, 99.99, 1234.56, -12.5)
QUANTITIES = (1.0, 3.0, 7.5, 0.33)
DISCOUNT = {"early_discount": True, "discount_days": 10}
DISCOUNTS = (0.0, 5.0, 33.33, 100.0)

LINES = st.lists(
    st.tuples(
        st.sampled_from(PRICES),
        st.sampled_from(QUANTITIES),
        st.sampled_from(DISCOUNTS),
        st.integers(0, 10),
        st.booleans(),
    ),
    min_size=1,
    max_size=5,
)
CASES = st.fixed_dictionaries(
    {
        "orders": st.lists(LINES, min_size=1, max_size=3),
        "computation": st.sampled_from((None, *COMPUTATIONS)),
        "percentage": st.sampled_from((0.5, 2.5, 7.77)),
        "rounding": st.sampled_from((None, "add_invoice_line", "biggest_tax")),
        "step": st.sampled_from((0.05, 0.25, 1.0)),
        "rounding_method": st.sampled_from(("UP", "DOWN", "HALF-UP")),
        "method": st.sampled_from(METHODS),
        "currency": st.integers(0, 2),
        "lowered": st.booleans(),
    }
)


class Undo(Exception):
    """Ends a savepoint whose work is not kept."""


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10")
class TestAmountsEqualInvoice(ConsolidatedBillingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True})
        cls.acme = cls._create_account("Acme")
        cls.accountant = cls._create_user("accountant", "account.group_account_invoice", company_id=cls.company.id)
        cls.seller = cls._create_user("seller", "sales_team.group_sale_manager", company_id=cls.company.id)
        included = {"price_include_override": "tax_included"}
        cls.tax = cls._create_tax(15.0)
        cls.choices = [
            cls.env["account.tax"],
            cls.tax,
            cls._create_tax(7.7) + cls.tax,
            cls._create_tax(21.0, **included),
            cls._create_tax(0.37, amount_type="fixed"),
            cls._create_tax(0.37, amount_type="fixed") + cls.tax,
            cls._create_tax(4.0, amount_type="division", **included),
            cls._create_tax(5.5, include_base_amount=True, sequence=0) + cls.tax,
            cls._create_tax(0.0, amount_type="group", children_tax_ids=[Command.set(cls.tax.ids)]),
            cls._create_tax(19.0, analytic=True),
            cls._create_reverse_charge(),
        ]
        cls.other_product = cls.env["product.product"].create(
            {
                "name": "Service",
                "type": "service",
                "invoice_policy": "order",
                "property_account_income_id": cls.copy_account(cls.company_data["default_account_revenue"]).id,
            }
        )
        cls.term = cls._create_term("Discount", 30, **DISCOUNT)
        euro = cls.setup_other_currency("EUR", rates=[("2017-01-01", 0.7777)])
        yen = cls.setup_other_currency("JPY", rounding=1.0, rates=[("2017-01-01", 133.0)])
        cls.pricelists = cls.env["product.pricelist"].create(
            [{"name": c.name, "currency_id": c.id} for c in (cls.company.currency_id, euro, yen)]
        )

    @classmethod
    def _create_tax(cls, amount, **values):
        count = cls.env["account.tax"].search_count([])
        return cls.env["account.tax"].create(
            {"name": f"Odd tax {count}", "amount": amount, "type_tax_use": "sale", **values}
        )

    @classmethod
    def _create_reverse_charge(cls):
        lines = [
            Command.create({"repartition_type": "base"}),
            Command.create({"repartition_type": "tax"}),
            Command.create({"repartition_type": "tax", "factor_percent": -100.0}),
        ]
        return cls._create_tax(20.0, invoice_repartition_line_ids=lines, refund_repartition_line_ids=lines)

    @classmethod
    def _create_rounding(cls, strategy, step=0.05, method="HALF-UP"):
        return cls.env["account.cash.rounding"].create(
            {
                "name": "Cash",
                "rounding": step,
                "strategy": strategy,
                "rounding_method": method,
                "profit_account_id": cls.company_data["default_account_revenue"].id,
                "loss_account_id": cls.company_data["default_account_expense"].id,
            }
        )

    def _draw_order(self, lines, **values):
        return self._create_order(
            self.acme,
            lines=[
                {
                    "product_id": (self.other_product if is_other else self.product).id,
                    "price_unit": price,
                    "product_uom_qty": quantity,
                    "discount": discount,
                    "tax_ids": [Command.set(self.choices[tax].ids)],
                }
                for price, quantity, discount, tax, is_other in lines
            ],
            **values,
        )

    def _prepare(self, orders, **values):
        run = self.env["consolidated.billing.run"].with_user(self.accountant)
        run = run.create({"partner_ids": orders.partner_id.ids, "invoice_date": "2026-03-31", **values})
        run.action_prepare()
        return run

    def _generate(self, run):
        run.action_generate()
        run._process_groups()
        self.assertEqual(set(run.group_ids.mapped("state")), {"done"}, run.group_ids.mapped("error"))

    def _get_totals(self, moves):
        """Return untaxed amounts and totals as signed amounts."""
        signs = [-1 if move.move_type == "out_refund" else 1 for move in moves]
        return sorted(
            (round(sign * move.amount_untaxed, 6), round(sign * move.amount_total, 6))
            for sign, move in zip(signs, moves, strict=True)
        )

    def _get_proposed(self, rows):
        return sorted((round(row.amount_untaxed, 6), round(row.amount_total, 6)) for row in rows)

    def _get_preview(self, orders, user=None):
        """Return what the standard wizard shows, as it opens on these orders."""
        wizard = self.env["sale.advance.payment.inv"].with_user(user or self.seller)
        form = Form(wizard.with_context(active_model="sale.order", active_ids=orders.ids))
        return form.save()

    def assertProposedIsInvoiced(self, run):
        proposed = self._get_proposed(run.group_ids)
        self._generate(run)
        moves = run.move_ids
        self.assertEqual(self._get_totals(moves), proposed)
        # an invoice below zero cannot be posted
        moves.filtered(lambda move: move.amount_total >= 0).action_post()
        self.assertEqual(self._get_totals(moves), proposed)

    # === property ===#

    def _check_case(self, case):
        self.company.tax_calculation_rounding_method = case["method"]
        values = {"pricelist_id": self.pricelists[case["currency"]].id}
        if case["computation"]:
            self.term.write(
                {
                    "early_pay_discount_computation": case["computation"],
                    "discount_percentage": case["percentage"],
                }
            )
            values["payment_term_id"] = self.term.id
        if case["rounding"]:
            rounding = self._create_rounding(case["rounding"], case["step"], case["rounding_method"])
            self.env["ir.default"].set("account.move", "invoice_cash_rounding_id", rounding.id)
        orders = self.env["sale.order"].union(*(self._draw_order(lines, **values) for lines in case["orders"]))
        preview = self._get_proposed(self._get_preview(orders, self.env.user).preview_ids)
        run = self._prepare(orders)
        if not case["lowered"]:
            self.assertEqual(self._get_proposed(run.group_ids), preview)
        else:
            for line in run.group_ids.line_ids[::2]:
                line.quantity = round(line.quantity / 2, 2)
        self.assertProposedIsInvoiced(run)

    def test_whatever_counts_the_proposal_is_the_invoice(self):
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            phases=(Phase.explicit, Phase.generate),  # an example is an invoice: to make it smaller takes minutes
            suppress_health_check=list(HealthCheck),
        )
        @given(CASES)
        def check(case):
            try:
                with self.env.cr.savepoint():
                    self._check_case(case)
                    raise Undo
            except Undo:
                self.env.invalidate_all()
                self.env.registry.clear_cache()

        check()

    # === early-payment discounts ===#

    def test_a_mixed_discount_reduces_the_taxes_of_the_proposal_like_those_of_the_invoice(self):
        self.term.write({"early_pay_discount_computation": "mixed", "discount_percentage": 2.5})
        lines = [{"price_unit": price, "tax_ids": [Command.set(self.tax.ids)]} for price in (99.99, 33.33, 9.99)]
        order = self._create_order(self.acme, lines=lines, payment_term_id=self.term.id)
        self.assertRecordValues(
            self._get_preview(order).preview_ids, [{"amount_untaxed": 143.31, "amount_total": 164.27}]
        )
        run = self._prepare(order)
        self.assertRecordValues(run.group_ids, [{"amount_untaxed": 143.31, "amount_total": 164.27}])
        self.assertProposedIsInvoiced(run)

    def test_the_term_of_the_merged_invoice_counts(self):
        self.term.write({"early_pay_discount_computation": "mixed", "discount_percentage": 2.5})
        same = self._create_term("The same by another name", 30, **DISCOUNT)
        same.write({"early_pay_discount_computation": "mixed", "discount_percentage": 2.5})
        self.acme.property_payment_term_id = same
        lines = [{"price_unit": price, "tax_ids": [Command.set(self.tax.ids)]} for price in (99.99, 33.33, 9.99)]
        orders = self.env["sale.order"].union(
            *(self._create_order(self.acme, lines=lines, payment_term_id=term.id) for term in (self.term, same))
        )
        run = self._prepare(orders)
        self.assertEqual(len(run.group_ids), 1)
        self.assertProposedIsInvoiced(run)
        self.assertEqual(run.move_ids.invoice_payment_term_id, same)

    def test_accounts_and_analytics_divide_a_mixed_discount_as_on_the_invoice(self):
        self.company.tax_calculation_rounding_method = "round_per_line"
        self.term.write({"early_pay_discount_computation": "mixed", "discount_percentage": 2.5})
        plan = self.env["account.analytic.plan"].create({"name": "Projects"})
        texas, ohio = self.env["account.analytic.account"].create(
            [{"name": name, "plan_id": plan.id} for name in ("Texas", "Ohio")]
        )
        self.env["account.analytic.distribution.model"].create(
            {"product_id": self.other_product.id, "analytic_distribution": {str(ohio.id): 100}}
        )
        lines = [
            {"product_id": product.id, "price_unit": 9.99 + number, "analytic_distribution": distribution}
            for number, (product, distribution) in enumerate(
                itertools.product((self.product, self.other_product), (False, {str(texas.id): 100}))
            )
        ]
        order = self._create_order(
            self.acme, payment_term_id=self.term.id, lines=[{**line, "tax_ids": self.tax.ids} for line in lines]
        )
        self.assertProposedIsInvoiced(self._prepare(order))

    def test_down_payments_and_discounts_are_proposed_as_invoiced_with_a_mixed_discount(self):
        self.term.write({"early_pay_discount_computation": "mixed", "discount_percentage": 2.5})
        lines = [{"price_unit": price, "tax_ids": [Command.set(self.tax.ids)]} for price in (99.99, 33.33, 9.99)]
        order = self._create_order(self.acme, lines=lines, payment_term_id=self.term.id, confirm=False)
        self.env["sale.order.discount"].create(
            {"sale_order_id": order.id, "discount_type": "so_discount", "discount_percentage": 0.1}
        ).action_apply_discount()
        order.action_confirm()
        self.env["sale.advance.payment.inv"].with_context(active_model="sale.order", active_ids=order.ids).create(
            {"advance_payment_method": "percentage", "amount": 33.33}
        ).create_invoices()
        order.invoice_ids.action_post()
        preview = self._get_proposed(self._get_preview(order).preview_ids)
        run = self._prepare(order)
        self.assertEqual(self._get_proposed(run.group_ids), preview)
        self.assertProposedIsInvoiced(run)

    # === defaults ===#

    def _create_odd_order(self, price=12.34):
        return self._create_order(self.acme, lines=[{"price_unit": price, "tax_ids": [Command.set(self.tax.ids)]}])

    def test_a_cash_rounding_by_default_is_a_part_of_the_proposal(self):
        for strategy, untaxed in (("add_invoice_line", 12.65), ("biggest_tax", 12.34)):
            rounding = self._create_rounding(strategy, 0.5, "UP")
            self.env["ir.default"].set("account.move", "invoice_cash_rounding_id", rounding.id, company_id=True)
            order = self._create_odd_order()
            expected = [{"amount_untaxed": untaxed, "amount_total": 14.5}]
            with self.subTest(strategy=strategy):
                self.assertRecordValues(self._get_preview(order).preview_ids, expected)
                run = self._prepare(order)
                self.assertRecordValues(run.group_ids, expected)
                self.assertEqual(run.amount_proposed, untaxed)
                self.assertEqual(run.amount_not_proposed, 0.0)
                self.assertProposedIsInvoiced(run)

    def test_nothing_is_rounded_where_there_is_no_tax_to_modify(self):
        rounding = self._create_rounding("biggest_tax", 0.5, "UP")
        self.env["ir.default"].set("account.move", "invoice_cash_rounding_id", rounding.id)
        order = self._create_order(self.acme, lines=[{"price_unit": 12.34, "tax_ids": False}])
        run = self._prepare(order)
        self.assertEqual(run.group_ids.amount_total, 12.34)
        self.assertProposedIsInvoiced(run)

    def test_the_default_of_who_prepared_counts_whoever_generates(self):
        rounding = self._create_rounding("add_invoice_line", 0.5, "UP")
        Default = self.env["ir.default"]
        Default.set("account.move", "invoice_cash_rounding_id", rounding.id, user_id=self.accountant.id)
        colleague = self._create_user("colleague", "account.group_account_invoice", company_id=self.company.id)
        run = self._prepare(self._create_odd_order())
        self.assertEqual(run.group_ids.amount_total, 14.5)
        self._generate(run.with_user(colleague))
        self.assertEqual(run.move_ids.amount_total, 14.5)
        run = self._prepare(self._create_odd_order()).with_user(colleague)
        run.action_prepare()
        self.assertEqual(run.group_ids.amount_total, 14.19)
        self._generate(run.with_user(self.accountant))
        self.assertEqual(run.move_ids.amount_total, 14.19)

    def test_nobody_writes_the_rounding_of_a_run(self):
        run = self._prepare(self._create_odd_order())
        rounding = self._create_rounding("add_invoice_line", 100.0)
        with self.assertRefused("billing runs alone"):
            run.cash_rounding_id = rounding

    def test_other_defaults_change_neither_the_proposal_nor_the_invoice(self):
        self.term.write({"early_pay_discount_computation": "mixed", "discount_percentage": 50.0})
        euro = self.pricelists[1].currency_id
        defaults = {
            "account.move": {
                "currency_id": euro.id,
                "invoice_payment_term_id": self.term.id,
                "invoice_date": "2020-01-01",
                "fiscal_position_id": self.env["account.fiscal.position"].create({"name": "Abroad"}).id,
            },
            "account.move.line": {"discount": 50.0, "tax_ids": self.choices[3].ids},
        }
        for model, values in defaults.items():
            for name, value in values.items():
                self.env["ir.default"].set(model, name, value)
        orders = self._create_odd_order() + self._create_order(
            self.acme, lines=[{"price_unit": 33.33, "tax_ids": False}], invoice_grouping="separate"
        )
        run = self._prepare(orders)
        self.assertEqual(self._get_proposed(run.group_ids), [(12.34, 14.19), (33.33, 33.33)])
        self.assertProposedIsInvoiced(run)
