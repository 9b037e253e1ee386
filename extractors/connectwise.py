"""What we copy from ConnectWise PSA, and how we sign in: an API member's keys and the integration's client id."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import msgspec

from extractors.core.auth import Basic, TokenStore
from extractors.core.budget import Rate
from extractors.core.children import for_each_parent
from extractors.core.pages import forward_only
from extractors.core.source import Source
from extractors.core.stream import Stream
from extractors.core.walk import Scope, Walk

API_VERSION = "2026.4"
"""Pinned: without it each server answers in its newest model, and fields move between models."""

_ADVICE = (
    "Check the company id, the API member's public and private key and the integration's client id, then run: "
    "qbr connect connectwise. After an upgrade of ConnectWise also check that the base address names the release: "
    "https://<host>/login/companyinfo/<company id> tells the present one as Codebase."
)

SETUP = "System > Table Setup: Inquire All"
SERVICE_TICKETS = "Service Desk > Service Tickets: Inquire All"

ANY_TIME_AGO = timedelta(days=36_500)
"""`lastUpdated` can be asked for as far back as the records go."""
EACH_QUARTER = timedelta(days=92)
"""What moves no change mark, such as a company's new name inside its old tickets, is found by then."""

# Every ConnectWise list is keyed by a whole number, marks changes in `_info` and can be counted.
_list = partial(
    Stream, source="connectwise", pages=forward_only, key_type=int, changed_at="_info.lastUpdated", counted=True
)
_setup = partial(_list, permission=SETUP, vendor_fields=("name",))
_child_list = partial(_list, pages=for_each_parent, counted=False)
# Long lists: by changes or by month. Deletions leave no trace in either, so all ids are compared.
_changing = partial(_list, change_filter="lastUpdated", sweeps_deletions=True, whole_every=EACH_QUARTER)
_dated = partial(_changing, reads="windowed")

COMPANIES = _list(
    name="companies",
    path="/company/companies",
    description="One row per company: the PSA's clients, prospects and vendors, deleted ones marked.",
    permission="Companies > Company Maintenance: Inquire All",
    never_empty=True,
    vendor_fields=("name", "identifier"),
)
BOARDS = _setup(
    name="boards",
    path="/service/boards",
    description="One row per service or project board.",
)
AGREEMENTS = _list(
    name="agreements",
    path="/finance/agreements",
    description="One row per agreement with a client, running or ended.",
    permission="Finance > Agreements: Inquire All",
    vendor_fields=("name", "type", "company"),
)
SURVEYS = _setup(
    name="surveys",
    path="/service/surveys",
    description="One row per survey that clients are sent after a ticket.",
)

_of_each_board = partial(_child_list, parent=BOARDS, permission=SETUP, vendor_fields=("name",))

STREAMS = (
    COMPANIES,
    _setup(
        name="company_types",
        path="/company/companies/types",
        description="One row per kind that a company can be of.",
    ),
    _setup(
        name="company_statuses",
        path="/company/companies/statuses",
        description="One row per status that a company can have.",
    ),
    _changing(
        name="contacts",
        path="/company/contacts",
        description="One row per person at a company, people who left included.",
        permission="Companies > Contacts: Inquire All",
        feed_reach=ANY_TIME_AGO,  # no date puts a person into a month
        vendor_fields=("firstName",),
        withheld_fields=("portalPassword",),
    ),
    BOARDS,
    _of_each_board(
        name="board_statuses",
        path="/service/boards/{parent}/statuses",
        description="One row per ticket status of a board; the same name has another id on each board.",
    ),
    _of_each_board(
        name="board_types",
        path="/service/boards/{parent}/types",
        description="One row per ticket type of a board.",
    ),
    _of_each_board(
        name="board_subtypes",
        path="/service/boards/{parent}/subtypes",
        description="One row per ticket subtype of a board, with the types it belongs to.",
    ),
    _of_each_board(
        name="board_items",
        path="/service/boards/{parent}/items",
        description="One row per ticket item of a board.",
    ),
    _setup(
        name="priorities",
        path="/service/priorities",
        description="One row per ticket priority.",
    ),
    _list(
        name="members",
        path="/system/members",
        description="One row per member: people and API members, active or not.",
        permission="System > Member Maintenance: Inquire All",
        never_empty=True,
        vendor_fields=("identifier",),
        withheld_fields=("password", "token", "clientId"),  # the model has room for them; no table of ours has
    ),
    AGREEMENTS,
    _setup(
        name="agreement_types",
        path="/finance/agreements/types",
        description="One row per kind of agreement.",
    ),
    _child_list(
        name="agreement_additions",
        path="/finance/agreements/{parent}/additions",
        parent=AGREEMENTS,
        description="One row per product or service added to an agreement.",
        permission="Finance > Agreements: Inquire All",
    ),
    _dated(
        name="tickets",
        path="/service/tickets",
        description="One row per service ticket, children and other boards included.",
        permission=SERVICE_TICKETS,
        date_filters=("_info/dateEntered", "closedDate"),  # the month it came in and the month it was closed
        vendor_fields=("board", "status", "_info"),
    ),
    _dated(
        name="project_tickets",
        path="/project/tickets",
        description="One row per ticket or issue of a project.",
        permission="Project > Project Tickets: Inquire All",
        date_filters=("_info/dateEntered", "closedDate"),
        vendor_fields=("board", "status", "_info"),
    ),
    _dated(
        name="time_entries",
        path="/time/entries",  # approval and invoicing change an entry long after its day
        description="One row per time entry, with actual and billed hours.",
        permission="Time & Expense > Time Entry: Inquire All",
        date_filters=("dateEntered",),
        vendor_fields=("actualHours", "dateEntered"),
    ),
    _dated(
        name="opportunities",
        path="/sales/opportunities",
        description="One row per opportunity, open, won or lost.",
        permission="Sales > Opportunity: Inquire All",
        date_filters=("dateBecameLead", "closedDate"),
        vendor_fields=("name", "status"),
    ),
    _setup(
        name="opportunity_types",
        path="/sales/opportunities/types",
        description="One row per kind of opportunity.",
        vendor_fields=("description",),
    ),
    _setup(
        name="opportunity_stages",
        path="/sales/stages",
        description="One row per stage of the sales pipeline.",
    ),
    _setup(
        name="opportunity_statuses",
        path="/sales/opportunities/statuses",
        description="One row per status of an opportunity; flags tell which count as won and lost.",
    ),
    _dated(
        name="activities",
        path="/sales/activities",
        description="One row per call, meeting or task of the sales staff.",
        permission="Sales > Activities: Inquire All",
        date_filters=("dateStart", "dateClosedUtc"),
        vendor_fields=("name", "assignTo"),
    ),
    _dated(
        name="schedule_entries",
        path="/schedule/entries",
        description="One row per entry of a member's calendar: time set aside for a ticket or an activity.",
        permission="Service Desk > Resource Scheduling: Inquire All",
        date_filters=("dateStart",),
        vendor_fields=("type",),
    ),
    _dated(
        name="invoices",
        path="/finance/invoices",
        description="One row per invoice or credit memo of the PSA, with its balance.",
        permission="Finance > Invoicing: Inquire All",
        date_filters=("date",),
        vendor_fields=("invoiceNumber", "type", "total"),
    ),
    SURVEYS,
    _child_list(
        name="survey_questions",
        path="/service/surveys/{parent}/questions",
        parent=SURVEYS,
        description="One row per question of a survey, with the points of its options.",
        permission=SETUP,
        vendor_fields=("question",),
    ),
    _child_list(
        name="survey_results",
        path="/service/surveys/{parent}/results",
        parent=SURVEYS,
        counted=True,  # long lists, few of them
        description="One row per answered survey: the ticket, the answers and their points.",
        permission=SERVICE_TICKETS,
        vendor_fields=("ticketId", "results"),
    ),
)

