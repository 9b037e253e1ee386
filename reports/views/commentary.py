"""What a commentary is computed from: what changed, the parts that add up to the change, thresholds, typed words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from psycopg import Connection

from reports.views import company, investor, metrics
from reports.views.figures import Figure, Receipt, Series, as_stated, difference
from reports.views.query import Row, rows
from reports.views.scope import Scope
from reports.views.smartnumbers import SmartNumber

_DRIVERS, _CLIENTS = "marts.fct_smartnumber_drivers", "marts.fct_smartnumber_client_drivers"
_NAMED = 3
"""Drivers named; the others are one sum, so that what is said still adds up to the change."""


@dataclass(frozen=True, slots=True)
class Change:
    """A figure that moved, and the parts that add up to its move exactly."""

    now: Figure
    previous: Figure
    change: Figure
    change_fraction: Figure
    better: str
    """``higher``, ``lower``, ``near_one``, ``band`` or nothing."""
    status: str
    previous_status: str
    """Colours against the target; the same word twice where nothing was crossed."""
    drivers: tuple[Figure, ...] = ()
    by_client: tuple[Figure, ...] = ()

    @property
    def has_crossed(self) -> bool:
        """True when its target was met before and is not now, or the other way round."""
        colours = {"green", "yellow", "red"}
        return self.status != self.previous_status and {self.status, self.previous_status} <= colours


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody wrote for this deck."""

    comment: str
    written_by: str


@dataclass(frozen=True, slots=True)
class Commentary:
    """Every figure that can have moved, in the order of the deck, and what was written beside."""

    quarter: str
    previous_quarter: str
    changes: tuple[Change, ...]
    typed: Typed | None

    @property
    def is_empty(self) -> bool:
        """True when nothing can be compared and nobody wrote anything."""
        return self.typed is None and all(change.change.value is None for change in self.changes)


def of_company(connection: Connection[Any], scope: Scope) -> Commentary:
    """The SmartNumbers' moves, their inputs' and clients' shares in them, and the targets they left or came back to."""
    quarter, before = scope.quarter.quarter, scope.quarters[1]
    given = {"organization_id": scope.organization_id, "quarter": quarter, "before": before}
    drivers = rows(
        connection,
        """
        select metric, driver as part, coalesce(label, driver) as label, contribution
        from marts.fct_smartnumber_drivers
        where organization_id = %(organization_id)s and quarter = %(quarter)s and contribution is not null
        order by metric, abs(contribution) desc, position
        """,
        given,
    )
    clients = rows(
        connection,
        """
        select parts.metric, parts.client_id as part,
            case parts.client_id when 'all' then 'not split by client' when 'unassigned' then 'no client'
                else coalesce(max(clients.name), parts.client_id) end as label,
            sum(parts.contribution) as contribution
        from marts.fct_smartnumber_client_drivers as parts
        left join marts.dim_clients as clients
            on clients.organization_id = parts.organization_id and clients.client_id = parts.client_id
        where parts.organization_id = %(organization_id)s and parts.quarter = %(quarter)s
        group by parts.metric, parts.client_id
        order by parts.metric, abs(sum(parts.contribution)) desc, parts.client_id
        """,
        given,
    )
    statuses = {
        row["metric"]: row["status"]
        for row in rows(
            connection,
            "select metric, status from marts.fct_smartnumbers "
            "where organization_id = %(organization_id)s and quarter = %(before)s",
            given,
        )
    }
    changes = tuple(
        Change(
            now=number.figure,
            previous=number.previous,
            change=number.change,
            change_fraction=number.change_fraction,
            better=number.better,
            status=number.status,
            previous_status=statuses.get(number.figure.metric, number.status),
            drivers=_parts(number, drivers, _DRIVERS),
            by_client=_parts(number, clients, _CLIENTS),
        )
        for number in company.smart_numbers(connection, scope).numbers
    )
    return Commentary(quarter, before, changes, typed(connection, scope, "company"))


