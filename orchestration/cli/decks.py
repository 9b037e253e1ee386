"""``qbr deck``: decks on demand, which there are, what changed between two, and those that are kept for good."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated

import psycopg
import typer

from orchestration import pipeline, turns
from orchestration.cli.deck_comparison import print_comparison
from orchestration.cli.options import OneOrganizationOption, QuarterOption, as_quarter
from orchestration.cli.report import near, summary, without_decks
from orchestration.errors import NothingDone, TurnLost, UsageError
from orchestration.progress import complain, on_screen
from orchestration.quarter_decks import build_quarter
from orchestration.selection import must_have_begun, one_organization, run_instant
from reports.decks import BuiltDeck, DeckBlocked
from reports.decks.builder import template_of
from reports.decks.bulk import Order
from reports.decks.comparison import compare
from reports.decks.declarations import decks as declared_decks
from reports.decks.finalising import FinaliseRefused, finalise
from reports.decks.inventory import listed
from reports.decks.references import snapshot_of
from reports.decks.rendering import render
from reports.errors import ReportError
from warehouse.audit import Actor
from warehouse.engine import connect
from warehouse.frozen_decks import write_comment
from warehouse.settings import get_settings, now

app = typer.Typer(help="Quarterly review decks.", no_args_is_help=True, rich_markup_mode=None)

DeckOption = Annotated[
    str | None,
    typer.Option("--deck", metavar="DECK", help=f"Which deck: {', '.join(declared_decks())}."),
]
ClientOption = Annotated[str | None, typer.Option("--client", metavar="CLIENT_ID", help="Only this client's deck.")]
AskedQuarter = Annotated[str, typer.Option("--quarter", metavar="YYYY-Qn", help="The quarter to show.")]


@app.callback()
def decks() -> None:
    """Quarterly review decks."""


@app.command("build")
def build(
    *,
    quarter: AskedQuarter,
    deck: DeckOption = None,
    client: ClientOption = None,
    organization: OneOrganizationOption = None,
    force: Annotated[
        str | None,
        typer.Option("--force", metavar="REASON", help="Build despite failed checks; each slide is marked DRAFT."),
    ] = None,
    processes: Annotated[
        int | None, typer.Option("--processes", min=1, help="How many draw at once; as many as pay when not given.")
    ] = None,
    pdf: Annotated[
        bool | None, typer.Option("--pdf/--no-pdf", help="Print each deck; as QBR_PRINTS_PDF says when not given.")
    ] = None,
) -> None:
    """Render the decks of a quarter, or the one asked for, from the marts as they are now.

    These are the company deck, one deck a client that has anything to show, a dealer's customer reviews and, where an
    organization has recurring revenue or a product of its own to tell of, the investor pack.

    Beside each deck lie a PDF and a handout with all of its figures. A failed check of severity error, or books that
    do not tie, hold the decks back. A forced deck carries its reason and stands in the audit log. One deck that fails
    stops no other, and what was built from the same data is left alone, so a run that was broken off can be repeated.
    """
    shown = as_quarter(quarter)
    chosen = one_organization(organization)
    pipeline.prepare([chosen])
    must_have_begun(shown.periods, [chosen], run_instant([chosen]), asked=quarter, history_counts=False)
    with on_screen() as screen:
        screen.stage(f"{chosen.name}: decks of {shown}")
        try:
            done = build_quarter(
                chosen,
                str(shown),
                progress=screen,
                orders=[Order(_named(deck, client), client)] if client or deck else [],
                processes=processes,
                pdf=pdf,
                force_reason=force,
                actor=Actor("person", getpass.getuser()),
            )
        except DeckBlocked as error:
            raise NothingDone(str(error)) from error
        screen.finish()
        for one in done.built:
            screen.line(_line(one))
        screen.line(summary(done))
        for said in without_decks(done):
            screen.line(said)
    for sentence in done.failed:
        complain(f"qbr: {sentence}")
    if done.failed:
        raise typer.Exit(1 if done.built else 2)


@app.command("list")
def list_decks(quarter: QuarterOption = None, organization: OneOrganizationOption = None) -> None:
    """List the decks that were built: slides, the share filled automatically, PDF and handout, and which are final."""
    named, chosen = as_quarter(quarter), one_organization(organization)
    pipeline.prepare([chosen])
    with connect() as connection:
        found = listed(connection, chosen.id, str(named) if named else None)
    for one in found:
        facts = [f"{one.slides} slides"] if one.slides is not None else []
        if one.filled_automatically is not None:
            facts.append(f"{float(one.filled_automatically):.1%} filled automatically")
        if one.draft_reason:
            facts.append(f"DRAFT: {one.draft_reason}")
        facts.append("final" if one.is_final else f"built {one.written_at:%Y-%m-%d %H:%M} UTC")
        whose = one.deck if one.client_id == "all" else f"{one.deck} {one.client_id}"
        beside = f" with {' and '.join(path.name for path in one.companions)}" if one.companions else ""
        typer.echo(f"{one.quarter} {whose}: {', '.join(facts)}, {near(one.path)}{beside}")
    if not found:
        typer.echo(f"No deck of {chosen.id} was built yet. `qbr deck build --quarter YYYY-Qn` builds them.")


@app.command("diff")
def diff(
    old: Annotated[str, typer.Argument(metavar="OLD", help="YYYY-Qn, YYYY-Qn:final, :built or :now, or a .json file.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The same.")],
    deck: DeckOption = None,
    client: ClientOption = None,
    organization: OneOrganizationOption = None,
) -> None:
    """Say which numbers, words and actions changed from one deck to another, slide by slide.

    A quarter means its finalised deck, else the one built last, else the marts as they are now.
    """
    chosen = one_organization(organization)
    pipeline.prepare([chosen])
    with on_screen() as screen, turns.reading(screen), connect() as connection:
        try:
            snapshots = [snapshot_of(connection, chosen.id, one, _named(deck, client), client) for one in (old, new)]
        except ReportError as error:
            raise NothingDone(str(error)) from error
    before, after = (render(snapshot).record for snapshot in snapshots)
    print_comparison(compare(before, after), before, after)


@app.command("finalise")
def finalise_deck(
    quarter: AskedQuarter,
    deck: DeckOption = None,
    client: ClientOption = None,
    note: Annotated[str | None, typer.Option("--note", metavar="TEXT", help="What it was presented for.")] = None,
    organization: OneOrganizationOption = None,
) -> None:
    """Keep the deck that was built last, with its snapshot and its quarter's figures, for good.

    It is never overwritten. When a figure changes afterwards, the next deck says which, by how much and why.
    """
    shown, chosen = as_quarter(quarter), one_organization(organization)
    pipeline.prepare([chosen])
    with on_screen() as screen, turns.sole_builder(screen), connect() as connection:
        try:
            done = finalise(
                connection,
                _named(deck, client),
                chosen.id,
                str(shown),
                get_settings().var_dir / "reports",
                finalised_by=getpass.getuser(),
                now=now(),
                client_id=client,
                note=note,
            )
        except (FinaliseRefused, DeckBlocked) as error:
            raise NothingDone(str(error)) from error
        try:
            turns.make_sure()
            connection.commit()
        except (psycopg.Error, TurnLost):
            done.withdraw()
            raise
    typer.echo(f"Final: {near(done.path)}, SHA-256 {done.frozen.content_sha256}.")
    if done.companions:
        typer.echo(f"Kept with it: {' and '.join(one.name for one in done.companions)}.")
    if done.lacking:
        typer.echo(
            f"Kept without its {' and its '.join(done.lacking)}: none was made of this very deck, and none is made of "
            "one that is final. Print or copy it from the file; the next time, wait until `qbr deck list` names both."
        )


@app.command("comment")
def comment(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="At most 2,000 characters; empty takes it back.")],
    quarter: AskedQuarter,
    deck: DeckOption = None,
    client: ClientOption = None,
    organization: OneOrganizationOption = None,
) -> None:
    """Write what stands beside the computed commentary of a deck from its next build on."""
    shown, chosen = as_quarter(quarter), one_organization(organization)
    pipeline.prepare([chosen])
    if len(text) > 2000:
        raise UsageError(f"The commentary has {len(text):,} characters; 2,000 is the most. Nothing was written.")
    name = _named(deck, client)
    with connect() as connection:
        write_comment(
            connection,
            chosen.id,
            quarter=str(shown),
            deck=name,
            client_id=client or "all",
            comment=text,
            written_by=getpass.getuser(),
        )
    typer.echo(f"Noted for the {name} deck of {shown}; the next `qbr deck build` shows it.")


@app.command("template")
def write_template(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write the .pptx.")],
    organization: OneOrganizationOption = None,
) -> None:
    """Write the brand's slide master and layouts as a .pptx, to be changed in PowerPoint and set as brand.template."""
    chosen = one_organization(organization)
    pipeline.prepare([chosen])
    if path.exists():
        raise UsageError(f"{path} exists already and was not overwritten.")
    with connect() as connection:
        content = template_of(connection, chosen.id)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    typer.echo(f"{path}: change its look, keep the names of layouts and places, and set brand.template to it.")


def _named(deck: str | None, client: str | None) -> str:
    """The deck that was asked for: a client's own when only a client was named, else the company's."""
    if deck is not None and deck not in declared_decks():
        raise UsageError(f"There is no deck {deck!r}, only {', '.join(declared_decks())}. Nothing was done.")
    return deck or ("client" if client else "company")


def _line(built: BuiltDeck) -> str:
    share = built.filled_automatically
    filled = (
        "" if share is None else f"  ({built.slides} slides, {float(share):.1%} of its fields filled automatically)"
    )
    return f"{near(built.path)}{filled}"
