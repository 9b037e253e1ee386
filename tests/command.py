"""Runs `qbr` as a person would and keeps what they would see: the exit code, both outputs."""

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from unittest import mock

from orchestration.cli import main

# What no person should ever have to read: a stack trace, a statement, a quoted line of one, our own machinery.
NEVER_SHOWN = ("Traceback", 'File "', "select ", "insert into", "LINE 1:", "psycopg", "NoneType", "unforeseen")


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    exit_code: int
    out: str
    err: str

    @property
    def sentence(self) -> str:
        """What the error output says, on one line."""
        return " ".join(self.err.split())


def qbr(*arguments: str) -> Ended:
    """Run a command in this process; what it says is held to what a person may see."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), mock.patch.object(sys, "argv", ["qbr", *arguments]):
        try:
            main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
    ended = Ended(code, out.getvalue(), err.getvalue())
    shown = [word for word in NEVER_SHOWN if word in ended.out + ended.err]
    assert not shown, f"qbr {' '.join(arguments)} showed {shown}: {ended.out}{ended.err}"
    return ended
