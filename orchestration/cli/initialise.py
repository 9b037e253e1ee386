"""``qbr init``: a commented configuration for a new organization."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from orchestration.cli.report import first_steps, near
from orchestration.errors import UsageError
from warehouse.configuration_errors import ConfigurationError
from warehouse.organizations import starter
from warehouse.settings import get_settings


def add_to(app: typer.Typer) -> None:
    app.command("init")(init)


def init(
    organization: Annotated[str, typer.Argument(metavar="ORGANIZATION", help="Short id: letters, digits and hyphens.")],
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="The name that decks show.")],
    time_zone: Annotated[
        str, typer.Option("--time-zone", metavar="ZONE", help="IANA zone that months are cut in.")
    ] = "America/Chicago",
) -> None:
    """Write config/ORGANIZATION.yml, commented, ready to be filled in. Sources are optional."""
    try:
        text = starter(organization, name, time_zone)
    except ConfigurationError as error:
        complaint = re.sub(r"(?m)^.*?, line \d+: ", "", str(error))  # of a file that does not exist
        raise UsageError(f"{complaint} No file was written.") from error
    path = get_settings().config_dir / f"{organization}.yml"
    if path.exists():
        raise UsageError(f"{near(path)} exists already and was left as it is. Edit it, or choose another id.")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    typer.echo(f"Wrote {near(path)}. Next: edit it, then {first_steps(organization)}, then `qbr run`.")
