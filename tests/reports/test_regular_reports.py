"""What goes out by the calendar: figures for investors with the month before, data quality, mails, and what is kept."""

import email
import json
import re
import socket
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.policy import default
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from orchestration.progress import Quiet
from orchestration.quarter_decks import build_quarter
from orchestration.selection import one_organization
from reports import mails, retention
from reports.errors import UnknownScope
from reports.quality_report import build_quality_report
from reports.snapshots import build_investor_report
from reports.views import organizations as scope
from tests.installation import installed
from tests.reports import marts
from tests.reports.receivers import Mailbox, free_port, mail_server
from warehouse.artefacts import store
from warehouse.settings import Settings

AS_OF = datetime(2026, 7, 5, 14, 0, 30, tzinfo=UTC)  # Sunday, 09:00:30 in Chicago
GROWTH = "Monthly recurring revenue of June 2026 is $101,234.56 after $100,000.10 of May 2026"
NAMED = "anna.keller@fernhill.example"


class Inbox:
    """A mail server on this machine that keeps what it gets."""

    def __init__(self) -> None:
        self.mails: list[email.message.EmailMessage] = []
        self.port = 0

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - the name aiosmtpd asks for
        self.mails.append(email.message_from_bytes(envelope.content, policy=default))
        return "250 OK"


@pytest.fixture
def inbox():
    keeper = Inbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        keeper.port = probe.getsockname()[1]
    controller = Controller(keeper, hostname="127.0.0.1", port=keeper.port)
    controller.start()
    yield keeper
    controller.stop()


def settings(tmp_path: Path, **more) -> Settings:
    return Settings(var_dir=tmp_path, smtp_starttls=False, **more)


def investors(connection, *, and_all: bool = False) -> None:
    """Two months for investors, with gaps; `and_all` that the other decks show."""
    (marts.whole_organization if and_all else marts.organization)(
        connection,
        settings={"delivery": {"investor_report": {"recipients": ["fund@example.com", "board@example.com"]}}},
    )
    both = {"organization_id": marts.ORGANIZATION}
    reasons = {"uptime_percentage": "No probes ran.", "nps": "Nobody has entered a survey's result."}
    marts.insert(
        connection,
        "marts.fct_investor_metrics",
        [
            {**both, "period": "2026-05", "mrr_run_rate": Decimal("100000.10"), "churn_risk": "high", "nps": 0,
             "error_rate": Decimal("0.0123456789"), "reasons": {}},
            {**both, "period": "2026-06", "mrr_run_rate": Decimal("101234.56"), "churn_risk": "medium",
             "error_rate": Decimal("0.0100"), "reasons": reasons},
        ],
    )  # fmt: skip
    seen = {**both, "severity": "high", "first_seen_at": AS_OF, "last_seen_at": AS_OF}
    marts.insert(
        connection,
        "app.alert_rules",
        [
            {**both, "rule": rule, "kind": kind, "severity": "high", "channels": ["file"]}
            for rule, kind in (
                ("threshold_crossed", "threshold"),
                ("source_failed", "source_failed"),
                ("growth", "change"),
                ("data_suspicious", "check_warned"),
            )
        ],
    )
    marts.insert(
        connection,
        "app.alerts",
        [
            {**seen, "rule": rule, "scope": about, "message": message}
            for rule, about, message in (
                ("growth", "mrr_run_rate", GROWTH),
                ("threshold_crossed", "owner_comp", "Owner's pay is $31,000.00"),
                ("source_failed", "stripe", f"refused the key of {NAMED}"),
                ("data_suspicious", "mrr_run_rate", f"the MRR that {NAMED} entered looks wrong"),
                ("growth", "rule growth", "The alert rule growth cannot be judged"),
                ("run_failed", "daily", f"the job of {NAMED} failed"),
            )
        ],
    )


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


def test_the_mail_arrives_once_with_figures_previous_values_and_attachments(committing, tmp_path, inbox):
    investors(committing)
    committing.commit()
    given = settings(tmp_path, smtp_host="127.0.0.1", smtp_port=inbox.port)
    done = build_investor_report(committing, marts.ORGANIZATION, "2026-06", AS_OF, tmp_path)
    about = scope.organization(committing, marts.ORGANIZATION)
    said = [mails.put(committing, given, about, done.mailing, AS_OF) for _ in range(2)]
    assert said == ["A mail to 2 was put.", "The mail of this time was put before."]
    for path in done.files:
        path.write_bytes(b"written over since")  # what was put is what goes
    assert mails.send_waiting(committing, given, AS_OF).delivered == 1
    assert mails.send_waiting(committing, given, AS_OF + timedelta(days=1)).delivered == 0
    assert [one["To"] for one in inbox.mails] == ["fund@example.com", "board@example.com"]  # nobody sees the others
    mail = inbox.mails[0]
    for body in (mail.get_body(("plain",)), mail.get_body(("html",))):
        words = body.get_content()
        assert "$101,235" in words
        assert "$100,000" in words
        assert "No probes ran." in words
        assert NAMED not in words
    attached = {part.get_filename(): part.get_payload(decode=True) for part in mail.iter_attachments()}
    assert set(attached) == {"metrics_2026-07-05_09-00-30.json", "investor_report_2026-07-05_09-00-30.xlsx"}
    assert json.loads(attached["metrics_2026-07-05_09-00-30.json"])["reporting_period"] == "2026-06"


