"""The settings as people read them: ``.env.example`` and ``docs/settings.md``, both from the settings class."""

from __future__ import annotations

import textwrap

from warehouse.settings import Settings

EXAMPLE_HEADER = (
    "# Every setting, with its default. Copy this file to .env and set what you need; all of it is optional.\n"
    "# Sign-ins to vendors are better stored encrypted with `qbr connect`; what stands here serves one organization.\n"
)
PAGE_HEADER = """\
# Settings

Environment variables, or lines of a file `.env` in the clone. All are optional. `.env.example` lists them with their
defaults. Rules of one organization are not settings; they stand in `config/<organization>.yml`
([configuration.md](configuration.md)).

| variable | default | meaning |
| --- | --- | --- |
"""


def env_example() -> str:
    """The whole of ``.env.example``."""
    parts = [EXAMPLE_HEADER]
    for name, default, description in _settings():
        comment = textwrap.fill(description, 110, initial_indent="# ", subsequent_indent="# ")
        parts.append(f"{comment}\n#{name}={default}\n")
    return "\n".join(parts)


def page() -> str:
    """The whole of ``docs/settings.md``."""
    return PAGE_HEADER + "".join(
        f"| `{name}` | {f'`{default}`' if default else ''} | {description} |\n"
        for name, default, description in _settings()
    )


def _settings() -> list[tuple[str, str, str]]:
    return [
        (f"QBR_{name.upper()}", "" if field.default is None else str(field.default), field.description or "")
        for name, field in Settings.model_fields.items()
    ]
