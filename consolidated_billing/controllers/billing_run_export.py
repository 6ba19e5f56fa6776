import io

import xlsxwriter

from odoo import http
from odoo.http import content_disposition, request

# A name that begins with "=" or looks like an address is a name: only numbers are more than text.
TEXT_STAYS_TEXT = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class BillingRunExport(http.Controller):
    @http.route(
        "/consolidated_billing/run/<model('consolidated.billing.run'):run>/xlsx",
        type="http",
        auth="user",
        readonly=True,
    )
    def export_run(self, run):
        """Return the invoice list of a run as a spreadsheet; access rights are those of the user."""
        run.check_access("read")
        filename = f"{(run.name or 'run').replace('/', '-')}.xlsx"
        return request.make_response(
            self._build(run),
            headers=[
                ("Content-Type", XLSX),
                ("Content-Disposition", content_disposition(filename)),
            ],
        )

    def _build(self, run):
        """Write what the run proposes and what it does not, line by line, on two sheets."""
        stream = io.BytesIO()
        workbook = xlsxwriter.Workbook(stream, TEXT_STAYS_TEXT)
        bold = workbook.add_format({"bold": True})
        for title, header, rows in run._get_export_sheets():
            sheet = workbook.add_worksheet(title[:31])
            sheet.write_row(0, 0, header, bold)
            for number, row in enumerate(rows, start=1):
                sheet.write_row(number, 0, row)
            sheet.freeze_panes(1, 0)
            sheet.autofilter(0, 0, max(len(rows), 1), len(header) - 1)
            for column, cells in enumerate(zip(header, *rows, strict=True)):
                sheet.set_column(column, column, min(60, max(len(str(cell)) for cell in cells) + 2))
        workbook.close()
        return stream.getvalue()
