"""Text is measured before it is drawn."""

import pytest

from reports.decks.layouts import Box
from reports.decks.measure import largest, shortened, width, wrapped
from reports.decks.shapes import fitted


@pytest.mark.parametrize(("text", "thousandths"), [("ii", 444), ("Fig. 7", 2501), ("é", 556)])
def test_widths_are_those_of_arial_and_three_percent_more(text, thousandths):
    assert width(text, 1000) == pytest.approx(thousandths * 1.03)


def test_a_letter_nobody_measured_counts_as_a_full_em():
    assert width("漢", 12) == pytest.approx(12 * 1.03)


def test_a_font_with_other_metrics_gets_more_room():
    assert width("Calibri", 12, font="Calibri") > width("Calibri", 12)


def test_bold_figures_have_room_in_the_widest_fonts_in_use():
    em_of_a_figure_in_bold_verdana, em_of_a_comma = 0.711, 0.361
    true_width = 20 * (8 * em_of_a_figure_in_bold_verdana + 2 * em_of_a_comma)
    assert width("$1,243,254", 20, bold=True, font="Verdana") >= true_width


def test_a_word_longer_than_the_line_is_broken_and_nothing_is_lost():
    word = "Donaudampfschifffahrtsgesellschaft" * 3
    lines = wrapped(word, 12, 100)
    assert "".join(lines) == word
    assert all(width(line, 12) <= 100 for line in lines)


def test_the_largest_size_that_fits_is_taken():
    assert largest("short", (24, 12), 200, 40) == 24
    assert largest("a text of several words " * 4, (24, 11), 300, 60) == 11
    assert largest("much too long " * 50, (24, 11), 100, 20) is None


def test_what_cannot_fit_ends_in_an_ellipsis_and_fits():
    text, size = fitted("A name that goes on and on " * 20, (14, 12), Box(0, 0, 2, 0.5))
    assert text.endswith("…")
    assert len(wrapped(text, size, 144)) * size * 1.2 <= 36


def test_a_text_that_fits_is_not_touched():
    assert shortened("Juniper Dental", 12, 200) == "Juniper Dental"
