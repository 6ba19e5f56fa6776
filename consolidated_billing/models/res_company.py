from datetime import datetime

import pytz

from odoo import api, fields, models

INVOICE_GROUPING = [
    ("separate", "Separate Invoice"),
    ("combine", "Combine Orders to Single Invoice"),
    ("job_code", "Group Invoice by Job Code"),
]


class ResCompany(models.Model):
    _inherit = "res.company"

    invoice_grouping = fields.Selection(
        selection=INVOICE_GROUPING,
        string="Default Invoice Grouping",
        default="combine",
        required=True,
        help="How new orders are merged to invoices when neither the customer nor its grouping account says otherwise.",
    )
    invoice_order_sections = fields.Boolean(
        string="Section per Order",
        default=True,
        help="On an invoice that merges several orders, put a heading above the lines of each order, with its "
        "number, date, customer, references and delivery address.",
    )
    show_billing_number = fields.Boolean(
        default=True,
        help="Show the number of the consolidated billing invoice wherever the entries that it bills appear.",
    )

    billing_run_generate = fields.Boolean(
        string="Generate Scheduled Billing Runs",
        help="Generate the documents of billing runs that are prepared on schedule at once. Otherwise they wait for "
        "somebody to check them.",
    )

    @api.model
    def _get_invoice_grouping_labels(self):
        """Return the translated labels of the invoice groupings by value.

        :rtype: dict[str, str]
        """
        return dict(self._fields["invoice_grouping"]._description_selection(self.env))

    def _get_days_off(self, year):
        """Return the days of a year on which this company does not work, by its working hours and public holidays.

        :param int year: the year; in one that no calendar can hold, there are no days off
        :return: none for a company without working hours
        :rtype: set[date]
        """
        self.ensure_one()
        calendar = self.resource_calendar_id
        if not calendar or not datetime.min.year < year < datetime.max.year:
            return set()
        timezone = pytz.timezone(calendar.tz)
        begin, end = (timezone.localize(datetime(number, 1, 1)) for number in (year, year + 1))
        unusual = calendar._get_unusual_days(begin, end, self)
        return {
            day for day in map(fields.Date.to_date, unusual) if day.year == year and unusual[fields.Date.to_string(day)]
        }
