"""``qbr connect`` and ``qbr disconnect``: an organization's sign-in to a source."""

from __future__ import annotations

import getpass
import sys
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal

import typer

from extractors.core.errors import CredentialsRefused, VendorError
from extractors.core.reading import open_source
from orchestration import pipeline
from orchestration.cli.options import OneOrganizationOption
from orchestration.errors import PartlyFailed, UsageError
from orchestration.extraction import choose
from orchestration.mapping import in_use
from orchestration.selection import one_organization, run_instant
from warehouse.audit import Actor
from warehouse.credential_shapes import completed
from warehouse.credentials import connect_source, disconnect_source
from warehouse.engine import connect as connect_database
from warehouse.organizations import Organization
from warehouse.settings import get_settings

# What a person is asked for, a source each: field, question, whether it is typed unseen. QuickBooks signs in instead.
ASKED: dict[str, tuple[tuple[str, str, bool], ...]] = {
    "ninjaone": (
        ("base_url", "Address of your NinjaOne instance", False),
        ("client_id", "Client id", False),
        ("client_secret", "Client secret", True),
    ),
    "connectwise": (
        ("base_url", "Address, ending in /v4_6_release/apis/3.0", False),
        ("company_id", "Company id", False),
        ("public_key", "Public key", False),
        ("private_key", "Private key", True),
        ("client_id", "clientId", False),
    ),
    "stripe": (("api_key", "Restricted key with read rights", True),),
}

USUAL_PORTS = {"postgres": "5432", "sqlserver": "1433"}

SourceArgument = Annotated[
    str, typer.Argument(metavar="SOURCE", help="ninjaone, connectwise, stripe, quickbooks or opsdb.")
]


def add_to(app: typer.Typer) -> None:
    app.command("connect")(connect)
    app.command("disconnect")(disconnect)


def connect(
    source: SourceArgument,
    organization: OneOrganizationOption = None,
    environment: Annotated[
        Literal["production", "sandbox"], typer.Option("--environment", help="QuickBooks also has sandbox companies.")
    ] = "production",
) -> None:
    """Sign in to a source: asks for its keys, or opens the browser for QuickBooks, and tries them before storing them.

    Keys that the vendor refuses are not stored; a sign-in stored earlier stays.
    """
    choose(source)
    chosen = one_organization(organization)
    pipeline.prepare([chosen])
    try:
        special = {"quickbooks": lambda: _quickbooks(environment), "opsdb": _database}
        facts = special.get(source, lambda: _ask(source))()
    except typer.Abort as error:
        raise UsageError(
            f"Not everything was typed in, so {source} was not connected for {chosen.id}; a sign-in stored earlier "
            f"stays. Run it in a terminal, or set QBR_{source.upper()}_... together with "
            f"QBR_CREDENTIALS_ORGANIZATION={chosen.id} (docs/settings.md)."
        ) from error
    person = Actor("person", getpass.getuser())
    tried = Untried(completed(source, facts, environment))
    shortfall = _try(chosen, source, tried)
    with connect_database() as connection:
        connect_source(connection, chosen.id, source, tried.connection, environment=environment, actor=person)
    if shortfall:
        raise PartlyFailed(f"{source} is connected for {chosen.id}, but not all of it can be read yet: {shortfall}")
    typer.echo(
        f"{source} is connected for {chosen.id}. Next: turn it on under `sources:` in config/{chosen.id}.yml if it is "
        "not yet there, then `qbr run`."
    )


def disconnect(source: SourceArgument, organization: OneOrganizationOption = None) -> None:
    """Remove a stored sign-in, and revoke it with the vendor where that can be done."""
    choose(source)
    chosen = one_organization(organization)
    pipeline.prepare([chosen])
    person = Actor("person", getpass.getuser())
    with connect_database() as connection:
        facts = disconnect_source(connection, chosen.id, source, actor=person)
    if source == "quickbooks":
        from extractors.core.quickbooks_sign_in import revoke

        try:
            revoke(facts)
        except VendorError as error:
            typer.echo(
                f"{source} is disconnected here for {chosen.id}, but the vendor did not confirm: {error} "
                "End the connection inside QuickBooks too."
            )
            raise typer.Exit(1) from error
    typer.echo(f"{source} is disconnected for {chosen.id}. What was extracted stays.")


