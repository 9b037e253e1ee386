"""``qbr link``: links to the download page, made, listed, followed and closed."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.table import Table

from orchestration.cli.options import OneOrganizationOption, QuarterOption, as_quarter
from orchestration.errors import UsageError
from orchestration.progress import wide_console
from orchestration.selection import one_organization
from reports.decks.declarations import decks as declared_decks
from reports.decks.declarations import declaration
from reports.formats import Formats
from reports.views.shared_files import SharedFile, finished_files
from warehouse import share_links
from warehouse.audit import Actor
from warehouse.engine import connect
from warehouse.organizations import Organization
from warehouse.settings import get_settings

app = typer.Typer(help="Links to the download page.", no_args_is_help=True, rich_markup_mode=None)
LONGEST_DAYS = 366
LinkArgument = Annotated[int, typer.Argument(metavar="LINK", help="The link's number, as `qbr link list` shows it.")]


@app.callback()
def links() -> None:
    """Links to the download page."""


@app.command("new")
def new(
    label: Annotated[str, typer.Argument(metavar="LABEL", help="What its page is called: 'Review of Q2'.")],
    *,
    quarter: QuarterOption = None,
    client: Annotated[str | None, typer.Option("--client", metavar="CLIENT_ID", help="This client's files.")] = None,
    company: Annotated[bool, typer.Option("--company", help="Files of the organization as a whole.")] = False,
    kind: Annotated[
        list[str] | None, typer.Option("--kind", metavar="KIND", help="Only these kinds, such as client_deck.")
    ] = None,
    file: Annotated[
        list[int] | None, typer.Option("--file", metavar="NUMBER", help="A file by its number; may be given again.")
    ] = None,
    days: Annotated[int, typer.Option("--days", min=1, max=LONGEST_DAYS, help="How long it opens.")] = 14,
    drafts: Annotated[bool, typer.Option("--drafts", help="Decks that are marked DRAFT as well.")] = False,
    organization: OneOrganizationOption = None,
) -> None:
    """Make a link that opens exactly these finished files, as they are now, and print it once.

    --client takes the decks that this client is shown, --company the owner's, with the PDFs and handouts of these very
    decks; exports, reports and the investors' pack go out only by --kind or --file. Files of a client and of the
    organization as a whole never come into one link, unless each is named by --file.
    """
    if sum([client is not None, company, bool(file)]) != 1:
        raise UsageError("Say whose files: --client CLIENT_ID, --company, or --file NUMBER. Nothing was done.")
    if not label.strip():
        raise UsageError("Say what the link's page is called: 'Review of Q2'. Nothing was done.")
    chosen, now = one_organization(organization), datetime.now(UTC)
    settings = get_settings()
    with connect() as connection:
        found = finished_files(connection, chosen.id)
        if file:
            known = {one.artefact_id: one for one in found}
            wanted = [known[number] for number in file if number in known]
            if missing := [number for number in file if number not in known]:
                raise UsageError(f"There is no finished file {missing[0]} of {chosen.id}. Nothing was done.")
        else:
            wanted = _meant(found, client, named=kind or ())
        if quarter:
            wanted = [one for one in wanted if one.quarter == str(as_quarter(quarter))]
        if kind:
            wanted = [one for one in wanted if one.kind in kind]
        left_out = [one for one in wanted if one.is_draft and not drafts]
        wanted = [one for one in wanted if one not in left_out]
        if not wanted:
            raise UsageError(_nothing(chosen, found, left_out))
        link, token = share_links.make(
            connection,
            chosen.id,
            [one.artefact_id for one in wanted],
            label=label,
            now=now,
            expires_at=now + timedelta(days=days),
            actor=Actor("person", getpass.getuser()),
            key=settings.link_signing_key(),
        )
    formats = Formats(chosen.locale, chosen.currency, chosen.time_zone)
    typer.echo(f"{settings.portal_address()}/l/{token}")
    typer.echo(f"Link {link.link_id} opens until {formats.instant(link.expires_at)} ({chosen.time_zone}):")
    for one in wanted:
        typer.echo(f"  {one.artefact_id}: {one.name}")
    if left_out:
        typer.echo(f"Left out, because they are marked DRAFT: {', '.join(one.name for one in left_out)}.")
    typer.echo(f"It is shown this once. Close it with `qbr link revoke {link.link_id} --reason REASON`.")


@app.command("list")
def list_links(organization: OneOrganizationOption = None) -> None:
    """List links with their state and how often they were used."""
    chosen, now = one_organization(organization), datetime.now(UTC)
    formats = Formats(chosen.locale, chosen.currency, chosen.time_zone)
    with connect() as connection:
        found = share_links.links(connection, chosen.id)
    table = Table(title=f"{chosen.name}: links", title_justify="left")
    for heading in ("link", "label", "files", "state", "until", "used", "last"):
        table.add_column(heading, justify="right" if heading in {"link", "files", "used"} else "left")
    for one in found:
        table.add_row(
            str(one.link.link_id),
            one.link.label,
            str(one.files),
            one.link.state(now),
            formats.instant(one.link.expires_at),
            str(one.views),
            formats.instant(one.last_viewed_at),
        )
    wide_console().print(table if found else f"{chosen.name} has no links. `qbr link new` makes one.")


@app.command("views")
def views(link: LinkArgument, organization: OneOrganizationOption = None) -> None:
    """List every use of a link: when, what came of it, from where."""
    chosen = one_organization(organization)
    formats = Formats(chosen.locale, chosen.currency, chosen.time_zone)
    with connect() as connection:
        found = share_links.views(connection, chosen.id, link)
    table = Table(title=f"{chosen.name}: uses of link {link}", title_justify="left")
    for heading in ("when", "outcome", "file", "address", "program"):
        table.add_column(heading)
    for one in found:
        table.add_row(
            formats.instant(one.viewed_at), one.outcome, str(one.artefact_id or ""), one.ip_address, one.user_agent
        )
    wide_console().print(table if found else f"Link {link} of {chosen.name} was not used.")


@app.command("files")
def files(quarter: QuarterOption = None, organization: OneOrganizationOption = None) -> None:
    """List the finished files a link can open, with their numbers."""
    chosen = one_organization(organization)
    with connect() as connection:
        found = finished_files(connection, chosen.id)
    wanted = [one for one in found if quarter is None or one.quarter == str(as_quarter(quarter))]
    table = Table(title=f"{chosen.name}: finished files", title_justify="left")
    for heading in ("number", "quarter", "client", "kind", "file", "state"):
        table.add_column(heading, justify="right" if heading == "number" else "left")
    for one in wanted:
        state = "draft" if one.is_draft else "final" if one.is_frozen else ""
        table.add_row(str(one.artefact_id), one.quarter or "", one.client or "", one.kind, one.name, state)
    wide_console().print(table if wanted else f"{chosen.name} has no finished files yet.")


@app.command("revoke")
def revoke(
    link: LinkArgument,
    reason: Annotated[str, typer.Option("--reason", help="Why, in a sentence; it is kept.")],
    organization: OneOrganizationOption = None,
) -> None:
    """Close a link at once."""
    chosen = one_organization(organization)
    with connect() as connection:
        share_links.revoke(
            connection,
            chosen.id,
            link,
            reason=reason,
            now=datetime.now(UTC),
            actor=Actor("person", getpass.getuser()),
        )
    typer.echo(f"Link {link} of {chosen.name} opens nothing any more.")


def _meant(found: Sequence[SharedFile], client: str | None, *, named: Sequence[str]) -> list[SharedFile]:
    """What a client, or the organization's owner, is to be sent: decks of theirs with what belongs to these decks.

    Exports, reports and the investors' pack go out only where their kind is `named`. A finalised deck stands for its
    working copy; of handouts and PDFs those go along that were made of the very deck that does.
    """
    audience = "client" if client else "owner"
    decks = {f"{name}_deck" for name in declared_decks() if declaration(name).audience == audience}
    kinds = {*named} or decks | {f"{one.removesuffix('_deck')}_{kind}" for one in decks for kind in ("pdf", "handout")}
    theirs = [one for one in found if one.client_id == (client or "all")]
    final = {(one.kind, one.period) for one in theirs if one.is_frozen}
    current = [one for one in theirs if one.is_frozen or (one.kind, one.period) not in final]
    going = {one.sha256 for one in current if one.kind.endswith("_deck")}
    return [one for one in current if one.kind in kinds and one.details.get("deck_sha256") in {None, *going}]


def _nothing(chosen: Organization, found: Sequence[SharedFile], drafts: Sequence[SharedFile]) -> str:
    if drafts:
        return f"Only drafts were found ({drafts[0].name}); add --drafts to share them. Nothing was done."
    clients = ", ".join(dict.fromkeys(one.client_id for one in found if one.client_id != "all"))
    return (
        f"{chosen.id} has no finished file of that description. `qbr link files` lists them all"
        f"{f'; clients with files: {clients}' if clients else ''}. Nothing was done."
    )
