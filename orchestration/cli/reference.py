"""``docs/commands.md``, from the commands themselves."""

from __future__ import annotations

from collections.abc import Iterator

import click
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


def _commands(prefix: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        for name in sorted(command.commands):
            if not command.commands[name].hidden:
                yield from _commands(f"{prefix} {name}", command.commands[name])
    else:
        yield prefix, command


def _section(name: str, command: click.Command) -> str:
    arguments = [one for one in command.params if isinstance(one, click.Argument)]
    options = [one for one in command.params if isinstance(one, click.Option) and not one.hidden]
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
