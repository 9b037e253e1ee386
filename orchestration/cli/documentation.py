"""``qbr docs``: the pages that are written from the code."""

from __future__ import annotations

import typer

from orchestration import metric_reference
from warehouse.settings import PROJECT_ROOT


def add_to(app: typer.Typer) -> None:
    app.command("docs", hidden=True)(docs)


def docs() -> None:
    """Write docs/metrics.md from the dbt project's own definitions."""
    path = PROJECT_ROOT / "docs" / "metrics.md"
    path.write_text(metric_reference.page())
    typer.echo(f"Wrote {path.relative_to(PROJECT_ROOT)}.")
