"""The stream reference, written from the declarations: where each stream comes from and why it can be believed."""

from __future__ import annotations

import inspect
from datetime import timedelta

import extractors
from extractors.core.source import Origin
from extractors.core.stream import Stream
from extractors.core.table_stream import TableStream

INTRODUCTION = """\
# Streams

Written by `make docs` from the declarations in `extractors/`; a test fails when it is out of date. What each stream
holds and how to sign in is told in [sources.md](sources.md); how to add one in
[how-to/add-a-stream.md](how-to/add-a-stream.md).

- **change mark**: the vendor's field that moves when a record changes; it decides which of two versions is newer.
- **read**: what a daily run asks for. A first run, a new pinned version and `qbr extract --whole` read everything.
- **deletions**: how a record that is gone at the vendor comes to be marked deleted here.
- **proof**: what must hold before a read counts as complete. Everywhere the vendor has to say that nothing follows,
  and a page that repeats or a cursor that does not move stops the read:
  [how lists are walked](#how-lists-are-walked).
"""
COLUMNS = (
    "stream", "endpoint", "key", "change mark", "read", "deletions", "page size", "daily history", "proof", "right",
)  # fmt: skip

NO_FEED_REACHES = timedelta(days=3650)


def page() -> str:
    """The whole page as Markdown."""
    parts = [INTRODUCTION]
    for name, source in extractors.SOURCES.items():
        parts += [
            f"## {source.label}\n",
            f"{len(source.streams)} streams{_pin(source)}.\n",
            f"| {' | '.join(COLUMNS)} |\n{'| --- ' * len(COLUMNS)}|",
            *(f"| {' | '.join(row(name, stream))} |" for stream in source.streams),
            "",
        ]
    parts += ["## How lists are walked\n", "| walk | rule |\n| --- | --- |", *_walks()]
    return "\n".join(parts) + "\n"


def row(source: str, declared: Stream) -> tuple[str, ...]:
    """The cells of one stream; of a database's table as it is where every column is mapped."""
    stream = declared.mapped_in_full() if isinstance(declared, TableStream) else declared
    return tuple(
        _cell(text)
        for text in (
            f"`{source}.{stream.name}`",
            _endpoint(stream),
            " + ".join(f"`{field}`" for field in _fields(stream.key)),
            f"`{stream.changed_at}`" if stream.changed_at else "none",
            _read(stream),
            _deletions(stream),
            "one report a month" if stream.by_month else f"{stream.page_size:,}",
            "yes" if stream.keeps_daily_history else "",
            _proof(stream),
            stream.permission,
        )
    )


def _pin(source: Origin) -> str:
    return f", read with version `{source.version}` of the vendor's API" if source.version else ""


def _endpoint(stream: Stream) -> str:
    if "/" in stream.path:
        return f"`{stream.path}`"
    return f"query of `{stream.path}`"


def _fields(key: str | tuple[str, ...]) -> tuple[str, ...]:
    return (key,) if isinstance(key, str) else key


def _has_feed(stream: Stream) -> bool:
    """Whether the vendor keeps a list of what changed; a filter by change time reaches back for ever."""
    return stream.feed_reach is not None and stream.feed_reach < NO_FEED_REACHES


def _read(stream: Stream) -> str:
    if stream.by_month:
        text = "the months that are open, and those since the last run"
    elif stream.feed_reach and _has_feed(stream):
        text = f"what the vendor's feed of changes tells; it reaches {_days(stream.feed_reach)} back"
    elif stream.reads == "entity" and not stream.feed_reach:
        return "whole"
    elif stream.change_filter:
        text = f"changes by `{stream.change_filter}`, {_minutes(stream.overlap)} of overlap"
    else:
        text = "whole"
    if stream.look_back:
        text += f", from {_days(stream.look_back)} earlier"
    if stream.date_filters:
        text += f"; an older month by {' or '.join(f'`{name}`' for name in stream.date_filters)}"
    if stream.whole_every:
        text += f"; whole every {_days(stream.whole_every)}"
    return text


def _deletions(stream: Stream) -> str:
    if stream.keeps_purged:
        return "never: what the vendor forgets is kept"
    if stream.by_month:
        return "a month's report is replaced"
    ways = ["told by the feed"] if _has_feed(stream) else []
    if stream.sweeps_deletions:
        ways.append("ids compared after each run")
    if stream.whole_every or (stream.reads == "entity" and not stream.feed_reach):
        ways.append("missing from a whole read")
    return "; ".join(ways) or "missing from a whole read, when one is asked for"


def _proof(stream: Stream) -> str:
    said = [f"`{_walk_name(stream)}`"]
    if stream.counted:
        said.append("the vendor's own count reached")
    if stream.parent is not None:
        said.append(f"every list of `{stream.parent.name}` walked")
    return "; ".join(said)


def _walks() -> list[str]:
    rules = {_walk_name(one): inspect.getdoc(one.pages) or "" for all_ in extractors.STREAMS.values() for one in all_}
    return [f"| `{name}` | {_cell(rule)} |" for name, rule in sorted(rules.items())]


def _walk_name(stream: Stream) -> str:
    return str(getattr(stream.pages, "__name__", type(stream.pages).__name__))


def _days(span: timedelta) -> str:
    return "a day" if span == timedelta(days=1) else f"{span.days} days"


def _minutes(span: timedelta) -> str:
    return f"{int(span.total_seconds() // 60)} minutes"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
