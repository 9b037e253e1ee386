"""``qbr init``: a commented configuration for a new organization."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.errors import UsageError
from warehouse.organizations import starter
from warehouse.settings import get_settings


def add_to(app: typer.Typer) -> None:
    app.command("init")(init)


def init(
    organization: Annotated[str, typer.Argument(metavar="ORGANIZATION", help="Short id: letters, digits and hyphens.")],
    name: Annotated[str, typer.Option("--name", help="The name that decks show.")],
    time_zone: Annotated[
        str, typer.Option("--time-zone", metavar="ZONE", help="IANA zone that months are cut in.")
    ] = "America/Chicago",
) -> None:
    """Write config/ORGANIZATION.yml, commented, ready to be filled in. Sources are optional."""
    path = get_settings().config_dir / f"{organization}.yml"
    if path.exists():
        raise UsageError(f"config/{path.name} exists already and was left as it is. Edit it, or choose another id.")
    text = starter(organization, name, time_zone)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    typer.echo(
        f"Wrote config/{path.name}. Next: edit it, then connect a source with "
        f"`qbr connect SOURCE --organization {organization}` or import history with "
        f"`qbr import manual FILE --organization {organization} --method imported`, then `qbr run`."
    )