_ALWAYS_MARKED = frozenset({"tickets", "project_tickets", "time_entries"})
"""Streams whose every record is known to have a `lastUpdated`."""


def sign_in(connection: Mapping[str, Any], _store: TokenStore | None) -> httpx.Auth:
    """Basic, with the company id and a literal plus sign before the public key."""
    return Basic(f"{connection['company_id']}+{connection['public_key']}", str(connection["private_key"]))


def headers(connection: Mapping[str, Any]) -> dict[str, str]:
    """The integration's client id and the pinned model."""
    return {
        "clientId": str(connection["client_id"]),
        "Accept": f"application/vnd.connectwise.com+json; version={API_VERSION}",
    }


def narrow(scope: Scope) -> dict[str, str]:
    """ConnectWise's `conditions`. No upper bound: forward-only reads follow ids, which nothing shifts."""
    stream, window = scope.stream, scope.window
    conditions = [text] if (text := stream.parameters.get("conditions")) else []
    if window.kind == "changes" and window.since is not None and stream.change_filter:
        changed = f"{stream.change_filter} > {_literal(window.since)}"
        # What was imported or set up before marks were kept has none: no comparison finds it, so it is always read.
        is_marked = stream.name in _ALWAYS_MARKED
        conditions.append(changed if is_marked else f"({changed} or {stream.change_filter} = null)")
    if window.kind == "dated" and window.start is not None and window.end is not None:
        first, last = (_with_midnight(moment, scope.time_zone) for moment in (window.start, window.end))
        months = [
            f"({name} >= {_literal(min(first))} and {name} < {_literal(max(last))})" for name in stream.date_filters
        ]
        conditions.append(f"({' or '.join(months)})")
    return {"conditions": " and ".join(conditions)} if conditions else {}


def _with_midnight(moment: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """A month's border as an instant, and as days without a time have it: ConnectWise puts those at midnight UTC."""
    return moment, datetime.combine(moment.astimezone(zone).date(), time(), UTC)


def sample(walk: Walk) -> list[msgspec.Raw]:
    """The first few records, of the first parent if they hang from one."""
    path, parent = walk.stream.path, walk.stream.parent
    if parent is not None:
        first = walk.decode(walk.get(parent.path, {"pageSize": "1"}).body, list[_Parent])
        if not first:
            return []
        path = path.format(parent=first[0].id)
    return walk.decode(walk.get(path, {"pageSize": "5"}).body, list[msgspec.Raw])


def only_ids(stream: Stream) -> Stream:
    """`fields=id`: the one use of `fields`, since records are kept whole."""
    return replace(stream, parameters={**stream.parameters, "fields": "id"})


class _Parent(msgspec.Struct):
    id: int


def _literal(value: datetime) -> str:
    """A time in a condition: square brackets, UTC, whole seconds (rounded down, so that nothing is left out)."""
    return value.astimezone(UTC).strftime("[%Y-%m-%dT%H:%M:%SZ]")


SOURCE = Source(
    name="connectwise",
    label="ConnectWise",
    version=API_VERSION,
    streams=STREAMS,
    needs=("base_url", "company_id", "public_key", "private_key", "client_id"),
    sign_in=sign_in,
    sign_in_advice=_ADVICE,
    headers=headers,
    narrow=narrow,
    sample=sample,
    only_ids=only_ids,
    hides_refusal_as_not_found=True,
    rate=Rate(per_second=14.5, burst=120),  # at most 990 in any minute: users quote 1,000 from the vendor
    first_wait=1.0,
)
