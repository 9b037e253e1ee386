"""The two made-up firms behind the operational databases: always the same, coherent, and apart from all else."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from sandbox.opsdb.kept import Kept
from sandbox.opsdb.server import tables


@pytest.fixture(scope="module")
def world() -> dict[str, Kept]:
    return {table.name: table for table in tables(7)}


def dicts(table: Kept) -> list[dict[str, Any]]:
    names = [*table.columns, "since", "until"]
    return [dict(zip(names, row, strict=True)) for row in table.rows]


def test_a_seed_always_gives_the_same_tables_and_another_seed_others(world: dict[str, Kept]) -> None:
    assert {table.name: table.rows for table in tables(7)} == {name: table.rows for name, table in world.items()}
    assert any(table.rows != world[table.name].rows for table in tables(8))


def test_no_row_is_two_things_at_once(world: dict[str, Kept]) -> None:
    for table in world.values():
        spans: dict[Any, list[tuple[Any, Any]]] = defaultdict(list)
        for row in table.rows:
            spans[row[0]].append(row[-2:])
        for key, found in spans.items():
            ordered = sorted(found, key=lambda span: span[0])
            for (_, until), (since, _) in pairwise(ordered):
                assert until is not None, (table.name, key)
                assert until <= since, (table.name, key)


def test_every_journal_of_the_ledger_adds_up_to_nothing(world: dict[str, Kept]) -> None:
    journals: dict[int, Decimal] = defaultdict(Decimal)
    for line in dicts(world["GLDETL"]):
        journals[line["JRNL"]] += line["DR"] - line["CR"]
    assert len(journals) > 5000
    assert set(journals.values()) == {Decimal(0)}


def test_the_dealer_has_eight_customers_and_a_hundred_and_fifty_machines(world: dict[str, Kept]) -> None:
    customers = {row["CUSNO"] for row in dicts(world["CUSTMAST"]) if row["COMPANY"] == "01"}
    machines = {row["UNITNO"]: row for row in dicts(world["EQUIP"])}
    assert (len(customers), len(machines)) == (8, 150)
    assert {row["CUSNO"] for row in machines.values()} == customers
    orders = dicts(world["SVCHDR"])
    assert {row["UNITNO"] for row in orders} <= set(machines)
    assert all(row["TOTAL"] == row["LABOR"] + row["PARTS"] + row["MISC"] for row in orders if row["STAT"] == "C")


def test_nobody_works_in_the_product_before_registering_or_after_leaving(world: dict[str, Kept]) -> None:
    members = {row["member_uuid"]: row for row in dicts(world["memberships"])}  # the last version of each
    for login in dicts(world["auth_audit"]):
        member = members[login["member_uuid"]]
        assert login["at"] >= member["registered"] - timedelta(minutes=1)
        assert member["left_on"] is None or login["at"] < member["left_on"]


def test_a_release_made_jobs_fail_for_a_week_and_incidents_show_in_the_probes(world: dict[str, Kept]) -> None:
    jobs = [row for row in dicts(world["bg_tasks"]) if row["state"] in {"done", "failed"}]
    bad = [row for row in jobs if "2026-03-09" <= str(row["queued_at"].date()) <= "2026-03-15"]
    share = sum(row["state"] == "failed" for row in jobs) / len(jobs)
    assert sum(row["state"] == "failed" for row in bad) / len(bad) > 3 * share
    down = {(row["target"], row["at"].date()) for row in dicts(world["uptime_checks"]) if not row["up"]}
    assert len(down) == 6  # four incidents, two announced works
