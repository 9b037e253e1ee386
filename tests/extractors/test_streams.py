"""The declarations agree with each other and with the documentation."""

from collections import Counter
from pathlib import Path

import pytest

from extractors import SOURCES, STREAMS, Stream, stream
from extractors.core.table_stream import TableStream
from warehouse.database_streams import FIELDS, REQUIRED

ALL = [one for streams in STREAMS.values() for one in streams]
SOURCES_PAGE = (Path(__file__).parents[2] / "docs" / "sources.md").read_text()


def named(one: Stream) -> str:
    return f"{one.source}-{one.name}"


def test_the_streams_are_those_we_promise() -> None:
    assert {source: [one.name for one in streams] for source, streams in STREAMS.items()} == {
        "ninjaone": [
            "organizations",
            "locations",
            "devices",
            "node_roles",
            "users",
            "technicians",
            "contacts",
            "alerts",
            "activities",
            "device_health",
            "os_patches",
            "os_patch_installs",
            "antivirus_status",
            "operating_systems",
            "computer_systems",
            "disks",
            "volumes",
            "backup_usage",
        ],
        "connectwise": [
            "companies",
            "company_types",
            "company_statuses",
            "contacts",
            "boards",
            "board_statuses",
            "board_types",
            "board_subtypes",
            "board_items",
            "priorities",
            "members",
            "agreements",
            "agreement_types",
            "agreement_additions",
            "tickets",
            "project_tickets",
            "time_entries",
            "opportunities",
            "opportunity_types",
            "opportunity_stages",
            "opportunity_statuses",
            "activities",
            "schedule_entries",
            "invoices",
            "surveys",
            "survey_questions",
            "survey_results",
        ],
        "stripe": [
            "customers",
            "products",
            "prices",
            "coupons",
            "promotion_codes",
            "subscriptions",
            "subscription_items",
            "invoices",
            "invoice_lines",
            "invoice_payments",
            "charges",
            "refunds",
            "disputes",
            "payment_intents",
            "balance_transactions",
            "payouts",
            "credit_notes",
            "checkout_sessions",
            "events",
        ],
        "quickbooks": [
            "company_info",
            "preferences",
            "accounts",
            "classes",
            "departments",
            "customers",
            "vendors",
            "employees",
            "items",
            "terms",
            "invoices",
            "payments",
            "sales_receipts",
            "credit_memos",
            "refund_receipts",
            "bills",
            "bill_payments",
            "purchases",
            "vendor_credits",
            "estimates",
            "journal_entries",
            "deposits",
            "transfers",
            "profit_and_loss",
            "balance_sheet",
            "aged_receivables",
            "cash_flow",
        ],
        "opsdb": [
            "tenants",
            "users",
            "login_events",
            "activation_events",
            "jobs",
            "api_requests",
            "ai_usage",
            "health_probes",
            "leads",
            "customers",
            "equipment",
            "service_orders",
            "parts_orders",
            "rentals",
            "gl_entries",
            "condition_assessments",
        ],
    }


def test_no_stream_is_declared_twice_and_each_knows_its_source() -> None:
    assert set(Counter(named(one) for one in ALL).values()) == {1}
    assert all(one.source == source for source, streams in STREAMS.items() for one in streams)


@pytest.mark.parametrize("one", ALL, ids=named)
def test_a_stream_says_what_a_row_is_and_what_right_it_needs(one: Stream) -> None:
    assert one.description.startswith("One row")
    assert one.description.endswith(".")
    assert one.permission


def test_daily_history_is_kept_of_what_the_vendor_forgets_and_months_are_counted_by() -> None:
    assert [named(one) for one in ALL if one.keeps_daily_history] == [
        "ninjaone-devices",
        "ninjaone-device_health",
        "ninjaone-os_patches",
        "ninjaone-antivirus_status",
        "ninjaone-operating_systems",
    ]


def test_no_ninjaone_report_is_keyed_by_what_other_devices_share() -> None:
    """A patch's id is the same on every device: keyed by it alone, the devices collapsed into one (msp-skills #136)."""
    reports = [one for one in STREAMS["ninjaone"] if one.path.startswith("/v2/queries/") and one.key != "id"]
    assert {one.key if isinstance(one.key, str) else one.key[0] for one in reports} == {"deviceId"}


def test_only_streams_that_hide_deletions_are_swept() -> None:
    swept = {named(one) for one in ALL if one.sweeps_deletions}
    assert swept == {
        "connectwise-activities",
        "connectwise-contacts",
        "connectwise-invoices",
        "connectwise-opportunities",
        "connectwise-project_tickets",
        "connectwise-schedule_entries",
        "connectwise-tickets",
        "connectwise-time_entries",
    }


@pytest.mark.parametrize("one", ALL, ids=named)
def test_the_documentation_tells_of_every_stream_with_its_description_and_right(one: Stream) -> None:
    assert f"| `{one.name}` |" in SOURCES_PAGE
    assert one.description in SOURCES_PAGE
    assert one.permission in SOURCES_PAGE


@pytest.mark.parametrize("source", sorted(SOURCES))
def test_the_documentation_tells_how_each_source_is_signed_in_to(source: str) -> None:
    assert f"qbr connect {source}" in SOURCES_PAGE
    for needed in SOURCES[source].needs:
        assert f"`{needed}`" in SOURCES_PAGE


def test_a_stream_nobody_declared_is_answered_with_the_choices() -> None:
    with pytest.raises(KeyError, match="Stripe has no stream 'transfers'; it has customers, products"):
        stream("stripe", "transfers")


def test_an_organizations_file_may_map_the_fields_that_streams_have_and_no_others() -> None:
    tables = [one for one in STREAMS["opsdb"] if isinstance(one, TableStream)]
    assert {one.name: tuple(column.name for column in one.columns) for one in tables} == FIELDS
    needed = {one.name: tuple(column.name for column in one.columns if column.is_required) for one in tables}
    assert needed == REQUIRED


@pytest.mark.parametrize("one", STREAMS["opsdb"], ids=named)
def test_a_table_has_a_key_and_is_dated_and_marked_by_fields_of_its_own(one: TableStream) -> None:
    assert one.columns[0].name == one.key == "id"
    assert one.columns[0].is_required
    assert one.column(one.mark).type == "instant"
    assert one.dated_by is None or one.column(one.dated_by).is_required
    assert (one.reads == "entity") or one.dated_by
