"""``qbr doctor``: what works, what does not, and what to do about it."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from orchestration import health
from orchestration.cli.options import OrganizationOption
from orchestration.selection import chosen_organizations

MARKS = {"good": ("ok  ", "green"), "warning": ("warn", "yellow"), "bad": ("FAIL", "red")}


def add_to(app: typer.Typer) -> None:
    app.command("doctor")(doctor)


def doctor(
    organization: OrganizationOption = None,
    offline: Annotated[bool, typer.Option("--offline", help="Ask no vendor; look only at what is here.")] = False,
) -> None:
    """Look at database, disk, sign-ins, permissions, freshness of each stream, newest months and the schedule."""
    console = Console()
    findings = health.examine(chosen_organizations(organization), ask_vendors=not offline)
    for finding in findings:
        mark, colour = MARKS[finding.state]
        console.print(Text(mark, style=colour), Text(f"{finding.subject}: {finding.text}"), soft_wrap=True)
        if finding.advice:
            console.print(Text(f"     {finding.advice}", style="bold"), soft_wrap=True)
    bad = sum(finding.state == "bad" for finding in findings)
    raise typer.Exit(0 if not bad else 2 if bad == len(findings) else 1)
