"""A finalised deck stays as it was, and only a deck that is whole and true is finalised."""

from decimal import Decimal

import psycopg
import pytest

from reports.decks import DeckBlocked, build_deck
from reports.decks.finalising import FinaliseRefused, finalise
from reports.decks.inventory import listed
from reports.paper.companions import accompany
from tests.reports import marts, reading
from tests.reports.building import build_decks
from tests.reports.final import NOW, PLACE, finalised
from warehouse.artefacts import ArtefactFrozen, store
from warehouse.frozen_decks import frozen_decks
from warehouse.frozen_quarters import frozen


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
