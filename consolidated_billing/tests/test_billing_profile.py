"""The billing profile: its cycle, its checks, who may read and change it."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, tagged

from .common import ConsolidatedBillingCommon


@tagged("post_install", "-at_install")
class TestBillingProfile(ConsolidatedBillingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls._create_user("billing_manager", "account.group_account_manager")
        cls.reader = cls._create_user("billing_reader", "account.group_account_readonly")
        cls.seller = cls._create_user("seller", "sales_team.group_sale_salesman")

    # === CYCLE ===#

    @freeze_time("2026-02-10")
    def test_the_form_shows_the_next_six_cutoff_dates_as_one_types(self):
        with Form(self.env["consolidated.billing.profile"].with_user(self.manager)) as form:
            form.name = "Twice a Month"
            form.consolidated_billing = True
            form.cycle_days = "15,31"
            self.assertEqual(
                form.cycle_preview.splitlines(),
                ["Sun 02/15/2026", "Sat 02/28/2026", "Sun 03/15/2026", "Tue 03/31/2026", "Wed 04/15/2026"]
                + ["Thu 04/30/2026"],
            )
            form.cycle_days = "15,32"
            self.assertIn("32 is not a day of the month", form.cycle_preview)
            form.cycle_unit = "week"
            form.cycle_days = "5"
            form.cycle_interval = 2
            form.cycle_start = "2026-02-20"
            self.assertEqual(form.cycle_preview.splitlines()[:2], ["Fri 02/20/2026", "Fri 03/06/2026"])

    @freeze_time("2026-02-10")
    def test_the_dates_are_written_as_the_user_s_language_does(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        profile = self._create_profile(cycle_days="15")
        self.assertTrue(profile.with_context(lang="fr_FR").cycle_preview.startswith("dim. 15/02/2026"))

    def test_cutoff_dates_are_moved_to_the_working_days_of_the_company(self):
        profile = self._create_profile(cycle_days="1,31", cycle_shift="next")
        self.env["resource.calendar.leaves"].sudo().create(
            {
                "name": "Labour Day",
                "calendar_id": self.company.resource_calendar_id.id,
                "company_id": self.company.id,
                "date_from": "2026-05-01 00:00:00",
                "date_to": "2026-05-01 23:59:59",
            }
        )
        dates = profile._get_cutoff_dates(self._date("2026-04-30"), 4)
        # Friday 1 May is a holiday; 31 May is a Sunday and goes to Monday 1 June, the other cutoff date
        self.assertEqual(list(map(str, dates)), ["2026-04-30", "2026-05-04", "2026-06-01", "2026-06-30"])
        self.assertTrue(profile._is_cutoff_date(self._date("2026-05-04")))
        self.assertFalse(profile._is_cutoff_date(self._date("2026-05-01")))

    def test_a_holiday_of_one_employee_or_of_another_company_moves_nothing(self):
        profile = self._create_profile(cycle_days="6", cycle_shift="previous")
        resource = self.env["resource.resource"].sudo().create({"name": "Ada", "company_id": self.company.id})
        other = self._create_company(name="Other Company")
        day = {"date_from": "2026-05-06 00:00:00", "date_to": "2026-05-06 23:59:59"}
        leaves = self.env["resource.calendar.leaves"].sudo()
        leaves.create({"resource_id": resource.id, "calendar_id": self.company.resource_calendar_id.id, **day})
        holiday = leaves.create({"calendar_id": False, **day})
        self.assertFalse(profile._is_cutoff_date(self._date("2026-05-06")))
        holiday.company_id = other
        self.assertTrue(profile._is_cutoff_date(self._date("2026-05-06")))

    def test_working_days_are_those_of_the_calendar_whatever_its_time_zone(self):
        profile = self._create_profile(cycle_days="1", cycle_shift="next")
        for timezone in ("Pacific/Auckland", "America/Los_Angeles"):
            self.company.resource_calendar_id.tz = timezone
            # Thursday 1 January is worked
            dates = profile._get_cutoff_dates(self._date("2025-12-15"), 3)
            self.assertEqual(list(map(str, dates)), ["2026-01-01", "2026-02-02", "2026-03-02"], timezone)

    def test_flexible_hours_and_no_hours_make_every_day_a_working_day(self):
        profile = self._create_profile(cycle_days="31", cycle_shift="previous")
        saturday = self._date("2026-01-31")
        self.assertFalse(profile._is_cutoff_date(saturday))
        self.company.resource_calendar_id.flexible_hours = True
        self.assertTrue(profile._is_cutoff_date(saturday))
        self.company.resource_calendar_id.flexible_hours = False
        self.company.resource_calendar_id = False
        self.assertTrue(profile._is_cutoff_date(saturday))

    def test_a_shared_profile_follows_the_working_days_of_the_company_that_bills(self):
        profile = self._create_profile(cycle_days="31", cycle_shift="previous")
        other = self._create_company(name="Other Company")
        other.resource_calendar_id.attendance_ids.filtered(lambda line: line.dayofweek == "4").unlink()
        saturday = self._date("2026-01-31")
        self.assertEqual(str(profile._get_cutoff_dates(self._date("2026-01-20"), 1)[0]), "2026-01-30")
        there = profile.with_company(other)
        self.assertEqual(str(there._get_cutoff_dates(self._date("2026-01-20"), 1)[0]), "2026-01-29")
        self.assertFalse(there._is_cutoff_date(saturday))

    def test_the_calendar_is_read_once_a_year_for_a_cycle_of_years(self):
        profile = self._create_profile(cycle_days="31", cycle_shift="next", cycle_interval=1)
        profile._get_cutoff_dates(self._date("2026-01-01"), 1)
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        profile._get_cutoff_dates(self._date("2026-01-01"), 3)
        few = self.cr.sql_log_count - before
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        profile._get_cutoff_dates(self._date("2026-01-01"), 9)
        self.assertLessEqual(self.cr.sql_log_count - before, few)

    def _date(self, text):
        return self.env["consolidated.billing.profile"]._fields["cycle_start"].to_date(text)

    # === BAD INPUT ===#

    def test_bad_cycles_are_answered_by_a_sentence(self):
        for values, words in (
            ({"cycle_days": "0"}, ["0 is not a day of the month"]),
            ({"cycle_days": "32"}, ["32 is not a day of the month", "1 to 31"]),
            ({"cycle_days": "a"}, ['"a" is not a day', "15,31"]),
            ({"cycle_days": "15,15"}, ["names day 15 twice"]),
            ({"cycle_days": ""}, ["Enter the days"]),
            ({"cycle_days": False}, ["Enter the days"]),
            ({"cycle_unit": "week", "cycle_days": "8"}, ["8 is not a weekday", "7 for Sunday"]),
            ({"cycle_unit": "week"}, ["31 is not a weekday"]),
            ({"cycle_interval": 0}, ["every 0 weeks or months"]),
            ({"cycle_interval": -3}, ["every -3 weeks or months"]),
            ({"cycle_interval": 100000}, ["every 100000 weeks or months"]),
            ({"minimum_amount": -1.0}, ["minimum amount", "negative"]),
            *(
                ({"minimum_amount": float(bad)}, ["Minimum Amount", "is not a number that can be billed"])
                for bad in ("1e308", "-inf", "inf", "nan")
            ),
        ):
            with self.subTest(values=values), self.cr.savepoint(), self.assertRefused(*words):
                self._create_profile(**values)

    def test_what_is_changed_is_checked_as_what_is_created(self):
        profile = self._create_profile(cycle_days="15")
        with self.assertRefused("15 is not a weekday"), self.cr.savepoint():
            profile.cycle_unit = "week"
        self.assertEqual(profile.cycle_unit, "month")
        for bad in (1e308, float("inf"), float("nan")):
            with self.assertRefused("is not a number that can be billed"):
                profile.minimum_amount = bad
            with self.assertRefused("is not a number that can be billed"):
                profile.with_context(default_minimum_amount=bad).create({"name": "By default"})

    def test_orders_are_split_only_by_stored_plain_fields_of_the_order(self):
        get = self.env["ir.model.fields"]._get
        for name in (
            "client_order_ref",
            "team_id",
            "tag_ids",
            "state",
            "date_order",
            "require_payment",
            "amount_total",
        ):
            self._create_profile(extra_key_field_ids=get("sale.order", name).ids)
        for model, name in (
            ("sale.order", "order_line"),
            ("sale.order", "access_url"),
            ("sale.order", "signature"),
            ("sale.order", "note"),
            ("res.partner", "name"),
        ):
            with self.subTest(name=name), self.cr.savepoint(), self.assertRefused("cannot be split by"):
                self._create_profile(extra_key_field_ids=get(model, name).ids)

    def test_payment_terms_of_another_company_are_refused(self):
        other = self._create_company(name="Other Company")
        term = self._create_term("Foreign", 30)
        term.company_id = other
        with self.assertRaises(UserError):
            self._create_profile(payment_term_id=term.id, company_id=self.company.id)

    # === ACCESS ===#

    def test_accounting_managers_define_profiles_with_all_options(self):
        field = self.env["ir.model.fields"]._get("sale.order", "client_order_ref")
        profile = (
            self.env["consolidated.billing.profile"]
            .with_user(self.manager)
            .create({"name": "By Reference", "extra_key_field_ids": [Command.set(field.ids)]})
        )
        profile.with_user(self.manager).write({"active": False})
        self.assertEqual(profile.with_user(self.manager).extra_key_field_ids, field)
        profile.with_user(self.manager).unlink()

    def test_readers_read_the_whole_form_and_change_nothing(self):
        profile = self._create_profile()
        for user in (self.reader, self.seller, self._create_user("employee")):
            form = Form(profile.with_user(user))
            self.assertEqual(form.name, "Monthly")
            for refused in (
                lambda user=user: profile.with_user(user).write({"name": "Mine"}),
                lambda user=user: profile.with_user(user).copy(),
                lambda user=user: profile.with_user(user).unlink(),
            ):
                with self.assertRaises(AccessError):
                    refused()

    def test_an_accounting_user_without_manager_rights_changes_nothing(self):
        clerk = self._create_user("clerk", "account.group_account_invoice")
        with self.assertRaises(AccessError):
            self._create_profile().with_user(clerk).name = "Mine"

    def test_profiles_of_other_companies_are_not_seen(self):
        other = self._create_company(name="Other Company")
        shared, own = self._create_profile(), self._create_profile("Own", company_id=self.company.id)
        foreign = self._create_profile("Foreign", company_id=other.id)
        visible = self.env["consolidated.billing.profile"].with_user(self.manager).search([])
        self.assertEqual(visible & (shared + own + foreign), shared + own)
        with self.assertRaises(AccessError):
            foreign.with_user(self.manager).name = "Mine"

    def test_a_branch_uses_the_profiles_of_its_company(self):
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.company.id})
        profile = self._create_profile(company_id=self.company.id)
        self.account_12345.with_company(branch).billing_profile_id = profile
        self.assertEqual(self.account_12345.with_company(branch).billing_profile_id, profile)

    # === COPY ===#

    def test_a_copy_has_another_name_and_no_customers(self):
        profile = self._create_profile(cycle_days="15,31")
        self.account_12345.billing_profile_id = profile
        copy = profile.copy()
        self.assertRecordValues(copy, [{"name": "Monthly (copy)", "cycle_days": "15,31", "customer_count": 0}])

    def test_the_minimum_is_in_the_currency_of_the_company_that_bills(self):
        other = self._create_company(name="Other Company", currency_id=self.env.ref("base.CHF").id)
        shared = self._create_profile()
        self.assertEqual(shared.currency_id, self.company.currency_id)
        self.assertEqual(shared.with_company(other).currency_id, self.env.ref("base.CHF"))
        own = self._create_profile(company_id=other.id)
        self.assertEqual(own.with_company(self.company).currency_id, self.env.ref("base.CHF"))
