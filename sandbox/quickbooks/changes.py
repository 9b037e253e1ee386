"""Change data capture: what changed since an instant, with stubs for what was deleted. Thirty days back at most."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from sandbox.answers import joined
from sandbox.quickbooks.errors import Refused
from sandbox.quickbooks.moments import PACIFIC, pacific
from sandbox.shelves import Rendered

FURTHEST_BACK = timedelta(days=30)
MOST_OBJECTS = 1000

Deletions = Mapping[str, Sequence[tuple[str, datetime]]]


def since_of(text: str, now: datetime) -> datetime:
    """The instant asked for; refuse one out of reach."""
    try:
        since = datetime.fromisoformat(text)
    except ValueError:
        raise Refused("4000", "Error parsing query", f"Invalid changedSince value: {text}") from None
    since = since if since.tzinfo else since.replace(tzinfo=PACIFIC)
    if now - since > FURTHEST_BACK:
        raise Refused("4000", "Error parsing query", "changedSince may lie at most 30 days back.")
    return since


def answer_body(since: datetime, rows: Mapping[str, Sequence[Rendered]], deletions: Deletions, now: datetime) -> bytes:
    """The envelope: one part per entity asked for, ``{}`` where nothing changed. The limit is that of the answer."""
    parts = []
    room = MOST_OBJECTS
    for entity, every in rows.items():
        changed = [row.body for row in every if row.members["updated"] >= since]
        stubs = [stub(number, at) for number, at in deletions.get(entity, ()) if since <= at <= now]
        bodies = [*changed, *stubs][:room]
        room -= len(bodies)
        if not bodies:
            parts.append(b"{}")
            continue
        parts.append(b'{"%s":%s,"startPosition":1,"maxResults":%d}' % (entity.encode(), joined(bodies), len(bodies)))
    return b'{"CDCResponse":[{"QueryResponse":%s}],"time":"%s"}' % (joined(parts), pacific(now).encode())


def stub(number: str, at: datetime) -> bytes:
    """All that is left of a deleted object."""
    return msgspec.json.encode(
        {"domain": "QBO", "status": "Deleted", "Id": number, "MetaData": {"LastUpdatedTime": pacific(at)}}
    )
