"""``qbr up`` and ``qbr down``: the long-running parts."""

from __future__ import annotations

import signal
import types
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from orchestration import dagster_processes, services
from orchestration.progress import on_screen
from warehouse.engine import database_url
from warehouse.settings import get_settings

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def add_to(app: typer.Typer) -> None:
    app.command("up")(up)
    app.command("down")(down)


def up() -> None:
    """Start Postgres, the sandbox (only where no vendor is connected), Dagster, and the download page."""
    var_dir = get_settings().var_dir
    with _until_stopped(), on_screen() as screen, dagster_processes.only_one(var_dir):
        try:
            screen.stage("database, rules, sandbox, models")
            dagster_processes.clear_remains(var_dir)
            parts = services.start_parts()
            screen.stage("Dagster: code, web server, daemon")
            with dagster_processes.serving(
                var_dir, database_url=database_url(), port=parts.dagster_port, portal_port=parts.portal_port
            ) as processes:
                screen.finish()
                for name, address in parts.addresses.items():
                    screen.line(f"{name + ':':<10}{address}")
                for remark in parts.remarks:
                    screen.line(remark)
                screen.line("Log:      var/logs/dagster.log")
                screen.line("Ctrl-C stops all of it.")
                dagster_processes.watch(processes)
        except KeyboardInterrupt:
            pass
        finally:
            for ending in ENDINGS:
                signal.signal(ending, signal.SIG_IGN)  # an impatient second ctrl-C would leave processes behind
            stopped = services.stop_parts()
            screen.line(f"Stopped: {', '.join(['Dagster', *stopped])}.")


def down() -> None:
    """Stop a running `up`, and the sandbox and the embedded Postgres that other commands left running."""
    var_dir = get_settings().var_dir
    stopped = []
    if var_dir.exists():
        stopped += ["qbr up"] if dagster_processes.stop_running(var_dir) else []
        with dagster_processes.only_one(var_dir):
            stopped += services.stop_parts()
    typer.echo(f"Stopped: {', '.join(stopped)}." if stopped else "Nothing was running.")


@contextmanager
def _until_stopped() -> Iterator[None]:
    """Every way to be asked to end is taken as ctrl-C; afterwards each is handled as before."""

    def stop(_: int, __: types.FrameType | None) -> None:
        for ending in ENDINGS:
            signal.signal(ending, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {ending: signal.signal(ending, stop) for ending in ENDINGS}
    try:
        yield
    finally:
        for ending, handler in before.items():
            signal.signal(ending, handler)
