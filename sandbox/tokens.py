"""Bearer tokens that carry their own facts and a signature, so that a restarted sandbox still knows those it gave out.

A program that kept yesterday's refresh token can go on today, as it could with the vendors. What a process must
remember itself (which tokens were replaced or revoked) lives in the vendor's own module.
"""

import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Mint:
    """Makes and checks the tokens of one vendor. ``wall`` gives wall time in epoch seconds."""

    seed: int
    source: str
    wall: Callable[[], float] = time.time
    _last_number: int = 0
    _floor: int = 0
    _revoked: set[str] = field(default_factory=set)

    def issue(self, kind: str, *facts: str, seconds: int) -> str:
        """A new token of this kind, holding the facts, good for so many seconds of wall time."""
        self._last_number = max(self._last_number + 1, time.time_ns())
        body = ".".join(("sandbox", self.source, kind, *facts, str(int(self.wall()) + seconds), str(self._last_number)))
        return f"{body}.{self._signature(body)}"

    def read(self, kind: str, token: str) -> list[str] | None:
        """The facts in a token, or None when it was not made here, has expired, or was taken back."""
        body, _, signature = token.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(body).encode()) or token in self._revoked:
            return None
        source, seen_kind, *facts, expires, number = body.split(".")[1:]
        if (source, seen_kind) != (self.source, kind) or int(expires) <= self.wall():
            return None
        return None if kind == "access" and int(number) <= self._floor else facts

    def revoke(self, token: str) -> None:
        """Refuse this token from now on."""
        self._revoked.add(token)

    def forget_access(self) -> None:
        """Refuse every access token given out so far, as when the vendor ends all sign-ins before their time."""
        self._last_number = max(self._last_number + 1, time.time_ns())
        self._floor = self._last_number

    def _signature(self, body: str) -> str:
        key = hashlib.sha256(f"sandbox tokens, seed {self.seed}".encode()).digest()
        return hmac.new(key, body.encode(), hashlib.sha256).hexdigest()[:40]
