"""The proof a finished read hands over: what was read, against what the vendor says it has."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Certificate:
    """How complete one read was. Exists only when the read ran to its end.

    `vendor_count` is the vendor's own total for the same conditions, None where it gives none. It was reached, by the
    broken read it may have gone on from and by rejected records too.
    `cursor_closed` means the vendor itself said that nothing follows.
    `is_complete_set` means every record the vendor has was in this read, with the broken read it may have gone on
    from: what was not seen is gone.
    `seconds` is wall time from the first request to the last. `clock_behind` is by how many seconds the vendor's clock
    lagged behind ours: what changes there in that time bears a mark from before this read.
    `version` is the vendor's that was asked for, `window` the part of the stream that was read.
    `permission_checked` means that a sample was looked at first, for fields that a small role would hide.
    `deletions_told` means that the vendor's own feed told what is gone.
    """

    pages: int
    records: int
    rejected: int
    vendor_count: int | None
    cursor_closed: bool
    is_complete_set: bool
    requests: int
    retries: int
    rate_limit_waits: int
    bytes: int
    seconds: float
    clock_behind: float = 0.0
    version: str = ""
    window: Mapping[str, Any] = field(default_factory=dict)
    permission_checked: bool = False
    deletions_told: bool = False
