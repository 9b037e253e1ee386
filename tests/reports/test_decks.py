"""A deck holds the marts' values, says where each comes from, and hides nothing."""

import re
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from reports.decks import BuiltDeck, DeckBlocked, build_deck
from reports.errors import ReportError, UnknownScope
from tests.reports import marts, reading
from tests.reports.building import build_decks
from warehouse.periods import Period, periods_between


@pytest.fixture
def built(fernhill: psycopg.Connection, tmp_path: Path) -> list[BuiltDeck]:
    return build_decks(fernhill, marts.ORGANIZATION, marts.QUARTER, tmp_path)


@pytest.fixture
def company(built: list[BuiltDeck]):
    return reading.presentation(built[0].path)


def slide(deck, kicker: str):
    """The slide that is about `kicker`."""
    return next(slide for slide in deck.slides if kicker in reading.texts(slide)[:3])


def test_there_is_one_deck_for_the_company_and_one_for_each_client(built, tmp_path):
    assert [(deck.kind, deck.client_id) for deck in built] == [
        ("company", "all"),
        ("client", "birch-freight"),
        ("client", "juniper-dental"),
        ("client", "orchard-legal"),
    ]
    folder = tmp_path / "fernhill-it" / "2026-Q2"
    assert {deck.path for deck in built} == set(folder.rglob("*.pptx"))


def test_a_client_without_any_figure_gets_a_deck_only_when_it_is_asked_for(fernhill, tmp_path):
    row = {"organization_id": marts.ORGANIZATION, "client_id": "card-sales", "name": "Card sales", "is_excluded": False}
    marts.insert(fernhill, "marts.dim_clients", [{**row, "stripe_customer_id": "cus_1"}])
    built = build_decks(fernhill, marts.ORGANIZATION, marts.QUARTER, tmp_path)
    assert "card-sales" not in {deck.client_id for deck in built}
    asked = build_decks(fernhill, marts.ORGANIZATION, marts.QUARTER, tmp_path, clients=["card-sales"])
    assert [deck.client_id for deck in asked] == ["all", "card-sales"]


def test_the_slides_come_in_the_order_of_the_meeting(company):
    kickers = [reading.texts(slide)[0] for slide in company.slides]
    assert kickers == [
        "Fernhill IT",
        "What needs a decision",
        "What changed and why",
        "SmartNumbers: Operations",
        "SmartNumbers: Profit and revenue",
        "SmartNumbers: Leverage",
        "SmartNumbers: Sales",
        "Reactive service",
        "Endpoints and seats",
        "Revenue",
        "Profit",
        "Data quality: freshness",
        "Data quality: gaps and checks",
    ]


def test_every_smartnumber_is_on_a_slide_with_its_status_in_words(company):
    shown = [text for number in range(3, 7) for text in reading.texts(company.slides[number])]
    for _, label, *_ in marts.SMARTNUMBERS.values():
        assert label in shown
    assert {"On target", "Watch", "Off target", "No target set", "No data"} <= set(shown)


def test_a_missing_smartnumber_says_no_data_and_why(company):
    texts = reading.texts(slide(company, "SmartNumbers: Operations"))
    at = texts.index("Reactive service %")
    assert texts[at + 1 : at + 4] == ["No data", "No data", marts.NO_TECHNICIANS.rstrip(".")]


def test_charts_hold_the_marts_values_in_cache_and_workbook_alike(company):
    months = [str(month) for month in periods_between(Period(2025, 6), Period(2026, 6))]
    expected = {
        "Created": "reactive_tickets_created",
        "Closed": "reactive_tickets_closed",
        "Hours": "reactive_time_spent",
        "Endpoints": "endpoints_managed",
        "Seats": "seats_managed",
        "Recurring": "mrr",
        "Non-recurring": "nrr",
        "Other recurring": "orr",
        "Product sales": "product_sales",
        "Miscellaneous": "misc_revenue",
        "Revenue": "total_revenue",
        "Expenses": "total_expenses",
        "Net profit": "net_profit",
    }
    seen = {}
    for page in list(company.slides)[7:11]:
        for chart in reading.charts(page):
            assert chart.cache == chart.workbook
            assert len(chart.categories) == 13
            seen |= chart.cache
    assert seen == {name: [marts.monthly_value(metric, month) for month in months] for name, metric in expected.items()}


