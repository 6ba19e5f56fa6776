"""A grouping account with members stays what it is (``G2``)."""

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ConsolidatedBillingCommon


@tagged("post_install", "-at_install")
class TestGroupingAccountInUse(ConsolidatedBillingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plain = cls._create_account("Plain Account", ref="20000")

    def assertUnchanged(self):
        (self.account_12345 + self.account_12346).invalidate_recordset()
        self.assertTrue(self.account_12345.exists().active)
        self.assertTrue(self.account_12345.is_grouping_account)
        self.assertEqual(self.account_12346.grouping_partner_id, self.account_12345)

    def test_it_cannot_be_cleared(self):
        with self.assertRefused("Bloom Head Office", "Bloom Texas"):
            self.account_12345.grouping_partner_id = False
        self.assertUnchanged()

    def test_it_cannot_be_re_pointed(self):
        self.plain.action_make_grouping_account()
        with self.assertRefused("Bloom Head Office", "Bloom Texas"):
            self.account_12345.grouping_partner_id = self.plain
        self.assertUnchanged()

    def test_it_cannot_be_archived(self):
        with self.assertRefused("Bloom Head Office", "Bloom Texas"):
            self.account_12345.action_archive()
        self.assertUnchanged()

    def test_it_cannot_be_deleted(self):
        with self.assertRefused("Bloom Head Office", "Bloom Texas"):
            self.account_12345.unlink()
        self.assertUnchanged()

    def test_it_cannot_become_a_contact_of_another_account(self):
        with self.assertRefused("Bloom Texas"):
            self.account_12345.write({"parent_id": self.plain.id, "is_company": False})
        self.assertUnchanged()

    def test_archived_members_count(self):
        self.account_12346.action_archive()
        with self.assertRefused("Bloom Texas"):
            self.account_12345.grouping_partner_id = False

    def test_members_of_which_the_user_sees_nothing_count(self):
        company = self._create_company(name="Second")
        self.account_12346.company_id = company
        user = self._create_user("clerk", "base.group_partner_manager", "sales_team.group_sale_salesman")
        with self.assertRefused():
            self.account_12345.with_user(user).grouping_partner_id = False
        self.assertUnchanged()

    def test_a_long_list_of_members_is_cut(self):
        for number in range(15):
            self._create_account(f"Member {number:02}", grouping_partner_id=self.account_12345.id)
        with self.assertRaisesRegex(Exception, "6 more"):
            self.account_12345.grouping_partner_id = False

    def test_an_account_without_members_can_be_cleared_archived_and_deleted(self):
        self.account_12346.grouping_partner_id = False
        self.account_12345.grouping_partner_id = False
        self.account_12345.action_make_grouping_account()
        self.account_12345.action_archive()
        self.account_12345.unlink()
        self.assertFalse(self.account_12345.exists())

    def test_an_account_with_contacts_but_without_members_can_be_deleted(self):
        self.plain.action_make_grouping_account()
        contact = self.env["res.partner"].create({"name": "Clerk", "parent_id": self.plain.id})
        self.plain.unlink()
        self.assertFalse(contact.exists().grouping_partner_id)

    def test_account_and_members_are_deleted_together(self):
        both = self.account_12345 + self.account_12346
        both.unlink()
        self.assertFalse(both.exists())

    def test_a_member_can_be_deleted(self):
        self.account_12346.unlink()
        self.assertEqual(self.account_12345.grouped_partner_count, 0)

    def test_a_member_changes_to_another_grouping_account(self):
        self.plain.action_make_grouping_account()
        self.account_12346.grouping_partner_id = self.plain
        self.account_12345.grouping_partner_id = False
        self.assertEqual(self.account_12346.grouping_partner_id, self.plain)

    # === merge tool of contacts ===#

    def _merge(self, partners, kept):
        self.env.flush_all()
        wizard = self.env["base.partner.merge.automatic.wizard"].create(
            {"partner_ids": partners.ids, "dst_partner_id": kept.id}
        )
        with mute_logger("odoo.addons.base.partner.merge"):
            wizard.action_merge()
        self.env.invalidate_all()

    def test_it_cannot_be_merged_into_another_account(self):
        with self.assertRefused("Bloom Head Office", "Bloom Texas"):
            self._merge(self.account_12345 + self.plain, self.plain)
        self.assertUnchanged()

    def test_it_cannot_be_merged_into_its_member(self):
        with self.assertRefused("Bloom Head Office"):
            self._merge(self.account_12345 + self.account_12346, self.account_12346)
        self.assertUnchanged()

    def test_another_account_can_be_merged_into_it(self):
        self._merge(self.account_12345 + self.plain, self.account_12345)
        self.assertFalse(self.plain.exists())
        self.assertUnchanged()

    def test_a_member_can_be_merged_into_its_grouping_account(self):
        self._merge(self.account_12345 + self.account_12346, self.account_12345)
        self.assertFalse(self.account_12346.exists())
        self.assertTrue(self.account_12345.is_grouping_account)

    def test_a_member_can_be_merged_into_another_member(self):
        other = self._create_account("Bloom Ohio", grouping_partner_id=self.account_12345.id)
        self._merge(self.account_12346 + other, other)
        self.assertEqual(other.grouping_partner_id, self.account_12345)

    def test_an_unused_grouping_account_is_merged_without_a_dangling_reference(self):
        self.plain.action_make_grouping_account()
        other = self._create_account("Other")
        self._merge(self.plain + other, other)
        self.assertIn(other.grouping_partner_id, (other, self.env["res.partner"]))

    def test_two_members_of_different_accounts_keep_the_grouping_of_the_kept_one(self):
        self.plain.action_make_grouping_account()
        other = self._create_account("Other", grouping_partner_id=self.plain.id)
        self._merge(self.account_12346 + other, other)
        self.assertEqual(other.grouping_partner_id, self.plain)
