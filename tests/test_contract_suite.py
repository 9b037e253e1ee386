"""What every source owes its users once its records are kept: the part of the contract suite that needs a warehouse.

Reading again writes nothing, and a state from the future, left by a clock that ran ahead, loses nothing in silence.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

import extractors
from tests.warehouses import OVER_HTTP, Place, differences, purged, warehouses
from warehouse.organizations import Organization

NOW = datetime(2026, 6, 20, 14, tzinfo=UTC)


@pytest.fixture(scope="module")
def place(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with warehouses(module_database_url, tmp_path_factory.mktemp("var")) as found:
        yield found


@pytest.fixture(scope="module", params=OVER_HTTP)
def loaded(request: pytest.FixtureRequest, place: Place) -> tuple[str, Organization]:
    """A source that was read once."""
    source, warehouse = request.param, place.warehouse()
    place.read(warehouse, source, NOW)
    return source, warehouse


def row_versions(place: Place, source: str, warehouse: Organization) -> dict[str, Any]:
    """Every row with the transaction that wrote it: a row written anew has another, even with the same values."""
    with psycopg.connect(place.database_url) as connection:
        return {
            one.name: connection.execute(
                f"select record_id, xmin::text, extracted_at, deleted_at from raw_{source}.{one.name} "
                "where organization_id = %s order by record_id",
                [warehouse.id],
            ).fetchall()
            for one in extractors.STREAMS[source]
        }


@pytest.mark.parametrize("whole", [False, True], ids=["changes", "everything"])
def test_a_second_read_rewrites_nothing(place: Place, loaded: tuple[str, Organization], whole: bool) -> None:
    source, warehouse = loaded
    before = row_versions(place, source, warehouse)
    outcomes = place.run(warehouse, source, NOW, whole=whole)
    assert not [one.error for one in outcomes if one.error]
    assert {one.stream: (one.new, one.changed, one.deleted) for one in outcomes} == {
        one.name: (0, 0, 0) for one in extractors.STREAMS[source]
    }
    assert row_versions(place, source, warehouse) == before


def test_a_watermark_from_the_future_loses_nothing(place: Place, loaded: tuple[str, Organization]) -> None:
    """Asked only for what changed after it, the vendor would say nothing until that day has come."""
    source, warehouse = loaded
    with psycopg.connect(place.database_url) as connection:
        connection.execute(
            "update raw_meta.cursors set watermark = %(then)s, whole_at = %(then)s "
            "where organization_id = %(organization)s and source = %(source)s",
            {"then": NOW + timedelta(days=365), "organization": warehouse.id, "source": source},
        )
    later = NOW + timedelta(days=9)
    held = place.read(warehouse, source, later)
    fresh = place.read(place.warehouse(), source, later)
    assert differences(held, fresh, may_hold=purged(source)) == []
    with psycopg.connect(place.database_url) as connection:
        ahead = connection.execute(
            "select stream from raw_meta.cursors where organization_id = %s and source = %s and watermark > %s",
            [warehouse.id, source, later],
        ).fetchall()
    assert ahead == [], "the next run would have to read everything again"


def test_why_everything_was_read_again_is_in_the_log(place: Place) -> None:
    warehouse = place.warehouse()
    place.read(warehouse, "connectwise", NOW, ["tickets"])
    with psycopg.connect(place.database_url) as connection:
        connection.execute("update raw_meta.cursors set watermark = %s", [NOW + timedelta(days=365)])
    (outcome,) = place.run(warehouse, "connectwise", NOW, ["tickets"])
    assert "claims to be of 2027-06-20 14:00 UTC, which is yet to come" in str(outcome.note)


def test_a_resume_point_from_the_future_is_not_gone_on_from(place: Place) -> None:
    """A read broke off while our clock was ahead; going on from it would close with a watermark from the future."""
    warehouse, names = place.warehouse(), ("tickets",)
    refused = {"kind": "permission_missing", "source": "connectwise", "path": "/service/tickets$", "after": 2}
    place.befall({**refused, "times": None})
    try:
        (broken,) = place.run(warehouse, "connectwise", NOW, names, as_of=NOW + timedelta(days=5))
    finally:
        place.befall()
    assert broken.error
    with psycopg.connect(place.database_url) as connection:
        kept = connection.execute(
            "select resume is not null from raw_meta.cursors where organization_id = %s", [warehouse.id]
        ).fetchone()
    assert kept == (True,), "nothing was left to go on from, so this proves nothing"
    held = place.read(warehouse, "connectwise", NOW, names)
    assert differences(held, place.read(place.warehouse(), "connectwise", NOW, names)) == []
    with psycopg.connect(place.database_url) as connection:
        reached = connection.execute(
            "select watermark <= %s from raw_meta.cursors where organization_id = %s", [NOW, warehouse.id]
        ).fetchone()
    assert reached == (True,)
