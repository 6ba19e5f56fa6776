import io
from zipfile import ZipFile

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from ..controllers.billing_run_export import BillingRunExport
from .cbi_common import CbiCommon

FAR_DAYS = ("9999-12-31", "9999-12-30", "0001-01-01", "3500-06-30")
NO_NUMBERS = (float("inf"), float("-inf"), float("nan"), 1e308, -1e308)


@tagged("post_install", "-at_install")
class TestClientGuards(CbiCommon):
    """Whatever a client sends is answered with a sentence, and steers nothing that is the engine's (``R10``)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = cls._create_user(
            "biller",
            "account.group_account_invoice",
            "sales_team.group_sale_salesman_all_leads",
            company_id=cls.company.id,
        )
        cls.user.tz = "Asia/Tokyo"
        cls.order = cls._create_order(cls.acme, lines=2)

    def _create_order_run(self, prepare=True, **values):
        run_id = self._rpc(self.user, self.env["consolidated.billing.run"], "create", [values])[0]
        run = self.env["consolidated.billing.run"].with_user(self.user).browse(run_id)
        if prepare:
            self._rpc(self.user, run, "action_prepare")
        return run

    # === FAR DATES ===#

    def test_a_far_end_of_the_order_dates_is_no_end(self):
        for day in FAR_DAYS:
            for name in ("order_date_from", "order_date_to"):
                with self.subTest(day=day, name=name):
                    run = self._create_order_run(**{name: day})
                    is_within = (day > "2026") == (name == "order_date_to")
                    self.assertEqual(run.group_ids.order_ids, self.order if is_within else self.order.browse())
                    self._rpc(self.user, run, "action_cancel")

    def test_a_far_date_of_invoice_or_cutoff_is_refused(self):
        for day in FAR_DAYS:
            for name in ("invoice_date", "cutoff_date"):
                for kind in ("invoice", "consolidate"):
                    with self.subTest(day=day, name=name, kind=kind):
                        with self.assertRefused("too far away", "Enter a date between"):
                            self._create_order_run(kind=kind, prepare=False, **{name: day})
        run = self._create_order_run()
        with self.assertRefused("too far away"):
            self._rpc(self.user, run, "write", {"invoice_date": "9999-12-31"})

    def test_an_order_that_shall_never_be_billed_can_have_a_far_bill_date(self):
        for day in FAR_DAYS:
            with self.subTest(day=day):
                with Form(self.order) as form:
                    form.next_bill_date = day
                run = self._create_order_run()
                self.assertEqual(bool(run.group_ids), day < "2000")
                if day > "2000":
                    self.assertIn(day, run.skipped_line_ids[0].skip_reason)
                self._rpc(self.user, run, "action_cancel")

    def test_the_collective_invoice_takes_a_far_end_as_no_end(self):
        for day in FAR_DAYS:
            for name in ("date_from", "date_to"):
                with self.subTest(day=day, name=name):
                    form = Form(self.env["consolidated.billing.collect"].with_user(self.user))
                    form.partner_id = self.acme
                    setattr(form, name, day)
                    wizard = form.save()
                    is_within = (day > "2026") == (name == "date_to")
                    self.assertEqual(wizard.order_ids, self.order if is_within else self.order.browse())

    def test_a_cycle_can_be_counted_from_any_day(self):
        for day in FAR_DAYS:
            for unit, days in (("month", "15,31"), ("week", "5")):
                with self.subTest(day=day, unit=unit):
                    self.profile.write(
                        {"cycle_start": day, "cycle_unit": unit, "cycle_days": days, "cycle_interval": 7}
                    )
                    self.assertEqual(len(self.profile.cycle_preview.splitlines()), 6)

    def test_terms_that_lead_beyond_the_calendar_are_named(self):
        self.order.payment_term_id = self._create_term("Eternal", 9_000_000)
        with self.assertRefused("Eternal", "date that does not exist"):
            self._create_order_run()
        discount = self._create_discount_term("Discount for Ever", 30, percentage=2.0, days=9_000_000)
        self.order.payment_term_id = discount
        with self.assertRefused("Discount for Ever", "date that does not exist"):
            self._create_order_run()

    # === NUMBERS THAT ARE NONE ===#

    def test_no_quantity_of_a_run_is_infinite(self):
        line = self._create_order_run().line_ids[0]
        for value in NO_NUMBERS:
            with self.subTest(value=value), self.assertRefused("Quantity", "can be billed"):
                self._rpc(self.user, line, "write", {"quantity": value})
            with self.subTest(value=value), self.assertRefused("Quantity"):
                self._rpc(self.user, line.run_id, "write", {"line_ids": [Command.update(line.id, {"quantity": value})]})
        self.assertEqual(line.quantity, 1.0)

    def test_no_share_and_no_quantity_of_a_collective_invoice_is_infinite(self):
        Collect = self.env["consolidated.billing.collect"]
        wizard = Collect.with_user(self.user).create({"partner_id": self.acme.id, "company_id": self.company.id})
        for value in NO_NUMBERS:
            for method, args in (
                ("create", [[{"partner_id": self.acme.id, "share": value}]]),
                ("onchange", [{"share": value}, ["share"], {"share": {}, "line_ids": {}}]),
            ):
                with self.subTest(value=value, method=method), self.assertRefused("Share"):
                    self._rpc(self.user, Collect, method, *args)
            with self.subTest(value=value), self.assertRefused("Share"):
                self._rpc(self.user, wizard, "write", {"share": value})
            with self.subTest(value=value), self.assertRefused("Quantity"):
                self._rpc(self.user, wizard.line_ids[0], "write", {"quantity": value})
            with self.subTest(value=value), self.assertRefused("Quantity"):
                self._rpc(
                    self.user,
                    wizard,
                    "write",
                    {"line_ids": [Command.update(wizard.line_ids[0].id, {"quantity": value})]},
                )

    def test_no_minimum_and_no_interval_is_infinite(self):
        for value in NO_NUMBERS:
            for name in ("minimum_amount", "cycle_interval", "sequence"):
                with self.subTest(value=value, name=name), self.assertRefused("is not a number that can be billed"):
                    self._rpc(self.manager, self.profile, "write", {name: value})
        with self.assertRefused("is not a number that can be billed"):
            self._rpc(self.manager, self.profile, "write", {"cycle_interval": 10**12})

    # === THE CONTEXT ===#

    def test_no_context_of_a_client_steers_the_engine(self):
        other = self._create_order(self.acme, invoice_grouping="separate")
        orders = self.order + other
        plain = (True, 1, "2020-01-01", {}, {"quantities": {}, "keys": {}, "header": {}}, [[1]])
        for value in plain:
            context = {
                name: value
                for name in (
                    "billing_affixes",
                    "billing_completion",
                    "billing_cutoff_date",
                    "billing_engine",
                    "billing_fast_creation",
                    "billing_full_key",
                    "billing_invoice_date",
                    "billing_merge",
                    "billing_selection",
                    "billing_separate_credits",
                    "consolidated_billing_settlement",
                    "merge_key_cache",
                )
            }
            with self.subTest(value=value), self.env.cr.savepoint() as savepoint:
                values = [{"sale_order_ids": [Command.set(orders.ids)], "advance_payment_method": "delivered"}]
                Wizard = self.env["sale.advance.payment.inv"]
                wizard = Wizard.browse(self._rpc(self.user, Wizard, "create", values, context=context))
                self._rpc(self.user, wizard, "create_invoices", context=context)
                self.assertEqual(orders.invoice_ids.mapped("amount_untaxed"), [200.0, 100.0])
                self.assertFalse(any(move.invoice_date for move in orders.invoice_ids))
                savepoint.rollback()
            self.env.invalidate_all()
            with self.subTest(value=value), self.env.cr.savepoint() as savepoint:
                run = self._create_order_run()
                self._rpc(self.user, run, "action_prepare", context=context)
                self.assertEqual(len(run.group_ids), 2)
                savepoint.rollback()
            self.env.invalidate_all()

    # === CORE'S FIELDS THAT DECIDE ===#

    def test_what_decides_about_a_billed_item_is_not_written(self):
        invoice = self._post()
        self._bill()
        item = invoice.line_ids.filtered("consolidated_billing_line_id")
        for record, values in (
            (item, {"parent_state": "draft"}),
            (item, {"parent_state": "cancel"}),
            (item, {"amount_residual": 0.0}),
            (item, {"amount_residual_currency": 0.0}),
            (item, {"reconciled": True}),
            (item, {"move_name": "INV/FORGED"}),
            (item, {"company_id": self.setup_other_company()["company"].id}),
            (invoice, {"move_type": "out_refund"}),
            (invoice, {"move_type": "entry"}),
            (invoice, {"amount_residual": 0.0}),
            (invoice, {"amount_total": 1.0}),
            (invoice, {"payment_state": "paid"}),
        ):
            with self.subTest(values=values):
                before = record.read(list(values))
                with self.assertRaises(UserError):
                    self._rpc(self.manager, record, "write", values)
                record.invalidate_recordset()
                self.assertEqual(record.read(list(values)), before)

    def test_no_item_is_added_to_a_billed_entry_by_a_default(self):
        invoice = self._post()
        billing = self._bill()
        item = invoice.line_ids.filtered("consolidated_billing_line_id")
        values = [{"account_id": item.account_id.id, "debit": 0.0, "credit": 0.0}]
        context = {
            "default_move_id": invoice.id,
            "default_consolidated_billing_line_id": item.consolidated_billing_line_id.id,
        }
        with self.assertRefused(billing.name):
            self._rpc(self.manager, self.env["account.move.line"], "create", values, context=context)
        self.assertEqual(len(invoice.line_ids.filtered("consolidated_billing_line_id")), 1)

    def test_a_forged_default_puts_no_entry_on_a_document(self):
        invoice = self._post()
        billing = self._finalize(self._bill())
        residual = billing.amount_residual
        line = billing.line_ids[0]
        values = {
            "move_type": "entry",
            "date": "2026-03-31",
            "journal_id": self.company_data["default_journal_misc"].id,
            "line_ids": [
                Command.create({"account_id": account.id, "debit": debit, "credit": 50.0 - debit})
                for account, debit in (
                    (self.company_data["default_account_receivable"], 50.0),
                    (self.company_data["default_account_revenue"], 0.0),
                )
            ],
        }
        context = {"default_consolidated_billing_line_id": line.id, "default_consolidated_billing_id": billing.id}
        move_id = self._rpc(self.manager, self.env["account.move"], "create", [values], context=context)
        move = self.env["account.move"].browse(move_id)
        self._rpc(self.manager, move, "action_post", context=context)
        self.assertFalse(move.line_ids.consolidated_billing_line_id)
        self.assertFalse(move.consolidated_billing_id)
        self.assertEqual(billing.amount_residual, residual)
        self.assertEqual(billing.move_ids, invoice)

    # === THE DRAFT OF SOMEBODY ELSE ===#

    def test_post_all_posts_what_the_run_created_and_nothing_else(self):
        run = self._create_order_run()
        draft = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.acme.id,
                "invoice_line_ids": [Command.create({"name": "X", "price_unit": 1.0})],
            }
        )
        with self.assertRefused("Billing Run", "billing runs alone"):
            self._rpc(self.user, draft, "write", {"billing_run_id": run.id})
        self._rpc(self.user, run, "action_generate")
        run._process_groups()
        self._rpc(self.user, run, "action_post", context={"default_billing_run_id": run.id})
        self.assertEqual(draft.state, "draft")
        self.assertEqual(run.move_ids.mapped("state"), ["posted"])

    # === DELETED AFTER IT WAS PROPOSED ===#

    def test_a_deleted_order_line_is_listed_with_that_reason(self):
        run = self._create_order_run()
        line = self.order.order_line[0]
        name = line.display_name
        self.order._action_cancel()
        self.order.action_draft()
        line.unlink()
        self.order.action_confirm()
        kept = run.line_ids.filtered("skip_reason")
        self.assertRecordValues(kept, [{"skip_reason": f"{name} was deleted", "is_claim": False}])
        self._rpc(self.user, run, "action_generate")
        run._process_groups()
        self.assertEqual(run.move_ids.amount_untaxed, 100.0)

    def test_a_deleted_order_is_listed_with_that_reason(self):
        run = self._create_order_run()
        self.order._action_cancel()
        self.order.unlink()
        self.assertEqual(len(run.group_ids.line_ids), 2)
        for line in run.group_ids.line_ids:
            self.assertIn("was deleted", line.skip_reason)
        self._rpc(self.user, run, "action_generate")
        run._process_groups()
        self.assertEqual(run.group_ids.state, "skipped")
        self.assertEqual(run.state, "done")
        self.assertTrue(run._get_export_sheets())

    def test_a_deleted_entry_is_listed_with_that_reason(self):
        invoice = self._post()
        run = self._create_run(generate=False)
        invoice.button_draft()
        name = invoice.name
        invoice.with_context(force_delete=True).unlink()
        self.assertIn(f"{name}", run.line_ids.skip_reason)
        self.assertIn("was deleted", run.line_ids.skip_reason)
        self.assertTrue(run._get_export_sheets())

    # === SEQUENCES ===#

    def test_a_billing_sequence_cannot_be_set_so_that_numbers_fail_or_repeat(self):
        admin = self._create_user("sequencer", "base.group_system", company_id=self.company.id)
        sequence = self.company.consolidated_billing_sequence_id
        other = self.setup_other_company()["company"]
        for values in (
            {"padding": 500},
            {"padding": -1},
            {"padding": "x"},
            {"number_increment": -1},
            {"number_increment": 0},
            {"number_increment": 10**6},
            {"number_next": 0},
            {"number_next": -5},
            {"number_next": 10**12},
            {"number_next_actual": -5},
            {"use_date_range": True},
            {"implementation": "no_gap"},
            {"company_id": other.id},
            {"company_id": False},
            {"code": "sale.order"},
            {"active": False},
        ):
            before = sequence.read()
            with self.subTest(values=values), self.assertRaises(UserError):
                self._rpc(admin, sequence, "write", values)
            sequence.invalidate_recordset()
            self.assertEqual(sequence.read(), before)
        with self.assertRefused("cannot be deleted"):
            self._rpc(admin, sequence, "unlink")
        with self.assertRefused("drawn by billing runs alone"):
            self._rpc(admin, sequence, "next_by_id")
        with self.assertRefused("drawn by billing runs alone"):
            self._rpc(admin, sequence.browse(), "next_by_code", sequence.code)
        self._rpc(admin, sequence, "write", {"padding": 7, "prefix": "SB/", "number_next": 70, "number_increment": 2})
        self._post()
        self.assertEqual(self._bill().name, "SB/0000070")
        ordinary = self.env["ir.sequence"].create({"name": "Other"})
        self._rpc(admin, ordinary, "write", {"padding": 0, "active": False, "code": "other"})

    def test_a_sequence_that_stayed_is_taken_again(self):
        self._post()
        first = self._bill()
        company, sequence = self.company, self.company.consolidated_billing_sequence_id
        company._write_as_engine({"consolidated_billing_sequence_id": False, "billing_number_floor": 1})
        company._create_missing_billing_sequences()
        self.assertEqual(company.consolidated_billing_sequence_id, sequence)
        self.assertEqual(company.billing_number_floor, first.sequence_number + 1)
        self._post(date="2026-03-20")
        self.assertEqual(self._bill().sequence_number, first.sequence_number + 1)

    # === THE SPREADSHEET ===#

    def test_names_in_the_spreadsheet_are_text_and_amounts_are_numbers(self):
        names = ("=HYPERLINK(A1)", "+1+2", "-3", "@SUM(1)", "http://example.com", "12")
        for name in names:
            self._create_order(self._create_account(name, ref=name))
        content = BillingRunExport()._build(self._create_order_run())
        with ZipFile(io.BytesIO(content)) as archive:
            sheet = archive.read("xl/worksheets/sheet1.xml").decode()
            strings = archive.read("xl/sharedStrings.xml").decode()
        self.assertNotIn("<f>", sheet)
        self.assertNotIn("hyperlink", sheet.lower())
        for name in names:
            self.assertIn(f">{name}<", strings)
        self.assertIn("<v>100</v>", sheet)

    # === TWO RUNS AT ONCE ===#

    def test_documents_of_two_runs_are_reversed_together(self):
        runs = self.env["consolidated.billing.run"]
        for order in (self.order, self._create_order(self._create_account("Second"))):
            run = self._create_order_run(partner_ids=[Command.set(order.partner_id.ids)])
            run.action_generate()
            run._process_groups()
            runs |= run
        self._rpc(self.user, runs.group_ids, "action_reverse")
        self.assertEqual(runs.group_ids.mapped("is_reversed"), [True, True])
        self.assertFalse(runs.move_ids)
