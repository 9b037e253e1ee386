"""A correction stands above its source, is kept with its reason, and can be taken back."""

from decimal import Decimal

import psycopg
import pytest

from warehouse import corrections
from warehouse.corrections import CorrectionRefused
from warehouse.periods import Period

MAY = Period.parse("2026-05")


@pytest.fixture
def northwind(connection: psycopg.Connection) -> psycopg.Connection:
    connection.execute(
        "insert into app.organizations (organization_id, alias, name, time_zone, history_start) "
        "values ('northwind', 1, 'Northwind', 'America/Chicago', '2025-01')"
    )
    connection.execute(
        "insert into app.clients (organization_id, client_id, client_alias, name) "
        "values ('northwind', 'juniper', 1, 'Juniper')"
    )
    return connection


def correct(connection: psycopg.Connection, value: str = "61000", metric: str = "mrr", **changes: str) -> bool:
    facts = {"reason": "An invoice was booked in June.", "entered_by": "finance", **changes}
    return corrections.enter(connection, "northwind", metric, MAY, value, last=Period.parse("2026-06"), **facts)  # type: ignore[arg-type]


def versions(connection: psycopg.Connection) -> list[tuple[object, ...]]:
    return connection.execute(
        "select metric, value, note, superseded_at is null from app.manual_metrics order by manual_metric_id"
    ).fetchall()


def test_every_version_of_a_correction_is_kept(northwind: psycopg.Connection) -> None:
    assert correct(northwind)
    assert correct(northwind, "60500", reason="Half of it only.")
    assert versions(northwind) == [
        ("mrr", Decimal(61000), "An invoice was booked in June.", False),
        ("mrr", Decimal(60500), "Half of it only.", True),
    ]
    [held] = corrections.in_force(northwind, "northwind")
    assert (held.value, held.reason, held.entered_by) == (Decimal(60500), "Half of it only.", "finance")


def test_the_same_correction_again_changes_nothing(northwind: psycopg.Connection) -> None:
    correct(northwind)
    assert not correct(northwind, "61000.00")
    assert len(versions(northwind)) == 1


def test_who_corrected_what_and_why_is_in_the_audit_log(northwind: psycopg.Connection) -> None:
    correct(northwind)
    corrections.withdraw(northwind, "northwind", "mrr", MAY, reason="It was right.", entered_by="owner")
    assert northwind.execute(
        "select actor_id, action, resource, reason, details ->> 'value', details ->> 'previous' from app.audit_log "
        "order by audit_id"
    ).fetchall() == [
        ("finance", "correct_metric", "mrr 2026-05 all", "An invoice was booked in June.", "61000", None),
        ("owner", "withdraw_correction", "mrr 2026-05 all", "It was right.", None, "61000"),
    ]


def test_a_correction_taken_back_holds_no_more_and_is_still_there(northwind: psycopg.Connection) -> None:
    correct(northwind)
    corrections.withdraw(northwind, "northwind", "mrr", MAY, reason="It was right.", entered_by="owner")
    assert corrections.in_force(northwind, "northwind") == []
    assert versions(northwind) == [("mrr", Decimal(61000), "An invoice was booked in June.", False)]
    with pytest.raises(CorrectionRefused, match="No correction of mrr holds in 2026-05"):
        corrections.withdraw(northwind, "northwind", "mrr", MAY, reason="Twice.", entered_by="owner")


def test_one_client_can_be_corrected_and_a_count_that_was_collected_too(northwind: psycopg.Connection) -> None:
    assert correct(northwind, "25", "seats_managed", client_id="juniper")
    assert [held.client_id for held in corrections.in_force(northwind, "northwind")] == ["juniper"]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"metric": "rhem", "value": "0.2"}, "'rhem' is calculated from the months of a quarter"),
        ({"metric": "mmr"}, "'mmr' is no metric of the catalogue"),
        ({"value": "1,000"}, "mrr must be a number such as 1234.50"),
        ({"value": ""}, "A correction needs a value"),
        ({"metric": "seats_managed", "value": "-1"}, "seats_managed cannot be negative"),
        ({"reason": "  "}, "A correction needs a reason"),
        ({"client_id": "nobody"}, "northwind has no client 'nobody'"),
    ],
)
def test_what_cannot_be_right_is_refused(
    northwind: psycopg.Connection, changes: dict[str, str], complaint: str
) -> None:
    with pytest.raises(CorrectionRefused, match=complaint):
        correct(northwind, **changes)  # type: ignore[arg-type]
    assert versions(northwind) == []


def test_a_month_that_has_not_begun_cannot_be_corrected(northwind: psycopg.Connection) -> None:
    with pytest.raises(CorrectionRefused, match="2026-07 has not begun yet"):
        corrections.enter(
            northwind, "northwind", "mrr", Period.parse("2026-07"), "1", reason="Early.", entered_by="x", last=MAY
        )
