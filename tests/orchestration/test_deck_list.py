"""`qbr deck list`: each deck with the PDF and the handout that were made of it, and no others."""

from pathlib import Path

import psycopg

from orchestration.progress import Quiet
from orchestration.quarter_decks import build_quarter
from orchestration.selection import one_organization
from reports.decks.bulk import Order
from tests.command import qbr
from tests.reports import marts
from warehouse.artefacts import store


def test_each_deck_is_listed_with_what_was_made_of_it(without_decks, connection: psycopg.Connection) -> None:
    build_quarter(
        one_organization(marts.ORGANIZATION), marts.QUARTER, progress=Quiet(), orders=[Order("company")], processes=1
    )
    name = "fernhill-it-2026-Q2-company"
    told = qbr("deck", "list").out
    assert told.endswith(f"{name}.pptx with {name}.xlsx\n")
    (uri,) = connection.execute("select uri from app.artefacts where kind = 'company_deck'").fetchone() or ("",)
    pdf = Path(uri.removeprefix("file://")).with_suffix(".pdf")
    for deck_sha256, listed in (("0" * 64, ""), (deck_of(connection), f"{name}.pdf and ")):
        pdf.write_bytes(deck_sha256.encode())
        store(
            connection, marts.ORGANIZATION, pdf, kind="company_pdf", period=marts.QUARTER,
            details={"deck_sha256": deck_sha256},
        )  # fmt: skip
        connection.commit()
        assert qbr("deck", "list").out.endswith(f"{name}.pptx with {listed}{name}.xlsx\n")


def deck_of(connection: psycopg.Connection) -> str:
    [(sha256,)] = connection.execute("select sha256 from app.artefacts where kind = 'company_deck'").fetchall()
    return str(sha256)
