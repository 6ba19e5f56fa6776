"""What the printing program is given to print, without a database."""

from lxml import html

from odoo.tests import BaseCase, tagged

from odoo.addons.consolidated_billing.tools.printed_pages import get_column_widths, keep_together

HEADS = ("th_description", "th_quantity", "th_extra_of_a_localization", "th_subtotal")


def _row(kind, *texts):
    if kind == "product":
        return "<tr>{}</tr>".format("".join(f"<td>{text}</td>" for text in texts))
    return f'<tr class="o_line_{kind}"><td colspan="3">{texts[0]}</td><td>1.00</td></tr>'


def _render(*rows, rows_of="headings", terms=""):
    heads = "".join(f'<th name="{name}">{name if name == HEADS[0] else ""}</th>' for name in HEADS)
    return f"""<html><body><main><table name="invoice_line_table" data-billing-rows="{rows_of}">
        <thead><tr>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table>
        <div data-billing-kept="1"><div id="right-elements">Total é</div>{terms}</div></main></body></html>"""


@tagged("post_install", "-at_install")
class TestPrintedPages(BaseCase):
    """Headings share a row with the first line after them, and totals are one row."""

    def _get_rows(self, *rows):
        """Return the texts that share a row, for each row of the table."""
        root = html.fromstring(keep_together(_render(*rows)))
        (body,) = root.xpath("//table[@data-billing-rows]/tbody")
        return [[row.find("td").text_content() for row in tr.xpath(".//tr") or [tr]] for tr in body]

    def test_a_heading_shares_a_row_with_the_first_line_after_it(self):
        lines = [_row("product", name, 1, 2, 3) for name in "abc"]
        rows = self._get_rows(_row("section", "S1"), *lines[:2], _row("section", "S2"), lines[2])
        self.assertEqual(rows, [["S1", "a"], ["b"], ["S2", "c"]])

    def test_headings_and_notes_above_a_line_stay_with_it(self):
        line = _row("product", "a", 1, 2, 3)
        rows = self._get_rows(
            _row("section", "S1"), _row("subsection", "S2"), _row("note", "N"), line, _row("note", "M")
        )
        self.assertEqual(rows, [["S1", "S2", "N", "a"], ["M"]])

    def test_a_heading_without_line_stays_with_its_note_alone(self):
        line = _row("product", "a", 1, 2, 3)
        rows = self._get_rows(
            _row("section", "S1"), _row("note", "N"), _row("section", "S2"), line, _row("section", "S3")
        )
        self.assertEqual(rows, [["S1", "N"], ["S2", "a"], ["S3"]])

    def test_columns_within_a_row_are_those_of_the_table(self):
        page = keep_together(_render(_row("section", "S1"), _row("product", "a", 1, 2, 3)))
        root = html.fromstring(page)
        heads = [head.get("style") for head in root.xpath("//th")]
        self.assertEqual([column.get("style") for column in root.xpath("//col")], heads)
        self.assertEqual(len(heads), 4)

    def test_long_numbers_get_the_width_they_need(self):
        short = get_column_widths([("th_description", 40), ("th_quantity", 4), ("th_subtotal", 8)])
        long = get_column_widths([("th_description", 40), ("th_quantity", 4), ("th_subtotal", 20)])
        self.assertGreater(long[2], short[2] * 1.8)
        many = get_column_widths([("th_description", 40), ("th_position", 30), ("x", 90)])
        for widths in (short, long, many):
            self.assertAlmostEqual(sum(widths), 100.0)
            self.assertGreaterEqual(widths[0], 22.0)

    def test_totals_are_one_row_unless_long_terms_follow(self):
        for terms, count in (("", 1), ("long " * 400, 0)):
            root = html.fromstring(keep_together(_render(_row("product", "a", 1, 2, 3), terms=terms)))
            self.assertEqual(len(root.xpath("//tr/td/div/div[@id='right-elements']")), count)

    def test_the_summary_has_no_heads_without_text(self):
        root = html.fromstring(keep_together(_render(_row("section", "S1"), rows_of="lines")))
        self.assertEqual([head.get("colspan") for head in root.xpath("//th")], ["4"])

    def test_what_is_not_a_grouped_invoice_is_printed_as_it_is(self):
        page = _render(_row("section", "S1")).replace("data-billing-rows", "data-rows")
        self.assertIs(keep_together(page), page)

    def test_letters_of_all_languages_survive(self):
        page = _render(_row("section", "Crème brûlée – القهوة"), _row("product", "é", 1, 2, 3))
        for printed in (keep_together(page), keep_together(page.encode()).decode()):
            self.assertIn("Crème brûlée – القهوة", printed)
            self.assertIn("Total é", printed)
