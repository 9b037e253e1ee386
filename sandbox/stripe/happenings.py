"""Stripe's events: what happened in the last 30 days, each with the object as it was, in an older version's shape."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sandbox.stripe.catalogue_records import epoch
from sandbox.stripe.expansion import visible
from sandbox.stripe.life import Happening
from sandbox.stripe.older import VERSION, older
from sandbox.stripe.things import Things

Members = dict[str, Any]
KEPT = timedelta(days=30)
JUST_BEFORE = timedelta(microseconds=1)


class EventLog:
    """All events, oldest first; what they hold is rendered when it is asked for."""

    def __init__(self, things: Things, find_at: Callable[[datetime], Callable[[str, str], Members | None]]) -> None:
        self._things = things
        self._find_at = find_at
        self._happenings = things.happenings()

    def recent(self, now: datetime) -> list[Members]:
        """The events that Stripe still has."""
        return [self._event(one) for one in self._happenings if now - KEPT <= one.at <= now]

    def _event(self, one: Happening) -> Members:
        data: Members = {"object": self._shown(one, one.at)}
        if one.type.endswith(".updated"):
            before = self._shown(one, one.at - JUST_BEFORE)
            changed = {name: value for name, value in before.items() if data["object"].get(name) != value}
            data["previous_attributes"] = changed
        digest = hashlib.sha256(f"{one.type} {one.id} {one.at.isoformat()}".encode()).hexdigest()
        return {
            "id": f"evt_{digest[:24]}",
            "object": "event",
            "api_version": VERSION,
            "created": epoch(one.at),
            "data": data,
            "livemode": False,
            "pending_webhooks": 0,
            "request": {"id": None, "idempotency_key": None},
            "type": one.type,
        }

    def _shown(self, one: Happening, at: datetime) -> Members:
        record = self._things.by_id[one.resource][one.id].render(at)
        return older(visible(record), self._find_at(at))
