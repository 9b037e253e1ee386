"""``docs/commands.md``, from the commands themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

HEADER = """\
# Commands

`.venv/bin/qbr COMMAND --help` says the same. Exit codes of all commands: 0 all good, 1 some of it failed, 2 all of it
failed or the question cannot be answered as asked.

`make` alone lists the verbs of the clone: `setup demo test soak up lint format bench docs clean`.
"""


def page(app: typer.Typer) -> str:
    """The whole page: a heading a command, its help, its arguments and options."""
    root = typer.main.get_command(app)
    return HEADER + "".join(_section(name, command) for name, command in _commands("qbr", root))


def _commands(prefix: str, command: Any) -> Iterator[tuple[str, Any]]:
    """The commands below one, by their full names. Typer brings its own copy of click, so no class is named here."""
    below = getattr(command, "commands", None)
    if below is None:
        yield prefix, command
        return
    for name in sorted(below):
        if not below[name].hidden:
            yield from _commands(f"{prefix} {name}", below[name])


def _section(name: str, command: Any) -> str:
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = [one for one in command.params if one.param_type_name == "option" and not one.hidden]
    usage = " ".join([name, *(str(one.metavar or one.name).upper() for one in arguments)])
    lines = [f"\n## {name}\n", f"`{usage}`\n", " ".join((command.help or "").split()) + "\n"]
    described = [(str(one.metavar or one.name), getattr(one, "help", None) or "") for one in arguments] + [
        (", ".join(one.opts), one.help or "") for one in options
    ]
    if described:
        lines += ["| | |", "| --- | --- |", *(f"| `{left}` | {_cell(right)} |" for left, right in described), ""]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
