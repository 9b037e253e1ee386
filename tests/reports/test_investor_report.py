"""The weekly report to investors: exact figures with the month before, a file kept of each week, and the pack."""

import json
import re
from datetime import timedelta
from decimal import Decimal

import pytest

from orchestration.progress import Quiet
from orchestration.quarter_decks import build_quarter
from orchestration.selection import one_organization
from reports.errors import UnknownScope
from reports.snapshots import build_investor_report
from tests.installation import installed
from tests.reports import marts
from tests.reports.investors import AS_OF, GROWTH, investors
from warehouse.artefacts import store


def test_the_snapshot_file_holds_exact_figures_reasons_zone_and_schema_and_names_nobody(warehouse, tmp_path):
    investors(warehouse)
    done = build_investor_report(warehouse, marts.ORGANIZATION, "2026-06", AS_OF, tmp_path)
    archive, latest, _ = done.files
    assert (archive.name, latest.name) == ("metrics_2026-07-05_09-00-30.json", "metrics_snapshot.json")
    assert archive.read_bytes() == latest.read_bytes()
    found = json.loads(latest.read_text(), parse_float=Decimal)
    assert found["schema_version"] == 1
    assert (found["timestamp"], found["time_zone"]) == ("2026-07-05T14:00:30Z", "America/Chicago")
    assert found["local_time"] == "2026-07-05T09:00:30-05:00"
    assert found["financial"]["mrr"] == Decimal("101234.56")
    assert found["previous"]["financial"]["mrr"] == Decimal("100000.10")
    assert found["system_health"]["uptime_percentage"] is None
    assert found["reasons"]["system_health.uptime_percentage"] == "No probes ran."
    assert found["business_health"]["nps"] is None
    assert found["previous"]["business_health"]["nps"] == 0
    assert ([one["message"] for one in found["alerts"]], found["other_alerts"]) == ([GROWTH], 5)
    assert GROWTH in done.mailing.text
    assert "One is open. 5 others are open on what is not told here." in done.mailing.text
    assert "Owner's pay" not in done.mailing.text
    assert "wrong" not in done.mailing.text
    assert not re.search(r"[\w.]+@[\w.]+", latest.read_text())


def test_the_same_instant_gives_the_same_files_and_the_next_one_keeps_the_archive(warehouse, tmp_path):
    investors(warehouse)
    first = build_investor_report(warehouse, marts.ORGANIZATION, "2026-06", AS_OF, tmp_path / "a")
    again = build_investor_report(warehouse, marts.ORGANIZATION, "2026-06", AS_OF, tmp_path / "b")
    assert [path.read_bytes() for path in first.files] == [path.read_bytes() for path in again.files]
    later = build_investor_report(warehouse, marts.ORGANIZATION, "2026-06", AS_OF + timedelta(days=7), tmp_path / "a")
    kept = sorted(path.name for path in later.files[0].parent.glob("metrics_*.json"))
    assert kept == ["metrics_2026-07-05_09-00-30.json", "metrics_2026-07-12_09-00-30.json", "metrics_snapshot.json"]


def test_an_earlier_month_told_again_leaves_the_latest_snapshot_as_it_is(warehouse, tmp_path):
    investors(warehouse)
    _, latest, _ = build_investor_report(warehouse, marts.ORGANIZATION, "2026-06", AS_OF, tmp_path).files
    before = latest.read_bytes()
    again = build_investor_report(warehouse, marts.ORGANIZATION, "2026-05", AS_OF + timedelta(days=1), tmp_path)
    assert latest.read_bytes() == before
    assert [path.name for path in again.files] == [
        "metrics_2026-07-06_09-00-30.json", "investor_report_2026-07-06_09-00-30.xlsx"
    ]  # fmt: skip
    assert json.loads(again.files[0].read_text())["reporting_period"] == "2026-05"


def test_a_month_the_marts_do_not_hold_is_said(warehouse, tmp_path):
    investors(warehouse)
    with pytest.raises(UnknownScope, match="no investor metrics of 2026-07"):
        build_investor_report(warehouse, marts.ORGANIZATION, "2026-07", AS_OF, tmp_path)


def test_the_investor_pack_goes_along_once_it_is_there_and_a_draft_never(warehouse, tmp_path):
    investors(warehouse)
    pack = tmp_path / "pack.pptx"
    pack.write_bytes(b"a deck")
    note = {"kind": "investor_deck", "period": "2026-Q2"}
    store(warehouse, marts.ORGANIZATION, pack, **note, details={"draft_reason": "books are open"})
    build = (warehouse, marts.ORGANIZATION, "2026-06", AS_OF, tmp_path)
    assert "none is finished" in str(build_investor_report(*build).why_no_pack)
    pack.write_bytes(b"the finished deck")
    store(warehouse, marts.ORGANIZATION, pack, **note, details={"draft_reason": None})
    done = build_investor_report(*build)
    assert done.why_no_pack is None
    assert done.mailing.attachments[-1].path == pack
    assert "the investor pack of Q2 2026" in done.mailing.text


def test_a_pack_that_is_not_what_was_built_does_not_go_along(warehouse, tmp_path):
    investors(warehouse)
    pack = tmp_path / "pack.pptx"
    pack.write_bytes(b"the finished deck")
    store(warehouse, marts.ORGANIZATION, pack, kind="investor_deck", period="2026-Q2")
    pack.write_bytes(b"edited by hand")
    done = build_investor_report(warehouse, marts.ORGANIZATION, "2026-06", AS_OF, tmp_path)
    assert "its file is not what was built" in str(done.why_no_pack)
    assert len(done.mailing.attachments) == 2
    assert "No investor pack of a quarter is ready to go along." in done.mailing.text


def test_no_pack_goes_along_while_a_check_holds_its_quarter_back(warehouse, tmp_path):
    investors(warehouse)
    marts.checks(warehouse, failing=True)
    pack = tmp_path / "pack.pptx"
    pack.write_bytes(b"built before the check failed")
    store(warehouse, marts.ORGANIZATION, pack, kind="investor_deck", period="2026-Q2")
    done = build_investor_report(warehouse, marts.ORGANIZATION, "2026-06", AS_OF, tmp_path)
    assert str(done.why_no_pack).startswith("that of 2026-Q2 is held back by ")
    assert len(done.mailing.attachments) == 2
    assert "No investor pack of a quarter is ready to go along." in done.mailing.text


@pytest.mark.parametrize("reads_stripe", [True, False])
def test_a_run_of_an_organization_that_tells_investors_makes_the_pack_that_the_mail_carries(
    committing, database_url, tmp_path, reads_stripe
):
    investors(committing, and_all=True)
    committing.commit()
    source = "stripe: {environment: sandbox}" if reads_stripe else "quickbooks: {environment: sandbox}"
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "fernhill-it.yml").write_text(
        f"{{id: fernhill-it, name: Fernhill IT, time_zone: America/Chicago, sources: {{{source}}}}}"
    )
    with installed(database_url, tmp_path / "var", tmp_path / "config"):
        done = build_quarter(
            one_organization(marts.ORGANIZATION), marts.QUARTER, progress=Quiet(), processes=1, pdf=False
        )
    assert not done.failed
    assert any(deck.kind == "investor" for deck in done.built) is reads_stripe
    report = build_investor_report(committing, marts.ORGANIZATION, "2026-06", AS_OF, tmp_path)
    assert (report.why_no_pack is None) is reads_stripe
    assert report.mailing.attachments[-1].path.name.endswith("-investor.pptx") is reads_stripe
