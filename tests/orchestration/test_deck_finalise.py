"""`qbr deck finalise`: says what is kept with the deck and what is not, and keeps nothing that may be of two builds."""

import psycopg
import pytest

from orchestration import turns
from orchestration.errors import TurnLost
from orchestration.progress import Quiet
from orchestration.quarter_decks import build_quarter
from orchestration.selection import one_organization
from reports.decks.bulk import Order
from tests.command import qbr
from tests.reports import marts
from warehouse.settings import get_settings

FINAL = "fernhill-it-2026-Q2-company-final"


@pytest.fixture
def built(without_decks: None, connection: psycopg.Connection) -> None:
    """The company's deck with its handout; PDFs are not printed here."""
    marts.insert(connection, "marts.dim_organizations", [{"organization_id": marts.ORGANIZATION, "as_of": marts.AS_OF}])
    connection.commit()
    organization = one_organization(marts.ORGANIZATION)
    build_quarter(organization, marts.QUARTER, progress=Quiet(), orders=[Order("company")], processes=1)


def test_what_is_kept_and_what_is_not_is_said(built: None) -> None:
    ended = qbr("deck", "finalise", "--quarter", marts.QUARTER)
    assert ended.exit_code == 0, ended.err
    _, kept, lacks = ended.out.splitlines()
    assert kept == f"Kept with it: {FINAL}.xlsx."
    assert lacks.startswith("Kept without its PDF: none was made of this very deck")


def test_nothing_is_kept_where_the_lock_was_lost(built: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost() -> None:
        raise TurnLost("The lock was lost.")

    with monkeypatch.context() as patched:
        patched.setattr(turns, "make_sure", lost)
        assert "The lock was lost." in qbr("deck", "finalise", "--quarter", marts.QUARTER).err
    assert list(get_settings().var_dir.rglob("*-final*")) == []
    assert qbr("deck", "finalise", "--quarter", marts.QUARTER).exit_code == 0