def test_a_gap_in_a_chart_is_a_gap_and_not_a_zero(company):
    seats = reading.charts(slide(company, "Endpoints and seats"))[0].cache["Seats"]
    assert seats[3] is None
    assert 0 not in seats


def test_trend_charts_of_smartnumbers_hold_five_quarters(company):
    [chart] = reading.charts(slide(company, "SmartNumbers: Profit and revenue"))
    assert chart.categories == ["Q2 2025", "Q3 2025", "Q4 2025", "Q1 2026", "Q2 2026"]
    assert chart.cache["Net profit"] == [Decimal(value) for value in marts.SMARTNUMBERS["net_profit_pct"][5]]
    assert chart.cache == chart.workbook


def test_every_chart_has_an_alt_text_a_title_and_an_explicit_number_format(built):
    for deck in built:
        for page in reading.presentation(deck.path).slides:
            for chart in reading.charts(page):
                assert chart.title in chart.alt_text
                assert "General" not in chart.formats
                assert chart.formats


def test_the_table_by_client_adds_up_to_the_total(company):
    [[_, *rows]] = reading.tables(slide(company, "Endpoints and seats"))
    assert rows[-1][0] == "Whole organization"
    assert sum(int(row[1]) for row in rows[:-1]) == pytest.approx(int(rows[-1][1]), abs=1)
    assert rows[-1][1] == str(marts.monthly_value("endpoints_managed", "2026-06"))


def test_clients_beyond_the_tenth_are_summed(warehouse, tmp_path):
    marts.whole_organization(warehouse)
    for number in range(12):
        marts.insert(
            warehouse,
            "marts.fct_metrics_monthly",
            (
                {
                    "organization_id": marts.ORGANIZATION, "client_id": f"extra-{number:02d}", "period": "2026-06",
                    "quarter": marts.QUARTER, "metric": metric, "label": metric, "value": Decimal(value),
                    "unit": "count", "method": "collected", "source_rows": value, "is_complete_period": True,
                }
                for metric, value in (("endpoints_managed", number + 1), ("seats_managed", number))
            ),
        )  # fmt: skip
        marts.insert(
            warehouse,
            "marts.dim_clients",
            [
                {
                    "organization_id": marts.ORGANIZATION,
                    "client_id": f"extra-{number:02d}",
                    "name": f"Extra {number:02d}",
                }
            ],
        )
    built = build_deck(warehouse, "company", marts.ORGANIZATION, marts.QUARTER, tmp_path)
    [[_, *rows]] = reading.tables(slide(reading.presentation(built.path), "Endpoints and seats"))
    assert len(rows) == 12
    assert rows[10] == ["5 other clients", "15", "10"]


def test_every_figure_on_a_slide_has_its_receipt_in_the_notes(built):
    for deck in built:
        for number, page in enumerate(reading.presentation(deck.path).slides, start=1):
            shown = " ".join(receipt["shown"] for receipt in reading.receipts(page))
            for text in reading.texts(page):
                if text in {str(number), "Decision"}:
                    continue
                for figure in reading.numbers(text):
                    assert figure in shown, f"{deck.path.name}, slide {number}: {figure} in {text!r}"


def test_every_receipt_names_metric_period_value_model_rows_and_freshness(company):
    receipts = [receipt for page in company.slides for receipt in reading.receipts(page)]
    assert len(receipts) > 300
    rhem = next(receipt for receipt in receipts if receipt["metric"] == "rhem" and receipt["period"] == "2026-Q2")
    assert rhem["line"] == (
        "rhem | 2026-Q2 | 0.2424 hours | shown as 0.242 h | calculated | marts.fct_smartnumbers.value | "
        "630 source rows | freshest 2026-07-06T14:05:00Z | one input / another, with another 396, one 288.25"
    )
    for receipt in receipts:
        assert "source rows" in receipt["line"]
        assert "freshest " in receipt["line"]


