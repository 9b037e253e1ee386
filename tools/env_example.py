"""Write .env.example from the settings class, so that the two cannot differ. A test holds it."""

from __future__ import annotations

import textwrap
from pathlib import Path

from warehouse.settings import PROJECT_ROOT, Settings

HEADER = (
    "# Every setting, with its default. Copy this file to .env and set what you need; all of it is optional.\n"
    "# Sign-ins to vendors are better stored encrypted with `qbr connect`; what stands here serves one organization.\n"
)


def text() -> str:
    """The whole file."""
    parts = [HEADER]
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else str(field.default)
        comment = textwrap.fill(field.description or "", 110, initial_indent="# ", subsequent_indent="# ")
        parts.append(f"{comment}\n#QBR_{name.upper()}={default}\n")
    return "\n".join(parts)


if __name__ == "__main__":
    Path(PROJECT_ROOT / ".env.example").write_text(text())
