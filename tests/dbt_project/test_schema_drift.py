"""No change of a vendor's schema empties a mapped column in silence: the record is kept aside or a check says so.

Real records of the sandbox are changed in one mapped field, cut, loaded over the true ones, profiled, and read by the
staging models. Each time the field must be named, unless the contract lets a single record lack it.
"""

import json
from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import msgspec
import psycopg
import pytest
from psycopg import sql

from extractors import stream as declared
from extractors.contracts import contracts_of
from extractors.core.certificate import Certificate
from extractors.core.cutting import Cutter
from extractors.core.records import Page, Record, Rejection
from extractors.core.window import Window
from tests.dbt_project.conftest import Warehouse
from tests.dbt_project.drift import Case, drawn, places
from tests.extractors.fakes import MemoryStore
from tests.extractors.vendors import Vendors
from warehouse.field_profiles import FieldNews, renew
from warehouse.loader import load
from warehouse.raw import StreamKey

AS_OF = datetime(2026, 7, 6, 14, tzinfo=UTC)
SAMPLE = 30
AS_IT_WAS = msgspec.json.Encoder(decimal_format="number")  # a key is the vendor's own text, zeros and all
CONTRACTS = {
    (source, name): contract
    for source in ("ninjaone", "connectwise", "stripe", "quickbooks")
    for name, contract in contracts_of(source).items()
}
TABLES = {stream: sql.Identifier(f"raw_{stream[0]}", stream[1]) for stream in CONTRACTS}


