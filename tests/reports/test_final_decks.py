"""A finalised deck stays as it was; what changes afterwards stands on the next deck with its amount and account."""

from datetime import UTC, datetime
from decimal import Decimal

import psycopg
import pytest

from reports.decks import DeckBlocked, build_deck
from reports.decks.builder import gather_deck
from reports.decks.comparison import compare
from reports.decks.finalising import FinaliseRefused, finalise
from reports.decks.inventory import listed
from reports.decks.references import snapshot_of
from reports.decks.rendering import render
from reports.decks.snapshots import decode
from reports.errors import UnknownScope
from reports.paper.companions import accompany
from tests.reports import marts, reading
from tests.reports.building import build_decks
from warehouse.artefacts import ArtefactFrozen, store
from warehouse.frozen_decks import frozen_decks, frozen_snapshot
from warehouse.frozen_quarters import frozen

NOW = datetime(2026, 7, 8, 9, tzinfo=UTC)
PLACE = (marts.ORGANIZATION, marts.QUARTER)
INVOICED = "Sales:Recurring services"


@pytest.fixture
def business(warehouse: psycopg.Connection) -> psycopg.Connection:
    """The organization with its books, all of which tie."""
    marts.whole_organization(warehouse)
    marts.insert(warehouse, "marts.dim_organizations", [{"organization_id": marts.ORGANIZATION, "as_of": marts.AS_OF}])
    books(warehouse, "61250.25")
    return warehouse


def books(connection: psycopg.Connection, amount: str) -> None:
    row = {
        "organization_id": marts.ORGANIZATION, "period": "2026-06", "basis": "Accrual", "report_group": "Income",
        "account_id": "31", "account_name": INVOICED, "metric": "mrr", "amount": Decimal(amount), "source_rows": 1,
    }  # fmt: skip
    connection.execute("delete from marts.fct_profit_and_loss")
    marts.insert(connection, "marts.fct_profit_and_loss", [row])


def finalised(connection, folder, deck="company", client_id=None):
    build_deck(connection, deck, *PLACE, folder, client_id=client_id)
    return finalise(
        connection, deck, *PLACE, folder, finalised_by="ada", now=NOW, client_id=client_id, note="Shown on 8 July"
    )


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


def test_a_deck_is_finalised_once_with_its_snapshot_and_its_quarters_figures(business, tmp_path):
    done = finalised(business, tmp_path)
    assert [
        (one.deck, one.client_id, one.finalised_by, one.note) for one in frozen_decks(business, marts.ORGANIZATION)
    ] == [("company", "all", "ada", "Shown on 8 July")]
    assert [one.quarter for one in frozen(business, marts.ORGANIZATION)] == [marts.QUARTER]
    assert done.path.name == "fernhill-it-2026-Q2-company-final.pptx"
    assert done.path.stat().st_mode & 0o222 == 0
    with pytest.raises(FinaliseRefused, match="was finalised by ada on 2026-07-08"):
        finalise(business, "company", *PLACE, tmp_path, finalised_by="bob", now=NOW)
    finalised(business, tmp_path, "client", "juniper-dental")
    assert len(frozen_decks(business, marts.ORGANIZATION)) == 2


def test_the_pdf_and_the_handout_of_the_deck_are_kept_with_it_and_those_of_another_are_not(business, tmp_path):
    """The next build drew them anew in their place, and the final deck was left without."""
    built = build_deck(business, "company", *PLACE, tmp_path)
    accompany(business, *PLACE, [built], pdf=False)
    pdf = built.path.with_suffix(".pdf")
    pdf.write_bytes(b"of an older deck")
    store(
        business, marts.ORGANIZATION, pdf, kind="company_pdf", period=marts.QUARTER, details={"deck_sha256": "0" * 64}
    )
    handout = built.path.with_suffix(".xlsx").read_bytes()
    done = finalise(business, "company", *PLACE, tmp_path, finalised_by="ada", now=NOW)
    [kept] = done.companions
    beside = {one.is_final: one.companions for one in listed(business, marts.ORGANIZATION) if one.deck == "company"}
    assert beside == {False: (built.path.with_suffix(".xlsx"),), True: (kept,)}
    assert kept.name == "fernhill-it-2026-Q2-company-final.xlsx"
    assert kept.stat().st_mode & 0o222 == 0
    noted = business.execute(
        "select uri, kind, details ->> 'deck_sha256' from app.artefacts where is_frozen and kind like '%%handout'"
    ).fetchall()
    assert noted == [(kept.resolve().as_uri(), "company_handout", done.frozen.content_sha256)]
    business.execute("update marts.fct_smartnumbers set value = 0.3 where metric = 'rhem'")
    accompany(business, *PLACE, [build_deck(business, "company", *PLACE, tmp_path)], pdf=False)
    assert built.path.with_suffix(".xlsx").read_bytes() != handout
    assert kept.read_bytes() == handout
    done.withdraw()
    assert not kept.exists()


