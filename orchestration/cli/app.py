"""Joins the commands and turns every failure into one sentence and an exit code."""

from __future__ import annotations

import sys
import traceback
from datetime import UTC, datetime

import psycopg
import typer
from rich.console import Console

from extractors.core.errors import VendorError
from orchestration.cli import (
    build,
    connect,
    decks,
    demo,
    doctor,
    documentation,
    explain,
    extract,
    imports,
    initialise,
    metrics,
    run,
    services,
)
from orchestration.errors import QbrError
from warehouse.errors import WarehouseError
from warehouse.settings import get_settings

app = typer.Typer(
    name="qbr",
    help="Vendor records to SmartNumbers, quarterly review decks and alerts.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for group in (
    initialise,
    connect,
    imports,
    run,
    extract,
    build,
    metrics,
    explain,
    doctor,
    demo,
    services,
    documentation,
):
    group.add_to(app)
app.add_typer(decks.app, name="deck")

ALL_FAILED = 2


def main() -> None:
    """Run one command; never show a person a stack trace."""
    try:
        app()
    except QbrError as error:
        _say(str(error))
        sys.exit(error.exit_code)
    except (VendorError, WarehouseError) as error:
        _say(str(error))
        sys.exit(ALL_FAILED)
    except psycopg.OperationalError as error:
        _say(
            f"The database could not be reached or stopped answering ({type(error).__name__}); nothing more was done. "
            "Run `qbr doctor` to see which database is meant and whether it is up."
        )
        _keep_trace()
        sys.exit(ALL_FAILED)
    except KeyboardInterrupt:
        _say("Stopped. What was committed stays; the same command goes on from there.")
        sys.exit(ALL_FAILED)
    except Exception as error:  # noqa: BLE001  the last line of defence: a person gets a sentence, the log the trace
        where = _keep_trace()
        _say(
            f"Something unforeseen happened ({type(error).__name__}) and the command stopped; what was stored stays. "
            f"The details are in {where}; please report them."
        )
        sys.exit(ALL_FAILED)


def _say(sentence: str) -> None:
    Console(stderr=True).print(f"qbr: {sentence}", markup=False, highlight=False, soft_wrap=True)


def _keep_trace() -> str:
    """Write the trace where only the operator looks, and say where that is."""
    folder = get_settings().var_dir / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "errors.log"
    with path.open("a") as log:
        log.write(f"{datetime.now(UTC).isoformat()} {' '.join(sys.argv[1:])}\n{traceback.format_exc()}\n")
    return "var/logs/errors.log"
