"""What is known of clients: their fleet, device classes and agreements. No client reads another one's rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from psycopg import Connection

from reports.views.figures import Figure, Receipt, freshest
from reports.views.query import rows

_METRICS = ("endpoints_managed", "seats_managed")


@dataclass(frozen=True, slots=True)
class ClientFleet:
    """Endpoints and seats of one client, or of all clients that are not named, in one month."""

    name: str
    endpoints: Figure
    seats: Figure


@dataclass(frozen=True, slots=True)
class FleetByClient:
    """The largest clients by endpoints, the rest summed, and the organization's total of the same month."""

    period: str
    named: tuple[ClientFleet, ...]
    rest: ClientFleet | None
    rest_count: int
    total: ClientFleet


@dataclass(frozen=True, slots=True)
class DeviceClass:
    """How many devices of one class a client had at the month's reading."""

    node_class: str
    label: str
    count: Figure


@dataclass(frozen=True, slots=True)
class Agreement:
    """An agreement of a client in force on a day; the amount is a month's, None when the PSA gives none."""

    agreement_id: str
    name: str
    kind: str
    is_managed: bool
    start_date: date | None
    end_date: date | None
    monthly_amount: Figure


def fleet_by_client(
    connection: Connection[Any], organization_id: str, period: str, *, named: int = 10
) -> FleetByClient:
    """Endpoints and seats of `period` by client; clients without either are left out of the rows, not of the total."""
    found = rows(
        connection,
        """
        select metrics.client_id, coalesce(clients.name, 'Whole organization') as name, metrics.metric, metrics.label,
            metrics.value, metrics.unit, metrics.method, metrics.basis, metrics.reason, metrics.source, metrics.model,
            metrics.source_rows, metrics.freshest_at
        from marts.fct_metrics_monthly as metrics
        left join marts.dim_clients as clients
            on clients.organization_id = metrics.organization_id and clients.client_id = metrics.client_id
        where metrics.organization_id = %(organization_id)s and metrics.period = %(period)s
            and metrics.metric = any(%(metrics)s)
        """,
        {"organization_id": organization_id, "period": period, "metrics": list(_METRICS)},
    )
    by_client: dict[str, dict[str, Figure]] = {}
    names: dict[str, str] = {}
    for row in found:
        names[row["client_id"]] = row["name"]
        by_client.setdefault(row["client_id"], {})[row["metric"]] = Figure(
            metric=row["metric"],
            label=row["label"],
            period=period,
            value=row["value"],
            unit=row["unit"],
            reason=row["reason"],
            client_id=row["client_id"],
            receipt=Receipt(
                model=row["model"] or "marts.fct_metrics_monthly",
                method=row["method"] or "none",
                basis=row["basis"],
                source=row["source"],
                source_rows=row["source_rows"],
                freshest_at=row["freshest_at"],
            ),
        )
    fleets = {client_id: _fleet(names[client_id], found, period) for client_id, found in by_client.items()}
    total = fleets.pop("all", None) or _fleet("Whole organization", {}, period)
    present = [fleet for fleet in fleets.values() if fleet.endpoints.value or fleet.seats.value]
    present.sort(key=lambda fleet: (-(fleet.endpoints.value or 0), fleet.name.lower(), fleet.endpoints.client_id))
    # One client over the limit is named too: a row "1 other client" would take the same space and say less.
    cut = len(present) if len(present) <= named + 1 else named
    rest = present[cut:]
    return FleetByClient(
        period=period,
        named=tuple(present[:cut]),
        rest=_sum(f"{len(rest)} other clients", rest, present[:cut], period) if rest else None,
        rest_count=len(rest),
        total=total,
    )


def device_classes(
    connection: Connection[Any], organization_id: str, client_id: str, period: str
) -> tuple[DeviceClass, ...]:
    """Endpoints of one client by class in `period`, the most numerous first; empty when no reading covers the month."""
    found = rows(
        connection,
        """
        select node_class, count(distinct device_id) as devices, max(snapshot_date) as snapshot_date,
            (
                select freshest_at from marts.fct_metrics_monthly
                where organization_id = %(organization_id)s and client_id = %(client_id)s and period = %(period)s
                    and metric = 'endpoints_managed'
            ) as freshest_at
        from marts.fct_device_months
        where organization_id = %(organization_id)s and client_id = %(client_id)s and period = %(period)s
            and is_endpoint and snapshot_date is not null
        group by node_class
        order by count(distinct device_id) desc, node_class
        """,
        {"organization_id": organization_id, "client_id": client_id, "period": period},
    )
    return tuple(
        DeviceClass(
            node_class=row["node_class"],
            label=class_label(row["node_class"]),
            count=Figure(
                metric=f"endpoints.{row['node_class'].lower()}",
                label=class_label(row["node_class"]),
                period=period,
                value=Decimal(row["devices"]),
                unit="count",
                client_id=client_id,
                receipt=Receipt(
                    model="marts.fct_device_months",
                    method="collected",
                    source="ninjaone",
                    source_rows=row["devices"],
                    freshest_at=row["freshest_at"],
                    note=f"devices of this class, read on {row['snapshot_date']}",
                ),
            ),
        )
        for row in found
    )