def _ask(source: str) -> dict[str, str]:
    return {field: _typed(question, unseen=unseen) for field, question, unseen in ASKED[source]}


def _typed(question: str, *, unseen: bool) -> str:
    """An answer; typed unseen where somebody could look, read as it comes where it is piped in."""
    return str(typer.prompt(question, hide_input=unseen and sys.stdin.isatty(), err=True)).strip()


def _database() -> dict[str, str]:
    """Where the operational database is and who may read it; what is usual need not be typed."""
    kind = _chosen("Kind of database", ("postgres", "sqlserver"), "postgres")
    if kind == "sqlserver":
        typer.echo("Note: SQL Server is prepared for, but was never tried against a live server.", err=True)
    host = _typed("Host", unseen=False)
    port = str(typer.prompt("Port", default=USUAL_PORTS[kind], err=True)).strip()
    given = {"kind": kind, "host": host, "port": port, "database": _typed("Database", unseen=False)}
    given |= {"user": _typed("User, one that may only read", unseen=False), "password": _typed("Password", unseen=True)}
    given["tls"] = _chosen(
        "Encrypt the connection (TLS)", ("yes", "no"), completed("opsdb", given, "production")["tls"]
    )
    if given["tls"] == "yes" and kind == "postgres":
        question = "File of the authority that signed the server's certificate, empty for a public one"
        given["tls_ca"] = str(typer.prompt(question, default="", show_default=False, err=True)).strip()
    return given


def _chosen(question: str, choices: tuple[str, ...], usual: str) -> str:
    answer = str(typer.prompt(f"{question}: {' or '.join(choices)}", default=usual, err=True)).strip().lower()
    if answer not in choices:
        raise UsageError(f"{question} must be {' or '.join(choices)}, so opsdb was not connected. Nothing was stored.")
    return answer


def _quickbooks(environment: str) -> dict[str, str]:
    """Sign in with the browser; the application's own id and secret come from the settings or are asked for."""
    from extractors.core.quickbooks_sign_in import sign_in_with_browser

    settings = get_settings()
    secret = settings.quickbooks_client_secret
    given = {
        "client_id": settings.quickbooks_client_id or _typed("Client id of your Intuit application", unseen=False),
        "client_secret": secret.get_secret_value() if secret else _typed("Its client secret", unseen=True),
    }
    for name in ("base_url", "auth_url", "token_url", "revoke_url"):
        if address := getattr(settings, f"quickbooks_{name}"):
            given[name] = address

    def show(url: str) -> None:
        typer.echo(f"Sign in to QuickBooks in the browser; if none opened, open this address yourself:\n{url}")
        webbrowser.open(url)

    return sign_in_with_browser(completed("quickbooks", given, environment), show=show)


class Untried:
    """A sign-in that is tried before it is stored. What the vendor replaces while it is tried is kept here."""

    def __init__(self, facts: dict[str, str]) -> None:
        self.connection: dict[str, Any] = dict(facts)

    @contextmanager
    def exclusive(self) -> Iterator[Untried]:
        """Nobody else knows of it yet."""
        yield self

    def save(self, updates: dict[str, Any]) -> None:
        """Take the new tokens in the place of the old ones."""
        self.connection.update(updates)


def _try(organization: Organization, source: str, tried: Untried) -> VendorError | None:
    """Read a few records of each stream, so that a missing right shows now and not tonight; what is wrong, if anything.

    Raises :class:`UsageError` for a sign-in that the vendor refuses: it must not take the place of one that works.
    """
    try:
        with open_source(
            source,
            tried.connection,
            token_store=tried,
            as_of=run_instant([organization]),
            time_zone=organization.time_zone,
        ) as session:
            session.preflight(in_use(organization, choose(source)))
    except CredentialsRefused as error:
        raise UsageError(
            f"{error} So {source} was not connected for {organization.id}; a sign-in stored earlier stays."
        ) from error
    except VendorError as error:
        return error
    return None
