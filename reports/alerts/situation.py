"""Everything the rules look at, as of one instant: read when a rule first asks for it, and then once."""

from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from psycopg import Connection

from reports.formats import Formats
from reports.views import buckets, occurrences, quality, watching
from reports.views.buckets import Anomaly, Bucketed
from reports.views.organizations import Organization
from reports.views.quality import CheckResult, MissingInput, StreamFreshness
from reports.views.watching import WatchedValue
from warehouse.periods import Period, Quarter, latest_complete_period, latest_complete_quarter, periods_between

_LATE = {"daily": timedelta(days=3), "weekly": timedelta(days=10), "monthly": timedelta(days=40)}
"""How long after its last day a bucket still speaks for now: snapshots are taken the night after, and may fail once."""


class Situation:
    """What is known of an organization at `as_of`; months and quarters are those that are over by then."""

    def __init__(self, connection: Connection[Any], about: Organization, as_of: datetime) -> None:
        self._connection = connection
        self.organization = about
        self.as_of = as_of
        self.formats = Formats(about.locale, about.currency, about.time_zone)
        self.quarter: Quarter = latest_complete_quarter(as_of, about.time_zone)
        self.month: Period = latest_complete_period(as_of, about.time_zone)

    def attempt(self) -> AbstractContextManager[object]:
        """A rule's own part of the transaction: what it breaks is undone, and the next rule reads on."""
        return self._connection.transaction()

    @property
    def _id(self) -> str:
        return self.organization.organization_id

    @property
    def today(self) -> date:
        """The day it is where the organization is."""
        return self.as_of.astimezone(ZoneInfo(self.organization.time_zone)).date()

    @property
    def recent_months(self) -> tuple[str, ...]:
        """The months of the latest complete quarter, and those that are over since."""
        return tuple(str(month) for month in periods_between(self.quarter.periods[0], self.month))

    @cached_property
    def watched(self) -> tuple[WatchedValue, ...]:
        """The newest values of metrics with a threshold."""
        return watching.watched_values(self._connection, self._id, str(self.quarter), str(self.month))

    @cached_property
    def streams(self) -> tuple[StreamFreshness, ...]:
        """When each stream was last read."""
        return quality.freshness(self._connection, self._id)

    @cached_property
    def missing(self) -> tuple[MissingInput, ...]:
        """Inputs without a value, in months that are over."""
        return tuple(gap for gap in quality.missing_inputs(self._connection, self._id) if gap.period <= str(self.month))

    @cached_property
    def checks(self) -> tuple[CheckResult, ...]:
        """The last result of every check."""
        return quality.check_results(self._connection, self._id)

    @cached_property
    def anomalies(self) -> tuple[Anomaly, ...]:
        """Whether the metrics of the latest complete month are unusual."""
        return buckets.anomalies(self._connection, self._id, str(self.month))

    @cached_property
    def moves(self) -> occurrences.RevenueMoves | None:
        """How clients' recurring revenue moved in the newest complete month that is stored; None where none is."""
        return occurrences.revenue_moves(self._connection, self._id, str(self.month))

    @cached_property
    def dunning(self) -> tuple[occurrences.DunningStage, ...]:
        """Where open invoices stood at the end of the latest complete month."""
        return occurrences.dunning(self._connection, self._id, str(self.month))

    @cached_property
    def sign_ins(self) -> tuple[occurrences.SignIn, ...]:
        """Sources whose tokens lapse."""
        return occurrences.sign_ins(self._connection, self._id)

    @cached_property
    def signals(self) -> dict[str, occurrences.Signal]:
        """The newest reading of every signal."""
        return occurrences.signals(self._connection, self._id)

    @cached_property
    def smartnumbers(self) -> frozenset[str]:
        """Metrics that have a figure a quarter."""
        return buckets.smartnumber_metrics(self._connection, self._id)

    def ties(self, at_least: Decimal) -> tuple[occurrences.Tie, ...]:
        """Every statement of a month that is over, held against what it should equal."""
        return occurrences.ties(self._connection, self._id, str(self.month), at_least)

    def figure(self, metric: str, bucket: str | None) -> Bucketed:
        """The metric's newest figure; without a bucket of the quarter where it is a SmartNumber, else of the month."""
        chosen = bucket or ("quarterly" if metric in self.smartnumbers else "monthly")
        if chosen == "quarterly":
            return buckets.quarterly(self._connection, self._id, metric, str(self.quarter))
        if chosen == "monthly":
            return buckets.monthly(self._connection, self._id, metric, str(self.month))
        yesterday = self.today - timedelta(days=1)
        return buckets.snapshots(
            self._connection, self._id, metric, chosen, first=self.today - _LATE[chosen], last=yesterday
        )
