import base64
import threading
from pathlib import Path

import psycopg
import pytest

from warehouse.audit import Actor
from warehouse.credentials import (
    CredentialsIncomplete,
    NotConnected,
    connect_source,
    connected_sources,
    connection_for,
    disconnect_source,
)
from warehouse.errors import WarehouseError
from warehouse.organizations import apply, load_organization
from warehouse.sealing import Seal, SealBroken
from warehouse.settings import Settings
from warehouse.token_store import PostgresTokenStore

KIM = Actor("person", "kim")
NINJAONE = {"base_url": "https://ninja.test", "client_id": "made-up-id", "client_secret": "made-up-word"}
QUICKBOOKS = {
    "base_url": "https://books.test",
    "auth_url": "https://books.test/authorize",
    "token_url": "https://books.test/token",
    "revoke_url": "https://books.test/revoke",
    "client_id": "made-up-id",
    "client_secret": "made-up-word",
    "realm_id": "9",
    "refresh_token": "refresh-1",
}


def key(letter: str) -> str:
    return base64.urlsafe_b64encode(letter.encode() * 32).decode()


def settings(letter: str = "a", **given: object) -> Settings:
    return Settings(_env_file=None, secret_key=key(letter), **given)


@pytest.fixture
def organizations(connection: psycopg.Connection, tmp_path: Path) -> psycopg.Connection:
    for name in ("northwind-it", "southwind-it"):
        path = tmp_path / f"{name}.yml"
        path.write_text(f"id: {name}\nname: {name}\ntime_zone: UTC\n")
        apply(connection, load_organization(path))
    connection.commit()
    return connection


@pytest.fixture
def connection_with_books(organizations: psycopg.Connection) -> psycopg.Connection:
    connect_source(organizations, "northwind-it", "quickbooks", QUICKBOOKS, environment="sandbox", settings=settings())
    organizations.commit()
    return organizations


def store(database_url: str, chosen: Settings | None = None, organization: str = "northwind-it") -> PostgresTokenStore:
    return PostgresTokenStore(
        organization, "quickbooks", connect=lambda: psycopg.connect(database_url), settings=chosen or settings()
    )


def test_what_was_connected_comes_back_with_the_address_worked_out(organizations: psycopg.Connection):
    connect_source(organizations, "northwind-it", "ninjaone", NINJAONE, actor=KIM, settings=settings())
    assert connection_for(organizations, "northwind-it", "ninjaone", settings=settings()) == {
        **NINJAONE,
        "token_url": "https://ninja.test/ws/oauth/token",
        "environment": "production",
    }
    connected = connected_sources(organizations, "northwind-it", settings=settings())["ninjaone"]
    assert (connected.environment, connected.origin, connected.connected_by) == ("production", "connected", "kim")


def test_nothing_secret_stands_in_the_table_or_the_audit_log(organizations: psycopg.Connection):
    connect_source(organizations, "northwind-it", "ninjaone", NINJAONE, actor=KIM, settings=settings())
    stored = organizations.execute("select c::text, sealed from app.credentials c").fetchall()
    logged = organizations.execute("select a::text from app.audit_log a where action = 'connect_source'").fetchall()
    assert b"made-up-word" not in stored[0][1]
    assert "made-up-word" not in stored[0][0] + logged[0][0]
    assert "production" in logged[0][0]


def test_stripe_needs_only_its_key(organizations: psycopg.Connection):
    connect_source(organizations, "northwind-it", "stripe", {"api_key": "made-up"}, settings=settings())
    found = connection_for(organizations, "northwind-it", "stripe", settings=settings())
    assert found["base_url"] == "https://api.stripe.com"


def test_missing_credentials_are_named_and_nothing_is_stored(organizations: psycopg.Connection):
    with pytest.raises(CredentialsIncomplete, match="these are missing: company_id, private_key"):
        connect_source(
            organizations,
            "northwind-it",
            "connectwise",
            {"base_url": "https://cw.test", "public_key": "p", "client_id": "c"},
            settings=settings(),
        )
    assert organizations.execute("select count(*) from app.credentials").fetchone() == (0,)


@pytest.mark.parametrize(("organization", "source"), [("northwind-it", "xero"), ("nobody", "stripe")])
def test_an_unknown_source_or_organization_is_refused(organizations, organization: str, source: str):
    with pytest.raises(WarehouseError, match=r"is not a source|There is no organization"):
        connect_source(organizations, organization, source, {"api_key": "x"}, settings=settings())


