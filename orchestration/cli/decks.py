"""``qbr deck``: decks on demand."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from orchestration.cli.options import OneOrganizationOption, as_quarter
from orchestration.cli.report import near
from orchestration.errors import NothingDone
from orchestration.progress import on_screen
from orchestration.selection import must_have_begun, one_organization, run_instant
from reports.decks import DeckBlocked, build_client_deck, build_decks
from warehouse.audit import Actor
from warehouse.engine import connect
from warehouse.settings import get_settings

app = typer.Typer(help="Quarterly review decks.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def decks() -> None:
    """Quarterly review decks."""


@app.command("build")
def build(
    quarter: Annotated[str, typer.Option("--quarter", metavar="YYYY-Qn", help="The quarter to show.")],
    client: Annotated[
        str | None, typer.Option("--client", metavar="CLIENT_ID", help="Only this client's deck.")
    ] = None,
    organization: OneOrganizationOption = None,
    force: Annotated[
        str | None,
        typer.Option("--force", metavar="REASON", help="Build despite failed checks; each slide is marked DRAFT."),
    ] = None,
) -> None:
    """Render the company deck and one deck a client, from the marts as they are now.

    A failed check of severity error holds the decks back. A forced deck carries its reason and stands in the audit log.
    """
    shown = as_quarter(quarter)
    chosen = one_organization(organization)
    must_have_begun(shown.periods, [chosen], run_instant([chosen]), asked=quarter, history_counts=False)
    settings, person = get_settings(), Actor("person", getpass.getuser())
    with on_screen() as screen, connect() as connection:
        screen.stage(f"{chosen.name}: decks of {shown}")
        try:
            place = (connection, chosen.id, str(shown), settings.var_dir / "reports")
            built = (
                [build_client_deck(*place, client, force_reason=force, actor=person)]
                if client
                else build_decks(*place, force_reason=force, actor=person)
            )
        except DeckBlocked as error:
            raise NothingDone(str(error)) from error
        screen.finish()
        for deck in built:
            screen.line(str(near(deck.path)))
