"""What was promised of each stream, in `catalogue.json`. `python -m tests.extractors.catalogue` adds new streams.

It never takes one out and never changes one: that is a break, to be made by hand and told in CHANGELOG.md.
"""

import json
from pathlib import Path
from typing import Any

from extractors import STREAMS

FILE = Path(__file__).with_name("catalogue.json")
SNAPSHOT: dict[str, dict[str, Any]] = json.loads(FILE.read_text()) if FILE.exists() else {}
FACTS = ("key", "key_type", "change_mark", "change_mark_type", "is_report", "has_daily_history")


def facts() -> dict[str, dict[str, Any]]:
    """The same facts as they are declared now."""
    return {
        f"{source}.{one.name}": {
            "key": one.key if isinstance(one.key, str) else list(one.key),
            "key_type": one.key_type.__name__,
            "change_mark": one.changed_at,
            "change_mark_type": one.changed_at_type,
            "is_report": one.by_month,
            "has_daily_history": one.keeps_daily_history,
        }
        for source, streams in STREAMS.items()
        for one in streams
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps({**facts(), **SNAPSHOT}, indent=1, sort_keys=True) + "\n")
