import io

from lxml import html
from openpyxl import load_workbook

from odoo.tests import HttpCase, freeze_time, tagged

from .cbi_common import CbiRunCommon
from .credit_common import CreditCommon


@tagged("post_install", "-at_install")
class TestBillingRunNotBilled(CreditCommon, HttpCase):
    """Screen, invoice list and spreadsheet say the same of what is not billed, and add up (``R1``, ``R7``)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with freeze_time("2026-03-10"):
            partners = [cls._create_account(name) for name in ("Whole", "Off", "Part", "Line")]
            cls.whole, cls.off, cls.part, cls.line = (
                cls._create_order(partner, lines=[{"product_uom_qty": 4.0}, {}]) for partner in partners
            )
            cls.later = cls._create_order(cls.acme, next_bill_date="2026-12-01")
            cls.credited = cls._create_order(cls._create_account("Credited"))
            cls.note = cls._credit(cls._bill(cls.credited))
            cls.billing_run = cls._create_run(cutoff_date="2026-03-31", invoice_date="2026-03-31")
        groups = {group.order_ids: group for group in cls.billing_run.group_ids}
        groups[cls.off].selected = False
        groups[cls.part].line_ids[0].quantity = 1.0
        groups[cls.line].line_ids[1].selected = False

    def _assert_not_billed(self):
        rows = {(line.order_id, line.order_line_id): line for line in self.billing_run.skipped_line_ids}
        expected = {
            (self.off, self.off.order_line[0]): (4.0, 400.0, "the document is switched off"),
            (self.off, self.off.order_line[1]): (1.0, 100.0, "the document is switched off"),
            (self.part, self.part.order_line[0]): (3.0, 300.0, "1.0 of 4.0 are billed"),
            (self.line, self.line.order_line[1]): (1.0, 100.0, "switched off"),
            (self.later, self.later.order_line): (1.0, 100.0, "bill date 2026-12-01"),
            (self.credited, self.credited.order_line): (1.0, 100.0, f"credited by {self.note.name}"),
        }
        self.assertEqual(
            {key: (line.quantity_left, line.amount_left, line.left_reason) for key, line in rows.items()}, expected
        )
        self.assertEqual(sum(line.amount_left for line in rows.values()), self.billing_run.amount_not_proposed)

    def test_what_is_not_billed_is_all_that_was_switched_off_or_lowered(self):
        self._assert_not_billed()
        self.assertRecordValues(
            self.billing_run, [{"amount_proposed": 1100.0, "amount_not_proposed": 1100.0, "amount_unbilled": 2200.0}]
        )

    def test_it_stays_so_when_the_run_is_done(self):
        with freeze_time("2026-03-12"):
            self._generate(self.billing_run)
        self._assert_not_billed()
        self.assertEqual(sum(self.billing_run.move_ids.mapped("amount_untaxed")), self.billing_run.amount_proposed)
        self.billing_run.action_reverse()
        self._assert_not_billed()

    def _get_table(self, page, name):
        return [
            [" ".join(cell.text_content().split()) for cell in row.iter("td")]
            for row in page.xpath(f"//table[@name='{name}']/tbody/tr")
        ]

    def test_the_printed_list_proposes_nothing_that_is_switched_off(self):
        report = self.env.ref("consolidated_billing.action_report_billing_run").with_user(self.accountant)
        content = report._render_qweb_html(report.report_name, self.billing_run.ids)[0].decode()
        page = html.fromstring(content)
        documents, skipped = (self._get_table(page, name) for name in ("groups", "skipped"))
        self.assertEqual({row[1] for row in documents}, {self.line.name, self.part.name, self.whole.name})
        self.assertEqual(
            {row[0] for row in skipped},
            {order.name for order in (self.off, self.part, self.line, self.later, self.credited)},
        )
        amounts = [float(row[-1].replace(",", "").strip("$\xa0 ")) for row in skipped]
        self.assertEqual(sum(amounts), self.billing_run.amount_not_proposed)

    def test_the_spreadsheet_adds_up_to_the_totals_of_the_run(self):
        self.authenticate(self.accountant.login, self.accountant.login)
        response = self.url_open(self.billing_run.action_export()["url"])
        sheets = load_workbook(io.BytesIO(response.content)).worksheets
        sums = []
        for sheet, title in zip(sheets, ("Tax Excluded", "Open Amount"), strict=True):
            column = [cell.value for cell in sheet[1]].index(title)
            sums.append(sum(row[column].value for row in sheet.iter_rows(min_row=2)))
        self.assertEqual(sums, [self.billing_run.amount_proposed, self.billing_run.amount_not_proposed])


@tagged("post_install", "-at_install")
class TestConsolidationRunNotBilled(CbiRunCommon):
    def test_entries_that_are_switched_off_are_not_billed(self):
        run = self._create_run()
        line = self._get_line(run, self.first)
        line.selected = False
        self.assertEqual(run.skipped_line_ids, line)
        self.assertRecordValues(line, [{"amount_left": line.amount_open, "left_reason": "switched off"}])
        self._get_group(run, self.beta).selected = False
        self.assertEqual(run.skipped_line_ids.move_id, self.first + self.other)
        self.assertEqual(sum(run.skipped_line_ids.mapped("amount_left")), run.amount_not_proposed)

    def test_a_bill_of_which_an_entry_was_credited_in_full_is_not_paid_and_can_be_reversed(self):
        run = self._create_run(generate=True)
        self._finalize(run.consolidated_billing_ids)
        self.first._reverse_moves([{"invoice_date": self.first.invoice_date}], cancel=True)
        self.assertEqual(self.first.payment_state, "reversed")
        run.with_user(self.manager).action_reverse()
        self.assertEqual(set(run.consolidated_billing_ids.mapped("state")), {"cancelled"})

    def test_a_bill_that_is_paid_in_part_is_refused_also_when_an_entry_was_credited(self):
        run = self._create_run(generate=True)
        self._finalize(run.consolidated_billing_ids)
        self.first._reverse_moves([{"invoice_date": self.first.invoice_date}], cancel=True)
        self._pay(10.0, moves=self.second)
        with self.assertRefused("paid"):
            run.with_user(self.manager).action_reverse()
