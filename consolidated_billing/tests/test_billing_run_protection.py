from odoo import Command
from odoo.tests import tagged

from .cbi_common import CbiCommon

ENGINE_FIELDS = {
    "consolidated.billing.run": {"state": "done", "is_paused": True, "user_id": 1, "amount_proposed": 1.0},
    "consolidated.billing.run.group": {"state": "done", "amount_total": 1.0, "reason": "Whatever", "move_id": 1},
    "consolidated.billing.run.line": {"is_billed": True, "is_claim": False, "skip_reason": "No", "amount_open": 1.0},
}


@tagged("post_install", "-at_install")
class TestBillingRunProtection(CbiCommon):
    """What a run proposes, bills and claims is the engine's alone, on whatever way a client writes it (``R2``)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = cls._create_user("biller", "account.group_account_invoice", company_id=cls.company.id)
        cls.order = cls._create_order(cls.acme)
        cls.billing_run = cls.env["consolidated.billing.run"].with_user(cls.user).create({"by_grouping_account": False})
        cls.billing_run.action_prepare()

    def _get_records(self):
        return (self.billing_run, self.billing_run.group_ids, self.billing_run.line_ids)

    def test_no_context_lets_a_client_write_what_the_engine_decides(self):
        for context in ({}, {"billing_engine": True}, {"billing_run_engine": True}):
            for records in self._get_records():
                for name, value in ENGINE_FIELDS[records._name].items():
                    with self.subTest(field=name, context=context), self.assertRefused("billing runs alone"):
                        self._rpc(self.user, records, "write", {name: value}, context=context)

    def test_nobody_makes_another_user_responsible_for_what_is_generated(self):
        admin = self.env.ref("base.user_admin")
        with self.assertRefused("Responsible", "billing runs alone"):
            self._rpc(self.user, self.billing_run, "write", {"user_id": admin.id})
        with self.assertRefused("Responsible"):
            self._rpc(self.user, self.billing_run.browse(), "create", [{"user_id": admin.id}])
        run_id = self._rpc(self.user, self.billing_run.browse(), "create", [{}], context={"default_user_id": admin.id})
        self.assertEqual(self.billing_run.browse(run_id).user_id, self.user)

    def test_a_run_begins_as_a_draft(self):
        with self.assertRefused("billing runs alone"):
            self._rpc(self.user, self.billing_run.browse(), "create", [{"state": "generating"}])
        run_id = self._rpc(
            self.user, self.billing_run.browse(), "create", [{}], context={"default_state": "generating"}
        )
        self.assertEqual(self.billing_run.browse(run_id).state, "draft")

    def test_a_proposal_is_not_typed(self):
        values = {"run_id": self.billing_run.id, "partner_id": self.acme.id}
        for records in (self.billing_run.group_ids, self.billing_run.line_ids):
            with self.assertRefused("cannot be typed"):
                self._rpc(self.user, records.browse(), "create", [values])
        for name in ("group_ids", "line_ids"):
            with self.assertRefused("cannot be typed"):
                self._rpc(self.user, self.billing_run, "write", {name: [Command.create({"partner_id": self.acme.id})]})

    def test_a_document_is_not_changed_through_its_run(self):
        group = self.billing_run.group_ids
        with self.assertRefused("billing runs alone"):
            self._rpc(
                self.user, self.billing_run, "write", {"group_ids": [Command.update(group.id, {"state": "done"})]}
            )

    def test_choosing_stays_allowed(self):
        self._rpc(self.user, self.billing_run.line_ids, "write", {"selected": False})
        self._rpc(self.user, self.billing_run.line_ids, "write", {"selected": True})
        self._rpc(self.user, self.billing_run.group_ids, "write", {"selected": False})
        self.assertFalse(self.billing_run.amount_proposed)
