"""Joins the commands and turns every failure into one sentence and an exit code."""

from __future__ import annotations

import sys
from typing import NoReturn

import psycopg
import typer

from extractors.core.errors import VendorError
from orchestration.cli import (
    alerts,
    build,
    connect,
    corrections,
    decks,
    demo,
    doctor,
    documentation,
    explain,
    exports,
    extract,
    imports,
    initialise,
    links,
    metrics,
    periodic,
    quarters,
    run,
    services,
    sessions,
    snapshot,
)
from orchestration.errors import QbrError
from orchestration.progress import complain
from orchestration.traces import keep_trace, where_the_details_are
from reports.errors import ReportError
from warehouse.configuration_errors import ConfigurationError
from warehouse.errors import WarehouseError

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
    corrections,
    run,
    extract,
    build,
    metrics,
    explain,
    exports,
    quarters,
    sessions,
    doctor,
    demo,
    services,
    snapshot,
    documentation,
):
    group.add_to(app)
app.add_typer(decks.app, name="deck")
app.add_typer(links.app, name="link")
app.add_typer(periodic.app, name="report")
app.add_typer(alerts.app, name="alerts")

ALL_FAILED = 2
INTERRUPTED = 130  # what Typer ends with when ctrl-C reaches it


def main() -> None:
    """Run one command; never show a person a stack trace."""
    try:
        app(prog_name="qbr")
    except SystemExit as end:
        if end.code == INTERRUPTED:
            _stopped()
        raise
    except KeyboardInterrupt:
        _stopped()
    except QbrError as error:
        _end(str(error), error.exit_code)
    except ConfigurationError as error:
        _end(f"{error}\nNothing was done. docs/configuration.md explains every key.")
    except (VendorError, WarehouseError, ReportError) as error:
        _end(str(error))
    except psycopg.OperationalError as error:
        keep_trace()
        _end(
            f"The database stopped answering ({type(error).__name__}), so nothing more was done; what was committed "
            "stays. Run `qbr doctor` to see which database is meant and whether it is up, then the same command again."
        )
    except OSError as error:
        keep_trace()
        _end(
            f"{error.filename or 'A file'} could not be read or written ({error.strerror or type(error).__name__}), so "
            "nothing more was done; what was committed stays. Make room there or mend its rights (QBR_VAR_DIR names "
            "another folder), then run the same command again."
        )
    except Exception as error:  # noqa: BLE001  the last line of defence: a person gets a sentence, the log the trace
        _end(
            f"Something unforeseen happened ({type(error).__name__}) and the command stopped; what was stored stays. "
            + where_the_details_are()
        )


def _end(sentence: str, exit_code: int = ALL_FAILED) -> NoReturn:
    complain(f"qbr: {sentence}")
    sys.exit(exit_code)


def _stopped() -> NoReturn:
    _end("Stopped. What was committed stays; the same command goes on from there.")