def test_a_file_that_is_noted_as_frozen_is_not_touched_though_its_deck_is_unknown(business, tmp_path):
    done = finalised(business, tmp_path)
    before = done.path.read_bytes()
    business.execute("alter table app.frozen_decks disable trigger append_only")
    business.execute("delete from app.frozen_decks")
    business.execute("update marts.fct_smartnumbers set value = 0.3 where metric = 'rhem'")
    build_deck(business, "company", *PLACE, tmp_path)
    with pytest.raises(FinaliseRefused, match="finalised with other content and stays as it is"):
        finalise(business, "company", *PLACE, tmp_path, finalised_by="ada", now=NOW)
    assert done.path.read_bytes() == before


@pytest.mark.parametrize("name", ["company", "investor", "juniper-dental-final"])
def test_a_clients_name_is_never_taken_for_another_deck(business, tmp_path, name):
    for table in ("dim_clients", "fct_metrics_monthly", "fct_metrics_quarterly"):
        business.execute(f"update marts.{table} set client_id = %s where client_id = 'birch-freight'", [name])
    others = [
        build_deck(business, "company", *PLACE, tmp_path),
        build_deck(business, "investor", *PLACE, tmp_path),
        finalised(business, tmp_path, "client", "juniper-dental"),
    ]
    before = {one.path: one.path.read_bytes() for one in others}
    snapshots = {one.snapshot_path: one.snapshot_path.read_bytes() for one in others}
    of_client = build_deck(business, "client", *PLACE, tmp_path, client_id=name)
    final = finalised(business, tmp_path, "client", name)
    assert len({*before, of_client.path, final.path}) == 5
    assert {path: path.read_bytes() for path in before} == before
    assert {path: path.read_bytes() for path in snapshots} == snapshots


def test_a_file_that_is_noted_as_frozen_is_not_written_over_by_a_deck(business, tmp_path):
    built = build_deck(business, "company", *PLACE, tmp_path)
    before = built.path.read_bytes()
    store(business, marts.ORGANIZATION, built.path, kind="company_deck", period=marts.QUARTER, is_frozen=True)
    business.execute("update marts.fct_smartnumbers set value = 0.3 where metric = 'rhem'")
    with pytest.raises(ArtefactFrozen, match="was finalised"):
        build_deck(business, "company", *PLACE, tmp_path)
    assert built.path.read_bytes() == before


def test_a_clients_deck_from_before_it_had_a_folder_no_longer_stands(business, tmp_path):
    flat = tmp_path / marts.ORGANIZATION / marts.QUARTER / "fernhill-it-2026-Q2-juniper-dental.pptx"
    flat.parent.mkdir(parents=True)
    flat.write_bytes(b"of last week")
    note = {"kind": "client_deck", "period": marts.QUARTER, "client_id": "juniper-dental"}
    store(business, marts.ORGANIZATION, flat, **note, details={"slides": 7})
    built = build_deck(business, "client", *PLACE, tmp_path, client_id="juniper-dental")
    assert built.path.name == flat.name
    assert [one.path for one in listed(business, marts.ORGANIZATION)] == [built.path]
    assert flat.read_bytes() == b"of last week"


def test_the_database_refuses_to_change_or_remove_a_finalised_deck(business, tmp_path):
    finalised(business, tmp_path)
    for statement in ("update app.frozen_decks set note = 'x'", "delete from app.frozen_decks"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), business.transaction():
            business.execute(statement)


def test_what_was_not_built_is_a_draft_or_no_longer_true_is_not_finalised(business, tmp_path):
    def attempt():
        finalise(business, "company", *PLACE, tmp_path, finalised_by="ada", now=NOW)

    with pytest.raises(FinaliseRefused, match="was not built"):
        attempt()
    build_deck(business, "company", *PLACE, tmp_path, force_reason="the books come on Monday")
    with pytest.raises(FinaliseRefused, match="is a DRAFT"):
        attempt()
    build_deck(business, "company", *PLACE, tmp_path)
    business.execute("update marts.fct_metrics_quarterly set value = value + 1 where metric = 'net_profit'")
    with pytest.raises(FinaliseRefused, match=r"no longer says what the marts say \(Net profit of 2026-Q2"):
        attempt()
    assert frozen_decks(business, marts.ORGANIZATION) == []


