"""``qbr up`` and ``qbr down``: the long-running parts."""

from __future__ import annotations

import signal
import types

import typer

from orchestration import services
from orchestration.progress import on_screen
from warehouse.settings import get_settings


def add_to(app: typer.Typer) -> None:
    app.command("up")(up)
    app.command("down")(down)


def up() -> None:
    """Start Postgres, the sandbox (only where no vendor is connected), Dagster's web server and daemon."""

    def stop(_: int, __: types.FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    settings = get_settings()
    with on_screen() as screen:
        screen.stage("database, rules, sandbox, models")
        where = services.start_parts()
        screen.finish()
        try:
            with services.running(settings) as processes:
                for name, address in where.items():
                    screen.line(f"{name + ':':<10}{address}")
                screen.line("Log:      var/dagster.log")
                screen.line("Ctrl-C stops all of it.")
                services.watch(processes)
        except KeyboardInterrupt:
            screen.line("Stopping ...")
        finally:
            stopped = services.stop_parts()
            screen.line(f"Stopped: {', '.join(['Dagster', *stopped])}.")


def down() -> None:
    """Stop the sandbox and the embedded Postgres that earlier commands left running."""
    stopped = services.stop_parts()
    typer.echo(f"Stopped: {', '.join(stopped)}." if stopped else "Nothing was running.")
