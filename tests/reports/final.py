"""A deck that was finalised over marts filled by hand, for the tests of what may happen to it and to its quarter."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import psycopg

from reports.decks import build_deck
from reports.decks.finalising import FinalisedDeck, finalise
from tests.reports import marts

NOW = datetime(2026, 7, 8, 9, tzinfo=UTC)
PLACE = (marts.ORGANIZATION, marts.QUARTER)
INVOICED = "Sales:Recurring services"


def books(connection: psycopg.Connection, amount: str) -> None:
    """What was invoiced in June, and nothing else."""
    row = {
        "organization_id": marts.ORGANIZATION, "period": "2026-06", "basis": "Accrual", "report_group": "Income",
        "account_id": "31", "account_name": INVOICED, "metric": "mrr", "amount": Decimal(amount), "source_rows": 1,
    }  # fmt: skip
    connection.execute("delete from marts.fct_profit_and_loss")
    marts.insert(connection, "marts.fct_profit_and_loss", [row])


def finalised(
    connection: psycopg.Connection, folder: Path, deck: str = "company", client_id: str | None = None
) -> FinalisedDeck:
    """The deck built and finalised by Ada on 8 July."""
    build_deck(connection, deck, *PLACE, folder, client_id=client_id)
    return finalise(
        connection, deck, *PLACE, folder, finalised_by="ada", now=NOW, client_id=client_id, note="Shown on 8 July"
    )