def test_what_is_not_connected_is_told_with_what_to_do(organizations: psycopg.Connection):
    with pytest.raises(NotConnected, match="Run `qbr connect stripe --organization northwind-it`"):
        connection_for(organizations, "northwind-it", "stripe", settings=settings())


def test_disconnecting_gives_the_credentials_back_once_for_revoking(connection_with_books: psycopg.Connection):
    removed = disconnect_source(connection_with_books, "northwind-it", "quickbooks", actor=KIM, settings=settings())
    assert removed["refresh_token"] == "refresh-1"
    with pytest.raises(NotConnected):
        disconnect_source(connection_with_books, "northwind-it", "quickbooks", actor=KIM, settings=settings())
    logged = connection_with_books.execute(
        "select action, actor_id, resource from app.audit_log order by audit_id desc"
    )
    assert logged.fetchone() == ("disconnect_source", "kim", "quickbooks")


def test_with_another_key_the_message_names_both_and_the_cure(connection_with_books: psycopg.Connection):
    with pytest.raises(
        SealBroken, match=r"sealed with the key [0-9a-f]{12}, and the key at hand is .*connect the source"
    ):
        connection_for(connection_with_books, "northwind-it", "quickbooks", settings=settings("b"))


def test_credentials_moved_to_another_organization_do_not_open(connection_with_books: psycopg.Connection):
    connection_with_books.execute("update app.credentials set organization_id = 'southwind-it'")
    with pytest.raises(SealBroken, match="was changed outside qbr"):
        connection_for(connection_with_books, "southwind-it", "quickbooks", settings=settings())


def test_the_same_content_is_never_sealed_into_the_same_bytes():
    seal = Seal(key("a").encode())
    first, second = (seal.close({"token": "x"}, "northwind-it") for _ in range(2))
    assert first.content != second.content
    assert seal.open(first, "northwind-it") == seal.open(second, "northwind-it") == {"token": "x"}
    assert key("a") not in repr(seal)


def test_the_environment_serves_the_one_organization_it_names(organizations: psycopg.Connection):
    given = settings(credentials_organization="northwind-it", **{f"ninjaone_{k}": v for k, v in NINJAONE.items()})
    assert connection_for(organizations, "northwind-it", "ninjaone", settings=given)["client_id"] == "made-up-id"
    assert connected_sources(organizations, "northwind-it", settings=given)["ninjaone"].origin == "environment"
    with pytest.raises(NotConnected):
        connection_for(organizations, "southwind-it", "ninjaone", settings=given)
    with pytest.raises(NotConnected):
        connection_for(organizations, "northwind-it", "stripe", settings=given)


def test_half_a_set_of_variables_is_told_by_name(organizations: psycopg.Connection):
    given = settings(credentials_organization="northwind-it", ninjaone_client_id="made-up-id")
    with pytest.raises(CredentialsIncomplete, match="but not QBR_NINJAONE_BASE_URL, QBR_NINJAONE_CLIENT_SECRET"):
        connection_for(organizations, "northwind-it", "ninjaone", settings=given)


def test_quickbooks_application_keys_alone_connect_nobody(organizations: psycopg.Connection):
    given = settings(credentials_organization="northwind-it", quickbooks_client_id="x", quickbooks_client_secret="y")
    with pytest.raises(NotConnected):
        connection_for(organizations, "northwind-it", "quickbooks", settings=given)


def test_what_a_person_connected_comes_before_the_environment(organizations: psycopg.Connection):
    given = settings(credentials_organization="northwind-it", stripe_api_key="from-environment")
    connect_source(organizations, "northwind-it", "stripe", {"api_key": "from-person"}, settings=given)
    assert connection_for(organizations, "northwind-it", "stripe", settings=given)["api_key"] == "from-person"


def test_a_saved_token_outlives_a_crash_right_after(connection_with_books: psycopg.Connection, database_url: str):
    class Crash(Exception):
        pass

    with pytest.raises(Crash), store(database_url).exclusive() as held:  # noqa: PT012 - the crash comes after the save
        held.save({"refresh_token": "refresh-2", "access_token": "access-2"})
        raise Crash
    found = connection_for(connection_with_books, "northwind-it", "quickbooks", settings=settings())
    assert (found["refresh_token"], found["access_token"]) == ("refresh-2", "access-2")
    assert found["environment"] == "sandbox"


