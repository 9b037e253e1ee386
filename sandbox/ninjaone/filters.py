"""NinjaOne's device filter ``df``: ``org in (1,2) AND class=WINDOWS_SERVER``. What it does not know matches nothing."""

import re
from collections.abc import Callable
from typing import Any

TERM = re.compile(r"^\s*(\w+)\s*(=|!=|\beq\b|\bneq\b|\bin\b|\bnotin\b)\s*\(?([^()]+)\)?\s*$", re.IGNORECASE)
MEMBERS = {
    "org": "organizationId",
    "loc": "locationId",
    "role": "nodeRoleId",
    "id": "id",
    "class": "nodeClass",
    "status": "approvalStatus",
}

Test = Callable[[dict[str, Any]], bool]


def device_filter(text: str) -> Test:
    """A test for devices; one that nothing passes when a word of the filter is unknown, as NinjaOne does silently."""
    tests = [term_test(term) for term in re.split(r"\s+AND\s+", text.strip(), flags=re.IGNORECASE)]
    return lambda members: all(test(members) for test in tests)


def term_test(term: str) -> Test:
    """The test that one term of a filter makes."""
    if term.lower() in ("online", "offline"):
        wanted = term.lower() == "offline"
        return lambda members: members["offline"] is wanted
    matched = TERM.match(term)
    member = MEMBERS.get(matched[1].lower()) if matched else None
    if matched is None or member is None:
        return lambda _: False
    values = {value.strip() for value in matched[3].split(",")}
    excluded = matched[2].lower() in ("!=", "neq", "notin")
    return lambda members: (str(members.get(member)) in values) is not excluded
