"""S1: nothing that leaves the house tells of another client, of another organization, or of what is nobody's business.

Every row that is not meant for the reader is marked in its words and in its figures, everything that goes out is made
the way it is made every night, and every byte of it is opened and searched.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import pytest

from orchestration.progress import Quiet
from orchestration.quarter_decks import build_quarter
from reports.decks.bulk import Order
from reports.errors import UnknownScope
from reports.exports import FORMATS, Selection, export_figures, export_mart
from reports.views.exports import MartRows
from reports.views.exports import marts as every_mart
from tests import canaries
from tests.canaries import ELSEWHERE, INTERNAL, NUMBERS, OTHER_CLIENT
from tests.command import qbr
from tests.installation import installed
from tests.portal.conftest import NOW, served
from tests.reports import growth_marts, marts
from warehouse.organizations import Organization
from warehouse.roles import ensure_roles
from warehouse.settings import get_settings

CLIENT, OTHER = "juniper-dental", "birch-freight"
NOT_THEIRS = (OTHER_CLIENT, INTERNAL, ELSEWHERE, "birch", "orchard", "net_profit", "total_revenue", "rhem", *NUMBERS)
CONFIG = (
    "{id: fernhill-it, name: Fernhill IT, time_zone: America/Chicago, sources: {connectwise: {environment: sandbox}}}"
)

OWNER = Organization(id=marts.ORGANIZATION, name="Fernhill IT", time_zone="America/Chicago")


@dataclass(frozen=True)
class House:
    """An installation with two organizations, the decks of two clients of one of them, and all beside these decks."""

    database_url: str
    folder: Path

    def files(self, client: str) -> list[Path]:
        """Everything that was written for a client."""
        return sorted(path for path in self.folder.rglob("*") if path.is_file() and client in (*path.parts, path.stem))


@pytest.fixture(scope="module")
def house(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    (folder / "config").mkdir()
    (folder / "config" / "fernhill-it.yml").write_text(CONFIG)
    with psycopg.connect(module_database_url, options="-c timezone=UTC") as connection:
        marts.create(connection)
        marts.whole_organization(connection)
        growth_marts.whole(connection)
        marts.organization(connection, ELSEWHERE, alias=2, name=ELSEWHERE)
        for alias, client in enumerate(marts.CLIENTS, start=1):
            name = marts.CLIENTS[client] if client == CLIENT else OTHER_CLIENT
            row = {"client_id": client, "client_alias": alias, "name": name, "is_confirmed": True}
            marts.insert(connection, "app.clients", [{"organization_id": marts.ORGANIZATION, **row}])
        canaries.copy_to_elsewhere(connection, marts.ORGANIZATION)
        canaries.plant(connection, marts.ORGANIZATION, client_id=CLIENT)
        connection.execute("update app.check_results set message = %s", [INTERNAL])
        connection.commit()
        ensure_roles(connection, [marts.ORGANIZATION, ELSEWHERE])
    with installed(module_database_url, folder / "var", folder / "config", as_of="2026-07-06T14:00:00Z"):
        orders = [Order("client", CLIENT), Order("client", OTHER)]
        done = build_quarter(OWNER, marts.QUARTER, orders=orders, progress=Quiet(), processes=1, pdf=True)
        assert done.failed == []
        yield House(module_database_url, folder / "var" / "reports")


def test_decks_pdfs_handouts_and_snapshots_of_a_client_tell_of_nobody_else(house: House) -> None:
    files = house.files(CLIENT)
    assert {path.suffix for path in files} == {".pptx", ".pdf", ".xlsx", ".json"}
    for path in files:
        assert "juniper" in " ".join(text.lower() for _, text in canaries.texts(path.read_bytes(), path.name)), path
        assert canaries.found(path.read_bytes(), NOT_THEIRS, path.name) == []


@pytest.mark.parametrize("suffix", [".pptx", ".pdf", ".xlsx", ".json"])
def test_the_marks_would_be_found(house: House, suffix: str) -> None:
    """The search can fail: whatever was made for the marked client holds its marks, in words and in figures."""
    (path,) = [path for path in house.files(OTHER) if path.suffix == suffix]
    told = canaries.found(path.read_bytes(), (OTHER_CLIENT, *NUMBERS), path.name)
    assert any(OTHER_CLIENT in one for one in told)
    assert any(NUMBERS[0] in one for one in told)


@pytest.fixture
def page(house: House) -> Iterator[httpx.Client]:
    with served(get_settings(), [NOW]) as client:
        yield client


def link(client: str) -> str:
    """The address that a person is told when they make a link for a client."""
    made = qbr("link", "new", f"Review of {client}", "--client", client, "--organization", marts.ORGANIZATION)
    found = re.search(r"/l/\S+", made.out)
    assert found is not None, made
    return found[0]


def opened(page: httpx.Client, client: str) -> dict[str, httpx.Response]:
    """Every answer that somebody gets who is sent a link to a client's files and follows all that stands there."""
    answers = {"list": page.get(link(client))}
    for place in sorted(set(re.findall(r'href="(/l/[^"]+)"', answers["list"].text))):
        answers[place.rsplit("/", 1)[1]] = page.get(place)
    return answers


