"""What the tax authorities of some countries want to know once for each invoice (``I6``)."""

from datetime import date

from lxml import etree

from odoo import Command
from odoo.tests import freeze_time, tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from .common import BesideOtherAppsCommon

ORIGIN = ("l10n_it_origin_document_type", "l10n_it_origin_document_name", "l10n_it_origin_document_date")


@tagged("post_install_l10n", "post_install", "-at_install")
class TestItaly(BesideOtherAppsCommon):
    @classmethod
    @AccountTestInvoicingCommon.setup_country("it")
    def setUpClass(cls):
        super().setUpClass()
        address = {"street": "Via Roma 1", "zip": "20121", "city": "Milano", "country_id": cls.env.ref("base.it").id}
        cls.company.partner_id.write({**address, "vat": "IT01234560157", "phone": "0266766700"})
        cls.company.write({"l10n_it_codice_fiscale": "01234560157", "l10n_it_tax_system": "RF01"})
        cls.account_12345.write({**address, "vat": "IT06655971007", "l10n_it_pa_index": "123456"})

    def _order(self, number, **values):
        values = {f"l10n_it_{name}": value for name, value in values.items()}
        with freeze_time("2026-03-01 08:00:00"):
            return self._create_order(name=f"S{number}", **values)

    @freeze_time("2026-03-10")
    def test_orders_with_one_cig_and_cup_keep_the_order_s_number_in_the_e_invoice(self):
        orders = self._order(1, cig="Z123", cup="C456") + self._order(2, cig="Z123 ", cup="C456")
        invoice = orders._create_invoices()
        self.assertRecordValues(
            invoice,
            [
                {
                    "is_grouped_invoice": True,
                    "l10n_it_cig": "Z123",
                    "l10n_it_cup": "C456",
                    "l10n_it_origin_document_type": "purchase_order",
                    "l10n_it_origin_document_name": "S1",
                    "l10n_it_origin_document_date": date(2026, 3, 1),
                }
            ],
        )
        self.assertFalse(invoice._l10n_it_edi_export_data_check().get("move_missing_origin_document"))
        invoice.action_post()
        document = etree.fromstring(invoice._l10n_it_edi_render_xml()).find(".//DatiOrdineAcquisto")
        self.assertEqual(
            {node.tag: node.text for node in document},
            {"IdDocumento": "S1", "Data": "2026-03-01", "CodiceCUP": "C456", "CodiceCIG": "Z123"},
        )

    @freeze_time("2026-03-10")
    def test_different_cigs_never_share_an_invoice_and_the_reason_says_so(self):
        orders = self._order(1, cig="Z123") + self._order(2, cig="Z124") + self._order(3)
        self.assertEqual(self._explain(orders)[:2], ["CIG: Z123 ≠ Z124", "CIG: Z124 ≠ Z123"])
        self.assertPartition(orders._create_invoices(), *orders)

    @freeze_time("2026-03-10")
    def test_the_collective_invoice_keeps_different_cups_apart(self):
        orders = self._order(1, cup="C1") + self._order(2, cup="C2") + self._order(3, cup="C2")
        wizard = self.env["consolidated.billing.collect"].create(
            {"partner_id": self.account_12345.id, "order_ids": [Command.set(orders.ids)]}
        )
        wizard.action_create_invoice()
        self.assertPartition(orders.invoice_ids, orders[0], orders[1:])

    @freeze_time("2026-03-10")
    def test_orders_of_one_contract_share_an_invoice_and_those_of_another_do_not(self):
        contract = {"origin_document_type": "contract", "cig": "Z123", "origin_document_date": "2026-01-15"}
        one, other = ({**contract, "origin_document_name": name} for name in ("K1", "K2"))
        orders = self._order(1, **one) + self._order(2, **one) + self._order(3, **other)
        invoices = orders._create_invoices()
        self.assertPartition(invoices, orders[:2], orders[2])
        self.assertEqual(invoices[0].mapped(lambda move: [move[name] for name in ORIGIN])[0][:2], ["contract", "K1"])

    @freeze_time("2026-03-10")
    def test_orders_without_any_of_it_share_an_invoice_as_before(self):
        orders = self._order(1) + self._order(2)
        invoice = orders._create_invoices()
        self.assertPartition(invoice, orders)
        self.assertRecordValues(invoice, [dict.fromkeys(ORIGIN, False)])


@tagged("post_install_l10n", "post_install", "-at_install")
class TestIndia(BesideOtherAppsCommon):
    @classmethod
    @AccountTestInvoicingCommon.setup_country("in")
    def setUpClass(cls):
        super().setUpClass()
        cls.states = cls.env.ref("base.state_in_gj") + cls.env.ref("base.state_in_mh") + cls.env.ref("base.state_in_hp")
        country = cls.env.ref("base.in")
        cls.company.write({"state_id": cls.states[0].id, "country_id": country.id, "vat": "24AAGCC7144L6ZE"})
        cls.account_12345.write({"state_id": cls.states[0].id, "country_id": country.id})
        cls.sites = cls.env["res.partner"].create(
            [
                {
                    "name": f"Site {state.code}",
                    "type": "delivery",
                    "parent_id": cls.account_12345.id,
                    "state_id": state.id,
                    "country_id": country.id,
                }
                for state in (cls.states[1], cls.states[1], cls.states[2])
            ]
        )

    def _orders(self, *sites, **values):
        orders = [
            self._create_order(self.account_12345, name=f"S{n}", partner_shipping_id=site.id, **values)
            for n, site in enumerate(sites, start=1)
        ]
        return self.env["sale.order"].concat(*orders)

    def test_another_place_of_supply_takes_another_invoice(self):
        orders = self._orders(*self.sites)
        position = self.env["account.fiscal.position"].create({"name": "Inter state"})
        orders.fiscal_position_id = position
        self.assertEqual(
            self._explain(orders)[1], f"Place of supply: {self.states[2].display_name} ≠ {self.states[1].display_name}"
        )
        invoices = orders._create_invoices()
        self.assertPartition(invoices, orders[:2], orders[2])
        self.assertEqual(invoices.mapped("l10n_in_state_id"), self.states[1:])

    def test_another_reseller_takes_another_invoice(self):
        resellers = self.env["res.partner"].create([{"name": "Market A"}, {"name": "Market B"}])
        orders = self._orders(self.sites[0], l10n_in_reseller_partner_id=resellers[0].id)
        orders += self._orders(self.sites[0], l10n_in_reseller_partner_id=resellers[1].id)
        orders += self._orders(self.sites[0], l10n_in_reseller_partner_id=resellers[0].id)
        orders[1].name, orders[2].name = "S2", "S3"
        invoices = orders._create_invoices()
        self.assertPartition(invoices, orders[0] + orders[2], orders[1])
        self.assertEqual(invoices.l10n_in_reseller_partner_id, resellers)


@tagged("post_install_l10n", "post_install", "-at_install")
class TestEcuador(BesideOtherAppsCommon):
    @classmethod
    @AccountTestInvoicingCommon.setup_country("ec")
    def setUpClass(cls):
        super().setUpClass()

    def test_another_payment_method_of_the_authority_takes_another_invoice(self):
        methods = self.env["l10n_ec.sri.payment"].search([], limit=2)
        orders = [self._create_order(name=f"S{n}", l10n_ec_sri_payment_id=methods[n % 2].id) for n in range(3)]
        orders = self.env["sale.order"].concat(*orders)
        invoices = orders._create_invoices()
        self.assertPartition(invoices, orders[0] + orders[2], orders[1])
        self.assertEqual(invoices.l10n_ec_sri_payment_id, methods)
