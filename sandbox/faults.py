"""Misfortunes as data: which requests they befall, how often, and of what kind. ``interference`` acts them out.

PUT /_sandbox/faults
{"seed": 1, "faults": [
  {"kind": "too_many_requests", "source": "connectwise", "path": "/service/tickets$", "retry_after": "1"},
  {"kind": "server_error", "source": "stripe", "rate": 0.1, "times": null}]}
"""

import random
import re
from collections.abc import Mapping
from typing import Literal

import msgspec

Kind = Literal[
    "too_many_requests",  # 429 in the vendor's own words; with Retry-After when `retry_after` is given
    "server_error",  # `status` (500) in the vendor's own words
    "html",  # `status` (502) with a page from the network's edge
    "throttling_xml",  # 429 in XML whatever was asked for, as Intuit's gateway does
    "permission_missing",  # 403: signed in, but not allowed to read this
    "fault_in_success",  # 200 whose body is a Fault, as QuickBooks is known to answer
    "time_out",  # says nothing for `seconds`, then hangs up
    "slow",  # answers rightly, `seconds` late
    "connection_reset",  # the connection breaks before a byte came
    "half_body",  # the connection breaks in the middle of the body
    "invalid_json",  # 200, whole, and not JSON
    "repeated_page",  # the page before, cursor and all; meets the second matching request unless `after` says otherwise
    "swapped_pages",  # the page after instead of this one, then this one; from the second matching request on
    "reordered_page",  # the page's rows from the last to the first
    "records_change",  # the business goes on for `seconds` before the answer, as between two pages of a long read
    "skewed_clock",  # a right answer by a vendor whose clocks run `ahead` seconds before ours (negative: behind)
    "short_total",  # `rows` records fewer than there are, and no other sign of it
    "expired_token",  # every access token of the source stops working
    "rotated_token",  # another program refreshed first: every QuickBooks refresh token given out is spent
    "sign_in_denied",  # the person said no on the vendor's sign-in page
]


class Fault(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One misfortune and the requests that it meets. Members left out match every request."""

    kind: Kind
    source: str | None = None
    method: str | None = None
    path: str | None = None  # a regular expression, looked for anywhere in the path
    query: dict[str, str] = {}
    after: int | None = None  # so many matching requests pass unharmed first
    times: int | None = 1  # null: until the faults are taken away
    rate: float = 1.0
    status: int | None = None
    retry_after: str | None = None  # seconds; "+5" gives the date five seconds after the vendor's own present
    seconds: float = 1.0
    ahead: float = 0.0  # how far the vendor's clocks differ while this befalls: `now`, tokens' lives, Date, Retry-After
    rows: int = 1
    met: int = 0
    struck: int = 0

    def __post_init__(self) -> None:
        try:
            re.compile(self.path or "")
        except re.error as problem:
            raise ValueError(f"path is no regular expression: {problem}") from problem
        if not 0 < self.rate <= 1:
            raise ValueError("rate lies above 0 and at most at 1")

    def matches(self, method: str, path: str, query: Mapping[str, str]) -> bool:
        """Whether this request is one that the fault may strike."""
        return (
            (self.source is None or path.startswith(f"/{self.source}/"))
            and (self.method is None or self.method == method)
            and (self.path is None or re.search(self.path, path) is not None)
            and all(query.get(name) == value for name, value in self.query.items())
        )


class FaultPlan(msgspec.Struct, forbid_unknown_fields=True):
    """All faults in force. Rates are drawn from the plan's own seed, so that a run can be repeated."""

    faults: list[Fault] = []
    seed: int = 0

    def meet(self, method: str, path: str, query: Mapping[str, str], chance: random.Random) -> list[tuple[Fault, bool]]:
        """Every fault that matches this request, each with whether it strikes; at most one does."""
        matching = []
        struck = False
        for fault in self.faults:
            if not fault.matches(method, path, query):
                continue
            passing = fault.after if fault.after is not None else int(fault.kind in ("repeated_page", "swapped_pages"))
            strikes = (
                not struck
                and fault.met >= passing
                and (fault.times is None or fault.struck < fault.times)
                and (fault.rate >= 1 or chance.random() < fault.rate)
            )
            fault.met += 1
            fault.struck += strikes
            struck = struck or strikes
            matching.append((fault, strikes))
        return matching