def test_a_mail_waits_for_a_server_that_is_down_and_goes_when_it_is_back(committing, tmp_path, inbox):
    investors(committing)
    done = build_investor_report(committing, marts.ORGANIZATION, "2026-06", AS_OF, tmp_path)
    about = scope.organization(committing, marts.ORGANIZATION)
    up = settings(tmp_path, smtp_host="127.0.0.1", smtp_port=inbox.port)
    down = settings(tmp_path, smtp_host="127.0.0.1", smtp_port=1)
    mails.put(committing, down, about, done.mailing, AS_OF)
    committing.commit()
    sent = mails.send_waiting(committing, down, AS_OF)
    assert (sent.failed, sent.delivered) == (1, 0)
    assert "Connection refused" in (sent.error or "")
    assert not mails.is_waiting(committing, AS_OF)
    assert mails.is_waiting(committing, AS_OF + timedelta(hours=1))
    assert mails.send_waiting(committing, up, AS_OF + timedelta(hours=1)).delivered == 1
    assert len(inbox.mails) == 2


def test_without_a_mail_server_mails_wait_and_that_is_said(committing, tmp_path):
    investors(committing)
    about = scope.organization(committing, marts.ORGANIZATION)
    bare, given = settings(tmp_path), settings(tmp_path, smtp_host="127.0.0.1", smtp_port=1)
    assert str(mails.send_waiting(committing, bare, AS_OF)) == "no mail was waiting"
    mails.put(committing, given, about, mails.Mailing("investor_report", "k", "s", "words", "<p>words</p>"), AS_OF)
    committing.commit()
    told = str(mails.send_waiting(committing, bare, AS_OF))
    assert told == "1 wait: no mail server is set (QBR_SMTP_HOST)"


def test_mails_of_an_organization_that_rests_start_nothing(committing, tmp_path):
    investors(committing)
    about = scope.organization(committing, marts.ORGANIZATION)
    given = settings(tmp_path, smtp_host="127.0.0.1", smtp_port=1)
    mails.put(committing, given, about, mails.Mailing("investor_report", "k", "s", "words", "<p>words</p>"), AS_OF)
    assert mails.is_waiting(committing, AS_OF)
    committing.execute("update app.organizations set is_active = false")
    assert not mails.is_waiting(committing, AS_OF)


def test_a_mail_that_is_given_up_is_counted_as_such(committing, tmp_path):
    investors(committing)
    about = scope.organization(committing, marts.ORGANIZATION)
    down = settings(tmp_path, smtp_host="127.0.0.1", smtp_port=1)
    mails.put(committing, down, about, mails.Mailing("investor_report", "k", "s", "words", "<p>words</p>"), AS_OF)
    committing.execute("update app.outbox set attempts = 30")
    committing.commit()
    sent = mails.send_waiting(committing, down, AS_OF + timedelta(days=7))
    assert (sent.failed, sent.given_up) == (0, 1)
    assert str(sent).startswith("1 given up for good (The mail server 127.0.0.1:1 did not take the mail")


def test_who_is_put_off_gets_the_mail_later_and_who_has_it_not_twice(committing, tmp_path):
    investors(committing)
    about = scope.organization(committing, marts.ORGANIZATION)
    port, mailbox = free_port(), Mailbox()
    given = settings(tmp_path, smtp_host="127.0.0.1", smtp_port=port)
    mails.put(committing, given, about, mails.Mailing("investor_report", "k", "s", "words", "<p>words</p>"), AS_OF)
    committing.commit()
    mailbox.not_now = {"fund@example.com"}
    with mail_server(mailbox, port):
        first = mails.send_waiting(committing, given, AS_OF)
        assert (first.delivered, first.error) == (0, "not taken yet for fund@example.com (SMTP 451)")
        mailbox.not_now, mailbox.refused = set(), {"board@example.com"}
        assert mails.send_waiting(committing, given, AS_OF + timedelta(hours=1)).delivered == 1
    assert [who for who, _ in mailbox.mails] == [["board@example.com"], ["fund@example.com"]]
    noted = committing.execute("select recipient, outcome, alert_id from app.deliveries order by delivery_id")
    assert noted.fetchall() == [
        ("fund@example.com", "failed", None), ("board@example.com", "delivered", None),
        ("fund@example.com", "delivered", None),
    ]  # fmt: skip


