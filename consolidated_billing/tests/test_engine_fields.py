from odoo import Command, fields, models
from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.account_payment.tests.common import AccountPaymentCommon

from ..tools.engine_fields import ENGINE_FIELDS, USER_FIELDS
from .cbi_common import CbiCommon


@tagged("post_install", "-at_install")
class TestEngineFields(CbiCommon, AccountPaymentCommon):
    """What the engine decides cannot be forged, whichever way a client comes: the table is walked, nothing is listed
    here field by field (``R10``)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.company_data["company"]
        cls.order = cls._create_order(cls.account_12346, job_code="A")
        cls.second = cls._create_order(cls.account_12346, job_code="A")
        cls.billing_run = cls.env["consolidated.billing.run"].create({"by_grouping_account": True})
        cls.billing_run.action_prepare()
        cls.invoice = cls._post()
        cls.billing = cls._bill()
        cls.transaction = cls._create_transaction_of(cls.billing)
        # whoever may do everything is refused as everybody else
        cls.admin = cls._create_user(
            "almighty",
            "account.group_account_manager",
            "sales_team.group_sale_manager",
            "base.group_system",
            company_id=cls.company.id,
        )
        cls.records = {
            "account.move": cls.invoice,
            "account.move.line": cls.invoice.line_ids[-1:],
            "consolidated.billing.invoice": cls.billing,
            "consolidated.billing.invoice.balance": cls.billing.balance_ids[:1],
            "consolidated.billing.invoice.line": cls.billing.line_ids[:1],
            "consolidated.billing.run": cls.billing_run,
            "consolidated.billing.run.group": cls.billing_run.group_ids[:1],
            "consolidated.billing.run.line": cls.billing_run.line_ids[:1],
            "mail.scheduled.message": cls._schedule_message(cls.billing),
            "payment.transaction": cls.transaction,
            "res.company": cls.company,
            "sale.order": cls.order,
        }

    @classmethod
    def _schedule_message(cls, record):
        return cls.env["mail.scheduled.message"].create(
            {
                "model": record._name,
                "res_id": record.id,
                "author_id": cls.env.user.partner_id.id,
                "scheduled_date": fields.Datetime.add(fields.Datetime.now(), days=400),
            }
        )

    @classmethod
    def _create_transaction_of(cls, billing):
        return (
            cls.env["payment.transaction"]
            .sudo()
            .create(
                {
                    "provider_id": cls.provider.id,
                    "payment_method_id": cls.payment_method_id,
                    "reference": "T1",
                    "amount": 1.0,
                    "currency_id": billing.currency_id.id,
                    "partner_id": billing.partner_id.id,
                    "consolidated_billing_id": billing.id,
                }
            )
        )

    def _walk(self):
        """Yield each record with a field that is the engine's, and a value that it does not have."""
        for model, names in ENGINE_FIELDS.items():
            record = self.records[model]
            self.assertTrue(record, model)
            for name in sorted(names):
                yield record, name, self._forge(record, record._fields[name])

    def _forge(self, record, field):
        if field.type == "many2one":
            others = self.env[field.comodel_name].sudo().with_context(active_test=False)
            return others.search([("id", "not in", [record[field.name].id, self.acme.id])], limit=1).id or 4711
        if field.type == "one2many":
            return [Command.clear()]
        if field.type == "selection":
            return next(value for value in reversed(field.get_values(self.env)) if value != record[field.name])
        if field.type == "boolean":
            return not record[field.name]
        values = {"date": "2020-02-02", "datetime": "2020-02-02 02:02:02", "json": {"forged": 1}, "integer": 4711}
        return values.get(field.type) or ("FORGED" if field.type in ("char", "text") else 4711.0)

    def _get_values(self, record):
        record.invalidate_recordset()
        return record.read(sorted(ENGINE_FIELDS[record._name]))

    def assertForgeryRefused(self, record, method, *args, **kwargs):
        before = self._get_values(record)
        with self.assertRaises(UserError):
            self._rpc(self.admin, record, method, *args, **kwargs)
        self.env.invalidate_all()
        self.assertEqual(self._get_values(record), before)

    # === THE TABLE ===#

    def test_every_stored_field_is_the_engines_or_a_persons_by_intent(self):
        for model in self.env.registry.values():
            if model._abstract or model._transient:
                continue
            names = {
                name
                for name, field in model._fields.items()
                if field.store and field._modules[:1] == ("consolidated_billing",)
            } - set(models.MAGIC_COLUMNS)
            engine = ENGINE_FIELDS.get(model._name, frozenset())
            user = USER_FIELDS.get(model._name, frozenset())
            self.assertEqual(names - engine - user, set(), f"{model._name}: declare who decides these fields")
            self.assertEqual((engine | user) - names, set(), f"{model._name}: these fields do not exist")
            self.assertFalse(engine & user)

    # === THE WAYS IN ===#

    def test_nobody_writes_what_the_engine_decides(self):
        for record, name, value in self._walk():
            for method, args in (("write", [{name: value}]), ("web_save", [{name: value}, {}])):
                with self.subTest(model=record._name, field=name, method=method):
                    self.assertForgeryRefused(record, method, *args)

    def test_nobody_creates_a_record_with_what_the_engine_decides(self):
        for record, name, value in self._walk():
            if name == "name" and record._name == "consolidated.billing.run":
                continue  # an imported number is replaced: see below
            if record._fields[name].type == "one2many":
                value = [Command.link(self.env[record._fields[name].comodel_name].sudo().search([], limit=1).id)]
            with self.subTest(model=record._name, field=name):
                self.assertForgeryRefused(record.browse(), "create", [{**self._get_minimum(record), name: value}])

    def test_the_number_of_a_new_run_is_drawn_whatever_is_typed(self):
        run_id = self._rpc(self.admin, self.billing_run.browse(), "create", [{"name": "FORGED"}])[0]
        self.assertNotEqual(self.billing_run.browse(run_id).name, "FORGED")

    def test_defaults_of_a_context_are_ignored(self):
        context = {f"default_{name}": value for _record, name, value in self._walk()}
        for record in self.records.values():
            names = sorted(ENGINE_FIELDS[record._name])
            with self.subTest(model=record._name):
                forged = self._rpc(self.admin, record.browse(), "default_get", names, context=context)
                self.assertEqual(forged, self._rpc(self.admin, record.browse(), "default_get", names))
        for record in self._get_creatable():
            for name in sorted(ENGINE_FIELDS[record._name]):
                key = f"default_{name}"
                with self.subTest(model=record._name, field=name):
                    self.assertNotForged(record, name, context[key], context={key: context[key]})

    def test_defaults_of_a_user_are_ignored(self):
        for record, name, value in self._walk():
            if record._fields[name].type == "one2many":
                continue  # they take no defaults
            with self.subTest(model=record._name, field=name):
                with self.env.cr.savepoint() as savepoint:
                    self.env["ir.default"].with_user(self.admin).set(record._name, name, value, user_id=True)
                    forged = self._rpc(self.admin, record.browse(), "default_get", [name])
                    if record in self._get_creatable():
                        self.assertNotForged(record, name, value)
                    savepoint.rollback()
                self.assertNotEqual(forged.get(name), value)

    def test_copies_do_not_carry_what_the_engine_decides(self):
        invoice = self._create_grouped_invoice()
        for record in (invoice, self.billing_run, self.order):
            copy = record.copy()
            for name in ENGINE_FIELDS[record._name]:
                field = record._fields[name]
                self.assertFalse(field.copy, f"{record._name}.{name}")
                if record._name == "account.move":
                    self.assertFalse(copy[name], name)

    def test_imports_are_refused(self):
        for record, name, value in self._walk():
            field = record._fields[name]
            if field.type in ("one2many", "json"):
                continue
            path = f"{name}/.id" if field.type == "many2one" else name
            with self.subTest(model=record._name, field=name):
                before = self._get_values(record)
                result = self._rpc(self.admin, record.browse(), "load", [".id", path], [[str(record.id), str(value)]])
                self.assertTrue(result["messages"] and not result["ids"])
                self.env.invalidate_all()
                self.assertEqual(self._get_values(record), before)

    def test_nothing_is_written_through_another_record(self):
        for record, name, value in self._walk():
            for parent, lines in self._get_parents(record):
                with self.subTest(model=record._name, field=name, parent=parent._name, lines=lines):
                    values = {lines: [Command.update(record.id, {name: value})]}
                    before = self._get_values(record)
                    with self.assertRaises(UserError):
                        self._rpc(self.admin, parent, "write", values)
                    self.env.invalidate_all()
                    self.assertEqual(self._get_values(record), before)

    def test_what_was_proposed_is_not_deleted(self):
        for records in (self.billing_run.line_ids, self.billing_run.group_ids):
            with self.assertRefused("cannot be deleted", "Deselect"):
                self._rpc(self.admin, records, "unlink")
        for name in ("line_ids", "group_ids", "skipped_line_ids"):
            for command in (Command.clear(), Command.set([]), Command.delete(self.billing_run.line_ids[:1].id)):
                before = self.billing_run.line_ids, self.billing_run.group_ids
                try:
                    self._rpc(self.admin, self.billing_run, "write", {name: [command]})
                except UserError:
                    self.env.invalidate_all()
                self.assertEqual((self.billing_run.line_ids, self.billing_run.group_ids), before)
        self._create_order(self.acme)
        other = self.env["consolidated.billing.run"].create({})
        other.action_prepare()
        for name in ("line_ids", "group_ids"):
            with self.assertRefused("Billing Run", "billing runs alone"):
                self._rpc(self.admin, other, "write", {name: [Command.link(self.billing_run[name][:1].id)]})
        with self.assertRefused("Document", "billing runs alone"):
            lines = [Command.link(self.billing_run.line_ids[:1].id)]
            self._rpc(self.admin, other.group_ids, "write", {"line_ids": lines})
        self._rpc(self.admin, self.billing_run, "unlink")  # with all that belongs to it

    # === HELPERS ===#

    def _get_minimum(self, record):
        """Return what a new record needs, none of it the engine's."""
        return {
            "account.move": {"move_type": "out_invoice", "partner_id": self.acme.id},
            "account.move.line": {"move_id": self._draft().id, "name": "X", "price_unit": 1.0},
            "payment.transaction": {
                "provider_id": self.transaction.provider_id.id,
                "payment_method_id": self.transaction.payment_method_id.id,
                "reference": "T2",
                "amount": 1.0,
                "currency_id": self.transaction.currency_id.id,
                "partner_id": self.acme.id,
            },
            "res.company": {"name": "New Company"},
            "sale.order": {"partner_id": self.acme.id},
        }.get(record._name, {})

    def _draft(self):
        return self.env["account.move"].create({"move_type": "out_invoice", "partner_id": self.acme.id})

    def _get_creatable(self):
        """Return those records of which clients create more."""
        names = ("account.move", "account.move.line", "consolidated.billing.run", "payment.transaction", "sale.order")
        return [self.records[name] for name in (*names, "res.company")]

    def assertNotForged(self, record, name, value, context=None):
        """Assert that a new record does not have a value that only a default says."""
        with self.env.cr.savepoint() as savepoint:
            values = [self._get_minimum(record)]
            created = record.browse(self._rpc(self.admin, record.browse(), "create", values, context=context or {}))
            read = created.sudo().read([name])[0][name]
            savepoint.rollback()
        self.env.invalidate_all()
        self.assertNotEqual(read[0] if isinstance(read, tuple) else str(read) if read else read, value)

    def _get_parents(self, record):
        """Yield the records, with their one2many fields, through which a client could write this one."""
        for model in self.env.registry.values():
            if model._abstract or model._transient:
                continue
            for name, field in model._fields.items():
                if field.type != "one2many" or not field.store or field.comodel_name != record._name:
                    continue
                if field.inverse_name in record._fields and record[field.inverse_name]:
                    yield record[field.inverse_name], name

    def _create_grouped_invoice(self):
        self.billing_run.action_generate()
        self.billing_run._process_groups()
        invoice = self.billing_run.move_ids
        self.assertRecordValues(
            invoice,
            [
                {
                    "is_grouped_invoice": True,
                    "grouping_partner_id": self.account_12345.id,
                    "billing_run_id": self.billing_run.id,
                }
            ],
        )
        return invoice
