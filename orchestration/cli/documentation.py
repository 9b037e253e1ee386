"""``qbr docs``: the pages that are written from the code."""

from __future__ import annotations

from pathlib import Path

import typer

from orchestration import metric_reference, settings_reference, stream_reference
from orchestration.cli import reference
from warehouse.settings import PROJECT_ROOT


def add_to(app: typer.Typer) -> None:
    app.command("docs", hidden=True)(docs)


def docs() -> None:
    """Write the generated pages anew: metrics, streams, settings, commands, .env.example."""
    for path, text in pages().items():
        path.write_text(text)
        typer.echo(f"Wrote {path.relative_to(PROJECT_ROOT)}.")


def pages() -> dict[Path, str]:
    """Every generated page and what it should say."""
    from orchestration.cli.app import app

    folder = PROJECT_ROOT / "docs"
    return {
        folder / "metrics.md": metric_reference.page(),
        folder / "streams.md": stream_reference.page(),
        folder / "settings.md": settings_reference.page(),
        folder / "commands.md": reference.page(app),
        PROJECT_ROOT / ".env.example": settings_reference.env_example(),
    }