def test_whom_the_server_refuses_for_good_is_said(committing, tmp_path):
    investors(committing)
    about = scope.organization(committing, marts.ORGANIZATION)
    port, mailbox = free_port(), Mailbox()
    given = settings(tmp_path, smtp_host="127.0.0.1", smtp_port=port)
    mails.put(committing, given, about, mails.Mailing("investor_report", "k", "s", "words", "<p>words</p>"), AS_OF)
    committing.commit()
    mailbox.refused = {"fund@example.com"}
    with mail_server(mailbox, port):
        sent = mails.send_waiting(committing, given, AS_OF)
    assert str(sent) == "1 sent, the server refused fund@example.com (SMTP 550)"


def test_a_mail_that_cannot_be_written_holds_up_none_behind_it(committing, tmp_path, inbox):
    investors(committing)
    about = scope.organization(committing, marts.ORGANIZATION)
    given = settings(tmp_path, smtp_host="127.0.0.1", smtp_port=inbox.port)
    for key, subject in (("bad", "two\nlines"), ("good", "one line")):
        mailing = mails.Mailing("investor_report", key, subject, "words", "<p>words</p>")
        mails.put(committing, given, about, mailing, AS_OF)
    committing.commit()
    sent = mails.send_waiting(committing, given, AS_OF)
    assert (sent.delivered, sent.failed, sent.error) == (1, 1, "sending failed unexpectedly: ValueError")
    assert {mail["Subject"] for mail in inbox.mails} == {"one line"}


def test_nothing_is_put_for_nobody(warehouse, tmp_path):
    investors(warehouse)
    done = build_investor_report(warehouse, marts.ORGANIZATION, "2026-06", AS_OF, tmp_path)
    about = scope.organization(warehouse, marts.ORGANIZATION)
    assert "no mail server" in mails.put(warehouse, settings(tmp_path), about, done.mailing, AS_OF)
    assert warehouse.execute("select count(*) from app.outbox").fetchone() == (0,)


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


def test_the_quality_report_says_the_same_on_the_page_in_the_workbook_and_in_the_mail(fernhill, tmp_path):
    fernhill.execute(
        "insert into app.check_results (organization_id, check_name, subject, severity, is_passed, message, "
        "checked_at) values (%s, 'ties', 'books <1>', 'error', false, 'differs by 12.00', %s)",
        [marts.ORGANIZATION, AS_OF],
    )
    done = build_quality_report(fernhill, marts.ORGANIZATION, "2026-06", AS_OF, tmp_path)
    page, workbook = done.files
    words = page.read_text()
    assert "books &lt;1&gt;" in words
    assert "differs by 12.00" in words
    assert "http" not in words.replace("http-equiv", "")
    assert any(finding.startswith("Readiness: No score: the marts hold no readiness") for finding in done.findings)
    assert any(re.match(r"Checks: 1 of \d+ checks fail", finding) for finding in done.findings)
    assert "differs by 12.00" in done.mailing.text
    assert workbook.stat().st_size > 1000
    again = build_quality_report(fernhill, marts.ORGANIZATION, "2026-06", AS_OF, tmp_path / "again")
    assert [path.read_bytes() for path in again.files] == [page.read_bytes(), workbook.read_bytes()]


def test_files_go_after_the_days_the_organization_keeps_them_and_what_is_frozen_or_a_deck_never(warehouse, tmp_path):
    marts.organization(warehouse, settings={"retention": {"exports_days": 10}})
    made = {}
    for name, kind, more in (
        ("old.csv", "export", {}),
        ("frozen.csv", "export", {"is_frozen": True}),
        ("deck.pptx", "company_deck", {}),
        ("snapshot.json", "snapshot_file", {}),
    ):
        path = tmp_path / "reports" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
        made[name] = store(warehouse, marts.ORGANIZATION, path, kind=kind, **more).artefact_id
    outside = tmp_path / "outside.csv"
    outside.write_text("not ours")
    store(warehouse, marts.ORGANIZATION, outside, kind="export")
    now = datetime.now(UTC)
    cleared = [
        retention.clear(warehouse, marts.ORGANIZATION, tmp_path / "reports", now + timedelta(days=days))
        for days in (9, 11, 11)
    ]
    assert [one.files for one in cleared] == [0, 1, 0]
    left = {path.name for path in (tmp_path / "reports").iterdir()}
    assert left == {"frozen.csv", "deck.pptx", "snapshot.json"}
    assert outside.exists()
    removed = warehouse.execute("select artefact_id from app.artefacts where removed_at is not null").fetchall()
    assert removed == [(made["old.csv"],)]
