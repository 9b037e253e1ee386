"""What we copy from NinjaOne, and how we sign in: client credentials with the scope `monitoring`."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import msgspec

from extractors.core.auth import ClientCredentials, TokenStore
from extractors.core.budget import Rate
from extractors.core.logbook import newest_back
from extractors.core.pages import after_largest_id
from extractors.core.reports import by_named_cursor, in_one_answer
from extractors.core.source import Source
from extractors.core.stream import Stream
from extractors.core.walk import Scope, Walk

_ADVICE = (
    "Check the client id and secret of the API Services application, its scope monitoring and the region of the base "
    "address, then run: qbr connect ninjaone."
)
_ORGANIZATIONS = "scope monitoring, role that sees all organizations"
_DEVICES = "scope monitoring, role that sees all devices"
_USERS = "scope monitoring, role that sees users"
_LATE = timedelta(days=30)
"""A device that was off line tells of its past when it comes back."""

_paged = partial(Stream, source="ninjaone", pages=after_largest_id, key_type=int)
_list = partial(Stream, source="ninjaone", pages=in_one_answer, key_type=int)
# Rows of reports have no id of their own. A patch's id is the same on every device that it is for.
_report = partial(
    Stream,
    source="ninjaone",
    pages=by_named_cursor,
    changed_at="timestamp",
    changed_at_type="epoch",
    permission=_DEVICES,
)
_device_report = partial(_report, key="deviceId", key_type=int)

STREAMS = (
    _paged(
        name="organizations",
        path="/v2/organizations",
        description="One row per NinjaOne organization: the RMM's clients.",
        permission=_ORGANIZATIONS,
        never_empty=True,
        vendor_fields=("name",),
    ),
    _paged(
        name="locations",
        path="/v2/locations",
        description="One row per location of a NinjaOne organization.",
        permission=_ORGANIZATIONS,
        never_empty=True,
        vendor_fields=("organizationId",),
    ),
    # NinjaOne keeps no past: how many devices there were last month is known only from last month's own reading.
    _paged(
        name="devices",
        path="/v2/devices-detailed",
        changed_at="lastUpdate",
        changed_at_type="epoch",
        description="One row per device under management, with what its class reports.",
        permission=_DEVICES,
        keeps_daily_history=True,
        never_empty=True,
        vendor_fields=("organizationId", "nodeClass"),
    ),
    _list(
        name="node_roles",
        path="/v2/roles",
        description="One row per device role: what kind of device a policy is for.",
        permission="scope monitoring",
        vendor_fields=("name", "nodeClass"),
    ),
    _list(
        name="users",
        path="/v2/users",
        key=("userType", "id"),  # technicians and end users are numbered apart
        description="One row per user of NinjaOne: technicians and end users.",
        permission=_USERS,
        parameters={"includeRoles": "true"},
        vendor_fields=("userType", "email"),
    ),
    _list(
        name="technicians",
        path="/v2/user/technicians",
        description="One row per technician, with how they sign in.",
        permission=_USERS,
        vendor_fields=("email",),
    ),
    _list(
        name="contacts",
        path="/v2/contacts",
        description="One row per contact person at a NinjaOne organization.",
        permission=_ORGANIZATIONS,
        vendor_fields=("organizationId",),
    ),
    _list(
        name="alerts",
        path="/v2/alerts",
        key="uid",
        key_type=str,
        changed_at="updateTime",
        changed_at_type="epoch",
        description="One row per alert that was met while it was active; one that is reset counts as deleted.",
        permission=_DEVICES,
        vendor_fields=("createTime",),
    ),
    Stream(
        source="ninjaone",
        name="activities",
        path="/v2/activities",
        pages=newest_back,
        key_type=int,
        changed_at="activityTime",
        changed_at_type="epoch",
        reads="windowed",
        change_filter="activityTime",
        date_filters=("after", "before"),
        look_back=timedelta(days=1),
        keeps_purged=True,  # NinjaOne keeps its log for so long only
        description="One row per entry of the activity log: alerts raised and reset, patches, devices come and gone.",
        permission="scope monitoring, role that sees all devices and the system activities",
        vendor_fields=("activityTime", "activityType"),
    ),
    _device_report(
        name="device_health",
        path="/v2/queries/device-health",
        changed_at=None,  # the one report without a time of its own
        description="One row per device: its health, with counts of alerts, threats and patches.",
        keeps_daily_history=True,
        vendor_fields=("deviceId", "healthStatus"),
    ),
    _report(
        name="os_patches",
        path="/v2/queries/os-patches",
        key=("deviceId", "id"),
        description="One row per operating-system patch that a device lacks, approved, rejected or undecided.",
        keeps_daily_history=True,
        vendor_fields=("deviceId", "status"),
    ),
    _report(
        name="os_patch_installs",
        path="/v2/queries/os-patch-installs",
        key=("deviceId", "id", "installedAt"),
        reads="windowed",
        change_filter="installedAfter",
        date_filters=("installedAfter", "installedBefore"),
        look_back=_LATE,
        whole_every=timedelta(days=90),
        keeps_purged=True,  # with a device go its installations, which happened all the same
        description="One row per attempt to install an operating-system patch on a device, failed ones included.",
        vendor_fields=("deviceId", "status", "installedAt"),
    ),
    _report(
        name="antivirus_status",
        path="/v2/queries/antivirus-status",
        key=("deviceId", "productName"),
        description="One row per antivirus product on a device, with the state of its definitions.",
        keeps_daily_history=True,
        vendor_fields=("deviceId", "productState"),
    ),
    _device_report(
        name="operating_systems",
        path="/v2/queries/operating-systems",
        description="One row per device: its operating system, last start and whether it waits for another.",
        keeps_daily_history=True,
        vendor_fields=("deviceId", "name"),
    ),
    _device_report(
        name="computer_systems",
        path="/v2/queries/computer-systems",
        description="One row per device: maker, model, serial number, memory.",
        vendor_fields=("deviceId",),
    ),
    _report(
        name="disks",
        path="/v2/queries/disks",
        key=("deviceId", "name"),
        description="One row per disk drive of a device.",
        vendor_fields=("deviceId", "size"),
    ),
    _report(
        name="volumes",
        path="/v2/queries/volumes",
        key=("deviceId", "name"),
        description="One row per volume of a device, with its capacity and free space.",
        vendor_fields=("deviceId", "capacity"),
    ),
    _report(
        name="backup_usage",
        path="/v2/queries/backup/usage",
        key_type=int,
        changed_at="lastUpdate",
        description="One row per device with backups: what they take up, and the last good and failed job.",
        vendor_fields=("references",),
    ),
)


def sign_in(connection: Mapping[str, Any], _store: TokenStore | None) -> httpx.Auth:
    """Client credentials; tokens last an hour and are kept in memory only."""
    return ClientCredentials(
        vendor="NinjaOne",
        advice=_ADVICE,
        token_url=str(connection["token_url"]),
        client_id=str(connection["client_id"]),
        client_secret=str(connection["client_secret"]),
        scope="monitoring",
    )


def narrow(scope: Scope) -> dict[str, str]:
    """Dates as epoch seconds, for the two streams that take any. The rest knows no filter by change.

    Whether a bound itself belongs to what it bounds is not documented, so each is a second wider.
    """
    stream, window = scope.stream, scope.window
    filters = dict(stream.parameters)
    if window.kind == "dated" and window.start is not None and window.end is not None and stream.date_filters:
        after, before = stream.date_filters
        filters |= {after: str(int(window.start.timestamp()) - 1), before: str(int(window.end.timestamp()) + 1)}
    elif window.kind == "changes" and window.since is not None and stream.change_filter in stream.date_filters:
        filters[str(stream.change_filter)] = str(int((window.since - stream.look_back).timestamp()) - 1)
    return filters


class _Sample(msgspec.Struct):
    results: list[msgspec.Raw] = []
    activities: list[msgspec.Raw] = []


_EITHER: Any = _Sample | list[msgspec.Raw]


def sample(walk: Walk) -> list[msgspec.Raw]:
    """The first few records, or all where there are no pages; ten is the least the activity log takes."""
    size = {} if walk.stream.pages is in_one_answer else {"pageSize": "10"}
    body = walk.get(walk.stream.path, {**walk.stream.parameters, **size}).body
    answer: _Sample | list[msgspec.Raw] = walk.decode(body or b"[]", _EITHER)
    return [*answer.results, *answer.activities] if isinstance(answer, _Sample) else answer


SOURCE = Source(
    name="ninjaone",
    label="NinjaOne",
    version="v2",
    streams=STREAMS,
    needs=("base_url", "token_url", "client_id", "client_secret"),
    sign_in=sign_in,
    sign_in_advice=_ADVICE,
    token_urls=("token_url",),
    narrow=narrow,
    sample=sample,
    rate=Rate(per_second=10, burst=20),  # no published limit; clients in the wild stay near this
    first_wait=1.0,
)
