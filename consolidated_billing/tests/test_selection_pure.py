"""Which headings and notes stay with chosen lines: properties, without a database."""

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.consolidated_billing.tools.selection import keep_selected

from . import test_merge_key_pure  # noqa: F401  the profile of hypothesis

SECTION, SUBSECTION, NOTE = "line_section", "line_subsection", "line_note"
documents = st.lists(st.tuples(st.sampled_from([SECTION, SUBSECTION, NOTE, False]), st.booleans()), max_size=9)


def get_owners(lines):
    """Return the headings of each line that is no heading."""
    result, section, subsection = {}, None, None
    for line_id, kind in lines:
        if kind == SECTION:
            section, subsection = line_id, None
        elif kind == SUBSECTION:
            subsection = line_id
        else:
            result[line_id] = section, subsection
    return result


@tagged("post_install", "-at_install")
class TestKeepSelected(BaseCase):
    @given(documents)
    def test_chosen_lines_stay_in_order_below_their_headings(self, document):
        lines = [(number, kind) for number, (kind, _chosen) in enumerate(document)]
        chosen = [number for number, (kind, is_chosen) in enumerate(document) if not kind and is_chosen]
        kept = keep_selected(lines, chosen)
        kinds = dict(lines)
        self.assertEqual(kept, sorted(set(kept)))
        self.assertEqual([line_id for line_id in kept if not kinds[line_id]], chosen)
        owners, kept_owners = get_owners(lines), get_owners((line_id, kinds[line_id]) for line_id in kept)
        self.assertEqual(kept_owners, {line_id: owners[line_id] for line_id in kept_owners})

    def test_a_note_below_a_heading_stays_with_the_lines_of_that_heading(self):
        lines = [(1, False), (2, SECTION), (3, NOTE), (4, False), (5, NOTE)]
        self.assertEqual(keep_selected(lines, [1]), [1])
        self.assertEqual(keep_selected(lines, [4]), [2, 3, 4, 5])
        self.assertEqual(keep_selected(lines, [1, 4]), [1, 2, 3, 4, 5])

    def test_a_note_goes_with_the_line_before_it(self):
        self.assertEqual(keep_selected([(1, False), (2, NOTE), (3, False)], [3]), [3])
