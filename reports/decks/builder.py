"""From marts to files: the gate before a deck, its snapshot, its drawing, and where both are put."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from psycopg import Connection
from psycopg.types.json import Jsonb

from reports.decks.brand import brand_of
from reports.decks.declarations import declaration
from reports.decks.gathering import brand_files, gather, one_state
from reports.decks.gating import gate
from reports.decks.rendering import render
from reports.decks.snapshots import DeckSnapshot, content_sha256, decode, encode, sha256
from reports.decks.templates import open_template
from reports.errors import DeckBlocked, ReportError, UnknownScope
from reports.files import finished, sha256_of
from reports.views import metrics
from reports.views import organizations as facts
from reports.views.scope import Scope
from warehouse.artefacts import refuse_frozen, store
from warehouse.audit import RUN, Actor, record


@dataclass(frozen=True, slots=True)
class BuiltDeck:
    """A deck as it was written."""

    path: Path
    sha256: str
    slides: int
    kind: str
    client_id: str
    snapshot_path: Path = field(default_factory=Path)
    snapshot_sha256: str = ""
    filled_automatically: Decimal | None = None
    """Which share of its fields no person had to fill in."""
    draft_reason: str | None = None
    content_sha256: str = ""
    """Names all that it says, without when that was read and checked."""

    @property
    def stands(self) -> bool:
        """True while this very deck lies at its place; another run may have put another one there."""
        return self.path.is_file() and sha256_of(self.path) == self.sha256


def clients_to_review(connection: Connection[Any], organization_id: str, quarter: str) -> tuple[str, ...]:
    """The clients that have a figure to show in a deck of `quarter`."""
    with one_state(connection):
        months = _scope(connection, organization_id, quarter, None).months
        return metrics.clients_with_values(connection, organization_id, months)


def clients_left_out(connection: Connection[Any], organization_id: str, quarter: str) -> tuple[tuple[str, str], ...]:
    """The clients that have no deck of `quarter` because there is nothing to show, by name, each with why."""
    with one_state(connection):
        months = _scope(connection, organization_id, quarter, None).months
        return metrics.clients_without_values(connection, organization_id, months)


def build_deck(
    connection: Connection[Any],
    deck: str,
    organization_id: str,
    quarter: str,
    out_dir: Path,
    *,
    client_id: str | None = None,
    force_reason: str | None = None,
    actor: Actor = RUN,
) -> BuiltDeck:
    """One declared deck, of the organization or of one client.

    Files lie in ``<organization>/<quarter>/`` and are noted as artefacts; the caller commits. Raises DeckBlocked while
    an error check fails, UnknownScope for an organization, quarter or client that is not in the marts.
    """
    snapshot = gather_deck(connection, deck, organization_id, quarter, client_id=client_id, force_reason=force_reason)
    return write_deck(connection, encode(snapshot), out_dir, actor=actor)


def gather_deck(
    connection: Connection[Any],
    deck: str,
    organization_id: str,
    quarter: str,
    *,
    client_id: str | None = None,
    force_reason: str | None = None,
) -> DeckSnapshot:
    """The snapshot of one deck, read in one state of the warehouse, gate included. Raises as `build_deck`."""
    if force_reason is not None and not force_reason.strip():
        raise ReportError("A forced deck needs a reason, which stands on every slide; nothing was written.")
    declared = declaration(deck)
    if declared.is_of_a_client and client_id is None:
        raise UnknownScope(f"The {deck} deck is of one client; name it with --client. Nothing was written.")
    if client_id is not None and not declared.is_of_a_client:
        raise UnknownScope(
            f"The {deck} deck is of the whole organization and not for {client_id}, who would read what is not theirs. "
            "Leave --client out. Nothing was written."
        )
    with one_state(connection):
        scope = _scope(connection, organization_id, quarter, client_id)
        failures = gate(connection, organization_id, quarter)
        if failures and force_reason is None:
            raise DeckBlocked(organization_id, quarter, failures)
        return gather(connection, scope, declared, draft_reason=force_reason)


def write_deck(connection: Connection[Any], document: bytes, out_dir: Path, *, actor: Actor = RUN) -> BuiltDeck:
    """Draw an encoded snapshot, put deck and snapshot where they belong, and note both; the caller commits.

    A forced deck is noted in the audit log too.
    """
    snapshot = decode(document)
    rendered = render(snapshot)
    organization_id, quarter = snapshot.owner.organization_id, snapshot.quarter.quarter
    path = deck_path(out_dir, snapshot)
    beside = snapshot_path(out_dir, snapshot)
    # Two that write the same deck take turns; and the transaction that the caller commits begins here.
    connection.execute("select pg_advisory_xact_lock(hashtext('reports.decks'), hashtext(%s))", [str(path)])
    share = rendered.record.filled_automatically
    share = None if share is None else round(share, 4)
    built = BuiltDeck(
        path=path,
        sha256=hashlib.sha256(rendered.content).hexdigest(),
        slides=len(rendered.record.slides),
        kind=snapshot.deck,
        client_id=snapshot.client_id,
        snapshot_path=beside,
        snapshot_sha256=sha256(document),
        filled_automatically=share,
        draft_reason=snapshot.draft_reason,
        content_sha256=content_sha256(snapshot),
    )
    details = {
        "slides": built.slides,
        "draft_reason": snapshot.draft_reason,
        "snapshot": built.snapshot_sha256,
        "content": built.content_sha256,
        "filled_automatically": None if share is None else str(share),
    }
    files = (
        (path, rendered.content, f"{snapshot.deck}_deck"),
        (beside, document, f"{snapshot.deck}_snapshot"),
    )
    for place, content, _ in files:
        refuse_frozen(connection, organization_id, place, sha256(content))
    for place, content, kind in files:
        with finished(place) as unfinished:
            unfinished.write_bytes(content)
        store(
            connection,
            organization_id,
            place,
            kind=kind,
            period=quarter,
            client_id=snapshot.client_id,
            run_id=snapshot.state.run_id,
            details=details,
        )
        _note_anew(connection, organization_id, place, details)
    _retire_flat(connection, out_dir, snapshot)
    if snapshot.draft_reason is not None:
        record(connection, organization_id, actor, "force_deck", resource=path.name, reason=snapshot.draft_reason)
    return built


def deck_path(out_dir: Path, snapshot: DeckSnapshot, *, is_final: bool = False) -> Path:
    """Where the deck of a snapshot lies: ``<organization>/<quarter>/<organization>-<quarter>-<deck>.pptx``.

    Decks of clients lie in ``<organization>/<quarter>/clients/<client>/``: no client's name is taken for another deck.
    """
    return out_dir / snapshot.owner.organization_id / _folder(snapshot) / f"{_stem(snapshot, is_final=is_final)}.pptx"


def snapshot_path(out_dir: Path, snapshot: DeckSnapshot, *, is_final: bool = False) -> Path:
    """Where the snapshot of that deck lies: apart from what people open."""
    apart = out_dir / snapshot.owner.organization_id / "snapshots"
    return apart / _folder(snapshot) / f"{_stem(snapshot, is_final=is_final)}.json"


def _note_anew(connection: Connection[Any], organization_id: str, place: Path, details: Mapping[str, Any]) -> None:
    """The same bytes may now come of another snapshot; else the deck would be taken for an old one for ever."""
    connection.execute(
        """
        update app.artefacts set details = %(details)s
        where organization_id = %(organization_id)s and uri = %(uri)s and superseded_at is null and not is_frozen
            and details <> %(details)s
        """,
        {"organization_id": organization_id, "uri": place.resolve().as_uri(), "details": Jsonb(details)},
    )


def _retire_flat(connection: Connection[Any], out_dir: Path, snapshot: DeckSnapshot) -> None:
    """A client's deck of before decks of clients had folders is no longer the one that stands; its file is left."""
    if snapshot.client is None:
        return
    root, quarter, stem = out_dir / snapshot.owner.organization_id, snapshot.quarter.quarter, _stem(snapshot)
    before = [root / quarter / f"{stem}{suffix}" for suffix in (".pptx", ".xlsx", ".pdf")]
    connection.execute(
        """
        update app.artefacts set superseded_at = clock_timestamp()
        where organization_id = %s and client_id = %s and uri = any(%s) and superseded_at is null and not is_frozen
        """,
        [
            snapshot.owner.organization_id,
            snapshot.client_id,
            [one.resolve().as_uri() for one in (*before, root / "snapshots" / quarter / f"{stem}.json")],
        ],
    )


