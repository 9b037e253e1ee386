"""What proves that a read was whole: kept with the run, shown to people, and needed by whatever goes on from it."""

from typing import Any

import dagster as dg
import psycopg
import pytest

from orchestration import certificates
from orchestration.assets import clients, raw
from tests.command import qbr
from warehouse.credentials import connect_source, connection_for

PROOF: dict[str, Any] = {
    "pages": 12,
    "records": 11_802,
    "rejected": 2,
    "vendor_count": 11_804,
    "cursor_closed": True,
    "permission_checked": True,
    "version": "2026.4",
    "window": {"kind": "dated", "start": "2026-03-01T06:00:00+00:00", "end": "2026-04-01T05:00:00+00:00"},
    "deletions": "id sweep",
    "deleted": 3,
    "resumed_from": None,
    "note": None,
}


def test_a_certificate_says_everything_a_person_would_ask() -> None:
    assert dict(certificates.rows(PROOF)) == {
        "window": "dated 2026-03-01 06:00 UTC to 2026-04-01 05:00 UTC",
        "pinned version": "2026.4",
        "pages": "12",
        "records": "11,802",
        "counted by the vendor": "11,804, reached",
        "end of the list": "told by the vendor",
        "permission preflight": "passed",
        "deletions": "by comparing all ids: 3",
        "rejected": "2",
    }


def test_what_was_not_looked_for_and_not_counted_is_not_claimed() -> None:
    plain = PROOF | {"vendor_count": None, "deletions": "not looked for", "cursor_closed": False, "version": ""}
    told = dict(certificates.rows(plain))
    assert told["counted by the vendor"] == "it gives no count"
    assert told["deletions"] == "not looked for in this part"
    assert told["end of the list"] == "not told"
    assert certificates.short(plain) == (
        "11,802 records, its end not told, deletions not looked for in this part, 2 rejected"
    )


def test_a_certificate_from_before_an_upgrade_can_still_be_shown() -> None:
    old = {"pages": 1, "records": 5, "rejected": 0, "vendor_count": None, "cursor_closed": True}
    assert "its end told by the vendor" in certificates.short(old)
    assert "not noted" in certificates.markdown(old)


# In the log, on the screen


def test_every_part_of_the_certificate_is_kept_with_the_run(installation: str) -> None:
    ended = qbr("extract", "connectwise", "companies", "tickets")
    assert ended.exit_code == 0
    with psycopg.connect(installation) as connection:
        kept = dict(connection.execute("select stream, certificate from raw_meta.extraction_log").fetchall())
    tickets = kept["tickets"]
    assert tickets["vendor_count"] == tickets["records"] > 1000
    assert (tickets["cursor_closed"], tickets["permission_checked"]) == (True, True)
    assert (tickets["deletions"], tickets["deleted"], tickets["rejected"]) == ("complete set", 0, 0)
    assert tickets["window"]["kind"] == "all"
    assert tickets["version"]
    (line,) = [line for line in ended.out.splitlines() if "   tickets " in line]
    assert line.count(f"{tickets['records']:,}") == 3, "read, counted by the vendor, and all of them new"
    assert "all" in line


def test_a_later_read_says_how_it_looked_for_deletions(installation: str) -> None:
    qbr("extract", "connectwise", "tickets")
    qbr("extract", "connectwise", "tickets")
    qbr("extract", "connectwise", "tickets", "--period", "2026-03")
    with psycopg.connect(installation) as connection:
        found = connection.execute(
            "select window_kind, certificate ->> 'deletions' from raw_meta.extraction_log order by log_id"
        ).fetchall()
    assert found == [("all", "complete set"), ("changes", "id sweep"), ("dated", "not looked for")]


def test_the_doctor_shows_what_proves_the_last_read(installation: str) -> None:
    qbr("extract", "connectwise", "companies")
    told = qbr("doctor", "--offline").out
    (line,) = [line for line in told.splitlines() if "connectwise companies: read completely" in line]
    assert "counted by the vendor, its end told by the vendor, deletions by reading everything: 0" in line


# In Dagster


def run(*selected: dg.AssetKey) -> dg.ExecuteInProcessResult:
    """The streams that clients are linked from, and the linking, in one run of the demonstration's partition."""
    entities = [one for one in raw.assets() if one.partitions_def == clients.link_clients.partitions_def]
    with dg.DagsterInstance.ephemeral() as instance:
        return dg.materialize(
            [*entities, clients.link_clients],
            selection=list(selected),
            partition_key="demo-msp",
            instance=instance,
            raise_on_error=False,
        )


def verdicts(done: dg.ExecuteInProcessResult) -> dict[str, bool]:
    return {found.asset_key.to_user_string(): found.passed for found in done.get_asset_check_evaluations()}


def test_a_certified_stream_passes_its_check_and_shows_its_certificate(installation: str) -> None:
    done = run(dg.AssetKey(["connectwise", "companies"]))
    assert verdicts(done) == {"connectwise/companies": True}
    (event,) = done.asset_materializations_for_node("connectwise_entity_streams")
    assert "| end of the list | told by the vendor |" in event.metadata["certificate"].value
    assert event.metadata["permission preflight"].value == "passed"
    assert event.metadata["read"].value == event.metadata["dagster/row_count"].value


def test_nothing_goes_on_from_a_stream_without_a_certificate_and_no_other_source_waits(installation: str) -> None:
    with psycopg.connect(installation) as connection:
        facts = connection_for(connection, "demo-msp", "stripe") | {"api_key": "rk_wrong"}
        connect_source(connection, "demo-msp", "stripe", facts, environment="sandbox")
    done = run(*clients.CLIENT_STREAMS, clients.CLIENTS, clients.CLIENT_LINKS)
    assert not done.success
    assert verdicts(done) == {
        "ninjaone/organizations": True,
        "connectwise/companies": True,
        "quickbooks/customers": True,
        "stripe/customers": False,
    }
    assert not done.asset_materializations_for_node("link_clients"), "its clients would lack Stripe's"
    (failed,) = [found for found in done.get_asset_check_evaluations() if not found.passed]
    assert failed.blocking
    assert (failed.description or "").startswith("demo-msp: Stripe refused the sign-in")
    with psycopg.connect(installation) as connection:
        assert connection.execute("select count(*) > 0 from raw_ninjaone.organizations").fetchone() == (True,)


@pytest.mark.parametrize("definition", raw.assets(), ids=lambda one: one.op.name)
def test_every_stream_has_a_blocking_check_of_its_certificate(definition: dg.AssetsDefinition) -> None:
    checked = {spec.asset_key for spec in definition.check_specs if spec.name == raw.CERTIFICATE and spec.blocking}
    assert checked == {key for key in definition.keys if not key.path[-1].endswith("_daily")}
