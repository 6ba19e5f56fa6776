from odoo.tests import tagged

from .cbi_common import CbiCommon


@tagged("post_install", "-at_install")
class TestCbiLevels(CbiCommon):
    """One document for each account, or for each of its invoice addresses (``C2``)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.by_location = cls._create_profile("By location", billing_level="location")
        cls.north, cls.south = cls.env["res.partner"].create(
            [{"name": name, "parent_id": cls.acme.id, "type": "invoice"} for name in ("North", "South")]
        )

    def _get_by_partner(self, billings):
        return {billing.partner_id: billing for billing in billings}

    def test_at_account_level_all_addresses_share_a_document(self):
        invoices = self._post(self.north) + self._post(self.south) + self._post()
        billing = self._bill()
        self.assertRecordValues(billing, [{"billing_level": "account", "commercial_partner_id": self.acme.id}])
        self.assertEqual(billing.move_ids, invoices)

    def test_at_location_level_each_invoice_address_has_its_own(self):
        self.acme.billing_profile_id = self.by_location
        north, south = self._post(self.north), self._post(self.south, amount=200.0)
        run = self._create_run()
        for group in run.group_ids:
            self.assertIn("location: ", group.reason)
        run.action_generate()
        run._process_groups()
        billings = self._get_by_partner(run.consolidated_billing_ids)
        self.assertEqual(set(billings), {self.north, self.south})
        self.assertEqual(billings[self.north].move_ids, north)
        self.assertEqual(billings[self.south].move_ids, south)
        self.assertEqual(set(run.consolidated_billing_ids.mapped("billing_level")), {"location"})
        self.assertEqual(run.consolidated_billing_ids.commercial_partner_id, self.acme)

    def test_entries_without_an_address_are_on_the_document_of_the_accounts_own(self):
        self.acme.billing_profile_id = self.by_location
        self._post(self.south)
        fee = self._adjust(5.0)
        billings = self._get_by_partner(self._bill())
        own = self.acme._get_invoice_address()
        self.assertEqual(billings[own].line_ids.filtered(lambda line: line.entry_type == "adjustment").move_id, fee)

    def test_members_entries_are_on_the_document_of_the_grouping_accounts_own_address(self):
        head = self._group_members()
        head.billing_profile_id = self.by_location
        address = self.env["res.partner"].create({"name": "Accounts", "parent_id": head.id, "type": "invoice"})
        invoice = self._post(self.account_12346)
        billing = self._bill(by_grouping_account=True)
        self.assertRecordValues(billing, [{"partner_id": address.id, "commercial_partner_id": head.id}])
        self.assertEqual(billing.move_ids, invoice)

    def test_an_invoice_of_a_member_to_an_address_of_the_grouping_account_goes_there(self):
        head = self._group_members()
        head.billing_profile_id = self.by_location
        addresses = self.env["res.partner"].create(
            [{"name": name, "parent_id": head.id, "type": "invoice"} for name in ("A", "B")]
        )
        self._post(addresses[1])
        self.assertEqual(self._bill(by_grouping_account=True).partner_id, addresses[1])

    def test_each_location_carries_its_own_balance(self):
        self.acme.billing_profile_id = self.by_location
        self._post(self.north, amount=100.0)
        self._post(self.south, amount=200.0)
        self._finalize(self._bill())
        self._post(self.north, amount=10.0, date="2026-04-10")
        self._post(self.south, amount=20.0, date="2026-04-10")
        second = self._get_by_partner(self._bill(cutoff_date="2026-04-30", invoice_date="2026-04-30"))
        self.assertRecordValues(
            second[self.north] + second[self.south],
            [
                {"opening_balance": 115.0, "invoices_amount": 11.5, "closing_balance": 126.5},
                {"opening_balance": 230.0, "invoices_amount": 23.0, "closing_balance": 253.0},
            ],
        )

    def test_the_locations_add_up_to_the_balance_of_the_account(self):
        self.acme.billing_profile_id = self.by_location
        own = self.acme._get_invoice_address()
        invoice = self._post(self.north, amount=100.0)
        self._post(self.south, amount=200.0)
        self._post(own, amount=300.0)
        self._pay(50.0, moves=invoice)
        self._pay(70.0)  # on account
        billings = self._bill()
        self.assertEqual(sum(billings.mapped("closing_balance")), self._get_ledger(self.acme, "2026-03-31"))

    def test_a_change_from_account_to_location_loses_nothing(self):
        self._post(self.north, amount=100.0)
        self._finalize(self._bill())
        self.acme.billing_profile_id = self.by_location
        self._post(self.north, amount=10.0, date="2026-04-10")
        self._post(self.south, amount=20.0, date="2026-04-10")
        billings = self._bill(cutoff_date="2026-04-30", invoice_date="2026-04-30")
        self.assertEqual(sum(billings.mapped("closing_balance")), self._get_ledger(self.acme, "2026-04-30"))
        for billing in billings:
            self.assertEqual(
                billing.closing_balance,
                billing.opening_balance + billing.transfers_amount + billing.invoices_amount + billing.payments_amount,
            )
        by_partner = self._get_by_partner(billings)
        self.assertRecordValues(
            by_partner[self.north], [{"opening_balance": 0.0, "transfers_amount": 115.0, "payments_amount": 0.0}]
        )
        self.assertRecordValues(
            by_partner[self.north].transfer_ids, [{"partner_id": self.acme.id, "reason": "level", "amount": 115.0}]
        )

    def test_a_change_from_location_to_account_loses_nothing(self):
        self.acme.billing_profile_id = self.by_location
        self._post(self.north, amount=100.0)
        self._post(self.south, amount=200.0)
        self._finalize(self._bill())
        self.acme.billing_profile_id = self.profile
        self._post(self.north, amount=10.0, date="2026-04-10")
        billing = self._bill(cutoff_date="2026-04-30", invoice_date="2026-04-30")
        self.assertRecordValues(
            billing,
            [
                {
                    "partner_id": self.acme._get_invoice_address().id,
                    "opening_balance": 0.0,
                    "transfers_amount": 345.0,
                    "invoices_amount": 11.5,
                    "payments_amount": 0.0,
                    "closing_balance": 356.5,
                }
            ],
        )