def _folder(snapshot: DeckSnapshot) -> Path:
    quarter = Path(snapshot.quarter.quarter)
    return quarter if snapshot.client is None else quarter / "clients" / snapshot.client_id


def _stem(snapshot: DeckSnapshot, *, is_final: bool = False) -> str:
    if snapshot.client is None:
        whose = snapshot.deck
    else:
        whose = snapshot.client_id if snapshot.deck == "client" else f"{snapshot.client_id}-{snapshot.deck}"
    final = "-final" if is_final else ""
    return f"{snapshot.owner.organization_id}-{snapshot.quarter.quarter}-{whose}{final}"


def template_of(connection: Connection[Any], organization_id: str) -> bytes:
    """The organization's slide master and layouts as its decks are drawn on them."""
    found = facts.organization(connection, organization_id)
    files = brand_files(found)
    return open_template(brand_of(found.name, found.brand, logo=files.logo, template=files.template)).content


def _scope(connection: Connection[Any], organization_id: str, quarter: str, client_id: str | None) -> Scope:
    organization = facts.organization(connection, organization_id)
    months = facts.quarter_facts(connection, organization_id, quarter)
    client = None if client_id is None else facts.client(connection, organization_id, client_id)
    return Scope(organization, months, facts.snapshot(connection, organization_id), client)
