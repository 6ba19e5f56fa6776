"""Properties of the functions that need no database."""

import string
from collections import Counter
from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.consolidated_billing.tools.line_split import split_lines
from odoo.addons.consolidated_billing.tools.merge_key import (
    drop_part,
    explain,
    nearest_neighbours,
    normalize_job_code,
    partition,
)
from odoo.addons.consolidated_billing.tools.payment_schedule import Installment, payment_schedule

# A loaded machine must not fail a test that is right.
settings.register_profile(
    "addon", max_examples=60, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("addon")

NAMES = ("company", "bill_to", "currency", "payment_schedule", "bill_date", "grouping")
values = st.one_of(st.none(), st.integers(0, 2), st.sampled_from(["", "texas"]), st.just((1, "a")))
keys = st.tuples(*(st.tuples(st.just(name), values) for name in NAMES))
items = st.lists(st.tuples(st.integers(), keys), max_size=25, unique_by=lambda item: item[0])


def get_key(item):
    return item[1]


def get_differences(key, other):
    return [a[0] for a, b in zip(key, other, strict=True) if a[1] != b[1]]


@tagged("post_install", "-at_install")
class TestPartition(BaseCase):
    @given(items)
    def test_every_item_is_in_exactly_one_group(self, lines):
        groups = partition(lines, get_key)
        self.assertEqual(Counter(i for _key, group in groups for i in group), Counter(lines))
        self.assertTrue(all(group for _key, group in groups))

    @given(items, st.randoms())
    def test_it_does_not_depend_on_the_order_of_the_items(self, lines, random):
        shuffled = random.sample(lines, len(lines))
        self.assertEqual(self._as_sets(lines), self._as_sets(shuffled))

    @given(items)
    def test_repeating_it_changes_nothing(self, lines):
        groups = partition(lines, get_key)
        again = partition([item for _key, group in groups for item in group], get_key)
        self.assertEqual(again, groups)

    @given(items)
    def test_two_items_share_a_group_exactly_when_every_part_is_equal(self, lines):
        group_of = {item: number for number, (_key, group) in enumerate(partition(lines, get_key)) for item in group}
        for one in lines:
            for other in lines:
                same = not get_differences(get_key(one), get_key(other))
                self.assertEqual(group_of[one] == group_of[other], same)

    @given(items)
    def test_a_group_bears_the_key_of_its_items(self, lines):
        for key, group in partition(lines, get_key):
            self.assertEqual({get_key(item) for item in group}, {key})

    @given(items, st.integers(1, 5))
    def test_batches_of_whole_groups_give_the_same_partition(self, lines, size):
        groups = partition(lines, get_key)
        batches = [groups[i : i + size] for i in range(0, len(groups), size)]
        again = [
            group for batch in batches for group in partition([item for _k, part in batch for item in part], get_key)
        ]
        self.assertEqual(again, groups)

    def _as_sets(self, lines):
        return {(key, frozenset(group)) for key, group in partition(lines, get_key)}


@tagged("post_install", "-at_install")
class TestExplain(BaseCase):
    @given(keys, keys)
    def test_it_names_exactly_the_parts_that_differ(self, key, other):
        self.assertEqual(list(explain(key, other)), get_differences(key, other))

    @given(keys, keys)
    def test_it_is_silent_exactly_when_they_share_an_invoice(self, key, other):
        self.assertEqual(not explain(key, other), len(partition([key, other], lambda k: k)) == 1)

    @given(keys, keys)
    def test_it_is_symmetric(self, key, other):
        self.assertEqual(explain(key, other), explain(other, key))

    @given(keys, st.sampled_from(NAMES))
    def test_a_missing_part_differs_even_from_an_empty_one(self, key, name):
        self.assertEqual(explain(key, drop_part(key, name)), (name,))

    @given(keys, st.sampled_from(NAMES))
    def test_dropping_drops_one_part(self, key, name):
        self.assertEqual(dict(drop_part(key, name)), {k: v for k, v in key if k != name})

    @given(st.lists(keys, max_size=12, unique=True))
    def test_the_nearest_neighbour_is_the_earliest_of_those_that_differ_least(self, many):
        expected = [
            min(
                (i for i in range(len(many)) if i != index),
                key=lambda i, key=key: (len(get_differences(key, many[i])), i),
                default=None,
            )
            for index, key in enumerate(many)
        ]
        self.assertEqual(nearest_neighbours(many), expected)

    def test_keys_with_other_parts_are_near_when_they_share_the_most(self):
        key = (("company", 1), ("bill_to", 2), ("grouping", "combine"), ("customer", 3))
        without = (("company", 1), ("bill_to", 2), ("grouping", "combine"))
        far = (("company", 1), ("bill_to", 5), ("grouping", "separate"), ("customer", 3))
        self.assertEqual(nearest_neighbours([key, far, without]), [2, 0, 0])

    def test_thousands_of_keys_that_differ_in_many_parts_are_a_matter_of_moments(self):
        many = [
            tuple((f"part {part}", number // (1 + part % 3) if part % 2 else 0) for part in range(16))
            for number in range(3000)
        ]
        # more parts change with every second number than with every third
        self.assertEqual(nearest_neighbours(many)[:4], [1, 0, 3, 2])


@tagged("post_install", "-at_install")
class TestJobCodeForm(BaseCase):
    @given(st.text(), st.text(alphabet=" \t\n"), st.text(alphabet=" \t\n"))
    def test_surrounding_space_makes_no_difference(self, code, before, after):
        self.assertEqual(normalize_job_code(before + code + after), normalize_job_code(code))

    @given(st.text(alphabet=string.ascii_letters))
    def test_case_makes_no_difference(self, code):
        self.assertEqual(normalize_job_code(code.upper()), normalize_job_code(code.lower()))

    @given(st.text())
    def test_normalizing_twice_changes_nothing(self, code):
        once = normalize_job_code(code)
        self.assertEqual(normalize_job_code(once), once)

    def test_no_code_is_blank(self):
        self.assertEqual({normalize_job_code(c) for c in (None, False, "", "  ", "\t")}, {""})

    def test_different_codes_differ(self):
        self.assertNotEqual(normalize_job_code("Texas"), normalize_job_code("Tex as"))


TODAY = date(2026, 1, 15)
days = st.integers(0, 90).map(lambda number: TODAY + timedelta(number))
percents = st.lists(st.tuples(days, st.integers(1, 20)), max_size=4).map(
    lambda parts: [Installment(day, "percent", share) for day, share in parts]
)
terms = st.builds(
    lambda parts, day: [*parts, Installment(day, "percent", 100 - sum(p.amount for p in parts))],
    percents,
    days,
)


@tagged("post_install", "-at_install")
class TestPaymentSchedule(BaseCase):
    @given(terms)
    def test_it_is_hashable_and_repeatable(self, term):
        self.assertEqual(hash(payment_schedule(term)), hash(payment_schedule(list(term))))

    @given(terms, terms)
    def test_it_is_equal_exactly_when_every_day_gets_the_same_share(self, term, other):
        same = self._get_shares(term) == self._get_shares(other)
        self.assertEqual(payment_schedule(term) == payment_schedule(other), same)

    @given(terms, st.randoms())
    def test_the_order_of_the_installments_makes_no_difference(self, term, random):
        shuffled = random.sample(term, len(term))
        self.assertEqual(payment_schedule(shuffled), payment_schedule(term))

    @given(terms, st.integers(1, 30))
    def test_later_is_different(self, term, delay):
        later = [part._replace(due_date=part.due_date + timedelta(delay)) for part in term]
        self.assertNotEqual(payment_schedule(later), payment_schedule(term))

    @given(terms)
    def test_a_discount_is_a_difference(self, term):
        self.assertNotEqual(payment_schedule(term, ("2026-01-20", 2.0)), payment_schedule(term))

    def test_a_fixed_amount_differs_from_a_percentage(self):
        fixed = [Installment(TODAY, "fixed", 50), Installment(date(2026, 2, 1), "percent", 100)]
        share = [Installment(TODAY, "percent", 50), Installment(date(2026, 2, 1), "percent", 50)]
        self.assertNotEqual(payment_schedule(fixed), payment_schedule(share))

    def test_thirds_equal_thirds(self):
        thirds = [Installment(TODAY, "percent", 33.33)] * 2 + [Installment(TODAY, "percent", 33.34)]
        self.assertEqual(payment_schedule(thirds), payment_schedule([Installment(TODAY, "percent", 100)]))

    def _get_shares(self, term):
        shares = Counter()
        for part in term:
            shares[part.due_date] += part.amount
        return {day: share for day, share in shares.items() if share}


types = st.sampled_from(["product"] * 4 + ["line_section", "line_subsection", "line_note"])
documents = st.lists(st.tuples(types, st.integers(0, 2)), max_size=15).map(
    lambda parts: [
        {"name": number, "display_type": kind, "key": key if kind == "product" else None}
        for number, (kind, key) in enumerate(parts)
    ]
)


@tagged("post_install", "-at_install")
class TestLineSplit(BaseCase):
    def _split(self, document):
        return split_lines(document, lambda line: line["key"])

    @given(documents)
    def test_no_product_line_is_lost_or_doubled(self, document):
        products = [line["name"] for line in document if line["key"] is not None]
        split = [line["name"] for part in self._split(document).values() for line in part if line["key"] is not None]
        self.assertEqual(sorted(split), products)

    @given(documents)
    def test_every_product_line_goes_to_its_key(self, document):
        for key, part in self._split(document).items():
            self.assertEqual({line["key"] for line in part} - {None}, {key})

    @given(documents)
    def test_lines_keep_their_order(self, document):
        for part in self._split(document).values():
            names = [line["name"] for line in part]
            self.assertEqual(names, sorted(set(names)))

    @given(documents)
    def test_every_product_line_keeps_the_headings_above_it(self, document):
        above = self._get_headings(document)
        for part in self._split(document).values():
            below = self._get_headings(part)
            for name, headings in below.items():
                self.assertEqual(headings, above[name])

    @given(documents)
    def test_a_note_is_on_one_invoice(self, document):
        parts = self._split(document)
        notes = [line["name"] for line in document if line["display_type"] == "line_note"]
        found = [line["name"] for part in parts.values() for line in part if line["display_type"] == "line_note"]
        self.assertEqual(sorted(found), notes if parts else [])

    @given(documents)
    def test_invoices_share_no_values(self, document):
        lines = [id(line) for part in self._split(document).values() for line in part]
        self.assertEqual(len(lines), len(set(lines)))

    def _get_headings(self, lines):
        section = subsection = None
        result = {}
        for line in lines:
            if line["display_type"] == "line_section":
                section, subsection = line["name"], None
            elif line["display_type"] == "line_subsection":
                subsection = line["name"]
            elif line["key"] is not None:
                result[line["name"]] = (section, subsection)
        return result
