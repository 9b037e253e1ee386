"""Two small organizations that share every vendor id and differ in their zone and their rules."""

import hashlib
import json
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

AS_OF = "2026-03-10T12:00:00+00:00"
ZONES = {"north": "America/Chicago", "south": "Asia/Tokyo"}

RULES = [
    ("service_board", "Help Desk"),
    ("closed_status", "Closed"),
    ("parent_tickets_only", "true"),
    ("seat_device_class", "WINDOWS_WORKSTATION"),
    ("excluded_device_class", "VMWARE_VM_GUEST"),
    ("spare_word", "spare"),
    ("managed_agreement_type", "Managed Services"),
]


def ticket(number: int, entered: str, closed: str | None = None, **fields: Any) -> dict[str, Any]:
    """A ticket on the service board, as ConnectWise sends it."""
    return {
        "id": number,
        "summary": f"Ticket {number}",
        "board": {"id": 1, "name": "Help Desk"},
        "status": {"id": 2, "name": "Closed" if closed else "New"},
        "company": {"id": 7},
        "_info": {"dateEntered": entered},
        **({"closedDate": closed} if closed else {}),
        **fields,
    }


def time_entry(number: int, ticket_id: int, hours: float) -> dict[str, Any]:
    """Time charged to a service ticket in the middle of February 2026."""
    charged = {"chargeToType": "ServiceTicket", "chargeToId": ticket_id}
    return {"id": number, **charged, "actualHours": hours, "dateEntered": "2026-02-15T13:00:00Z"}


RECORDS: dict[str, list[dict[str, Any]]] = {
    "raw_ninjaone.organizations": [{"id": 10, "name": "Acorn Bakery"}],
    "raw_connectwise.companies": [{"id": 7, "name": "Acorn Bakery, Inc."}],
    "raw_connectwise.agreements": [
        {
            "id": 1,
            "name": "All in",
            "type": {"name": "Managed Services"},
            "company": {"id": 7},
            "startDate": "2026-02-01T00:00:00Z",
            "noEndingDateFlag": True,
            "billAmount": 1200,
            "billingCycle": {"id": 2, "name": "Monthly"},
        }
    ],
    "raw_connectwise.tickets": [
        # 23:59 on 31 January in Chicago, already February in Tokyo
        ticket(1, "2026-02-01T05:59:00Z", closed="2026-02-03T12:00:00Z"),
        ticket(2, "2026-02-10T12:00:00Z"),
        ticket(3, "2026-02-11T12:00:00Z", parentTicketId=2),
        ticket(4, "2026-02-12T12:00:00Z", company=None),
        ticket(5, "2026-02-12T12:00:00Z", board={"id": 3, "name": "Projects"}),
    ],
    "raw_connectwise.time_entries": [
        time_entry(1, ticket_id=2, hours=1.5),
        time_entry(2, ticket_id=3, hours=0.25),
        time_entry(3, ticket_id=5, hours=8),
    ],
    "raw_stripe.customers": [{"id": "cus_1", "name": "Acorn Bakery", "currency": "usd", "balance": -250}],
    "raw_quickbooks.customers": [{"Id": "70", "DisplayName": "Acorn Bakery LLC", "Active": True}],
}

DEVICES = [
    {"id": 1, "organizationId": 10, "nodeClass": "WINDOWS_WORKSTATION", "displayName": "DESK-1"},
    {"id": 2, "organizationId": 10, "nodeClass": "WINDOWS_SERVER", "systemName": "SRV-1"},
    {"id": 3, "organizationId": 10, "nodeClass": "WINDOWS_WORKSTATION", "displayName": "Spare 3"},
]


def load_two_organizations(connection: psycopg.Connection) -> None:
    """Configure both organizations and load the same records for each, as complete reads would."""
    for alias, (organization, zone) in enumerate(ZONES.items(), start=1):
        connection.execute(
            "insert into app.organizations (organization_id, alias, name, time_zone, history_start) "
            "values (%s, %s, %s, %s, '2026-01')",
            [organization, alias, organization.title(), zone],
        )
        _configure(connection, organization)
        for table, records in RECORDS.items():
            for record in records:
                put(connection, table, organization, record)
        for device in DEVICES:
            connection.execute(
                "insert into raw_ninjaone.devices_daily values (%s, %s, '2026-02-28', %s, '', now(), 'run-1')",
                [organization, str(device["id"]), Jsonb(device)],
            )
        for source, stream in (
            ("ninjaone", "organizations"),
            ("ninjaone", "locations"),
            ("ninjaone", "devices"),
            ("connectwise", "tickets"),
            ("connectwise", "time_entries"),
            ("connectwise", "agreements"),
        ):
            _complete_read(connection, organization, source, stream)


def put(connection: psycopg.Connection, table: str, organization: str, record: dict[str, Any]) -> None:
    """Write a record as the loader would, now."""
    body = json.dumps(record)
    connection.execute(
        f"""
        insert into {table} (
            organization_id, record_id, record, record_hash, first_seen_at, extracted_at, run_id
        )
        values (%s, %s, %s, %s, clock_timestamp(), clock_timestamp(), 'run-1')
        on conflict (organization_id, record_id) do update
        set record = excluded.record, record_hash = excluded.record_hash, extracted_at = excluded.extracted_at
        """,  # type: ignore[arg-type]
        [organization, str(record.get("id", record.get("Id"))), Jsonb(record), hashlib.sha256(body.encode()).digest()],
    )


def _configure(connection: psycopg.Connection, organization: str) -> None:
    # The south has no managed agreement type, so its agreements cannot be counted.
    for position, (rule, value) in enumerate(RULES):
        if organization == "north" or rule != "managed_agreement_type":
            connection.execute(
                "insert into app.rule_values values (%s, %s, %s, %s)", [organization, rule, value, position]
            )
    for alias, client in enumerate(("unassigned", "acorn-bakery")):
        connection.execute(
            "insert into app.clients (organization_id, client_id, client_alias, name) values (%s, %s, %s, %s)",
            [organization, client, alias, client],
        )
    for source, record_id in (("ninjaone", "10"), ("connectwise", "7"), ("stripe", "cus_1"), ("quickbooks", "70")):
        connection.execute(
            "insert into app.client_links (organization_id, source, source_client_id, client_id, match_method, "
            "is_confirmed) values (%s, %s, %s, 'acorn-bakery', 'name', false)",
            [organization, source, record_id],
        )


def _complete_read(connection: psycopg.Connection, organization: str, source: str, stream: str) -> None:
    connection.execute(
        "insert into raw_meta.cursors (organization_id, source, stream, covered, completed_at, completed_as_of) "
        "values (%s, %s, %s, tstzmultirange(tstzrange('2026-02-01T06:00:00Z', %s)), now(), %s)",
        [organization, source, stream, AS_OF, AS_OF],
    )
    for as_of in ("2026-02-28T12:00:00Z", AS_OF):
        connection.execute(
            "insert into raw_meta.extraction_log (run_id, organization_id, source, stream, window_kind, as_of, "
            "outcome, records, certificate) values ('run-1', %s, %s, %s, 'all', %s, 'complete', 3, %s)",
            [organization, source, stream, as_of, Jsonb({"cursor_closed": True})],
        )
