"""Titles and decisions are sentences computed from figures, right or wrong before anything is drawn."""

from decimal import Decimal

import psycopg
import pytest

from reports.decks import headlines
from reports.decks.decisions import decisions
from reports.formats import Formats
from reports.views import metrics, organizations, quality, smartnumbers
from reports.views.company import Evidence
from tests.reports import marts

FORMATS = Formats("en_US", "USD", "America/Chicago")


@pytest.fixture
def numbers(fernhill: psycopg.Connection) -> tuple[smartnumbers.SmartNumber, ...]:
    return smartnumbers.smartnumbers(fernhill, marts.ORGANIZATION, marts.QUARTER)


def block(numbers, key):
    return headlines.block(FORMATS, headlines.BLOCKS[key], [number for number in numbers if number.block == key])


def test_a_block_is_headed_by_its_worst_news(numbers):
    finding = block(numbers, "operations")
    assert finding.text == "Reactive hours per endpoint per month (RHEM) is off target at 0.242 h"
    assert [(figure.metric, shown) for figure, shown in finding.figures] == [("rhem", "0.242 h")]


def test_without_anything_off_target_what_is_near_its_limit_comes_first(numbers):
    assert block(numbers, "profit").text == "Net profit % is near its limit at 12.5%"


def test_without_targets_the_largest_move_is_the_news(numbers):
    assert block(numbers, "leverage").text == (
        "Annual service revenue per employee moved most: up 1.6% on Q1 2026, to $85,474"
    )


def test_a_block_without_any_value_says_so(numbers):
    empty = [number for number in numbers if number.figure.metric == "reactive_service_pct"]
    assert headlines.block(FORMATS, "Operations", empty).text == "Operations: no figure of this quarter can be computed"


def test_the_summary_counts_values_and_targets(fernhill, numbers):
    facts = organizations.quarter_facts(fernhill, marts.ORGANIZATION, marts.QUARTER)
    finding = headlines.summary(FORMATS, facts, numbers)
    assert finding.text == "17 of 18 SmartNumbers have a value; 8 of 11 with a target are on target"
    assert [shown for _, shown in finding.figures] == ["17", "18", "8", "11"]


def test_tickets_are_set_beside_the_quarter_before(fernhill):
    series = metrics.quarterly(
        fernhill,
        marts.ORGANIZATION,
        ("reactive_tickets_created", "reactive_tickets_closed"),
        ("2025-Q2", "2026-Q1", "2026-Q2"),
    )
    created, before = (
        marts.quarterly_value("reactive_tickets_created", quarter)[0] for quarter in ("2026-Q2", "2026-Q1")
    )
    closed = marts.quarterly_value("reactive_tickets_closed", "2026-Q2")[0]
    assert headlines.tickets(FORMATS, *series.values()).text == (
        f"{created} reactive tickets in Q2 2026, +{created - before} on Q1 2026; {closed} closed"
    )


def test_a_sum_is_not_set_beside_one_over_fewer_months(fernhill):
    series = metrics.quarterly(fernhill, marts.ORGANIZATION, ["misc_revenue"], ("2025-Q2", "2026-Q1", "2026-Q2"))
    text = headlines.money(FORMATS, series["misc_revenue"], "Miscellaneous revenue").text
    assert "Q1 2026" not in text
    assert "Q2 2025" in text


def test_decisions_begin_with_alarms_and_end_with_gaps_in_the_data(fernhill, numbers):
    found = decisions(FORMATS, evidence(fernhill, numbers))
    assert [decision.urgency for decision in found] == ["Alarm", "Off target", "Watch", "Change", "Data", "Data"]
    texts = [decision.matter.text for decision in found]
    assert texts[0] == (
        "Reactive hours per endpoint per month (RHEM) is 0.242 h, beyond its alarm line of 0.240 h "
        "(+0.027 on Q1 2026, worse)"
    )
    assert texts[1] == "Lost MRR is $1,750, above its target of $1,000 (+$850 on Q1 2026, worse)"
    assert texts[2] == "Net profit % is 12.5%, below its target of 20.0% (+1.0 pts on Q1 2026, better)"
    assert texts[3] == "New MRR added rose by 15% on Q1 2026, from $3,900 to $4,500: better"
    assert texts[4] == "1 account has no mapping; $1,205 is in no metric"
    assert texts[5] == "3 monthly inputs are missing: # of technical employees"


def test_every_decision_names_a_next_step_and_cites_each_figure_it_states(fernhill, numbers):
    for decision in decisions(FORMATS, evidence(fernhill, numbers)):
        assert decision.next_step.endswith(".")
        assert decision.matter.figures
        for _, shown in decision.matter.figures:
            assert shown in decision.matter.text


def test_nothing_is_decided_from_values_that_are_missing(fernhill, numbers):
    empty = [number for number in numbers if number.figure.value is None]
    assert decisions(FORMATS, Evidence(marts.QUARTER, empty, [], [], [])) == []


@pytest.mark.parametrize(
    ("value", "alarms"), [("0.2400", True), ("0.2424", True), ("0.2399", False), ("0.0100", False)]
)
def test_an_alarm_line_above_the_bands_is_crossed_upwards_only(value, alarms):
    target = smartnumbers.Target(*(Decimal(bound) for bound in ("0.10", "0.20", "0.08", "0.22", "0.24")))
    assert target.alarms(Decimal(value)) is alarms


@pytest.mark.parametrize(("value", "alarms"), [("0.05", True), ("0.0499", True), ("0.06", False), ("0.9", False)])
def test_an_alarm_line_below_the_bands_is_crossed_downwards_only(value, alarms):
    target = smartnumbers.Target(Decimal("0.20"), None, Decimal("0.10"), None, Decimal("0.05"))
    assert target.alarms(Decimal(value)) is alarms


def evidence(connection, numbers) -> Evidence:
    months = organizations.months_of(marts.QUARTER)
    return Evidence(
        marts.QUARTER,
        numbers,
        quality.missing_inputs(connection, marts.ORGANIZATION, months),
        quality.unmapped_accounts(connection, marts.ORGANIZATION, months),
        quality.freshness(connection, marts.ORGANIZATION),
    )