def test_the_previous_token_is_kept_until_the_new_one_has_worked(
    connection_with_books: psycopg.Connection, database_url: str
):
    with store(database_url).exclusive() as held:
        held.save({"refresh_token": "refresh-2", "access_token": "access-2"})
        assert held.connection["previous_refresh_token"] == "refresh-1"
    with store(database_url).exclusive() as held:
        held.save({"refresh_token": "refresh-2", "access_token": "access-3"})
        assert "previous_refresh_token" not in held.connection


def test_a_rotation_is_logged_without_the_token(connection_with_books: psycopg.Connection, database_url: str):
    with store(database_url).exclusive() as held:
        held.save({"refresh_token": "refresh-2", "access_token": "access-2"})
    logged = connection_with_books.execute(
        "select resource, a::text from app.audit_log a where action = 'refresh_token'"
    )
    [(resource, text)] = logged.fetchall()
    assert resource == "quickbooks"
    assert "refresh-2" not in text


def test_a_second_refresher_waits_and_then_sees_the_new_token(
    connection_with_books: psycopg.Connection, database_url: str
):
    seen: list[str] = []

    def second() -> None:
        with store(database_url).exclusive() as held:
            seen.append(held.connection["refresh_token"])

    with store(database_url).exclusive() as held:
        thread = threading.Thread(target=second)
        thread.start()
        wait_until_someone_is_blocked(connection_with_books)
        assert seen == []
        held.save({"refresh_token": "refresh-2", "access_token": "access-2"})
    thread.join(timeout=20)
    assert seen == ["refresh-2"]


def test_tokens_renewed_since_the_environment_was_set_are_used(organizations: psycopg.Connection, database_url: str):
    variables = {f"quickbooks_{name}": value for name, value in QUICKBOOKS.items()}
    given = settings(credentials_organization="northwind-it", **variables)
    with store(database_url, given).exclusive() as held:
        assert held.connection["refresh_token"] == "refresh-1"
        held.save({"refresh_token": "refresh-2", "access_token": "access-2"})
    assert connection_for(organizations, "northwind-it", "quickbooks", settings=given)["refresh_token"] == "refresh-2"

    changed = settings(
        credentials_organization="northwind-it", **{**variables, "quickbooks_refresh_token": "set-by-hand"}
    )
    found = connection_for(organizations, "northwind-it", "quickbooks", settings=changed)
    assert found["refresh_token"] == "set-by-hand"
    with store(database_url, changed).exclusive() as held:
        assert held.connection["refresh_token"] == "set-by-hand"


def test_two_first_users_of_the_environment_do_not_bring_back_a_spent_token(
    organizations: psycopg.Connection, database_url: str
):
    """Both found no row; the second once wrote the environment's token over the one that the first had got for it."""
    variables = {f"quickbooks_{name}": value for name, value in QUICKBOOKS.items()}
    given = settings(credentials_organization="northwind-it", **variables)
    seen: list[str] = []

    def second() -> None:
        with store(database_url, given).exclusive() as held:
            seen.append(held.connection["refresh_token"])

    with store(database_url, given).exclusive() as held:
        thread = threading.Thread(target=second)
        thread.start()
        wait_until_someone_is_blocked(organizations)
        held.save({"refresh_token": "refresh-2", "access_token": "access-2"})
    thread.join(timeout=20)
    assert seen == ["refresh-2"]


def test_a_store_for_what_is_not_connected_says_so(organizations: psycopg.Connection, database_url: str):
    nobody = store(database_url, organization="southwind-it")
    with pytest.raises(NotConnected, match="quickbooks is not connected for southwind-it"), nobody.exclusive():
        pytest.fail("there is nothing to hold")


def wait_until_someone_is_blocked(connection: psycopg.Connection) -> None:
    """Return once a session of this database waits for a lock; fail after ten seconds of asking."""
    connection.rollback()
    waiting = (
        "select count(*), clock_timestamp() > %s::timestamptz + interval '10 seconds' from pg_stat_activity "
        "where datname = current_database() and wait_event_type = 'Lock'"
    )
    [begun] = connection.execute("select clock_timestamp()").fetchone() or [None]
    while True:
        connection.rollback()
        count, is_late = connection.execute(waiting, [begun]).fetchone() or (0, True)
        if count:
            connection.rollback()
            return
        assert not is_late, "nobody waited for the lock"
