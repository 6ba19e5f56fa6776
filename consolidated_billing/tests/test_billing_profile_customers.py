"""Which profile counts for a customer, in which company, and what happens to profiles in use."""

from odoo import Command
from odoo.tests import Form, tagged

from .common import ConsolidatedBillingCommon


@tagged("post_install", "-at_install")
class TestBillingProfileCustomers(ConsolidatedBillingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second = cls._create_company(name="Second Company")
        cls.env.user.company_ids += cls.second
        cls.clerk = cls._create_user(
            "clerk", "base.group_partner_manager", company_ids=[Command.set((cls.company + cls.second).ids)]
        )
        cls.flagged = cls._create_profile("Monthly", consolidated_billing=True)
        cls.plain_profile = cls._create_profile("Plain")
        cls.acme = cls._create_account("Acme")
        cls.contact = cls.env["res.partner"].create({"name": "Ada", "parent_id": cls.acme.id})

    def _search(self, value, company=None):
        everyone = self.acme + self.contact + self.account_12345 + self.account_12346
        partners = self.env["res.partner"].with_company(company or self.company)
        return partners.search([("consolidated_billing", "=", value), ("id", "in", everyone.ids)])

    # === WHICH PROFILE COUNTS ===#

    def test_the_profile_of_the_grouping_account_counts_for_its_members(self):
        self.account_12346.billing_profile_id = self.plain_profile
        self.assertFalse(self.account_12346._get_billing_profile())
        self.account_12345.billing_profile_id = self.flagged
        self.assertEqual(self.account_12346._get_billing_profile(), self.flagged)
        self.assertEqual(self.account_12345._get_billing_profile(), self.flagged)
        self.account_12346.grouping_partner_id = False
        self.assertEqual(self.account_12346._get_billing_profile(), self.plain_profile)

    def test_contacts_have_the_profile_of_their_account(self):
        self.acme.billing_profile_id = self.flagged
        self.assertEqual(self.contact._get_billing_profile(), self.flagged)
        self.assertEqual(self.contact.billing_profile_id, self.flagged)
        self.assertFalse(self.env["res.partner"]._get_billing_profile())

    def test_companies_choose_different_profiles_for_one_customer(self):
        self.acme.billing_profile_id = self.flagged
        there = self.acme.with_company(self.second)
        there.billing_profile_id = self.plain_profile
        self.assertEqual(self.acme._get_billing_profile(), self.flagged)
        self.assertEqual(there._get_billing_profile(), self.plain_profile)
        self.assertTrue(self.acme.consolidated_billing)
        self.assertFalse(there.consolidated_billing)
        self.assertEqual(self._search(True), self.acme + self.contact)
        self.assertFalse(self._search(True, self.second))

    def test_reading_the_profiles_of_many_orders_takes_no_query_for_each(self):
        partners = self.env["res.partner"].create(
            [{"name": f"Customer {number}", "billing_profile_id": self.flagged.id} for number in range(40)]
        )

        def count(records):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            for partner in records:
                partner._get_billing_profile().name  # noqa: B018
            return self.cr.sql_log_count - before

        count(partners[:2])
        self.assertEqual(count(partners), count(partners[:5]))

    # === RECEIVES CONSOLIDATED BILLS ===#

    def test_the_flag_is_computed_and_searched_alike(self):
        everyone = self.acme + self.contact + self.account_12345 + self.account_12346
        (self.acme + self.account_12345 + self.account_12346).billing_profile_id = self.flagged
        receives = self.acme + self.contact + self.account_12345
        self.assertEqual(everyone.filtered("consolidated_billing"), receives)
        self.assertEqual(self._search(True), receives.sorted())
        self.assertEqual(self._search(False), self.account_12346)
        self.assertEqual(everyone.filtered_domain([("consolidated_billing", "=", True)]), receives)
        both = self.env["res.partner"].search(
            [("consolidated_billing", "in", [True, False]), ("id", "in", everyone.ids)]
        )
        self.assertEqual(both, everyone.sorted())

    def test_a_profile_without_the_flag_and_an_archived_one_with_it(self):
        self.acme.billing_profile_id = self.plain_profile
        self.assertFalse(self.acme.consolidated_billing)
        self.assertNotIn(self.acme, self._search(True))
        self.account_12345.billing_profile_id = self.flagged
        self.flagged.active = False
        self.assertTrue(self.account_12345.consolidated_billing)
        self.assertEqual(self._search(True), self.account_12345)

    def test_changing_the_flag_changes_the_customers(self):
        self.acme.billing_profile_id = self.flagged
        self.assertTrue(self.acme.consolidated_billing)
        self.flagged.consolidated_billing = False
        self.assertFalse(self.acme.consolidated_billing)

    def test_a_customer_is_flagged_on_its_form(self):
        with Form(self.acme.with_user(self.clerk)) as form:
            self.assertFalse(form.consolidated_billing)
            form.billing_profile_id = self.flagged
            self.assertTrue(form.consolidated_billing)
        self.assertTrue(self.acme.consolidated_billing)

    def test_customers_are_found_filtered_and_grouped_by_profile(self):
        self.acme.billing_profile_id = self.flagged
        self.account_12345.with_company(self.second).billing_profile_id = self.flagged
        partners = self.env["res.partner"].with_user(self.clerk)
        accounts = [("id", "in", (self.acme + self.account_12345).ids)]
        self.assertEqual(partners.search([("billing_profile_id", "=", "Monthly"), *accounts]), self.acme)
        groups = partners.formatted_read_group(accounts, ["billing_profile_id"], ["__count"])
        self.assertEqual(
            [(group["billing_profile_id"], group["__count"]) for group in groups],
            [((self.flagged.id, "Monthly"), 1), (False, 1)],
        )

    def test_the_domain_of_a_profile_finds_those_for_whom_it_counts(self):
        self.account_12345.billing_profile_id = self.flagged
        self.acme.billing_profile_id = self.plain_profile
        self.account_12346.billing_profile_id = self.plain_profile
        for profile, partners in (
            (self.flagged, self.account_12345 + self.account_12346),
            (self.plain_profile, self.acme + self.contact),
        ):
            found = self.env["res.partner"].search(self.env["res.partner"]._get_billing_profile_domain(profile))
            self.assertEqual(found, partners.sorted())

    # === CONTACTS ===#

    def test_a_new_contact_takes_the_profile_of_its_account(self):
        self.acme.billing_profile_id = self.flagged
        self.acme.with_company(self.second).billing_profile_id = self.plain_profile
        contact = self.env["res.partner"].create({"name": "Bob", "parent_id": self.acme.id})
        self.assertEqual(contact.billing_profile_id, self.flagged)
        self.assertEqual(contact.with_company(self.second).billing_profile_id, self.plain_profile)

    def test_who_becomes_a_contact_loses_the_own_profile(self):
        person = self.env["res.partner"].create({"name": "Eve", "billing_profile_id": self.flagged.id})
        person.with_company(self.second).billing_profile_id = self.flagged
        person.parent_id = self.acme
        self.assertFalse(person.billing_profile_id)
        self.assertFalse(person.with_company(self.second).billing_profile_id)

    def test_a_contact_cannot_have_a_profile_of_its_own(self):
        with self.assertRefused("Ada", "Acme"), self.cr.savepoint():
            self.contact.billing_profile_id = self.flagged
        with self.assertRefused("Bob", "Acme"), self.cr.savepoint():
            self.env["res.partner"].create(
                {"name": "Bob", "parent_id": self.acme.id, "billing_profile_id": self.flagged.id}
            )
        self.assertFalse(self.contact.billing_profile_id)

    def test_imported_accounts_and_contacts_with_one_profile(self):
        result = self.env["res.partner"].load(
            ["id", "name", "is_company", "parent_id/id", "billing_profile_id"],
            [
                ["__import__.cb_account", "Imported", "True", "", "Monthly"],
                ["__import__.cb_contact", "Buyer", "False", "__import__.cb_account", ""],
            ],
        )
        self.assertFalse(result["messages"])
        account, contact = self.env["res.partner"].browse(result["ids"])
        self.assertTrue(account.consolidated_billing)
        self.assertEqual(contact._get_billing_profile(), self.flagged)
        self.assertEqual(contact.billing_profile_id, self.flagged)

    def test_a_company_wide_default_does_not_stand_in_the_way_of_contacts(self):
        self.env["ir.default"].set(
            "res.partner", "billing_profile_id", self.plain_profile.id, company_id=self.company.id
        )
        self.acme.billing_profile_id = self.flagged
        contact = self.env["res.partner"].create({"name": "Bob", "parent_id": self.acme.id})
        self.assertEqual(contact._get_billing_profile(), self.flagged)
        new = self._create_account("New")
        self.assertEqual(new._get_billing_profile(), self.plain_profile)

    # === MERGING CONTACTS ===#

    def _merge(self, *partners, into):
        wizard = self.env["base.partner.merge.automatic.wizard"]
        wizard._merge([partner.id for partner in partners], dst_partner=into)

    def test_a_merged_customer_keeps_its_profile_and_takes_one_where_it_has_none(self):
        other = self._create_account("Acme Inc")
        self.acme.billing_profile_id = self.flagged
        other.billing_profile_id = self.plain_profile
        other.with_company(self.second).billing_profile_id = self.plain_profile
        self._merge(self.acme, other, into=self.acme)
        self.env.invalidate_all()
        self.assertEqual(self.acme._get_billing_profile(), self.flagged)
        self.assertEqual(self.acme.with_company(self.second)._get_billing_profile(), self.plain_profile)
        self.assertEqual(self.contact._get_billing_profile(), self.flagged)

    def test_a_customer_with_an_archived_profile_can_be_merged(self):
        other = self._create_account("Acme Inc")
        other.billing_profile_id = self.flagged
        self.flagged.active = False
        self._merge(self.acme, other, into=self.acme)
        self.env.invalidate_all()
        self.assertEqual(self.acme._get_billing_profile(), self.flagged)

    def test_an_account_can_be_merged_into_a_contact(self):
        other = self.env["res.partner"].create({"name": "Ada", "billing_profile_id": self.flagged.id})
        self._merge(self.contact, other, into=self.contact)
        self.env.invalidate_all()
        self.assertFalse(self.contact._get_billing_profile())

    # === OTHER COMPANIES ===#

    def test_a_profile_of_another_company_is_refused(self):
        foreign = self._create_profile("Foreign", company_id=self.second.id)
        with self.assertRefused("Foreign", "Second Company", self.company.name, "Acme"), self.cr.savepoint():
            self.acme.billing_profile_id = foreign
        with self.assertRefused("Foreign"), self.cr.savepoint():
            self._create_account("New", billing_profile_id=foreign.id)
        self.acme.with_company(self.second).billing_profile_id = foreign
        self.assertFalse(self.acme.billing_profile_id)

    def test_a_profile_in_use_elsewhere_cannot_be_taken_by_one_company(self):
        self.acme.with_company(self.second).billing_profile_id = self.flagged
        with self.assertRefused("Monthly", self.company.name, "Second Company", "Acme"), self.cr.savepoint():
            self.flagged.company_id = self.company
        self.flagged.company_id = self.second
        self.assertEqual(self.acme.with_company(self.second)._get_billing_profile(), self.flagged)

    # === IN USE ===#

    def test_a_profile_in_use_by_any_company_cannot_be_deleted(self):
        self.acme.with_company(self.second).billing_profile_id = self.flagged
        manager = self._create_user("manager", "account.group_account_manager")
        with self.assertRefused("Monthly", "Acme", "archive"), self.cr.savepoint():
            self.flagged.with_user(manager).unlink()
        self.acme.with_company(self.second).billing_profile_id = False
        self.flagged.with_user(manager).unlink()

    def test_only_the_first_of_many_customers_are_named(self):
        self.env["res.partner"].create(
            [{"name": f"Customer {number:02}", "billing_profile_id": self.flagged.id} for number in range(13)]
        )
        with self.assertRefused("Customer 00", "and 3 more"):
            self.flagged.unlink()

    def test_an_archived_customer_keeps_its_profile_from_being_deleted(self):
        self.acme.billing_profile_id = self.flagged
        self.acme.active = False
        with self.assertRefused("Acme"):
            self.flagged.unlink()

    def test_an_archived_profile_counts_but_cannot_be_chosen(self):
        self.acme.billing_profile_id = self.flagged
        self.flagged.active = False
        self.assertEqual(self.acme._get_billing_profile(), self.flagged)
        self.acme.write({"billing_profile_id": self.flagged.id, "city": "Boston"})
        self.env["res.partner"].create({"name": "Bob", "parent_id": self.acme.id})
        with self.assertRefused("Monthly", "archived", "Bloom Head Office"), self.cr.savepoint():
            self.account_12345.billing_profile_id = self.flagged
        with self.assertRefused("archived"), self.cr.savepoint():
            self._create_account("New", billing_profile_id=self.flagged.id)
        self.assertFalse(self.acme.copy().billing_profile_id)

    def test_customers_are_counted_in_the_current_company_without_contacts(self):
        self.acme.billing_profile_id = self.flagged
        self.account_12345.with_company(self.second).billing_profile_id = self.flagged
        self.assertEqual(self.flagged.customer_count, 1)
        self.assertEqual(self.flagged.with_company(self.second).customer_count, 1)
        self.assertEqual(self.env["res.partner"].search(self.flagged.action_view_customers()["domain"]), self.acme)

    def test_counting_takes_one_query_for_all_profiles(self):
        profiles = self.env["consolidated.billing.profile"].create([{"name": str(number)} for number in range(9)])
        self.acme.billing_profile_id = profiles[3]
        profiles.invalidate_recordset()
        self.env["res.partner"].search_count([])  # record rules are in the cache
        with self.assertQueryCount(1):
            self.assertEqual(sum(profiles.mapped("customer_count")), 1)

    def test_the_chatter_says_who_chose_another_profile(self):
        self.cr.flush()  # what is created and changed in one transaction is not tracked
        acme = self.acme.with_context(tracking_disable=False, mail_notrack=False)
        acme.billing_profile_id = self.flagged
        self.cr.flush()
        self.assertIn("Monthly", acme.message_ids.tracking_value_ids.mapped("new_value_char"))
