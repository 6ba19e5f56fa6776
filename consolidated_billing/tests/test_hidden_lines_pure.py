"""What an order hides stays hidden, whatever its headings become: properties, without a database (``I7``)."""

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.consolidated_billing.tools.order_sections import (
    HIDING_FLAGS,
    arrange_sections,
    would_be_swallowed,
)
from odoo.addons.consolidated_billing.tools.visible_items import Item, show_items

from . import test_merge_key_pure  # noqa: F401  the profile of hypothesis

KINDS = ("line_section", "line_subsection", "line_note", "product")
lines = st.lists(
    st.fixed_dictionaries(
        {
            "display_type": st.sampled_from(KINDS),
            "collapse_composition": st.booleans(),
            "collapse_prices": st.booleans(),
        }
    ),
    max_size=9,
).map(lambda many: [{**line, "name": number} for number, line in enumerate(many)])


def is_item(line):
    return False


def get_hidden(many):
    """Return what is hidden of each line that is no heading, by the rule of core."""
    result, section, subsection = {}, {}, {}
    for line in many:
        if line["display_type"] == "line_section":
            section, subsection = line, {}
        elif line["display_type"] == "line_subsection":
            subsection = line
        else:
            result[line["name"]] = {name for name in HIDING_FLAGS if section.get(name) or subsection.get(name)}
    return result


HEADING = {"display_type": "line_section", "name": "order"}


@tagged("post_install", "-at_install")
class TestHiding(BaseCase):
    def assertStaysHidden(self, before, after):
        """Assert that the same is hidden; of what had no prices, the composition may be hidden, too."""
        for name, hidden in before.items():
            if after[name] != hidden:
                self.assertIn("collapse_composition", after[name])
                self.assertTrue(hidden, "what hid nothing still hides nothing")

    @given(lines)
    def test_below_a_section_of_the_order_the_same_is_hidden(self, many):
        arranged = [HEADING, *arrange_sections(many, is_item, nested=True)]
        self.assertStaysHidden(get_hidden(many), get_hidden(arranged))

    @given(lines)
    def test_without_a_section_of_the_order_nothing_changes(self, many):
        self.assertEqual(arrange_sections(many, is_item, nested=False), many)

    @given(lines)
    def test_a_section_that_hides_keeps_all_its_lines(self, many):
        owner, expected, found = None, {}, {}
        for line in many:
            owner = line if line["display_type"] == "line_section" else owner
            if line["display_type"] == "product" and owner and any(owner[name] for name in HIDING_FLAGS):
                expected[line["name"]] = owner["name"]
        for line in arrange_sections(many, is_item, nested=True):
            owner = line if line["display_type"] == "line_subsection" else owner
            found[line["name"]] = owner and owner["name"]
        self.assertEqual({name: found[name] for name in expected}, expected)

    @given(lines, lines)
    def test_no_order_hides_what_follows_it(self, many, others):
        others = [{**line, "name": line["name"] + 100} for line in others]
        between = [HEADING] if would_be_swallowed(many, others, []) else []
        self.assertEqual(get_hidden([*many, *between, *others]), get_hidden(many) | get_hidden(others))

    @given(lines)
    def test_no_order_stands_below_the_heading_of_another(self, many):
        heading = dict(HEADING)
        is_below = not many or many[0]["display_type"] == "line_section"
        self.assertEqual(would_be_swallowed([heading], many, [heading]), not is_below)
        self.assertFalse(would_be_swallowed([heading], many, [dict(HEADING)]))

    @given(lines, st.booleans())
    def test_values_of_the_lines_are_not_changed_in_place(self, many, nested):
        copies = [dict(line) for line in many]
        arrange_sections(many, is_item, nested)
        self.assertEqual(many, copies)

    def test_an_item_that_is_a_heading_belongs_to_the_section_that_hides(self):
        kit = {"display_type": "line_section", "collapse_composition": True, "name": "Kit"}
        combo = {"display_type": "line_section", "name": "Combo"}
        after = {"display_type": "line_section", "name": "Open"}
        for nested, kind in ((True, "line_subsection"), (False, "line_section")):
            arranged = arrange_sections([kit, combo, after, combo], lambda line: line["name"] == "Combo", nested)
            self.assertEqual([line["display_type"] for line in arranged], [kind, "line_note", kind, kind])

    def test_a_hidden_composition_below_hidden_prices_stays_hidden(self):
        kit = {"display_type": "line_section", "collapse_prices": True, "name": "Kit"}
        parts = {"display_type": "line_subsection", "collapse_composition": True, "name": "Parts"}
        arranged = arrange_sections([kit, parts, {"display_type": "product", "name": "B"}], is_item, nested=True)
        self.assertEqual(get_hidden(arranged)["B"], set(HIDING_FLAGS))


class Heading:
    def __init__(self, name, composition=False, prices=False):
        self.name, self.collapse_composition, self.collapse_prices = name, composition, prices


headings = st.lists(
    st.builds(Heading, st.sampled_from(["Kit", "Roof"]), st.booleans(), st.booleans()), min_size=4, max_size=4
)
items = st.lists(st.tuples(st.sampled_from([(), (0,), (0, 1), (2,), (2, 3)]), st.sampled_from("AB"), st.integers(1, 9)))


@tagged("post_install", "-at_install")
class TestVisibleItems(BaseCase):
    def _show(self, *given_items):
        return [(row.name, row.taxes, row.amount) for row in show_items(given_items)]

    @given(headings, items)
    def test_the_amounts_add_up_and_nothing_hidden_is_named(self, many, drawn):
        given_items = [
            Item(number, f"item {number}", [many[index] for index in path], taxes, amount)
            for number, (path, taxes, amount) in enumerate(drawn)
        ]
        rows = show_items(given_items)
        self.assertEqual(sum(row.amount or 0 for row in rows), sum(item.amount for item in given_items))
        shown = {row.name: row for row in rows if row.source is not None}
        for item in given_items:
            is_folded = any(heading.collapse_composition for heading in item.headings)
            self.assertEqual(item.name in shown, not is_folded)
            if not is_folded:
                is_priced = any(heading.collapse_prices for heading in item.headings)
                self.assertEqual(shown[item.name].amount, None if is_priced else item.amount)

    def test_a_heading_that_hides_its_composition_is_one_row_for_each_tax(self):
        kit, inner = Heading("Kit", composition=True), Heading("Parts")
        self.assertEqual(
            self._show(
                Item(1, "A", [kit], "15%", 11),
                Item(2, "B", [kit, inner], "15%", 22),
                Item(3, "C", [kit], "5%", 5),
                Item(4, "D", [], "15%", 1),
            ),
            [("Kit", "15%", 33), ("Kit", "5%", 5), ("D", "15%", 1)],
        )

    def test_a_heading_that_hides_prices_shows_the_sum(self):
        kit = Heading("Kit", prices=True)
        self.assertEqual(
            self._show(Item(1, "A", [kit], "15%", 11), Item(2, "B", [kit], "15%", 22)),
            [("Kit", (), 33), ("A", "15%", None), ("B", "15%", None)],
        )

    def test_a_composition_below_hidden_prices_shows_no_amount(self):
        kit, inner = Heading("Kit", prices=True), Heading("Parts", composition=True)
        self.assertEqual(
            self._show(Item(1, "A", [kit, inner], "15%", 11), Item(2, "B", [kit, inner], "15%", 22)),
            [("Kit", (), 33), ("Parts", "15%", None)],
        )
