"""Whatever a table holds and wherever a read breaks, every row is read exactly once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extractors.core.window import Window
from tests.extractors.operational import NOW, Operational, mapped, operational_database, read

SINCE = NOW - timedelta(days=1)
MARKS = [None, SINCE, SINCE + timedelta(hours=1), NOW, SINCE - timedelta(seconds=1), NOW + timedelta(seconds=1)]
ROWS = st.dictionaries(st.text(alphabet="abAB01é-", min_size=1, max_size=3), st.sampled_from(MARKS), max_size=40)
WINDOWS = st.sampled_from([Window("all"), Window("changes", since=SINCE)])
JOINED = datetime(2026, 1, 1, tzinfo=UTC)
TENANTS = mapped("tenants", "tied", {"id": "id", "name": "name", "signed_up_at": "joined", "updated_at": "touched"})


@pytest.fixture(scope="module")
def ops(postgres: str) -> Iterator[Operational]:
    with operational_database(postgres) as found:
        found.run("create table tied (id text primary key, name text, joined timestamptz, touched timestamptz)")
        found.run(f"grant select on tied to {found.reader}")
        yield found


def fill(ops: Operational, rows: dict[str, datetime | None]) -> None:
    with psycopg.connect(ops.owner) as connection, connection.cursor() as cursor:
        cursor.execute("truncate tied")
        cursor.executemany("insert into tied values (%s, 'x', %s, %s)", [(one, JOINED, at) for one, at in rows.items()])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, window=WINDOWS, chunk=st.integers(1, 7), breaks=st.lists(st.integers(0, 8), max_size=3))
def test_every_row_is_read_once_whatever_the_chunks_the_ties_and_the_breaks(
    ops: Operational, rows: dict[str, datetime | None], window: Window, chunk: int, breaks: list[int]
) -> None:
    fill(ops, rows)
    small = replace(TENANTS, page_size=chunk)
    seen: list[str] = []
    resume = None
    with ops.open() as session:
        for pages in breaks:
            plan = session._plan(session._scope(small, window), resume)
            for _, (cut, after) in zip(range(pages), plan.steps(session._client), strict=False):
                seen += [record.record_id for record in cut.records]
                resume = after
        rest, rejections, _, certificate = read(session, small, window, resume)
    seen += [record.record_id for record in rest]
    wanted = {one for one, at in rows.items() if window.kind == "all" or at is None or SINCE <= at <= NOW}
    assert not rejections
    assert sorted(seen) == sorted(wanted)
    assert certificate.vendor_count == len(wanted)