def of_client(connection: Connection[Any], scope: Scope) -> Commentary:
    """The client's tickets, hours and devices; tickets by board, devices by class."""
    quarter, before = scope.quarter.quarter, scope.quarters[1]
    tickets = scope.once(
        metrics.quarterly, connection, scope.organization_id, company.SERVICE, scope.quarters, scope.client_id
    )
    devices = scope.once(
        metrics.monthly, connection, scope.organization_id, company.FLEET, scope.months, scope.client_id
    )
    created = _moved(tickets[company.SERVICE[0]].figures[2], tickets[company.SERVICE[0]].figures[1])
    endpoints = _moved(devices["endpoints_managed"].last, devices["endpoints_managed"].figures[-4])
    given = {"organization_id": scope.organization_id, "client_id": scope.client_id}
    boards = rows(
        connection,
        """
        select coalesce(board_name, 'no board') as label,
            count(*) filter (where quarter = %(quarter)s) - count(*) filter (where quarter = %(before)s) as amount
        from (
            select board_name, substr(entered_period, 1, 4) || '-Q'
                || (substr(entered_period, 6)::integer + 2) / 3 as quarter
            from marts.fct_tickets
            where organization_id = %(organization_id)s and client_id = %(client_id)s and is_reactive
        ) as opened
        group by 1 order by abs(count(*) filter (where quarter = %(quarter)s)
            - count(*) filter (where quarter = %(before)s)) desc, 1
        """,
        {**given, "quarter": quarter, "before": before},
    )
    classes = rows(
        connection,
        """
        select lower(replace(node_class, '_', ' ')) as label,
            count(distinct device_id) filter (where period = %(now)s)
                - count(distinct device_id) filter (where period = %(then)s) as amount
        from marts.fct_device_months
        where organization_id = %(organization_id)s and client_id = %(client_id)s and is_endpoint
            and snapshot_date is not null and period in (%(now)s, %(then)s)
        group by node_class order by 2 desc, 1
        """,
        {**given, "now": endpoints.now.period, "then": endpoints.previous.period},
    )
    changes = (
        _with_parts(created, boards, "marts.fct_tickets"),
        _moved(tickets[company.SERVICE[1]].figures[2], tickets[company.SERVICE[1]].figures[1]),
        _hours(*(tickets[metric] for metric in company.SERVICE[1:])),
        _with_parts(endpoints, classes, "marts.fct_device_months"),
    )
    return Commentary(quarter, before, changes, typed(connection, scope, "client"))


def of_investor(connection: Connection[Any], scope: Scope) -> Commentary:
    """Recurring revenue with what moved it, paying clients, retention, cash."""
    found = investor.bridge(connection, scope)
    revenue = _moved(found.closing.last, found.opening.last)
    parts = sorted(
        (series.last for series in found.parts.values() if series.last.value),
        key=lambda part: (-abs(part.value or Decimal(0)), part.metric),
    )
    months = {
        **investor.growth(connection, scope).months,
        **investor.retention(connection, scope).months,
        **investor.runway(connection, scope).months,
    }
    others = [
        (metric, better)
        for metric, better in (
            ("paying_clients", "higher"),
            ("net_revenue_retention_12_months", "higher"),
            ("cash_reserve", "higher"),
            ("cash_burn_monthly", "lower"),
        )
    ]
    changes = (
        _better(revenue, "higher", tuple(parts)),
        *(_better(_moved(months[metric].last, months[metric].figures[-4]), way) for metric, way in others),
    )
    return Commentary(scope.quarter.quarter, scope.quarters[1], changes, typed(connection, scope, "investor"))


def typed(connection: Connection[Any], scope: Scope, deck: str) -> Typed | None:
    """The last commentary that was written for this deck, unless it was taken back."""
    found = rows(
        connection,
        """
        select comment, written_by from app.deck_comments
        where organization_id = %(organization_id)s and quarter = %(quarter)s and deck = %(deck)s
            and client_id = %(client_id)s
        order by comment_id desc limit 1
        """,
        {
            "organization_id": scope.organization_id,
            "quarter": scope.quarter.quarter,
            "deck": deck,
            "client_id": scope.client_id,
        },
    )
    return Typed(**found[0]) if found and found[0]["comment"] else None


