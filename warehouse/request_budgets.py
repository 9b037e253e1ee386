"""How many requests a source may be sent: paced over all processes, counted for ever, stopped before a hard limit.

One token bucket a source and account holds the pace. Every request is counted by organization, source, app and day
before it is sent; a limit a month is held against those counts, so that a process that dies has counted too much rather
than too little. What a vendor allows is not known here: rates and limits are handed in.
"""

import calendar
import hashlib
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple, Protocol, Self

import psycopg

from warehouse.errors import WarehouseError

TABLES = """
create table if not exists raw_meta.request_buckets (
    source text not null,
    account text not null,
    level double precision not null,
    filled_at timestamptz not null,
    primary key (source, account)
);
comment on table raw_meta.request_buckets is
    'One row per account with a source, whichever organizations use it: how many requests may be sent now.';

create table if not exists raw_meta.request_counts (
    organization_id text not null,
    source text not null,
    app text not null,
    day date not null,
    requests bigint not null,
    primary key (organization_id, source, app, day)
);
comment on table raw_meta.request_counts is
    'One row per organization, source, application registered with it and day (UTC): requests sent.';
"""

LEASE_SECONDS = 0.25
"""While the pace is what callers wait for, tokens are leased for this long at once. Longer stretches cost fewer round
trips, but a process that cannot use one up keeps it from another: at a second, two lost an eighth of the pace."""
STALE_SECONDS = 0.1
"""A leased token that was not used by then goes back: used late, it would come on top of the next ones."""
SHORTEST_FORECAST = timedelta(days=1)
"""The first hours of a month say little about the rest of it."""


class BudgetExhausted(WarehouseError):
    """A limit of requests is reached; whoever asks next would be blocked by the vendor."""


class Pace(Protocol):
    """Requests a second in the long run, and how many may come at once."""

    @property
    def per_second(self) -> float: ...
    @property
    def burst(self) -> int: ...


class Limit(NamedTuple):
    """So many requests a month, of one organization or of everybody who shares the app."""

    requests: int
    of: Literal["organization", "app"]
    told: str
    """Who set the limit and how it is raised: the end of the sentence that tells of it."""


class Use(NamedTuple):
    """Requests of a month so far, and what they come to by its end if it goes on like this."""

    requests: int
    forecast: int


def fingerprint(*facts: object) -> str:
    """A short name for an account or an app, from which nothing about it can be told."""
    return hashlib.sha256("/".join(map(str, facts)).encode()).hexdigest()[:16]


def used(
    connection: psycopg.Connection, source: str, moment: datetime, *, organization_id: str | None = None, app: str = ""
) -> Use:
    """The requests of the month of `moment`, of an organization or else of an app, and the forecast."""
    by, name = ("organization_id", organization_id) if organization_id is not None else ("app", app)
    row = connection.execute(_USED[by], {"source": source, "name": name, "month": _month(moment)}).fetchone()
    requests = int(row[0]) if row else 0
    return Use(requests, forecast(requests, moment))


def forecast(requests: int, moment: datetime) -> int:
    """What a month's requests come to by its end at the pace of this month so far."""
    local = moment.astimezone(UTC)
    begun = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    whole = timedelta(days=calendar.monthrange(local.year, local.month)[1])
    return math.ceil(requests * (whole / max(local - begun, SHORTEST_FORECAST)))


_USED = {
    "organization_id": "select coalesce(sum(requests), 0) from raw_meta.request_counts "
    "where source = %(source)s and organization_id = %(name)s and day >= %(month)s",
    "app": "select coalesce(sum(requests), 0) from raw_meta.request_counts "
    "where source = %(source)s and app = %(name)s and day >= %(month)s",
}


