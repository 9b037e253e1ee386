"""The record behind a deck: what was kept of a final one, else what the snapshot says that it was drawn from."""

from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any

from psycopg import Connection

from reports.decks.records import encode_record
from reports.decks.rendering import render
from reports.decks.snapshots import decode, sha256
from reports.errors import ReportError
from reports.views.shared_files import SharedFile, deck_record, snapshot_path

_ONE_AT_A_TIME, _KEPT = Lock(), 64
_drawn: dict[str, bytes | None] = {}
"""The records drawn last, by the hash of their snapshot."""


def has_record(file: SharedFile) -> bool:
    """Whether figures with receipts stand behind the file."""
    return file.kind.endswith("_deck") and (file.is_frozen or "snapshot" in file.details)


def record_of(connection: Connection[Any], organization_id: str, file: SharedFile, root: Path) -> bytes | None:
    """The record as JSON; None where nothing tells it any more. A snapshot is drawn again, since it says it all."""
    kept = deck_record(connection, organization_id, file.sha256)
    if kept is not None or not has_record(file):
        return kept
    named = str(file.details.get("snapshot"))
    path = snapshot_path(connection, organization_id, named)
    if path is None or not path.resolve().is_relative_to(root.resolve()) or not path.is_file():
        return None
    document = path.read_bytes()
    if sha256(document) != named:
        return None
    with suppress(KeyError):  # what was drawn before waits for nobody's drawing
        return _drawn[named]
    with _ONE_AT_A_TIME:  # so that whoever asks again and again keeps one core of ours busy, and that only once
        if named not in _drawn:
            while len(_drawn) >= _KEPT:
                del _drawn[next(iter(_drawn))]
            _drawn[named] = _record_in(document)
        return _drawn[named]


def _record_in(document: bytes) -> bytes | None:
    try:
        return encode_record(render(decode(document)).record)
    except ReportError:  # a snapshot of another version, whose deck stays as it was
        return None