def agreements(connection: Connection[Any], organization_id: str, client_id: str, on: date) -> tuple[Agreement, ...]:
    """The client's agreements in force on the day `on`, managed ones first."""
    found = rows(
        connection,
        """
        select agreement_id, agreement_name, agreement_type, is_managed, start_date, end_date, monthly_amount
        from marts.fct_agreements
        where organization_id = %(organization_id)s and client_id = %(client_id)s
            and (start_date is null or start_date <= %(on)s)
            and (end_date is null or end_date >= %(on)s)
            and (cancelled_date is null or cancelled_date > %(on)s)
            and (not is_cancelled or cancelled_date is not null)
        order by is_managed desc, monthly_amount desc nulls last, agreement_name, agreement_id
        """,
        {"organization_id": organization_id, "client_id": client_id, "on": on},
    )
    return tuple(
        Agreement(
            agreement_id=row["agreement_id"],
            name=row["agreement_name"],
            kind=row["agreement_type"] or "not given",
            is_managed=row["is_managed"],
            start_date=row["start_date"],
            end_date=row["end_date"],
            monthly_amount=Figure(
                metric=f"agreement.{row['agreement_id']}.monthly_amount",
                label=row["agreement_name"],
                period=str(on),
                value=row["monthly_amount"],
                unit="usd",
                client_id=client_id,
                reason=None if row["monthly_amount"] is not None else "the PSA gives no monthly amount",
                receipt=Receipt(
                    "marts.fct_agreements", "monthly_amount", method="collected", source="connectwise", source_rows=1
                ),
            ),
        )
        for row in found
    )


def class_label(node_class: str) -> str:
    """The vendor's class in words: ``WINDOWS_SERVER`` is ``Windows server``."""
    words = node_class.replace("_", " ").lower()
    for plain, proper in _PROPER.items():
        words = " ".join(proper if word == plain else word for word in words.split())
    return words[:1].upper() + words[1:]


_PROPER = {
    "windows": "Windows",
    "linux": "Linux",
    "mac": "Mac",
    "vmware": "VMware",
    "hyperv": "Hyper-V",
    "vm": "VM",
    "vmm": "VMM",
    "nms": "Network",
    "wap": "access point",
    "android": "Android",
    "apple": "Apple",
}


def _fleet(name: str, found: dict[str, Figure], period: str) -> ClientFleet:
    endpoints, seats = (found.get(metric) or _unknown(metric, period) for metric in _METRICS)
    return ClientFleet(name, endpoints, seats)


def _unknown(metric: str, period: str) -> Figure:
    return Figure(
        metric=metric,
        label=metric.replace("_", " "),
        period=period,
        value=None,
        unit="count",
        reason="no row for this client and month",
        receipt=Receipt(model="marts.fct_metrics_monthly", method="none"),
    )


def _sum(name: str, fleets: Sequence[ClientFleet], named: Sequence[ClientFleet], period: str) -> ClientFleet:
    beside = ", ".join(sorted(fleet.endpoints.client_id for fleet in named))
    return ClientFleet(
        name,
        _added([fleet.endpoints for fleet in fleets], beside, period),
        _added([fleet.seats for fleet in fleets], beside, period),
    )


def _added(figures: Sequence[Figure], beside: str, period: str) -> Figure:
    """The sum of the figures that have a value; without a value when none has. `beside` names the clients not in it."""
    known = [figure for figure in figures if figure.value is not None]
    values = [figure.value for figure in known if figure.value is not None]
    first = figures[0]
    return Figure(
        metric=first.metric,
        label=first.label,
        period=period,
        value=sum(values, Decimal(0)) if values else None,
        unit=first.unit,
        reason=None if values else "none of these clients has a value",
        client_id="other clients",
        receipt=Receipt(
            model="marts.fct_metrics_monthly",
            source=first.receipt.source,
            source_rows=sum(figure.receipt.source_rows or 0 for figure in known),
            freshest_at=freshest(known),
            note=f"sum over the {len(known)} clients with a value beside {beside}",
        ),
    )