def test_the_notes_name_the_run_and_the_instant_of_the_data(company):
    lines = reading.notes(company.slides[2])
    assert "Receipts of fernhill-it for 2026-Q2; data as of 2026-07-06T14:00:00Z; run run-1." in lines


def test_each_receipt_that_is_shown_is_shown_on_its_slide(company):
    for page in list(company.slides)[1:]:
        words = " ".join(reading.texts(page)) + " ".join(reading.notes(page)[:10])
        for receipt in reading.receipts(page):
            assert receipt["shown"] in words, receipt["line"]


def test_no_slide_shows_a_token_or_a_missing_value_as_code(built):
    for deck in built:
        for page in reading.presentation(deck.path).slides:
            for text in [*reading.texts(page), *reading.notes(page)]:
                assert not re.search(r"[\[\]{}]|\bNone\b|\bnan\b|\bNaN\b|Decimal|INSERT|Click to add", text), text


def test_texts_that_mean_something_to_xml_arrive_as_they_are(built):
    deck = reading.presentation(next(deck.path for deck in built if deck.client_id == "orchard-legal"))
    assert any("Orchard & Sons <Legal>" in text for text in reading.texts(deck.slides[0]))


def test_a_name_with_control_characters_still_gives_a_deck_that_opens(warehouse, tmp_path):
    marts.whole_organization(warehouse, name="Fern\x0bhill\x07 IT")
    deck = reading.presentation(build_deck(warehouse, "company", marts.ORGANIZATION, marts.QUARTER, tmp_path).path)
    assert reading.texts(deck.slides[0])[0] == "Fernhill IT"


def test_no_placeholder_is_left_empty(built):
    for deck in built:
        for page in reading.presentation(deck.path).slides:
            for shape in page.placeholders:
                assert shape.has_chart or shape.has_table or shape.text_frame.text


def test_a_failing_error_check_blocks_the_deck_and_says_what_to_do(warehouse, tmp_path):
    marts.whole_organization(warehouse)
    warehouse.execute("delete from app.check_results")
    marts.checks(warehouse, failing=True)
    with pytest.raises(DeckBlocked) as blocked:
        build_decks(warehouse, marts.ORGANIZATION, marts.QUARTER, tmp_path)
    assert str(blocked.value) == (
        "No deck of fernhill-it for 2026-Q2 was written: 1 error check fails. [1] every_account_is_mapped on "
        "marts.fct_unmapped_accounts: 2 accounts have no rule; add them to accounts.rules. Mend the cause and run "
        "again, or have it as a DRAFT: `qbr deck build --quarter 2026-Q2 --force REASON`."
    )
    assert list(tmp_path.iterdir()) == []


def test_books_that_do_not_tie_by_a_cent_block_the_deck(fernhill, tmp_path):
    row = {"organization_id": marts.ORGANIZATION, "period": "2026-05", "basis": "Accrual", "report_group": "Income"}
    amounts = {"report_total": Decimal("100.00"), "mapped_total": Decimal("100.01"), "difference": Decimal("0.01")}
    marts.insert(fernhill, "marts.fct_profit_and_loss_ties", [{**row, **amounts}])
    with pytest.raises(DeckBlocked, match=r"the books of 2026-05 \(Accrual\) do not tie: Income differs by 0.01"):
        build_deck(fernhill, "company", marts.ORGANIZATION, marts.QUARTER, tmp_path)


