"""`qbr link` as a person uses it: whose files come together, what is left out, and what is said."""

import hashlib
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from orchestration import pipeline
from orchestration.selection import chosen_organizations
from tests.command import qbr
from tests.installation import installed
from warehouse.artefacts import store
from warehouse.settings import PROJECT_ROOT, get_settings


@pytest.fixture(scope="module")
def installation(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An organization with files of its own and of two clients: decks in work, final and forced, and an export."""
    folder = tmp_path_factory.mktemp("installation")
    (folder / "config").mkdir()
    shutil.copy(PROJECT_ROOT / "config" / "demo-msp.yml", folder / "config")
    with installed(module_database_url, folder / "var", folder / "config", as_of="2026-07-06T14:00:00Z"):
        pipeline.prepare(chosen_organizations())
        with psycopg.connect(module_database_url) as connection:
            for alias, client in enumerate(("juniper", "birch"), start=1):
                connection.execute(
                    "insert into app.clients (organization_id, client_id, client_alias, name, is_confirmed) "
                    "values ('demo-msp', %s, %s, %s, true)",
                    [client, alias, client.capitalize()],
                )
            for name, kind, client, more in (
                ("company.pptx", "company_deck", "all", {}),
                ("company-final.pptx", "company_deck", "all", {"is_frozen": True}),
                ("company.json", "company_snapshot", "all", {}),
                ("figures.csv", "export", "all", {}),
                ("juniper.pptx", "client_deck", "juniper", {}),
                ("juniper.xlsx", "client_handout", "juniper", made_of("juniper.pptx")),
                ("juniper.pdf", "client_pdf", "juniper", made_of("an earlier deck")),
                ("time-entries.csv", "export", "juniper", {}),
                ("investor.pptx", "investor_deck", "all", {}),
                ("company.pdf", "company_pdf", "all", made_of("company.pptx")),
                ("birch.pptx", "client_deck", "birch", {"details": {"draft_reason": "books are open"}}),
                ("birch.pdf", "client_pdf", "birch", made_of("birch.pptx", draft_reason="books are open")),
            ):
                note(connection, name, kind=kind, client_id=client, **more)
        yield module_database_url


def made_of(deck: str, **details: str) -> dict[str, dict[str, str]]:
    """What is noted of a PDF or handout: the content of its deck, which is its name here."""
    return {"details": {"deck_sha256": hashlib.sha256(deck.encode()).hexdigest(), **details}}


def note(connection: psycopg.Connection, name: str, **facts) -> None:
    path: Path = get_settings().var_dir / "reports" / "demo-msp" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(name)
    store(connection, "demo-msp", path, period="2026-Q2", **facts)


def files_in(out: str) -> set[str]:
    return set(re.findall(r"^ +\d+: (\S+)$", out, re.MULTILINE))


def test_the_companys_link_has_no_clients_file_and_the_final_deck_alone(installation: str) -> None:
    """Not even the PDF of the working copy, which later runs write anew."""
    done = qbr("link", "new", "Company review", "--company", "--quarter", "2026-Q2")
    assert done.exit_code == 0
    assert files_in(done.out) == {"company-final.pptx"}
    assert re.match(r"http://127\.0\.0\.1:\d+/l/[\w-]{56}\n", done.out)


def test_a_clients_link_has_that_clients_deck_and_what_was_made_of_it(installation: str) -> None:
    """No export of ours about the client, and no PDF of a deck that is not there any more."""
    assert files_in(qbr("link", "new", "Review", "--client", "juniper").out) == {"juniper.pptx", "juniper.xlsx"}


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("--client juniper --kind export", {"time-entries.csv"}),
        ("--company --kind export", {"figures.csv"}),
        ("--company --kind investor_deck", {"investor.pptx"}),
    ],
)
def test_what_is_not_of_the_decks_goes_out_where_its_kind_is_named(
    installation: str, typed: str, found: set[str]
) -> None:
    assert files_in(qbr("link", "new", "Files", *typed.split()).out) == found


def test_a_draft_comes_only_where_it_is_asked_for(installation: str) -> None:
    refused = qbr("link", "new", "Review", "--client", "birch")
    assert refused.exit_code == 2
    assert "Only drafts were found" in refused.sentence
    drafts = {"birch.pptx", "birch.pdf"}
    assert files_in(qbr("link", "new", "Review", "--client", "birch", "--drafts").out) == drafts


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("link new Review", "Say whose files"),
        ("link new Review --company --client juniper", "Say whose files"),
        ("link new Review --client nobody", "clients with files: birch, juniper"),
        ("link new Review --company --quarter 2020-Q1", "no finished file of that description"),
        ("link new Review --file 999", "There is no finished file 999"),
        ("link revoke 999 --reason gone", "no link 999"),
    ],
)
def test_what_cannot_be_linked_is_said_and_no_link_is_made(installation: str, typed: str, told: str) -> None:
    before = links(installation)
    ended = qbr(*typed.split())
    assert ended.exit_code == 2
    assert told in ended.sentence
    assert links(installation) == before


def test_a_link_is_listed_closed_and_its_token_never_shown_again(installation: str) -> None:
    made = qbr("link", "new", "Quarter two", "--client", "juniper", "--days", "3")
    token = made.out.split("/l/")[1].split("\n")[0]
    number = re.search(r"Link (\d+) opens", made.out)
    assert number is not None
    assert "Quarter two" in qbr("link", "list").out
    assert "was not used" in qbr("link", "views", number[1]).out
    assert qbr("link", "revoke", number[1], "--reason", "sent to the wrong person").exit_code == 0
    listed = qbr("link", "list").out
    assert "revoked" in listed
    assert token not in listed
    with psycopg.connect(installation) as connection:
        reasons = connection.execute("select reason from app.audit_log where action = 'share_link_revoked'").fetchall()
        expires = connection.execute(
            "select max(expires_at) from app.share_links where label = 'Quarter two'"
        ).fetchone()
    assert reasons == [("sent to the wrong person",)]
    assert 2 <= (expires[0] - datetime.now(UTC)).days <= 3


def links(url: str) -> list[tuple[int, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute("select link_id from app.share_links order by 1").fetchall()