class SharedBudget:
    """The budget of one organization with one source, shared by every process that opens one on the same warehouse.

    Threads of a process share the object. `clock` and `sleep` count in seconds, `now` gives the instant; all three are
    handed in by tests, else the instant is the database server's. Use as a context manager: unused tokens go back.
    """

    def __init__(
        self,
        connect: Callable[[], psycopg.Connection],
        *,
        organization_id: str,
        source: str,
        account: str,
        app: str,
        rate: Pace,
        sleep: Callable[[float], None],
        limits: Sequence[Limit] = (),
        label: str | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] | None = None,
    ) -> None:
        self._connect = connect
        self._organization_id = organization_id
        self._source = source
        self._label = label or source
        self._account = account
        self._app = app
        self._rate = rate
        self._limits = limits
        self._clock = clock
        self._sleep = sleep
        self._now = now
        self._lock = threading.Lock()
        self._sql: psycopg.Connection | None = None
        self._leased: deque[float] = deque()
        """When each token may be used, by the clock."""
        self._is_waited_for = False

    def take(self, source: str) -> None:
        """Wait for the next request's turn; raises BudgetExhausted instead of passing a limit."""
        if source != self._source:
            raise KeyError(source)
        with self._lock:
            moment = self._clock()
            unused = self._stale(moment)
            if not self._leased:
                self._lease(moment, unused)
            turn = self._leased.popleft()
            self._is_waited_for = turn > moment
        if turn > moment:
            self._sleep(turn - moment)

    def close(self) -> None:
        """Give back what was not used."""
        with self._lock:
            if self._sql is None:
                return
            if self._leased:
                with self._sql.transaction():
                    self._settle(self._instant(self._sql), len(self._leased), 0)
                self._leased.clear()
            self._sql.close()
            self._sql = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _stale(self, moment: float) -> int:
        """Drop tokens that were not used in time; returns how many."""
        count = 0
        while self._leased and self._leased[0] < moment - STALE_SECONDS:
            self._leased.popleft()
            count += 1
        return count

    def _lease(self, moment: float, unused: int) -> None:
        wanted = max(1, int(self._rate.per_second * LEASE_SECONDS)) if self._is_waited_for else 1
        if self._sql is None:
            self._sql = self._connect()
            self._sql.autocommit = True
            self._sql.execute("set synchronous_commit = off")  # the last second's counts may go with the server
        with self._sql.transaction():
            # Leases of one app take turns: the limit of a month may be shared by several accounts.
            self._sql.execute(
                "select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"requests/{self._source}/{self._app}"]
            )
            instant = self._instant(self._sql)
            granted = min(wanted, self._left(instant) + unused)
            level = self._settle(instant, unused, granted) if granted > 0 else 0.0
        if granted <= 0:
            raise self._exhausted(instant)
        # A level below nothing is a debt: each token has its turn when the bucket has filled up to it.
        for place in range(1, granted + 1):
            self._leased.append(moment + max(0.0, (place - level) / self._rate.per_second))

    def _instant(self, sql: psycopg.Connection) -> datetime:
        if self._now is not None:
            return self._now()
        row = sql.execute("select clock_timestamp()").fetchone()
        assert row is not None  # noqa: S101 - a select of one value returns one row
        instant: datetime = row[0]
        return instant

    def _left(self, instant: datetime) -> int:
        """How many requests the tightest limit still allows; those that nothing limits are many."""
        return min((limit.requests - self._used(limit, instant) for limit in self._limits), default=1_000_000_000)

    def _used(self, limit: Limit, instant: datetime) -> int:
        assert self._sql is not None  # noqa: S101 - only asked while a lease is made
        if limit.of == "app":
            return used(self._sql, self._source, instant, app=self._app).requests
        return used(self._sql, self._source, instant, organization_id=self._organization_id).requests

    def _settle(self, instant: datetime, unused: int, granted: int) -> float:
        """Give back, fill up and take from bucket and counts; returns the level before taking."""
        assert self._sql is not None  # noqa: S101 - called inside its transaction
        facts = {
            "organization_id": self._organization_id,
            "source": self._source,
            "account": self._account,
            "app": self._app,
            "now": instant,
            "day": instant.astimezone(UTC).date(),
            "per_second": self._rate.per_second,
            "burst": float(self._rate.burst),
            "unused": unused,
            "granted": granted,
        }
        row = self._sql.execute(_TAKE, facts).fetchone()
        assert row is not None  # noqa: S101 - an insert or update of one row returns one row
        self._sql.execute(_COUNT, facts)
        return float(row[0]) + granted

    def _exhausted(self, instant: datetime) -> BudgetExhausted:
        limit = min(self._limits, key=lambda one: one.requests - self._used(one, instant))
        following = (_month(instant).replace(day=28) + timedelta(days=4)).replace(day=1)
        whose = "this application" if limit.of == "app" else self._organization_id
        return BudgetExhausted(
            f"{self._label} may be asked {limit.requests:,} times a month for {whose}, and all of them are used, so "
            f"nothing more was read from it: asking on would have it blocked. What was loaded stays. Reading goes on "
            f"where it stopped from {following:%Y-%m-%d} (UTC) on, or when the limit is raised: {limit.told}."
        )


_TAKE = """
insert into raw_meta.request_buckets as bucket (source, account, level, filled_at)
values (%(source)s, %(account)s, %(burst)s - %(granted)s, %(now)s)
on conflict (source, account) do update set
    level = least(
        %(burst)s,
        bucket.level + %(unused)s
        + %(per_second)s * greatest(0, extract(epoch from %(now)s - bucket.filled_at)::double precision)
    ) - %(granted)s,
    filled_at = greatest(bucket.filled_at, %(now)s)
returning level
"""

_COUNT = """
insert into raw_meta.request_counts as counted (organization_id, source, app, day, requests)
values (%(organization_id)s, %(source)s, %(app)s, %(day)s, greatest(0, %(granted)s - %(unused)s))
on conflict (organization_id, source, app, day) do update set
    requests = greatest(0, counted.requests + %(granted)s - %(unused)s)
"""


def _month(moment: datetime) -> datetime:
    """The first instant of the month, UTC: vendors bill by it."""
    return moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