def test_a_forced_deck_is_a_draft_on_every_slide_and_in_the_audit_log(warehouse, tmp_path):
    marts.whole_organization(warehouse)
    warehouse.execute("delete from app.check_results")
    marts.checks(warehouse, failing=True)
    built = build_deck(
        warehouse, "company", marts.ORGANIZATION, marts.QUARTER, tmp_path, force_reason="June is not booked yet"
    )
    for page in reading.presentation(built.path).slides:
        assert "DRAFT: June is not booked yet" in reading.texts(page)
    assert warehouse.execute("select action, reason from app.audit_log").fetchall() == [
        ("force_deck", "June is not booked yet")
    ]


def test_a_deck_is_not_forced_without_a_reason(fernhill, tmp_path):
    with pytest.raises(ReportError, match="needs a reason"):
        build_deck(fernhill, "company", marts.ORGANIZATION, marts.QUARTER, tmp_path, force_reason=" ")


def test_a_warning_does_not_block_and_is_shown(company):
    assert "Warning: months_are_plausible on marts.fct_metrics_monthly" in reading.texts(
        slide(company, "Data quality: gaps and checks")
    )


def test_a_finished_deck_is_noted_with_its_hash(fernhill, built):
    noted = fernhill.execute(
        "select kind, period, client_id, sha256, run_id from app.artefacts order by artefact_id"
    ).fetchall()
    assert noted[0] == ("company_deck", marts.QUARTER, "all", built[0].sha256, "run-1")
    assert noted[1] == ("company_snapshot", marts.QUARTER, "all", built[0].snapshot_sha256, "run-1")
    assert len(noted) == 8


def test_an_incomplete_quarter_says_so_on_every_slide(warehouse, tmp_path):
    marts.whole_organization(warehouse)
    built = build_deck(warehouse, "company", marts.ORGANIZATION, "2026-Q3", tmp_path)
    for page in reading.presentation(built.path).slides:
        assert any("Incomplete quarter: 0 of 3 months are over" in text for text in reading.texts(page))


@pytest.mark.parametrize(
    ("organization_id", "quarter", "message"),
    [
        ("nobody", "2026-Q2", "No organization 'nobody' is configured"),
        ("fernhill-it", "2019-Q1", "fernhill-it has no period in 2019-Q1"),
    ],
)
def test_an_unknown_organization_or_quarter_ends_in_one_sentence(fernhill, tmp_path, organization_id, quarter, message):
    with pytest.raises(UnknownScope, match=message):
        build_deck(fernhill, "company", organization_id, quarter, tmp_path)


def test_an_unknown_client_ends_in_one_sentence(fernhill, tmp_path):
    with pytest.raises(UnknownScope, match="no client 'nobody' to report on"):
        build_deck(fernhill, "client", marts.ORGANIZATION, marts.QUARTER, tmp_path, client_id="nobody")


def test_an_organization_that_only_imported_history_gets_its_deck(warehouse, tmp_path):
    marts.organization(warehouse)
    marts.periods(warehouse)
    marts.metrics(warehouse)
    marts.smartnumbers(warehouse)
    warehouse.execute("delete from marts.fct_metrics_monthly where client_id <> 'all'")
    [built] = build_decks(warehouse, marts.ORGANIZATION, marts.QUARTER, tmp_path)
    deck = reading.presentation(built.path)
    words = [text for page in deck.slides for text in reading.texts(page)]
    assert "No source was read: every figure was imported or entered by hand" in words
    assert "No device reading of this month belongs to a client." in words
    assert "No source is connected; the figures were imported or entered by hand" in words
    assert len(deck.slides) == 13


def test_an_organization_without_any_figure_gets_a_deck_that_says_what_is_missing(warehouse, tmp_path):
    marts.organization(warehouse)
    marts.periods(warehouse)
    built = build_deck(warehouse, "company", marts.ORGANIZATION, marts.QUARTER, tmp_path)
    deck = reading.presentation(built.path)
    for page in list(deck.slides)[1:10]:
        words = " ".join(reading.texts(page))
        assert "No data" in words
    assert not any(reading.charts(page) for page in deck.slides)
