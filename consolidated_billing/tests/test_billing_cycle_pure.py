"""When billing periods end, compared day by day with a calendar (``C1``)."""

from calendar import monthrange
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.consolidated_billing.tools.billing_cycle import (
    BillingCycle,
    CycleDaysError,
    cutoff_dates,
    is_cutoff_date,
    parse_cycle_days,
)

from . import test_merge_key_pure  # noqa: F401 its settings of hypothesis

DECEMBER = date(1999, 12, 1)
MONDAY = date(2001, 1, 1)

dates = st.dates(date(1990, 1, 1), date(2060, 12, 31))


def build(unit, last_day):
    return st.builds(
        BillingCycle,
        unit=st.just(unit),
        interval=st.integers(1, 5),
        days=st.sets(st.integers(1, last_day), min_size=1, max_size=4).map(lambda days: tuple(sorted(days))),
        shift=st.sampled_from(["none", "previous", "next"]),
        start=st.none() | dates,
    )


cycles = build("month", 31) | build("week", 7)
calendars = st.tuples(
    st.sets(st.integers(0, 6), max_size=6),  # weekdays off
    st.sets(st.integers(0, 20), max_size=12),  # holidays, in days of the 21 that repeat
).map(lambda off: lambda day: day.weekday() not in off[0] and day.toordinal() % 21 not in off[1])


def is_period_end(cycle, day):
    """Whether a period ends on a day, before it is shifted: one day at a time, without rules."""
    if cycle.unit == "week":
        anchor = cycle.start or MONDAY
        weeks = (day.toordinal() - 1) // 7 - (anchor.toordinal() - 1) // 7
        return weeks % cycle.interval == 0 and day.isoweekday() in cycle.days
    anchor = cycle.start or DECEMBER
    months = (day.year * 12 + day.month) - (anchor.year * 12 + anchor.month)
    length = monthrange(day.year, day.month)[1]
    return months % cycle.interval == 0 and day.day in {min(number, length) for number in cycle.days}


def shift(cycle, day, works):
    step = {"none": 0, "next": 1, "previous": -1}[cycle.shift]
    shifted = day
    for _number in range(60):
        if not step or works(shifted):
            return shifted
        shifted += timedelta(step)
    return shifted if works(shifted) else day


