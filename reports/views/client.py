"""What stands on a client's slides: each function is the view of one of them, and reads this client's rows alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from reports.errors import UnknownScope
from reports.views import clients, company, metrics, organizations, quality
from reports.views.clients import Agreement, DeviceClass
from reports.views.company import FLEET
from reports.views.figures import Figure, Series
from reports.views.organizations import Client
from reports.views.quality import StreamFreshness
from reports.views.scope import Scope


@dataclass(frozen=True, slots=True)
class Overview:
    """What the cover of a client's review says."""

    fleet: Mapping[str, Series]
    tickets: Mapping[str, Series]


@dataclass(frozen=True, slots=True)
class Devices:
    """The client's endpoints and seats by month, and its devices by class."""

    monthly: Mapping[str, Series]
    classes: tuple[DeviceClass, ...]

    @property
    def is_empty(self) -> bool:
        """True when no month has a value."""
        return all(series.is_empty for series in self.monthly.values())


@dataclass(frozen=True, slots=True)
class Agreements:
    """The client's agreements in force at the quarter's end."""

    agreements: tuple[Agreement, ...]

    @property
    def is_empty(self) -> bool:
        """True when none is in force."""
        return not self.agreements


@dataclass(frozen=True, slots=True)
class DataNotes:
    """Where the client's figures come from, and those that are not known."""

    client: Client
    streams: tuple[StreamFreshness, ...]
    gaps: tuple[Figure, ...]


def overview(connection: Connection[Any], scope: Scope) -> Overview:
    """Devices and tickets in one line each."""
    return Overview(_fleet(connection, scope), company.service(connection, scope).quarterly)


def devices(connection: Connection[Any], scope: Scope) -> Devices:
    """Devices over thirteen months, and by class now."""
    month = scope.quarter.last_complete_month
    classes = clients.device_classes(connection, scope.organization_id, scope.client_id, month)
    return Devices(_fleet(connection, scope), classes)


def agreements(connection: Connection[Any], scope: Scope) -> Agreements:
    """What was in force at the quarter's end."""
    on = organizations.last_day(scope.quarter.months[2])
    return Agreements(clients.agreements(connection, scope.organization_id, scope.client_id, on))


def data_notes(connection: Connection[Any], scope: Scope) -> DataNotes:
    """The sources of the client's figures, and which figures are missing."""
    monthly = {**company.service(connection, scope).monthly, **_fleet(connection, scope)}
    gaps = tuple(figure for series in monthly.values() for figure in series.figures if figure.value is None)
    # How many records a source holds, and what went wrong in reading them, is the organization's own business.
    streams = tuple(
        StreamFreshness(
            stream.source, stream.stream, stream.last_completed_at, stream.completed_as_of, None, None, None, None
        )
        for stream in quality.freshness(connection, scope.organization_id)
        if stream.source in CLIENT_SOURCES
    )
    if scope.client is None:
        raise UnknownScope("These slides speak of one client; name it.")
    return DataNotes(scope.client, streams, gaps)


CLIENT_SOURCES = ("ninjaone", "connectwise")
"""The sources a client deck draws on; billing systems are the organization's own business."""


def _fleet(connection: Connection[Any], scope: Scope) -> dict[str, Series]:
    return scope.once(metrics.monthly, connection, scope.organization_id, FLEET, scope.months, scope.client_id)
