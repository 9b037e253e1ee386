"""How long work shows that it is alive: a live line on a terminal, plain lines everywhere else."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.status import Status


class Progress(Protocol):
    """What a long step may say while it runs."""

    def stage(self, title: str) -> None:
        """A new step begins; the one before it is over."""

    def detail(self, text: str) -> None:
        """What the running step is doing now. Shown on a terminal, left out elsewhere."""

    def line(self, text: str) -> None:
        """Something worth keeping on the screen."""


WIDTH = 118


def wide_console() -> Console:
    """A console as wide as the terminal; wide enough for our tables where the output goes to a file."""
    console = Console()
    return console if console.is_terminal else Console(width=WIDTH)


def complain(text: str) -> None:
    """Say on the error output what did not work: the ordinary output is for tables, and for machines."""
    Console(stderr=True).print(text, markup=False, highlight=False, soft_wrap=True)


class Quiet:
    """Says nothing: for Dagster, which has its own log, and for machine-readable output."""

    def stage(self, title: str) -> None:
        """Nothing to show."""

    def detail(self, text: str) -> None:
        """Nothing to show."""

    def line(self, text: str) -> None:
        """Nothing to show."""


class Logged(Quiet):
    """Says what is worth keeping to a log that somebody reads: for a step of Dagster that waits for others."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log

    def line(self, text: str) -> None:
        self._log.info(text.strip())


class Screen:
    """Progress for a person: seconds beside each finished step."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or wide_console()
        self._status: Status | None = None
        self._title = ""
        self._began = 0.0

    def stage(self, title: str) -> None:
        self.finish()
        self._title, self._began = title, time.monotonic()
        if self.console.is_terminal:
            self._status = self.console.status(title)
            self._status.start()
        else:
            self.line(f"{title} ...")

    def detail(self, text: str) -> None:
        if self._status:
            self._status.update(f"{self._title}: {text}")

    def line(self, text: str) -> None:
        # Whoever copies a path, or greps the output of a run, needs it in one piece.
        in_one_piece = not self.console.is_terminal or " " not in text
        self.console.print(text, markup=False, highlight=False, soft_wrap=in_one_piece)
        if not self.console.is_terminal:
            sys.stdout.flush()

    def finish(self) -> None:
        """Close the running step and say how long it took."""
        if not self._title:
            return
        if self._status:
            self._status.stop()
            self._status = None
        self.line(f"  {self._title}: {time.monotonic() - self._began:.1f} s")
        self._title = ""


@contextmanager
def on_screen() -> Iterator[Screen]:
    """A screen whose last step is closed whatever happens."""
    screen = Screen()
    try:
        yield screen
    finally:
        screen.finish()
