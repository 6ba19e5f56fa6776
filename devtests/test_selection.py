"""Which folders a selection of tests can concern."""

import pytest

from devtools import selection


@pytest.mark.parametrize(
    "arguments, words",
    [
        ([], None),
        (["-x", "tests/test_a.py"], None),
        (["-k", "test_Prices"], ["test_prices"]),
        (["-kprices"], ["prices"]),
        (["-k", "(prices or taxes) and fast"], ["prices", "taxes", "fast"]),
        (["-k", "not prices"], None),
    ],
)
def test_the_words_of_a_selection(arguments, words):
    assert selection.selection_words(arguments) == words


@pytest.mark.parametrize(
    "expression, expected", [("prices", True), ("TEST_PRICES", True), ("shop", True), ("taxes", False)]
)
def test_a_folder_without_the_word_is_left_out(tmp_path, expression, expected):
    tests = tmp_path / "shop" / "tests"
    tests.mkdir(parents=True)
    (tests / "test_it.py").write_text("class TestIt:\n    def test_prices(self):\n        pass\n")
    assert selection.may_contain(tmp_path / "shop", ["-k", expression]) is expected