def test_the_download_page_opened_by_a_clients_link_tells_of_nobody_else(house: House, page: httpx.Client) -> None:
    answers = opened(page, CLIENT)
    assert {Path(name).suffix for name in answers} == {"", ".pptx", ".pdf", ".xlsx"}
    assert "receipts" in answers
    for name, answer in answers.items():
        assert answer.status_code == 200, name
        assert canaries.found(answer.content, NOT_THEIRS, name) == []
        assert canaries.found(str(answer.headers).encode(), NOT_THEIRS, f"headers of {name}") == []


def test_the_marks_would_be_found_on_the_download_page(house: House, page: httpx.Client) -> None:
    answers = opened(page, OTHER)
    for name in ("list", "receipts", *(name for name in answers if name.endswith((".pdf", ".xlsx", ".pptx")))):
        assert any(OTHER_CLIENT in one for one in canaries.found(answers[name].content, (OTHER_CLIENT,), name)), name


def test_a_link_opens_no_file_of_another_client_nor_of_another_organization(house: House, page: httpx.Client) -> None:
    address = link(CLIENT)
    with psycopg.connect(house.database_url) as connection:
        others = connection.execute("select artefact_id, uri from app.artefacts where client_id <> %s", [CLIENT])
        for number, uri in others.fetchall():
            for place in (uri.rsplit("/", 1)[1], "receipts"):
                answer = page.get(f"{address}/{number}/{place}")
                assert answer.status_code == 404
                assert canaries.found(answer.content, NOT_THEIRS, place) == []


@pytest.mark.parametrize("file_format", FORMATS)
def test_an_export_of_one_client_holds_its_rows_alone(house: House, tmp_path: Path, file_format: str) -> None:
    with psycopg.connect(house.database_url) as connection:
        chosen = Selection(("endpoints_managed", "seats_managed"), tuple(marts.MONTHS[-3:]), CLIENT)
        done = [export_figures(connection, marts.ORGANIZATION, chosen, file_format, tmp_path)]
        refused = []
        for mart in every_mart(connection):
            try:
                done.append(export_mart(connection, MartRows(marts.ORGANIZATION, mart, CLIENT), file_format, tmp_path))
            except UnknownScope:
                refused.append(mart)
        connection.rollback()
    assert "fct_smartnumbers" in refused  # of the organization as a whole
    assert sum(one.rows for one in done) > 20
    marks = (OTHER_CLIENT, INTERNAL, ELSEWHERE, *NUMBERS)
    for one in done:
        assert canaries.found(one.path.read_bytes(), marks, one.path.name) == []


@pytest.mark.parametrize("file_format", FORMATS)
def test_an_export_of_an_organization_holds_nothing_of_another(house: House, tmp_path: Path, file_format: str) -> None:
    told = ""
    with psycopg.connect(house.database_url) as connection:
        for mart in every_mart(connection):
            path = export_mart(connection, MartRows(marts.ORGANIZATION, mart), file_format, tmp_path).path
            assert canaries.found(path.read_bytes(), (ELSEWHERE,), path.name) == []
            told += " ".join(canaries.found(path.read_bytes(), (OTHER_CLIENT, INTERNAL, *NUMBERS), path.name))
        elsewhere = export_mart(connection, MartRows(ELSEWHERE, "fct_metrics_monthly"), file_format, tmp_path).path
        connection.rollback()
    assert all(mark in told for mark in (OTHER_CLIENT, INTERNAL, NUMBERS[0]))  # the search can fail
    assert canaries.found(elsewhere.read_bytes(), (ELSEWHERE,), "the other one's")