def _parts(number: SmartNumber, found: Sequence[Row], model: str) -> tuple[Figure, ...]:
    """The parts of one SmartNumber's change, the largest named and the others summed."""
    own = [row for row in found if row["metric"] == number.figure.metric]
    if number.change.value is None or len(own) < 2:
        return ()
    parts = [(row["part"], row["label"], Decimal(row["contribution"])) for row in own]
    moved = Change(number.figure, number.previous, number.change, number.change_fraction, "", "", "")
    return _summed(moved, parts, model, {})


def _with_parts(change: Change, found: Sequence[Row], model: str) -> Change:
    """The change with its parts; what the rows do not tell of is a part of its own."""
    if change.change.value is None:
        return change
    parts = [(row["label"], row["label"], Decimal(row["amount"])) for row in found if row["amount"]]
    rest = change.change.value - sum((amount for *_, amount in parts), Decimal(0))
    if rest:
        parts.append(("not split", "not split", rest))
    if len(parts) < 2:
        return change
    told = ", ".join(f"{part} {amount}" for part, _, amount in parts if part != "not split")
    how = {"not split": f"what is left beside {told or 'nothing'}"}
    return _better(change, change.better, _summed(change, parts, model, how))


def _hours(closed: Series, hours: Series) -> Change:
    """Hours, split into more or fewer tickets and more or less work on each; the two add up exactly."""
    change = _moved(hours.figures[2], hours.figures[1])
    before, now = closed.figures[1].value, closed.figures[2].value
    if change.change.value is None or change.previous.value is None or not before or now is None:
        return change
    by_number = ((now - before) * change.previous.value / before).quantize(Decimal("0.0001"))
    parts = [
        ("tickets", "number of tickets closed", by_number),
        ("each", "work on each", change.change.value - by_number),
    ]
    then, this = closed.figures[1], closed.figures[2]
    how = {
        "tickets": f"({as_stated(this)} minus {as_stated(then)}) times {as_stated(change.previous)} divided by "
        f"{as_stated(then)}, to four decimals",
        "each": f"what is left beside the number of tickets, {by_number}",
    }
    return _better(change, "", _summed(change, parts, "marts.fct_metrics_quarterly", how))


def _summed(
    change: Change, parts: Sequence[tuple[str, str, Decimal]], model: str, how: Mapping[str, str]
) -> tuple[Figure, ...]:
    """The largest parts and the sum of the others as figures; `how` tells of parts that no row of the model holds."""
    now, whole = change.now, f"part of the change of {change.change.value} since {change.previous.period}"
    shown = list(parts) if len(parts) <= _NAMED + 1 else list(parts[:_NAMED])
    rest = parts[len(shown) :]
    beside = ", ".join(part for part, *_ in shown)
    if rest:
        shown.append(("others", f"{len(rest)} others", sum((amount for *_, amount in rest), Decimal(0))))
        how = {**how, "others": f"sum of the {len(rest)} parts beside {beside}"}
    return tuple(
        Figure(
            metric=f"{now.metric}.driver.{part}",
            label=label,
            period=now.period,
            value=amount,
            unit=now.unit,
            scale=now.scale,
            client_id=now.client_id,
            receipt=Receipt(
                model=model,
                freshest_at=now.receipt.freshest_at,
                note=f"{whole}: {how[part]}" if part in how else whole,
            ),
        )
        for part, label, amount in shown
    )


def _moved(now: Figure, previous: Figure) -> Change:
    change = difference(f"{now.metric}.change", f"{now.label}, change", now, previous)
    fraction = None if change.value is None or not previous.value else change.value / abs(previous.value)
    share = Figure(
        metric=f"{now.metric}.change_fraction",
        label=f"{now.label}, change",
        period=now.period,
        value=fraction,
        unit="fraction",
        client_id=now.client_id,
        reason=None if fraction is not None else change.reason or "there was nothing to compare with",
        receipt=replace(change.receipt, note=f"({change.receipt.note}) divided by the size of {as_stated(previous)}"),
    )
    return Change(now, previous, change, share, "", "neutral", "neutral")


def _better(change: Change, better: str, drivers: tuple[Figure, ...] = ()) -> Change:
    return Change(
        change.now,
        change.previous,
        change.change,
        change.change_fraction,
        better,
        change.status,
        change.previous_status,
        drivers or change.drivers,
    )