@pytest.fixture(scope="module")
def originals(sandbox: str) -> dict[tuple[str, str], list[Record]]:
    """Some records of each stream, as the sandbox gives them: what every case begins with."""
    now = datetime.fromisoformat(httpx.get(f"{sandbox}/_sandbox/health").json()["now"])
    connections = httpx.get(f"{sandbox}/_sandbox/credentials").json()
    vendors = Vendors({source: MemoryStore(connection) for source, connection in connections.items()}, now)
    found = {}
    for source, name in CONTRACTS:
        records, _ = vendors.read(declared(source, name))
        # A few of the first and the last: old and new ones, closed and open ones.
        found[source, name] = list({*records[: SAMPLE // 2], *records[-SAMPLE // 2 :]})
    return found


class Trial:
    """A warehouse in which each case has an organization of its own, which begins with the true records."""

    def __init__(self, url: str, originals: dict[tuple[str, str], list[Record]]) -> None:
        self.url = url
        self.originals = originals
        for stream, records in originals.items():
            self.load("true", stream, [*records])

    def load(self, organization: str, stream: tuple[str, str], pieces: list[Record | Rejection]) -> FieldNews:
        records = tuple(piece for piece in pieces if isinstance(piece, Record))
        rejections = tuple(piece for piece in pieces if isinstance(piece, Rejection))
        proof = Certificate(1, len(records), len(rejections), None, True, True, 1, 0, 0, 0, 0.0)
        load(
            lambda: psycopg.connect(self.url),
            organization_id=organization,
            source=stream[0],
            stream=stream[1],
            pages=[Page(records, rejections, None, 1, 0)],
            run_id="drift",
            as_of=AS_OF,
            window=Window("all"),
            certificate=lambda: proof,
        )
        mapped = [leaf.path for leaf in CONTRACTS[stream].leaves if leaf.may_lack]
        with psycopg.connect(self.url) as connection:
            return renew(connection, StreamKey(organization, *stream), mapped, as_of=AS_OF, run_id="drift")

    def begin(self, case: Case) -> None:
        """Give the case's organization the true records, and what was learnt from them."""
        tables = [TABLES[case.source, case.stream], *(sql.Identifier("raw_meta", name) for name in PROFILES)]
        with psycopg.connect(self.url) as connection:
            for table in tables:
                of_stream = sql.SQL("and source = {} and stream = {}").format(case.source, case.stream)
                query = (
                    "create temporary table rows on commit drop as select * from {table} "
                    "where organization_id = 'true' {of_stream};"
                    "update rows set organization_id = {organization};"
                    "insert into {table} select * from rows; drop table rows"
                )
                connection.execute(
                    sql.SQL(query).format(
                        table=table,
                        of_stream=of_stream if table is not tables[0] else sql.SQL(""),
                        organization=case.organization,
                    )
                )

    def outcome(self, case: Case) -> str:
        """What came of a case: `rejected`, `found`, `allowed` or `kept`; fails where a value went in silence."""
        self.begin(case)
        stream = (case.source, case.stream)
        cutter = Cutter(declared(*stream), CONTRACTS[stream])
        pieces: list[Record | Rejection] = []
        changed: list[dict[str, Any]] = []
        for record in self.originals[stream]:
            before: dict[str, Any] = json.loads(record.body, parse_float=Decimal)
            after = case.apply(before) if case.everywhere or not changed else before
            changed += [before] if after is not before else []
            body = record.body if after is before else AS_IT_WAS.encode(after)
            if declared(*stream).by_month:
                pieces.append(cutter.held_to_contract(record._replace(body=body)))
            else:
                pieces.append(cutter.cut(body))
        news = self.load(case.organization, stream, pieces)
        rejected = [piece for piece in pieces if isinstance(piece, Rejection)]
        findings = [one for one in news.findings if case.leaf.path in one]
        assert changed, f"{case}: nothing was changed"
        if case.changes_nothing:
            assert not rejected, f"{case}: {rejected[0].reason}"
            # Where all that changed are of a kind that never had a field, that it is gone from them is no false alarm.
            alarms = [one for one in news.findings if any(has(before, one.split()[0]) for before in changed)]
            assert not alarms, f"{case}: {alarms}"
            return "kept"
        if rejected:
            assert len(rejected) == len(changed), case
            assert all(case.leaf.path in piece.reason for piece in rejected), f"{case}: {rejected[0].reason}"
            assert findings or len(rejected) <= 0.01 * len(pieces), f"{case}: no check names it: {news.findings}"
            return "rejected"
        assert case.empties, f"{case}: a value of another kind was kept"
        if case.everywhere:
            assert findings, f"{case}: it went without a word: {news.findings}"
            return "found"
        assert findings or case.leaf.may_lack, f"{case}: it went without a word, and the contract asks for it"
        return "found" if findings else "allowed"


def has(record: dict[str, Any], path: str) -> bool:
    return next(places(record, path), None) is not None


PROFILES = ("profiled_streams", "field_profiles")


@pytest.fixture(scope="module")
def trial(module_database_url: str, originals: dict[tuple[str, str], list[Record]]) -> Trial:
    return Trial(module_database_url, originals)


@pytest.mark.parametrize("count", [48, pytest.param(500, marks=pytest.mark.soak)])
def test_no_mapped_field_goes_in_silence(trial: Trial, tmp_path: Path, count: int) -> None:
    records = {stream: [json.loads(one.body) for one in held] for stream, held in trial.originals.items()}
    leaves = {stream: contract.leaves for stream, contract in CONTRACTS.items()}
    cases = drawn(records, leaves, count, seed=count)
    outcomes: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        outcomes[trial.outcome(case)].append(case)
    print({name: len(held) for name, held in outcomes.items()})
    assert len(outcomes) == 4, "every outcome is met, or this proves less than it says"
    read = Warehouse(trial.url, tmp_path)
    read.dbt("run", "--select", "path:models/staging")
    for case in outcomes["kept"]:
        assert empty(read, case, case.organization) == empty(read, case, "true"), case


def empty(read: Warehouse, case: Case, organization: str) -> dict[str, int]:
    """How many empty values each column of the stream's staging model has."""
    table = f"staging.stg_{case.source}__{case.stream}"
    rows = read.rows(
        f"select key, count(*) from {table} as kept cross join lateral jsonb_each(to_jsonb(kept)) as value "
        "where organization_id = %s and value.value = 'null' group by key",
        [organization],
    )
    return dict(rows)
