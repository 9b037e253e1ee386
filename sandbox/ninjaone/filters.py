"""NinjaOne's filters: the device filter ``df`` and the organization filter ``of``, and those of the reports.

``org in (1,2) AND class=WINDOWS_SERVER``. What a filter does not know matches nothing, without a word.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.shelves import Rendered

TERM = re.compile(r"^\s*(\w+)\s*(=|!=|\beq\b|\bneq\b|\bin\b|\bnotin\b)\s*\(?([^()]+)\)?\s*$", re.IGNORECASE)
CREATED = re.compile(r"^\s*created\s+(after|before|eq)\s+(\d{4}-\d\d-\d\d)\s*$", re.IGNORECASE)
DEVICE_MEMBERS = {
    "org": "organizationId",
    "loc": "locationId",
    "role": "nodeRoleId",
    "id": "id",
    "class": "nodeClass",
    "status": "approvalStatus",
}
ORGANIZATION_MEMBERS = {"id": "id", "name": "name"}
SAME = {
    "status": "status",
    "severity": "severity",
    "type": "type",
    "health": "healthStatus",
    "productState": "productState",
    "productName": "productName",
    "sourceType": "sourceType",
    "seriesUid": "seriesUid",
    "sourceConfigUid": "sourceConfigUid",
    "userType": "userType",
}

Test = Callable[[Mapping[str, Any]], bool]


def device_filter(text: str) -> Test:
    """A test for devices; one that nothing passes when a word of the filter is unknown, as NinjaOne does silently."""
    return every(text, DEVICE_MEMBERS)


def organization_filter(text: str) -> Test:
    """The same for organizations."""
    return every(text, ORGANIZATION_MEMBERS)


def every(text: str, members: Mapping[str, str]) -> Test:
    """A test that all terms of a filter make together."""
    tests = [term_test(term, members) for term in re.split(r"\s+AND\s+", text.strip(), flags=re.IGNORECASE)]
    return lambda shown: all(test(shown) for test in tests)


def term_test(term: str, members: Mapping[str, str]) -> Test:
    """The test that one term of a filter makes."""
    if term.lower() in ("online", "offline"):
        wanted = term.lower() == "offline"
        return lambda shown: shown.get("offline") is wanted
    if created := CREATED.match(term):
        return created_test(created[1].lower(), created[2])
    matched = TERM.match(term)
    member = members.get(matched[1].lower()) if matched else None
    if matched is None or member is None:
        return lambda _: False
    values = {value.strip() for value in matched[3].split(",")}
    excluded = matched[2].lower() in ("!=", "neq", "notin")
    return lambda shown: (str(shown.get(member)) in values) is not excluded


def created_test(word: str, day: str) -> Test:
    """``created after 2024-01-31`` and its like, by the day in UTC."""
    start = datetime.fromisoformat(day).replace(tzinfo=UTC)
    end = start + timedelta(days=1)
    tests: dict[str, Callable[[datetime], bool]] = {
        "after": lambda at: at >= end,
        "before": lambda at: at < start,
        "eq": lambda at: start <= at < end,
    }
    return lambda shown: "created" in shown and tests[word](instant(shown["created"]))


def instant(value: Any) -> datetime:
    """A time, which device rows already hold as epoch seconds in text."""
    return value if isinstance(value, datetime) else datetime.fromtimestamp(float(bytes(value)), UTC)


def passing(rows: Iterable[Rendered], asked: Mapping[str, str]) -> tuple[Rendered, ...]:
    """The rows of a report, of the alerts or of the activities that all filters let through.

    Times are epoch seconds; raises ``ValueError`` for a time that is none.
    """
    tests: list[Test] = []
    for name, member in SAME.items():
        if name in asked:
            tests.append(same(member, asked[name]))
    bounds = (("ts", "at", 1), ("installedAfter", "installed_at", 1), ("installedBefore", "installed_at", -1))
    for name, member, sign in (*bounds, ("after", "at", 1), ("before", "at", -1)):
        if name in asked:
            tests.append(beyond(member, float(asked[name]), sign))
    if asked.get("class", "ALL") != "ALL":
        tests.append(same("class", asked["class"]))
    if "df" in asked:
        of_device = device_filter(asked["df"])
        tests.append(lambda shown: bool(shown.get("device")) and of_device(shown["device"]))
    return tuple(row for row in rows if all(test(row.members) for test in tests)) if tests else tuple(rows)


def same(member: str, value: str) -> Test:
    """Whether a member has this value, or one of these: severities come in both cases."""
    values = {one.strip().lower() for one in value.split(",")}
    return lambda shown: str(shown.get(member)).lower() in values


def beyond(member: str, second: float, sign: int) -> Test:
    """Whether a time is at the epoch second or on the wanted side of it."""
    return lambda shown: member in shown and sign * (shown[member].timestamp() - second) >= 0
