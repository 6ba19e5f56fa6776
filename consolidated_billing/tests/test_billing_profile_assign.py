from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import ConsolidatedBillingCommon


@tagged("post_install", "-at_install")
class TestBillingProfileAssign(ConsolidatedBillingCommon):
    """A billing profile is assigned to many customers at once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second = cls._create_company(name="Second Company")
        cls.env.user.company_ids += cls.second
        cls.clerk = cls._create_user(
            "clerk", "base.group_partner_manager", company_ids=[Command.set((cls.company + cls.second).ids)]
        )
        cls.flagged = cls._create_profile("Monthly", consolidated_billing=True)
        cls.acme = cls._create_account("Acme")
        cls.contact = cls.env["res.partner"].create({"name": "Ada", "parent_id": cls.acme.id})

    def _open(self, partners, user=None, **values):
        return (
            self.env["consolidated.billing.assign.profile"]
            .with_user(user or self.clerk)
            .with_context(active_model="res.partner", active_ids=partners.ids)
            .create(values)
        )

    def test_a_profile_is_assigned_to_the_accounts_of_many_contacts(self):
        wizard = self._open(self.contact + self.account_12345, profile_id=self.flagged.id)
        self.assertRecordValues(wizard, [{"account_count": 2, "member_warning": False}])
        wizard.action_assign()
        self.assertEqual((self.acme + self.account_12345).billing_profile_id, self.flagged)
        self.assertFalse(self.acme.with_company(self.second).billing_profile_id)
        self._open(self.acme).action_assign()
        self.assertFalse(self.acme.billing_profile_id)

    def test_members_whose_own_profile_will_not_count_are_named(self):
        wizard = self._open(self.account_12346 + self.account_12345 + self.acme, profile_id=self.flagged.id)
        self.assertIn("Bloom Texas", wizard.member_warning)
        self.assertNotIn("Bloom Head Office", wizard.member_warning)
        self.assertNotIn("Acme", wizard.member_warning)

    def test_the_form_names_members_only(self):
        selected = self.account_12346 + self.account_12345 + self.acme
        wizard = self.env["consolidated.billing.assign.profile"].with_user(self.clerk)
        form = Form(wizard.with_context(active_model="res.partner", active_ids=selected.ids))
        self.assertEqual(form.account_count, 3)
        self.assertIn("Bloom Texas", form.member_warning)
        self.assertNotIn("Bloom Head Office", form.member_warning)

    def test_assigning_sets_all_or_none(self):
        foreign = self._create_profile("Foreign", company_id=self.second.id)
        with self.assertRaises(UserError), self.cr.savepoint():
            self._open(self.acme, user=self.env.user, profile_id=foreign.id).action_assign()
        with self.assertRefused("at least one customer"):
            self._open(self.env["res.partner"], profile_id=self.flagged.id).action_assign()
        self.assertFalse(self.acme.billing_profile_id)

    def test_who_does_not_maintain_contacts_assigns_nothing(self):
        with self.assertRaises(AccessError):
            self._open(self.acme, user=self._create_user("employee"), profile_id=self.flagged.id)