@tagged("post_install", "-at_install")
class TestCutoffDates(BaseCase):
    @given(cycles, dates, calendars)
    def test_they_are_those_of_a_calendar_read_day_by_day(self, cycle, start, works):
        expected = sorted(
            {
                shift(cycle, day, works)
                for day in (start + timedelta(number) for number in range(-61, 400))
                if is_period_end(cycle, day)
            }
        )
        found = cutoff_dates(cycle, start, 6, works)
        self.assertEqual(len(found), 6)
        last = start + timedelta(330)
        self.assertEqual([day for day in found if day < last], [d for d in expected if start <= d < last][:6])

    @given(cycles, dates, calendars)
    def test_they_ascend_and_are_never_before_the_start(self, cycle, start, works):
        found = cutoff_dates(cycle, start, 8, works)
        self.assertEqual(found, sorted(set(found)))
        self.assertGreaterEqual(found[0], start)

    @given(cycles, dates, calendars)
    def test_each_of_them_is_a_cutoff_date_and_no_day_between_is(self, cycle, start, works):
        days = [start + timedelta(number) for number in range(100)]
        found = cutoff_dates(cycle, start, 100, works)
        self.assertEqual(
            [day for day in days if is_cutoff_date(cycle, day, works)], [day for day in found if day <= days[-1]]
        )

    @given(cycles, dates, st.integers(0, 5), calendars)
    def test_going_on_from_the_last_one_continues_the_list(self, cycle, start, count, works):
        found = cutoff_dates(cycle, start, count + 3, works)
        rest = cutoff_dates(cycle, found[count], 3, works)
        self.assertEqual(rest, found[count:])

    @given(cycles.filter(lambda cycle: cycle.shift != "none"), dates)
    def test_shifted_dates_are_working_days(self, cycle, start):
        works = lambda day: day.weekday() < 5  # noqa: E731
        self.assertTrue(all(map(works, cutoff_dates(cycle, start, 6, works))))

    @given(cycles, dates)
    def test_a_company_that_never_works_keeps_the_dates(self, cycle, start):
        plain = BillingCycle(cycle.unit, cycle.interval, cycle.days, "none", cycle.start)
        self.assertEqual(cutoff_dates(cycle, start, 5, lambda day: False), cutoff_dates(plain, start, 5))

    @given(cycles, dates, dates)
    def test_a_start_makes_no_difference_for_cycles_of_one(self, cycle, start, anchor):
        one = BillingCycle(cycle.unit, 1, cycle.days, cycle.shift, None)
        other = BillingCycle(cycle.unit, 1, cycle.days, cycle.shift, anchor)
        self.assertEqual(cutoff_dates(one, start, 5), cutoff_dates(other, start, 5))

    @given(cycles, dates)
    def test_no_dates_are_asked_for(self, cycle, start):
        self.assertEqual(cutoff_dates(cycle, start, 0), [])

    def _get(self, first, count, unit, interval, text, **values):
        works = values.pop("works", lambda day: day.weekday() < 5)
        cycle = BillingCycle(unit, interval, parse_cycle_days(text, unit), **values)
        return [str(day) for day in cutoff_dates(cycle, date.fromisoformat(first), count, works)]

    def test_twice_a_month_with_the_last_day_of_february(self):
        self.assertEqual(
            self._get("2027-01-31", 4, "month", 1, "15,31"),
            ["2027-01-31", "2027-02-15", "2027-02-28", "2027-03-15"],
        )
        self.assertEqual(self._get("2028-02-16", 2, "month", 1, "15,31"), ["2028-02-29", "2028-03-15"])

    def test_three_last_days_are_one_in_february(self):
        self.assertEqual(
            self._get("2026-02-01", 5, "month", 1, "29,30,31"),
            ["2026-02-28", "2026-03-29", "2026-03-30", "2026-03-31", "2026-04-29"],
        )

    def test_quarters_end_in_march_without_an_anchor(self):
        self.assertEqual(
            self._get("2026-01-10", 4, "month", 3, "31"), ["2026-03-31", "2026-06-30", "2026-09-30", "2026-12-31"]
        )

    def test_an_anchor_moves_the_quarters_forwards_and_backwards(self):
        self.assertEqual(
            self._get("2026-01-10", 3, "month", 3, "10", start=date(2030, 2, 28)),
            ["2026-02-10", "2026-05-10", "2026-08-10"],
        )

    def test_every_other_friday_from_a_wednesday(self):
        self.assertEqual(
            self._get("2026-03-01", 3, "week", 2, "5", start=date(2026, 3, 4)),
            ["2026-03-06", "2026-03-20", "2026-04-03"],
        )

    def test_a_shift_crosses_into_the_next_and_the_previous_month(self):
        self.assertEqual(self._get("2026-05-01", 2, "month", 1, "31", shift="next"), ["2026-06-01", "2026-06-30"])
        self.assertEqual(self._get("2026-07-31", 2, "month", 1, "1", shift="previous"), ["2026-07-31", "2026-09-01"])

    def test_two_days_that_are_shifted_to_one_are_one_cutoff(self):
        # Saturday and Sunday
        self.assertEqual(self._get("2026-03-01", 2, "month", 1, "14,15", shift="next"), ["2026-03-16", "2026-04-14"])
        self.assertEqual(
            self._get("2026-03-01", 2, "month", 1, "14,15", shift="previous"), ["2026-03-13", "2026-04-14"]
        )

    def test_the_end_of_time_ends_the_list(self):
        self.assertEqual(self._get("9999-12-31", 6, "month", 1, "31", shift="next"), ["9999-12-31"])


@tagged("post_install", "-at_install")
class TestCycleDays(BaseCase):
    @given(st.sets(st.integers(1, 31), min_size=1).map(list), st.sampled_from([",", ", ", " , "]), st.randoms())
    def test_days_are_read_in_any_order_and_with_spaces(self, days, separator, random):
        random.shuffle(days)
        self.assertEqual(parse_cycle_days(separator.join(map(str, days)), "month"), tuple(sorted(days)))

    @given(st.text(max_size=12), st.sampled_from(["week", "month"]))
    def test_whatever_is_typed_is_days_or_a_reason(self, text, unit):
        try:
            days = parse_cycle_days(text, unit)
        except CycleDaysError as error:
            self.assertIn(error.problem, ("empty", "invalid", "range", "twice"))
        else:
            self.assertTrue(set(days) <= set(range(1, {"week": 7, "month": 31}[unit] + 1)))
            self.assertEqual(len(days), text.count(",") + 1)

    def test_what_is_wrong_is_named(self):
        for text, unit, problem, value in (
            ("", "month", "empty", ""),
            (False, "month", "empty", ""),
            ("  ", "week", "empty", ""),
            ("0", "month", "range", "0"),
            ("32", "month", "range", "32"),
            ("9" * 5000, "month", "range", "9" * 5000),
            ("8", "week", "range", "8"),
            ("0", "week", "range", "0"),
            ("a", "month", "invalid", "a"),
            ("15;31", "month", "invalid", "15;31"),
            ("-1", "month", "invalid", "-1"),
            ("1.5", "month", "invalid", "1.5"),
            ("١٥", "month", "invalid", "١٥"),
            ("15,", "month", "invalid", "15,"),
            ("15,15", "month", "twice", "15"),
            ("5,05", "week", "twice", "05"),
        ):
            with self.subTest(text=text[:9] if text else text), self.assertRaises(CycleDaysError) as caught:
                parse_cycle_days(text, unit)
            self.assertEqual((caught.exception.problem, caught.exception.value), (problem, value))
