from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date

from ..tools.billing_cycle import (
    BillingCycle,
    CycleDaysError,
    cutoff_dates,
    is_cutoff_date,
    parse_cycle_days,
)

PREVIEW_COUNT = 6
LONGEST_INTERVAL = 120


class ConsolidatedBillingProfile(models.Model):
    """The billing cycle of a profile: on which dates its customers are billed (``C1``)."""

    _inherit = "consolidated.billing.profile"

    cycle_interval = fields.Integer(
        string="Every",
        default=1,
        required=True,
        tracking=True,
        help="The number of weeks or months between two billing periods: 1 for each, 3 with months for each quarter.",
    )
    cycle_unit = fields.Selection(
        [("week", "Weeks"), ("month", "Months")],
        required=True,
        default="month",
        tracking=True,
        help="Whether the billing cycle counts weeks or months.",
    )
    cycle_days = fields.Char(
        string="On Days",
        default="31",
        tracking=True,
        help="The days on which a billing period ends, separated by commas. With months: days of the month, where 29 "
        "to 31 mean the last day if the month is shorter, as in 15,31. With weeks: 1 for Monday to 7 for Sunday.",
    )
    cycle_shift = fields.Selection(
        [
            ("none", "Keep the Date"),
            ("previous", "Previous Working Day"),
            ("next", "Next Working Day"),
        ],
        string="If Not a Working Day",
        required=True,
        default="none",
        tracking=True,
        help="Where a cutoff date goes that is no working day by the working hours and public holidays of the company. "
        "A company without working hours works every day.",
    )
    cycle_start = fields.Date(
        tracking=True,
        help="A day in one of the weeks or months in which a billing period ends; the others are counted from it, "
        "forwards and backwards. It matters only for cycles of several weeks or months. Empty: a cycle of several "
        "months ends in December (every 3 months: March, June, September, December); weeks are counted from "
        "Monday, 1 January 2001.",
    )
    cycle_preview = fields.Text(
        string="Next Cutoff Dates",
        compute="_compute_cycle_preview",
        help="The next dates on which customers with this profile are billed.",
    )

    # === COMPUTE METHODS ===#

    @api.depends("cycle_interval", "cycle_unit", "cycle_days", "cycle_shift", "cycle_start", "company_id")
    @api.depends_context("company", "lang", "tz")
    def _compute_cycle_preview(self):
        today = fields.Date.context_today(self)
        for profile in self:
            problem = profile._get_cycle_problem()
            profile.cycle_preview = problem or profile._format_cutoff_dates(today)

    def _format_cutoff_dates(self, today):
        return "\n".join(
            f"{format_date(self.env, day, date_format='EEE')} {format_date(self.env, day)}"
            for day in self._get_cutoff_dates(today, PREVIEW_COUNT)
        )

    # === CONSTRAINT METHODS ===#

    @api.constrains("cycle_interval", "cycle_unit", "cycle_days")
    def _check_cycle(self):
        for profile in self:
            if problem := profile._get_cycle_problem():
                raise ValidationError(problem)

    def _get_cycle_problem(self):
        """Say what is wrong with the billing cycle and what to do; nothing when it is right.

        :rtype: str
        """
        if not 1 <= self.cycle_interval <= LONGEST_INTERVAL:
            return self.env._(
                "A billing cycle of every %(interval)s weeks or months is not possible. Enter a number from 1 to "
                "%(longest)s.",
                interval=self.cycle_interval,
                longest=LONGEST_INTERVAL,
            )
        try:
            parse_cycle_days(self.cycle_days, self.cycle_unit)
        except CycleDaysError as error:
            return self._describe_cycle_days_error(error)
        return ""

    def _describe_cycle_days_error(self, error):
        if error.problem == "empty":
            return self.env._("Enter the days of the billing cycle, such as 15,31 for months or 5 for Fridays.")
        if error.problem == "twice":
            return self.env._(
                "The billing cycle names day %(value)s twice. Enter each day once.",
                value=error.value,
            )
        if error.problem == "invalid":
            return self.env._(
                '"%(value)s" is not a day of a billing cycle. Enter numbers, separated by commas, such as 15,31.',
                value=error.value,
            )
        if self.cycle_unit == "week":
            return self.env._(
                "%(value)s is not a weekday. Enter numbers from 1 for Monday to 7 for Sunday, separated by commas.",
                value=error.value,
            )
        return self.env._(
            "%(value)s is not a day of the month. Enter numbers from 1 to 31, separated by commas; 29 to 31 mean the "
            "last day where the month is shorter.",
            value=error.value,
        )

    # === BUSINESS METHODS ===#

    def _get_cutoff_dates(self, from_date, count):
        """Return the next dates on which customers with this profile are billed, on working days if it says so.

        :param date from_date: the first day that may be returned
        :param int count: how many dates
        :rtype: list[date]
        """
        self.ensure_one()
        return cutoff_dates(self._get_cycle(), from_date, count, self._get_working_day_check())

    def _is_cutoff_date(self, day):
        """Whether customers with this profile are billed on a day (``C1``).

        :param date day: the cutoff date of a billing run
        :rtype: bool
        """
        self.ensure_one()
        return is_cutoff_date(self._get_cycle(), day, self._get_working_day_check())

    def _get_cycle(self):
        """Return the billing cycle as a plain value.

        :rtype: BillingCycle
        """
        return BillingCycle(
            unit=self.cycle_unit,
            interval=self.cycle_interval,
            days=parse_cycle_days(self.cycle_days, self.cycle_unit),
            shift=self.cycle_shift,
            start=self.cycle_start or None,
        )

    def _get_working_day_check(self):
        """Return a function that says whether the company works on a day; the calendar is read year by year."""
        company = self.company_id or self.env.company
        by_year = {}

        def is_working_day(day):
            if day.year not in by_year:
                by_year[day.year] = company._get_days_off(day.year)
            return day not in by_year[day.year]

        return is_working_day
