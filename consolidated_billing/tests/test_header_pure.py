"""Properties of the header merge, without a database (``I3``, ``I6``)."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.consolidated_billing.tools.header import (
    HEADER_RULES,
    HeaderRule,
    join_distinct,
    merge_headers,
)

from . import test_merge_key_pure  # noqa: F401  the profile of hypothesis

# A field has values of one type: True, which equals 1, does not meet numbers.
header_values = st.one_of(st.just(False), st.integers(1, 3), st.sampled_from(["", "a", "b"]))
headers = st.lists(st.dictionaries(st.sampled_from(["team", "user", "medium"]), header_values), min_size=1, max_size=5)
dates = st.dates(date(2026, 1, 1), date(2026, 1, 4))


def merge(many, rule):
    return merge_headers(many, lambda name: rule)


@tagged("post_install", "-at_install")
class TestMergeHeaders(BaseCase):
    @given(headers, st.sampled_from(HeaderRule))
    def test_it_keeps_what_all_agree_on_and_names_the_rest(self, many, rule):
        if rule is HeaderRule.LATEST:
            return
        merged, disagreements = merge(many, rule)
        for name in {name for header in many for name in header}:
            distinct = {(type(v), v) for v in (header.get(name) or False for header in many)}
            self.assertEqual(name in disagreements, len(distinct) > 1, name)
            if len(distinct) == 1:
                self.assertEqual(merged[name] or False, distinct.pop()[1])

    @given(headers)
    def test_nobody_wins_silently(self, many):
        first, last = merge(many, HeaderRule.FIRST), merge(many[::-1], HeaderRule.FIRST)
        self.assertEqual(first.disagreements.keys(), last.disagreements.keys())

    @given(headers, st.sampled_from([HeaderRule.EMPTY, HeaderRule.COMPUTED, HeaderRule.BILL_TO, HeaderRule.FIRST]))
    def test_an_empty_value_is_never_written_where_none_was_there(self, many, rule):
        merged = merge(many, rule).values
        for name, value in merged.items():
            self.assertTrue(value or all(name in header for header in many) or not any(h.get(name) for h in many))

    @given(st.lists(st.one_of(st.just(False), dates), min_size=1, max_size=5))
    def test_the_latest_date_counts_whatever_the_order(self, days):
        merged = merge([{"delivery_date": day} for day in days], HeaderRule.LATEST)
        self.assertEqual(merged.values["delivery_date"], max(filter(None, days), default=False))

    def test_what_the_invoice_computes_is_not_given(self):
        for many in ([{"a": 1}, {"a": 2}], [{"a": 1}, {"a": False}], [{"a": 1}, {}]):
            self.assertEqual(merge(many, HeaderRule.COMPUTED).values, {})

    def test_the_first_order_that_has_a_value_gives_it(self):
        self.assertEqual(merge([{"a": False}, {"a": 2}, {"a": 3}], HeaderRule.FIRST).values, {"a": 2})

    def test_a_journal_that_only_one_order_names_is_the_journal(self):
        merged = merge_headers([{}, {"journal_id": 7}])
        self.assertEqual(merged.values, {"journal_id": 7})

    def test_values_that_access_looks_at_are_never_empty_where_an_order_has_one(self):
        for name in ("invoice_user_id", "team_id", "user_id"):
            self.assertEqual(merge_headers([{name: 1}, {name: 2}]).values, {name: 1})

    def test_every_rule_is_one_of_the_rules(self):
        self.assertLessEqual({type(rule) for rule in HEADER_RULES.values()}, {HeaderRule})

    @given(st.lists(st.one_of(st.none(), st.just(False), st.text("abc", max_size=2))))
    def test_texts_are_joined_once_each_in_order(self, texts):
        distinct = list(dict.fromkeys(text for text in texts if text))
        self.assertEqual(join_distinct(texts), ", ".join(distinct))
