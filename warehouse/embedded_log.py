"""Reading what Postgres and its programs said, for the cause of a failure."""

import re
from pathlib import Path


def tail(log: Path, offset: int) -> str:
    """What the log has said since it was ``offset`` bytes long."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(offset)
        return file.read().decode(errors="replace")


def reason(said: str) -> str:
    """The cause as a log names it: its first FATAL with the line before, which often says more; else its last line."""
    lines = [re.sub(r"^.*?\b(LOG|FATAL|PANIC):\s+", "", line) for line in said.splitlines()]
    fatal = [number for number, line in enumerate(said.splitlines()) if "FATAL" in line or "PANIC" in line]
    return "; ".join(lines[max(0, fatal[0] - 1) : fatal[0] + 1]) + "." if fatal else last_line(said)


def last_line(said: str) -> str:
    """The last line that says something."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1] if lines else "it gave no reason."
