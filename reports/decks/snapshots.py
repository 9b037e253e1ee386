"""The deck snapshot: everything a deck is drawn from, settled, as one JSON document with a SHA-256.

Decimals are exact (written as strings), instants are UTC, keys stand in the order in which views made them: the same
figures give the same bytes whatever the process, zone, locale or hash seed. A finalised deck is kept with its snapshot.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from reports.decks.declarations import content_type
from reports.errors import ReportError
from reports.views.organizations import Client, QuarterFacts, Snapshot

SCHEMA = 1
"""Raised when a snapshot of before can no longer be drawn by the renderers of now."""

CIRCUMSTANCES = frozenset({"freshest_at", "last_completed_at", "completed_as_of", "records", "checked_at", "run_id"})
"""Fields of receipts, streams and checks that say when something was read or checked, by whom and how much was new."""


class SnapshotUnreadable(ReportError):
    """A snapshot of another schema, or no snapshot at all."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose deck it is, and how it wants numbers and dates to look."""

    organization_id: str
    name: str
    time_zone: str
    currency: str
    locale: str


@dataclass(frozen=True, slots=True)
class BrandFiles:
    """The brand's logo and template as they were; a deck is drawn from its snapshot alone."""

    logo: bytes | None = None
    template: bytes | None = None


@dataclass(frozen=True, slots=True)
class GatheredSlide:
    """One slide's content as its view gave it, still encoded; `content` reads it."""

    slide: str
    kicker: str
    view: str
    renderer: str
    encoded: msgspec.Raw

    def content(self) -> Any:
        """The view's dataclass."""
        return msgspec.json.decode(self.encoded, type=content_type(self.view))


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A declared slide that is not in the deck, and why."""

    slide: str
    reason: str


@dataclass(frozen=True, slots=True)
class DeckSnapshot:
    """A deck before it is drawn."""

    schema: int
    deck: str
    title: str
    subject: str
    audience: str
    owner: Owner
    client: Client | None
    quarter: QuarterFacts
    state: Snapshot
    brand: Mapping[str, Any]
    files: BrandFiles
    draft_reason: str | None
    slides: tuple[GatheredSlide, ...]
    left_out: tuple[LeftOut, ...] = ()

    @property
    def client_id(self) -> str:
        """The client's id, ``all`` for the whole organization."""
        return "all" if self.client is None else self.client.client_id


def encode(snapshot: DeckSnapshot) -> bytes:
    """The snapshot as JSON."""
    return msgspec.json.encode(snapshot)


def content_sha256(snapshot: DeckSnapshot) -> str:
    """What names all that the deck says of the quarter: figures and words, without when they were read and checked.

    Every run reads and checks anew; that alone makes no other deck.
    """
    slides = tuple(replace(one, encoded=_whenever_read(one.encoded)) for one in snapshot.slides)
    return sha256(encode(replace(snapshot, state=Snapshot(None, None, None), slides=slides)))


def _whenever_read(encoded: msgspec.Raw) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(_untimed(msgspec.json.decode(encoded))))


def _untimed(value: Any) -> Any:
    """The same without the circumstances of its reading; that something was never read stays."""
    if isinstance(value, dict):
        return {key: (one is not None) if key in CIRCUMSTANCES else _untimed(one) for key, one in value.items()}
    return [_untimed(one) for one in value] if isinstance(value, list) else value


def encode_content(content: Any) -> msgspec.Raw:
    """A view's dataclass as JSON."""
    return msgspec.Raw(msgspec.json.encode(content))


def decode(document: bytes) -> DeckSnapshot:
    """The snapshot of a JSON document. Raises SnapshotUnreadable when it is none, or of another schema."""
    try:
        schema = msgspec.json.decode(document, type=_Schema).schema
        if schema != SCHEMA:
            raise SnapshotUnreadable(
                f"The snapshot is of schema {schema}, and this version draws schema {SCHEMA}. Its deck stays as it was "
                "drawn; build a new one from the marts."
            )
        return msgspec.json.decode(document, type=DeckSnapshot)
    except msgspec.MsgspecError as error:
        raise SnapshotUnreadable(f"This is no deck snapshot: {error}.") from error


def sha256(document: bytes) -> str:
    """What names a snapshot or a deck: the hash of its bytes."""
    return hashlib.sha256(document).hexdigest()


class _Schema(msgspec.Struct):
    schema: int
