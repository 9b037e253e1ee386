"""Where the trace of something unforeseen goes: a person gets a sentence, the operator's log the details."""

from __future__ import annotations

import os
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path

from warehouse.errors import SettingsUnusable
from warehouse.settings import get_settings


def keep_trace(trace: str | None = None) -> Path | None:
    """Write the trace where only the operator looks, and say where that is; None where nothing can be written.

    The trace is that of the error being handled, where none is given.
    """
    try:
        path = get_settings().var_dir / "logs" / "errors.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a") as log:
            log.write(f"{datetime.now(UTC).isoformat()} {' '.join(sys.argv[1:])}\n{trace or traceback.format_exc()}\n")
    except (OSError, SettingsUnusable):
        return None
    return path


def where_the_details_are(trace: str | None = None) -> str:
    """Keep the trace, of the error that is being handled if none is given, and say where it is as a sentence."""
    log = keep_trace(trace)
    return f"The details are in {log}; please report them." if log else "No log of it could be written."
