"""Who may be a grouping account, and of whom (``G1``, ``G6``)."""

from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .common import ConsolidatedBillingCommon


@tagged("post_install", "-at_install")
class TestGroupingAccount(ConsolidatedBillingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Partner = cls.env["res.partner"]
        cls.plain = cls._create_account("Plain Account", ref="20000")

    def assertGrouping(self, partner, account):
        """Assert the grouping account that is in the database, not the one in the cache."""
        partner.flush_recordset()
        partner.invalidate_recordset()
        self.assertEqual(partner.grouping_partner_id, account or self.Partner)

    # === marking ===#

    def test_an_account_is_marked_with_itself(self):
        self.plain.action_make_grouping_account()
        self.assertRecordValues(
            self.plain,
            [{"grouping_partner_id": self.plain.id, "is_grouping_account": True}],
        )

    def test_marking_twice_changes_nothing(self):
        self.account_12345.action_make_grouping_account()
        self.assertGrouping(self.account_12345, self.account_12345)
        self.assertGrouping(self.account_12346, self.account_12345)

    def test_several_accounts_are_marked_at_once_each_with_itself(self):
        other = self._create_account("Other")
        (self.plain + other).action_make_grouping_account()
        self.assertGrouping(self.plain, self.plain)
        self.assertGrouping(other, other)

    def test_a_member_cannot_be_marked(self):
        with self.assertRefused("Bloom Texas", "Bloom Head Office"):
            self.account_12346.action_make_grouping_account()
        self.assertGrouping(self.account_12346, self.account_12345)

    def test_a_person_can_be_a_grouping_account(self):
        person = self.Partner.create({"name": "Ada"})
        person.action_make_grouping_account()
        self.assertTrue(person.is_grouping_account)

    def test_a_member_is_chosen_on_the_form(self):
        with Form(self.plain) as form:
            form.grouping_partner_id = self.account_12345
        self.assertGrouping(self.plain, self.account_12345)

    # === chains and cycles ===#

    def test_an_account_that_is_not_marked_groups_nobody(self):
        with self.assertRefused("Plain Account", "Bloom Texas"):
            self.account_12346.grouping_partner_id = self.plain
        self.assertGrouping(self.account_12346, self.account_12345)

    def test_a_member_groups_nobody(self):
        with self.assertRefused("Bloom Texas", "Plain Account", "Bloom Head Office"):
            self.plain.grouping_partner_id = self.account_12346
        self.assertGrouping(self.plain, None)

    def test_a_new_account_cannot_point_to_a_member(self):
        with self.assertRefused("Bloom Texas"):
            self._create_account("New", grouping_partner_id=self.account_12346.id)

    def test_two_accounts_cannot_group_each_other(self):
        other = self._create_account("Other")
        (self.plain + other).action_make_grouping_account()
        self.plain.grouping_partner_id = other
        with self.assertRefused("Plain Account", "Other"):
            other.grouping_partner_id = self.plain
        self.assertGrouping(other, other)

    def test_several_accounts_join_one_of_them_in_one_write(self):
        (self.plain + self.account_12345 + self.account_12346).write({"grouping_partner_id": self.account_12345.id})
        self.assertGrouping(self.plain, self.account_12345)

    def test_a_whole_selection_cannot_move_a_grouping_account_in_use(self):
        self.plain.action_make_grouping_account()
        with self.assertRefused("Bloom Texas"):
            (self.account_12345 + self.plain).write({"grouping_partner_id": self.plain.id})

    def _load(self, *rows):
        return self.Partner.load([".id", "grouping_partner_id/.id"], [list(map(str, r)) for r in rows])

    def test_an_import_of_a_cycle_changes_nothing(self):
        other = self._create_account("Other")
        (self.plain + other).action_make_grouping_account()
        result = self._load((self.plain.id, other.id), (other.id, self.plain.id))
        self.assertFalse(result["ids"])
        self.assertTrue(result["messages"])
        self.assertGrouping(self.plain, self.plain)
        self.assertGrouping(other, other)

    def test_an_import_of_a_chain_changes_nothing(self):
        result = self._load((self.plain.id, self.account_12346.id))
        self.assertFalse(result["ids"])
        self.assertIn("Bloom Texas", result["messages"][0]["message"])
        self.assertGrouping(self.plain, None)

    def test_an_import_assigns_members(self):
        result = self._load((self.plain.id, self.account_12345.id))
        self.assertTrue(result["ids"])
        self.assertGrouping(self.plain, self.account_12345)

    def test_an_import_makes_a_grouping_account_and_its_member(self):
        other = self._create_account("Other")
        result = self._load((self.plain.id, self.plain.id), (other.id, self.plain.id))
        self.assertTrue(result["ids"], result["messages"])
        self.assertGrouping(other, self.plain)

    def test_a_remote_call_obeys_the_same_rule(self):
        values = {"grouping_partner_id": self.account_12346.id}
        with self.assertRefused("Bloom Texas"):
            self.plain.web_save(values, {"grouping_partner_id": {}})
        self.assertGrouping(self.plain, None)

    # === archived accounts ===#

    def test_an_archived_account_gets_no_members(self):
        self.plain.action_make_grouping_account()
        self.plain.action_archive()
        with self.assertRefused("Plain Account", "archived"):
            self.account_12346.grouping_partner_id = self.plain

    # === companies ===#

    def test_an_account_of_another_company_groups_nobody_here(self):
        account = self._create_company_account()
        with self.assertRefused("Company Account", account.company_id.name):
            self.account_12346.company_id = self.company
            self.account_12346.grouping_partner_id = account

    def test_an_account_of_one_company_does_not_group_a_shared_customer(self):
        account = self._create_company_account()
        with self.assertRefused("Company Account", account.company_id.name):
            self.plain.grouping_partner_id = account

    def test_an_account_of_one_company_groups_customers_of_it(self):
        account = self._create_company_account()
        member = self._create_account("Same", company_id=account.company_id.id, grouping_partner_id=account.id)
        self.assertGrouping(member, account)

    def test_a_shared_account_groups_customers_of_every_company(self):
        self.plain.company_id = self.company
        self.plain.grouping_partner_id = self.account_12345
        self.assertGrouping(self.plain, self.account_12345)

    def test_a_grouping_account_in_use_does_not_move_to_one_company(self):
        with self.assertRefused("Bloom Texas"):
            self.account_12345.company_id = self.company
        self.assertFalse(self.account_12345.company_id)

    def test_a_member_does_not_leave_the_company_of_its_grouping_account(self):
        account = self._create_company_account()
        member = self._create_account("Same", company_id=account.company_id.id, grouping_partner_id=account.id)
        with self.assertRefused("Company Account"):
            member.company_id = False

    def test_the_grouping_holds_in_every_company(self):
        company = self._create_company(name="Second")
        member = self.account_12346.with_company(company)
        self.assertEqual(member.grouping_partner_id, self.account_12345)

    def _create_company_account(self):
        company = self._create_company(name="Second Company")
        account = self._create_account("Company Account", company_id=company.id)
        account.action_make_grouping_account()
        return account

    # === contacts ===#

    def test_contacts_have_the_grouping_account_of_their_account(self):
        contact = self.Partner.create({"name": "Buyer", "parent_id": self.account_12346.id})
        self.assertGrouping(contact, self.account_12345)
        self.account_12346.grouping_partner_id = False
        self.assertGrouping(contact, None)

    def test_a_contact_cannot_be_a_grouping_account(self):
        contact = self.Partner.create({"name": "Buyer", "parent_id": self.plain.id})
        with self.assertRefused("Plain Account"):
            contact.action_make_grouping_account()

    def test_nobody_is_billed_on_a_contact_of_a_grouping_account(self):
        contact = self.Partner.create({"name": "Clerk", "parent_id": self.account_12345.id})
        with self.assertRefused("Clerk"):
            self.plain.grouping_partner_id = contact

    def test_a_contact_has_no_grouping_account_of_its_own(self):
        contact = self.Partner.create({"name": "Buyer", "parent_id": self.plain.id})
        with self.assertRefused("Buyer", "Plain Account"):
            contact.grouping_partner_id = self.account_12345

    def test_contacts_of_a_grouping_account_are_neither_accounts_nor_members(self):
        contact = self.Partner.create({"name": "Clerk", "parent_id": self.account_12345.id})
        self.assertFalse(contact.is_grouping_account)
        self.assertEqual(self.account_12345.grouped_partner_count, 1)

    def test_somebody_who_becomes_a_contact_takes_the_grouping_account_of_the_account(self):
        person = self.Partner.create({"name": "Ada", "grouping_partner_id": self.account_12345.id})
        person.parent_id = self.plain
        self.assertGrouping(person, None)
        person.parent_id = self.account_12346
        self.assertGrouping(person, self.account_12345)

    # === search and members ===#

    def test_grouping_accounts_are_searched_both_ways(self):
        accounts = self.account_12345 + self.account_12346 + self.plain
        contact = self.Partner.create({"name": "Clerk", "parent_id": self.account_12345.id})
        everybody = accounts + contact

        def search(*leaf):
            return self.Partner.search([("id", "in", everybody.ids), leaf])

        self.assertEqual(search("is_grouping_account", "=", True), self.account_12345)
        self.assertEqual(search("is_grouping_account", "!=", False), self.account_12345)
        others = everybody - self.account_12345
        self.assertEqual(search("is_grouping_account", "=", False), others.sorted())
        self.assertEqual(search("is_grouping_account", "!=", True), others.sorted())
        self.assertEqual(len(search("is_grouping_account", "in", [True, False])), 4)
        self.assertFalse(search("is_grouping_account", "in", []))

    def test_the_smart_button_opens_the_members(self):
        self.assertEqual(self.account_12345.grouped_partner_count, 1)
        action = self.account_12345.action_view_grouped_partners()
        self.assertEqual(self.Partner.search(action["domain"]), self.account_12346)

    def test_the_message_is_an_error_that_users_understand(self):
        with self.assertRaises(UserError) as error:
            self.plain.grouping_partner_id = self.account_12346
        self.assertNotIn("%(", str(error.exception))
