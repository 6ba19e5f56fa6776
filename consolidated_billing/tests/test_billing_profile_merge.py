"""The merge options of billing profiles, when invoicing by hand (``K1``, ``K4``, ``K6``)."""

from odoo import Command
from odoo.tests import freeze_time, tagged

from .common import ConsolidatedBillingCommon

TODAY = "2026-03-31"


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestBillingProfileMerge(ConsolidatedBillingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ohio = cls._create_account("Bloom Ohio", grouping_partner_id=cls.account_12345.id)
        cls.tags = cls.env["crm.tag"].create([{"name": name} for name in ("Hot", "Cold")])

    def _use(self, **options):
        """Give the grouping account a profile with these options."""
        self.account_12345.billing_profile_id = self._create_profile(**options)

    def _use_fields(self, *names):
        get = self.env["ir.model.fields"]._get
        self._use(extra_key_field_ids=[Command.set([get("sale.order", name).id for name in names])])

    def _open(self, orders, **values):
        return self.env["sale.advance.payment.inv"].create({"sale_order_ids": orders.ids, **values})

    def assertApart(self, orders, reason):
        """Assert that two orders get an invoice each, for a reason that the wizard names before."""
        wizard = self._open(orders)
        self.assertEqual(wizard.preview_summary, "2 orders → 2 invoices")
        self.assertEqual(wizard.preview_ids[0].reason, reason)
        self.assertPartition(wizard._create_invoices(orders), *orders)

    def assertTogether(self, orders):
        self.assertPartition(orders._create_invoices(), orders)

    # === customer, delivery address, month ===#

    def test_a_profile_without_options_changes_nothing(self):
        orders = self._create_order() + self._create_order(self.ohio)
        before = [line._get_merge_key() for line in orders.order_line]
        self._use(consolidated_billing=True)
        self.assertEqual([line._get_merge_key() for line in orders.order_line], before)
        self.assertTogether(orders)

    def test_customers_are_apart(self):
        self._use(split_by_customer=True)
        orders = self._create_order() + self._create_order(self.ohio)
        self.assertApart(orders, "customer: Bloom Texas ≠ Bloom Ohio")

    def test_contacts_of_one_customer_are_one_customer(self):
        self._use(split_by_customer=True)
        buyer = self.env["res.partner"].create({"name": "Buyer", "parent_id": self.account_12346.id})
        self.assertTogether(self._create_order() + self._create_order(buyer))

    def test_delivery_addresses_are_apart(self):
        self._use(split_by_delivery_address=True)
        dock = self.env["res.partner"].create({"name": "Dock", "parent_id": self.account_12346.id, "type": "delivery"})
        orders = self._create_order() + self._create_order(partner_shipping_id=dock.id)
        orders[0].partner_shipping_id = self.account_12346
        self.assertApart(orders, "delivery address: Bloom Texas ≠ Bloom Texas, Dock")

    def test_months_are_apart(self):
        self._use(split_by_month=True)
        orders = self._create_order() + self._create_order() + self._create_order()
        for order, day in zip(orders, ("2026-02-01", "2026-02-28", "2026-03-01"), strict=True):
            order.date_order = f"{day} 12:00:00"
        self.assertPartition(orders._create_invoices(), orders[:2], orders[2])

    def test_the_reason_names_both_months(self):
        self._use(split_by_month=True)
        orders = self._create_order() + self._create_order()
        orders[0].date_order = "2026-02-28 12:00:00"
        self.assertApart(orders, "month of the order: 2026-02 ≠ 2026-03")

    def test_the_month_is_that_of_the_company_whoever_looks(self):
        self._use(split_by_month=True)
        order = self._create_order()
        order.date_order = "2026-02-28 23:30:00"  # midnight has passed in Paris
        calendar = self.company.resource_calendar_id
        calendar.tz = "Asia/Tokyo"
        for address, hours, user, month in (
            ("Europe/Paris", calendar, "America/New_York", "2026-03"),
            ("America/New_York", calendar, "Europe/Paris", "2026-02"),
            (False, calendar, "America/New_York", "2026-03"),
            (False, False, "America/New_York", "2026-02"),
            (False, False, "Europe/Paris", "2026-03"),
            (False, False, False, "2026-02"),
        ):
            self.company.partner_id.tz = address
            self.company.resource_calendar_id = hours
            self.env.user.tz = user
            self.assertEqual(dict(order._get_merge_key_parts())["month"], month)

    # === fields of the order ===#

    def test_text_is_apart_and_blank_equals_none(self):
        self._use_fields("client_order_ref")
        orders = self._create_order(client_order_ref="A") + self._create_order(client_order_ref="B")
        self.assertApart(orders, "Customer Reference: A ≠ B")
        self.assertTogether(self._create_order(client_order_ref="") + self._create_order(client_order_ref=False))

    def test_salespersons_are_apart(self):
        self._use_fields("user_id")
        ada, bob = (self._create_user(login, "sales_team.group_sale_salesman") for login in ("ada", "bob"))
        orders = self._create_order(user_id=ada.id) + self._create_order(user_id=bob.id)
        self.assertApart(orders, f"Salesperson: {ada.name} ≠ {bob.name}")

    def test_sets_of_tags_are_apart_whatever_their_order(self):
        self._use_fields("tag_ids")
        orders = self._create_order(tag_ids=self.tags.ids) + self._create_order(tag_ids=self.tags[::-1].ids)
        orders[1].tag_ids = [Command.clear(), Command.link(self.tags[1].id), Command.link(self.tags[0].id)]
        self.assertTogether(orders)
        orders = self._create_order(tag_ids=self.tags[0].ids) + self._create_order()
        self.assertApart(orders, "Tags: Hot ≠ (none)")

    def test_dates_selections_and_booleans_are_apart(self):
        self._use_fields("require_payment", "invoice_grouping", "commitment_date", "locked")
        orders = self._create_order(commitment_date="2026-05-01 10:00:00") + self._create_order()
        orders[1].require_payment = not orders[0].require_payment
        words = [self.env._("yes") if order.require_payment else self.env._("no") for order in orders]
        self.assertApart(
            orders, f"Delivery Date: 2026-05-01 10:00:00 ≠ (none); Online payment: {words[0]} ≠ {words[1]}"
        )

    def test_selections_are_named_by_their_labels(self):
        self._use_fields("invoice_grouping")
        orders = self._create_order(invoice_grouping="job_code") + self._create_order()
        reason = self._open(orders).preview_ids[0].reason
        self.assertIn("Invoice Grouping: Group Invoice by Job Code ≠ Combine Orders to Single Invoice", reason)

    def test_amounts_are_apart_and_zero_is_a_value(self):
        self._use_fields("amount_untaxed")
        orders = self._create_order(lines=2) + self._create_order()
        self.assertApart(orders, "Untaxed Amount: 200.0 ≠ 100.0")

    def test_the_partition_is_the_same_for_everybody(self):
        """Whoever looks: other languages, no right to read the compared records, archived records."""
        self._use_fields("tag_ids", "user_id", "medium_id")
        medium = self.env["utm.medium"].create({"name": "Fair"})
        orders = self._create_order(tag_ids=self.tags.ids, medium_id=medium.id) + self._create_order(
            medium_id=medium.id
        )
        medium.active = False
        self.env["res.lang"]._activate_lang("fr_FR")
        keys = [order._get_merge_key_parts() for order in orders]
        seller = self._create_user("seller", "sales_team.group_sale_salesman_all_leads")
        for other in (
            orders.with_context(lang="fr_FR"),
            orders.with_user(seller),
            orders.with_context(active_test=False),
        ):
            self.assertEqual([order._get_merge_key_parts() for order in other], keys)

    def test_an_option_that_a_custom_field_took_away_is_forgotten(self):
        field = (
            self.env["ir.model.fields"]
            .sudo()
            .create(
                {
                    "name": "x_cost_center",
                    "model_id": self.env["ir.model"]._get_id("sale.order"),
                    "ttype": "char",
                    "field_description": "Cost Center",
                }
            )
        )
        self._use_fields("x_cost_center")
        orders = self._create_order(x_cost_center="1") + self._create_order(x_cost_center="2")
        self.assertEqual(len(orders._plan_invoices()), 2)
        field.unlink()
        self.assertEqual(len(orders._plan_invoices()), 1)

    # === which profile counts ===#

    def test_the_members_own_profile_does_not_count(self):
        (self.account_12346 + self.ohio).billing_profile_id = self._create_profile(split_by_customer=True)
        self.assertTogether(self._create_order() + self._create_order(self.ohio))

    def test_the_profile_of_the_order_s_bill_to_counts(self):
        payer = self._create_account("Payer", billing_profile_id=self._create_profile(split_by_customer=True).id)
        orders = self._create_order(partner_invoice_id=payer.id)
        orders += self._create_order(self.ohio, partner_invoice_id=payer.id)
        self.assertApart(orders, "customer: Bloom Texas ≠ Bloom Ohio")

    def test_an_archived_profile_still_counts(self):
        self._use(split_by_customer=True)
        self.account_12345.billing_profile_id.active = False
        self.assertEqual(len((self._create_order() + self._create_order(self.ohio))._plan_invoices()), 2)

    def test_each_company_follows_its_own_profile(self):
        second = self._create_company(name="Second Company")
        self.env.user.company_ids += second
        self._use(split_by_customer=True)
        self.account_12345.with_company(second).billing_profile_id = self._create_profile("Other")
        orders = self.env["sale.order"]
        for company in self.company + second:
            for partner in self.account_12346 + self.ohio:
                line = {"tax_ids": [Command.clear()]}
                orders += self._create_order(partner, company_id=company.id, lines=[line])
        env = self.env(context={**self.env.context, "allowed_company_ids": (self.company + second).ids})
        groups = orders.with_env(env)._plan_invoices()
        partition = {frozenset(lines.order_id.ids) for _key, lines in groups}
        self.assertEqual(
            partition, {frozenset(orders[0].ids), frozenset(orders[1].ids), frozenset((orders[2] + orders[3]).ids)}
        )
        reasons = env["sale.order"]._explain_groups(groups)
        self.assertIn("customer: (any) ≠ Bloom Texas", reasons[2])

    def test_a_salesperson_bills_by_the_options_of_a_payer_it_cannot_see(self):
        self._use(split_by_customer=True, credit_policy="separate")
        self._use_fields("user_id")
        seller = self._create_user("seller", "sales_team.group_sale_salesman")
        orders = self._create_order(user_id=seller.id) + self._create_order(self.ohio, user_id=seller.id)
        self.account_12345.billing_profile_id.split_by_customer = True
        orders.with_user(seller)._create_invoices()
        self.assertPartition(orders.invoice_ids, *orders)

    # === bill dates ===#

    def _create_dated(self, *days):
        return self._create_order(lines=[{"next_bill_date": day} for day in days])

    def test_all_that_is_due_shares_an_invoice_and_later_dates_stay_apart(self):
        self._use(bill_date_match="period")
        orders = self._create_dated(False, "2026-03-01", "2026-03-31", "2026-04-01", "2026-05-01")
        orders += self._create_dated("2026-02-01", "2026-04-01")
        invoices = orders._create_invoices()
        self.assertEqual(
            [
                sorted(str(day) for day in move.invoice_line_ids.sale_line_ids.mapped("next_bill_date"))
                for move in invoices
            ],
            [["2026-02-01", "2026-03-01", "2026-03-31", "False"], ["2026-04-01"] * 2, ["2026-05-01"]],
        )

    def test_exact_keeps_every_date_apart_as_without_a_profile(self):
        self._use(bill_date_match="exact")
        orders = self._create_dated(False, "2026-03-01", "2026-03-31") + self._create_dated("2026-03-01")
        self.assertEqual(len(orders._create_invoices()), 3)

    def test_the_reason_names_the_period(self):
        self._use(bill_date_match="period")
        orders = self._create_dated("2026-03-01") + self._create_dated("2026-04-01")
        self.assertApart(orders, "bill date: up to 2026-03-31 ≠ 2026-04-01")

    def test_a_single_order_is_billed_whole(self):
        self._use(bill_date_match="period")
        self.assertEqual(len(self._create_dated(False, "2026-03-01", "2027-01-01")._create_invoices()), 1)

    # === queries ===#

    def _count_planning(self, count):
        payers = self.env["res.partner"].create(
            [
                {"name": f"Payer {number}", "billing_profile_id": self.account_12345.billing_profile_id.id}
                for number in range(count)
            ]
        )
        orders = self.env["sale.order"].concat(*(self._create_order(payer) for payer in payers))
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        orders._explain_groups(orders._plan_invoices())
        return self.cr.sql_log_count - before

    def test_options_take_a_constant_number_of_queries(self):
        self._use_fields("client_order_ref", "user_id", "tag_ids")
        self.account_12345.billing_profile_id.write(
            {
                "split_by_customer": True,
                "split_by_delivery_address": True,
                "split_by_month": True,
                "bill_date_match": "period",
                "credit_policy": "separate",
            }
        )
        self._count_planning(2)
        few, many = self._count_planning(6), self._count_planning(24)
        self.assertLessEqual(many, few + 2)