def test_a_quarter_that_is_not_over_is_not_finalised(business, tmp_path):
    build_deck(business, "company", marts.ORGANIZATION, "2026-Q3", tmp_path)
    with pytest.raises(FinaliseRefused, match="before the quarter was over"):
        finalise(business, "company", marts.ORGANIZATION, "2026-Q3", tmp_path, finalised_by="ada", now=NOW)


def test_no_deck_is_built_or_finalised_while_the_books_do_not_tie(business, tmp_path):
    build_deck(business, "company", *PLACE, tmp_path)
    marts.insert(
        business,
        "marts.fct_profit_and_loss_ties",
        [
            {
                "organization_id": marts.ORGANIZATION, "period": "2026-05", "basis": "Accrual",
                "report_group": "Expenses", "report_total": Decimal(10), "mapped_total": Decimal("9.99"),
                "difference": Decimal("0.01"),
            }
        ],
    )  # fmt: skip
    with pytest.raises(DeckBlocked, match=r"do not tie: Expenses differs by 0.01"):
        finalise(business, "company", *PLACE, tmp_path, finalised_by="ada", now=NOW)
    with pytest.raises(DeckBlocked):
        build_deck(business, "company", *PLACE, tmp_path)
    draft = build_deck(business, "company", *PLACE, tmp_path, force_reason="the bookkeeper knows")
    for page in reading.presentation(draft.path).slides:
        assert "DRAFT: the bookkeeper knows" in reading.texts(page)


def test_the_list_tells_decks_that_are_final_from_those_that_were_built(business, tmp_path):
    build_decks(business, *PLACE, tmp_path, clients=["juniper-dental"])
    finalised(business, tmp_path)
    found = [(one.deck, one.client_id, one.is_final) for one in listed(business, marts.ORGANIZATION)]
    assert found == [("company", "all", False), ("company", "all", True), ("client", "juniper-dental", False)]
    assert {one.path.suffix for one in listed(business, marts.ORGANIZATION)} == {".pptx"}


def test_a_difference_names_numbers_words_and_actions(business, tmp_path):
    done = finalised(business, tmp_path)
    old = render(snapshot_of(business, marts.ORGANIZATION, f"{marts.QUARTER}:final", "company", None)).record
    assert compare(
        old, render(snapshot_of(business, marts.ORGANIZATION, str(done.snapshot_path), "company", None)).record
    ).is_empty
    business.execute("update marts.fct_smartnumbers set value = 0.3 where metric = 'rhem' and quarter = '2026-Q2'")
    new = render(snapshot_of(business, marts.ORGANIZATION, f"{marts.QUARTER}:now", "company", None)).record
    found = compare(old, new)
    [number] = [one for one in found.numbers if one.slide == "operations" and one.label.endswith("(RHEM)")]
    assert (number.old, number.new, number.new_shown) == (Decimal("0.2424"), Decimal("0.3"), "0.300 h")
    said = [(one.is_new, one.text[:49]) for one in found.actions if one.slide == "decisions"]
    assert said == [
        (False, "Reactive hours per endpoint per month (RHEM) is 0"),
        (True, "Reactive hours per endpoint per month (RHEM) is 0"),
    ]
    assert any(one.slide == "operations" and one.is_new for one in found.words)


def test_two_quarters_are_compared_by_how_far_each_figure_lies_from_its_own_quarter(business):
    decks = [gather_deck(business, "company", marts.ORGANIZATION, quarter) for quarter in ("2026-Q1", "2026-Q2")]
    found = compare(*(render(snapshot).record for snapshot in decks))
    pairs = {(one.old_period, one.new_period) for one in found.numbers if one.slide == "leverage"}
    assert ("2026-Q1", "2026-Q2") in pairs
    assert all(
        one.old_period is None or one.new_period is None or one.old_period < one.new_period
        for one in found.numbers
        if one.slide == "leverage"
    )


@pytest.mark.parametrize("reference", ["2026-Q2:final", "2026-Q2:built", "2026-Q2:old", "nowhere.json"])
def test_a_reference_to_no_deck_says_so(business, reference):
    with pytest.raises(UnknownScope):
        snapshot_of(business, marts.ORGANIZATION, reference, "company", None)
