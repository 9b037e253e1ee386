"""What changes after a quarter was presented stands on the next deck with its amount and account."""

from decimal import Decimal

import psycopg

from reports.decks import build_deck
from reports.decks.builder import gather_deck
from reports.decks.rendering import render
from reports.decks.snapshots import decode
from tests.reports import marts, reading
from tests.reports.final import INVOICED, NOW, PLACE, books, finalised
from warehouse.frozen_decks import frozen_snapshot


def restate(connection: psycopg.Connection) -> None:
    """An invoice of June is booked after the review: what dbt would then say of June."""
    connection.execute(
        "update marts.fct_metrics_monthly set value = value + 1000 where metric = 'mrr' and period = '2026-06' "
        "and client_id = 'all'"
    )
    books(connection, "62250.25")
    was = marts.monthly_value("mrr", "2026-06")
    marts.insert(
        connection,
        "marts.fct_restatements",
        [
            {
                "organization_id": marts.ORGANIZATION, "quarter": marts.QUARTER, "mart": "fct_metrics_monthly",
                "client_id": "all", "period": "2026-06", "metric": "mrr", "presented_value": was, "value": was + 1000,
                "amount": Decimal(1000), "unit": "usd", "presented_method": "accounting", "method": "accounting",
                "cause": "quickbooks now holds 2 records behind it instead of 1.", "frozen_at": NOW, "frozen_by": "ada",
            }
        ],
    )  # fmt: skip


def next_quarter(connection: psycopg.Connection) -> None:
    for month in ("2026-08", "2026-09"):
        marts.insert(
            connection,
            "marts.dim_periods",
            [
                {
                    "organization_id": marts.ORGANIZATION, "period": month, "quarter": "2026-Q3", "year": 2026,
                    "is_complete": True, "is_current": False,
                }
            ],
        )  # fmt: skip
    connection.execute("update marts.dim_periods set is_complete = true, is_current = false")


def test_r24_a_restated_quarter_leaves_the_frozen_deck_as_it_was_and_stands_on_the_next(business, tmp_path):
    done = finalised(business, tmp_path)
    before = done.path.read_bytes()
    restate(business)
    next_quarter(business)
    build_deck(business, "company", *PLACE, tmp_path)
    following = build_deck(business, "company", marts.ORGANIZATION, "2026-Q3", tmp_path)
    assert done.path.read_bytes() == before
    kept = frozen_snapshot(business, *PLACE, "company", "all")
    assert render(decode(kept)).content == before
    pages = [
        page
        for page in reading.presentation(following.path).slides
        if "Restated since it was presented" in reading.texts(page)
    ]
    [page] = pages
    [title] = [text for text in reading.texts(page) if text.startswith("Q2 2026 restated")]
    assert title == f"Q2 2026 restated: 1 figure changed, Mrr of Jun 2026 by +$1,000 ({INVOICED})"
    [[_, row]] = reading.tables(page)
    assert row[0:2] == ["Mrr", "Jun 2026"]
    assert row[4:] == ["+$1,000", f"Accounts: {INVOICED} +$1,000.00"]


def test_a_client_is_told_of_its_own_restatements_and_of_no_account(business, tmp_path):
    finalised(business, tmp_path)
    restate(business)
    record = render(gather_deck(business, "client", *PLACE, client_id="juniper-dental")).record
    assert "restated" not in {slide.slide for slide in record.slides}
    business.execute("update marts.fct_restatements set client_id = 'juniper-dental', metric = 'endpoints_managed'")
    record = render(gather_deck(business, "client", *PLACE, client_id="juniper-dental")).record
    [slide] = [slide for slide in record.slides if slide.slide == "restated"]
    assert INVOICED not in str(slide)


def restated_on(connection, deck, client_id=None):
    record = render(gather_deck(connection, deck, *PLACE, client_id=client_id)).record
    return "\n".join(str(slide) for slide in record.slides if slide.slide == "restated")


def test_each_audience_is_told_of_the_restatements_of_its_own_decks_and_of_no_typed_cause(business, tmp_path):
    finalised(business, tmp_path)
    typed = "Corrected by hand: Marguerite was paid twice"
    row = {
        "organization_id": marts.ORGANIZATION, "quarter": marts.QUARTER, "mart": "fct_metrics_monthly",
        "period": "2026-06", "presented_value": Decimal(1), "value": Decimal(1501), "amount": Decimal(1500),
        "unit": "usd", "presented_method": "calculated", "method": "corrected", "cause": typed, "frozen_at": NOW,
        "frozen_by": "ada",
    }  # fmt: skip
    told = {
        "all": ("employee_expense", "owner_comp", "net_profit", "seats_managed"),
        "juniper-dental": ("mrr_per_seat", "hours_per_endpoint", "endpoints_managed"),
    }
    changed = [{**row, "client_id": whose, "metric": metric} for whose, names in told.items() for metric in names]
    quarterly = {**row, "client_id": "all", "mart": "fct_smartnumbers", "metric": "arpa", "period": marts.QUARTER}
    marts.insert(business, "marts.fct_restatements", [*changed, quarterly])
    books(business, "62250.25")
    owner, client = restated_on(business, "company"), restated_on(business, "client", "juniper-dental")
    investor = restated_on(business, "investor")
    assert typed in owner
    assert all(f"{metric}.restated" in owner for metric in (*told["all"], "arpa"))
    assert "endpoints_managed.restated" in client
    assert "net_profit.restated" in investor
    for metric in ("mrr_per_seat", "hours_per_endpoint"):
        assert f"{metric}.restated" not in client
    for metric in ("employee_expense", "owner_comp", "seats_managed", "arpa"):
        assert f"{metric}.restated" not in investor
    for seen in (client, investor):
        assert "Corrected since." in seen
        assert "Marguerite" not in seen
        assert INVOICED not in seen
