"""``qbr session``: prepare a client's review in an editor, close it, and follow up what was promised there."""

from __future__ import annotations

import getpass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import typer

from orchestration import pipeline, turns
from orchestration.cli.options import OneOrganizationOption, QuarterOption, as_quarter
from orchestration.cli.report import near
from orchestration.errors import UsageError
from orchestration.progress import on_screen
from orchestration.selection import one_organization, run_instant
from orchestration.windows import local_date
from reports import sessions
from reports.sessions.review_file import as_text, read_review, with_version
from warehouse.audit import Actor, record
from warehouse.engine import connect
from warehouse.organizations import Organization
from warehouse.settings import get_settings

SessionArgument = Annotated[str, typer.Argument(metavar="SESSION", help="The review, such as QBR-2026-Q2-acorn.")]
FileOption = Annotated[
    Path | None, typer.Option("--file", metavar="PATH", help="Where to; var/reviews/ORGANIZATION/ when left out.")
]


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(
        help="Prepare a client's review, close it, follow up what was promised.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    group.command("new")(new)
    group.command("edit")(edit)
    group.command("show")(show)
    group.command("list")(listed)
    group.command("finalise")(finalise)
    group.command("complete")(complete)
    group.command("export")(export)
    app.add_typer(group, name="session")


def new(
    client: Annotated[str, typer.Argument(metavar="CLIENT", help="The client's id.")],
    quarter: Annotated[str, typer.Option("--quarter", metavar="YYYY-Qn", help="The quarter to review.")],
    file: FileOption = None,
    organization: OneOrganizationOption = None,
) -> None:
    """Begin a review: a draft with what the rules propose and what is still open, and its file for your editor."""
    named, chosen = as_quarter(quarter), one_organization(organization)
    pipeline.prepare([chosen])
    with connect() as connection:
        session = sessions.new(connection, chosen.id, client, named, _person())
        path = _write(chosen, session, file)  # a file that cannot be written leaves no review behind
    proposed = sum(1 for one in session.recommendations if one.rule)
    typer.echo(
        f"{session.session_id} begins with {_several(proposed, 'proposal')} of the rules and "
        f"{_several(len(session.actions), 'action item')} carried over: {near(path)}. "
        f"Next: fill it in, then `qbr session edit {near(path)}`."
    )


def edit(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The review's file, as you left it in your editor.")],
    organization: OneOrganizationOption = None,
) -> None:
    """Store what the file says: the whole of it or nothing. Refused when somebody changed the review meanwhile."""
    review, chosen = read_review(file), one_organization(organization)
    pipeline.prepare([chosen])
    with connect() as connection:
        saved = sessions.save(connection, chosen.id, review, _person())
    session = saved.session
    file.write_text(with_version(file.read_text(encoding="utf-8-sig"), session.version), encoding="utf-8")
    typer.echo(
        f"{session.session_id} is stored as version {session.version}."
        if saved.is_changed
        else f"{session.session_id} says this already; it stays at version {session.version}."
    )
    for note in saved.notes:
        typer.echo(f"  {note}")


def show(session: SessionArgument, organization: OneOrganizationOption = None) -> None:
    """Show a review: what it says, and its action items with their numbers."""
    chosen = one_organization(organization)
    pipeline.prepare([chosen])
    with connect() as connection:
        found = sessions.load(connection, chosen.id, session)
        today = local_date(chosen, run_instant([chosen]))
    held = f"meeting on {found.meeting_date}" if found.meeting_date else "no meeting date yet"
    closed = f", finalised by {found.finalised_by} on {found.finalised_at:%Y-%m-%d}" if found.is_finalised else ""
    typer.echo(f"{found.session_id}: {found.client_name}, {found.quarter}, {held}")
    typer.echo(f"  {found.status}, version {found.version}{closed}")
    typer.echo("Priorities" if found.priorities else "Priorities: none entered")
    for priority in found.priorities:
        typer.echo(f"  {priority.number}. {priority.title}")
    typer.echo("Recommendations" if found.recommendations else "Recommendations: none")
    for advice in found.recommendations:
        by = f"rule {advice.rule}" if advice.rule else "typed"
        typer.echo(f"  [{advice.status}] {advice.title} ({advice.category}, {by})")
    typer.echo("Action items" if found.actions else "Action items: none")
    for action in found.actions:
        typer.echo(f"  {action.action_id}: {_standing(action, today)} {action.description} ({_promise(action)})")
    if found.next_meeting_date:
        at = f" at {found.next_meeting_time:%H:%M}" if found.next_meeting_time else ""
        typer.echo(f"Next review on {found.next_meeting_date}{at}")


def listed(
    client: Annotated[str | None, typer.Option("--client", metavar="CLIENT", help="Only this client's.")] = None,
    status: Annotated[Literal["draft", "finalised"] | None, typer.Option("--status", help="Only these.")] = None,
    quarter: QuarterOption = None,
    organization: OneOrganizationOption = None,
) -> None:
    """List reviews, the newest quarter first, with how many of their action items are open."""
    named, chosen = as_quarter(quarter), one_organization(organization)
    pipeline.prepare([chosen])
    with connect() as connection:
        found = sessions.listed(
            connection, chosen.id, client_id=client, status=status, quarter=str(named) if named else None
        )
    for row in found:
        typer.echo(
            f"{row['session_id']}: {row['client_name']}, {row['status']}, version {row['version']}, "
            f"{row['open']} of {_several(row['actions'], 'action item')} open"
        )
    if not found:
        typer.echo(f"{chosen.id} has no such review. `qbr session new CLIENT --quarter YYYY-Qn` begins one.")


def finalise(
    session: SessionArgument,
    version: Annotated[
        int | None, typer.Option("--version", metavar="N", help="Refuse when the review is not at this version.")
    ] = None,
    organization: OneOrganizationOption = None,
) -> None:
    """Close a review: its figures are kept as they are now, and only action items may still be completed."""
    chosen = one_organization(organization)
    pipeline.prepare([chosen])
    with on_screen() as screen, turns.sole_builder(screen), connect() as connection:
        closed, count = sessions.finalise(connection, chosen.id, session, _person(), version=version)
        turns.make_sure()
    typer.echo(
        f"{closed.session_id} is finalised with {count:,} rows of figures and "
        f"{_several(len(closed.open_actions), 'open action item')}. "
        "`qbr session complete` marks one as done; the next review takes over what stays open."
    )


def complete(
    session: SessionArgument,
    action: Annotated[int, typer.Argument(metavar="ACTION", help="Its number, as `qbr session show` has it.")],
    on: Annotated[str | None, typer.Option("--on", metavar="YYYY-MM-DD", help="The day; today when left out.")] = None,
    organization: OneOrganizationOption = None,
) -> None:
    """Mark an action item as done, also in a review that is finalised, and wherever it was carried over to."""
    chosen = one_organization(organization)
    pipeline.prepare([chosen])
    with connect() as connection:
        today = local_date(chosen, run_instant([chosen]))
        day = _as_day(on) if on else today
        after = sessions.complete_action(connection, chosen.id, session, action, actor=_person(), day=day, today=today)
    typer.echo(f"Done on {day}. {_several(len(after.open_actions), 'action item')} of {session} open.")


def export(session: SessionArgument, file: FileOption = None, organization: OneOrganizationOption = None) -> None:
    """Write a review as it stands now to a file for your editor; a file that is there already is kept beside it."""
    chosen = one_organization(organization)
    pipeline.prepare([chosen])
    with connect() as connection:
        found = sessions.load(connection, chosen.id, session)
        path = _write(chosen, found, file, keeps_old=True)
        record(connection, chosen.id, _person(), "review_export", resource=session, details={"version": found.version})
    typer.echo(f"Version {found.version} of {session}: {near(path)}")


def _write(chosen: Organization, session: sessions.Session, file: Path | None, *, keeps_old: bool = False) -> Path:
    path = file or get_settings().var_dir / "reviews" / chosen.id / f"{session.session_id}.yml"
    text = as_text(session)
    if path.exists() and path.read_text(encoding="utf-8") != text:
        if not keeps_old:
            raise UsageError(f"{near(path)} is there already, so nothing was done. Name another with --file.")
        path.replace(_unused(path.with_name(f"{path.name}.before")))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _unused(path: Path) -> Path:
    """The path, or the first numbered one at which nothing lies yet: what somebody typed is never written over."""
    found, number = path, 2
    while found.exists():
        found, number = path.with_name(f"{path.name}.{number}"), number + 1
    return found


def _person() -> Actor:
    return Actor("person", getpass.getuser())


def _as_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"'{text}' is not a day such as 2026-07-20. Nothing was done.") from error


def _standing(action: sessions.Action, today: date) -> str:
    if action.completed_date:
        return f"[done {action.completed_date}]"
    return "[overdue]" if action.due_date and action.due_date < today else "[open]"


def _promise(action: sessions.Action) -> str:
    parts = [action.party, action.owner, f"due {action.due_date}" if action.due_date else None]
    return ", ".join(part for part in parts if part)


def _several(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"
