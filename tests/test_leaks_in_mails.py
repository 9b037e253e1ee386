"""S1 for what is sent: mails with reports, alerts over every channel, and the JSON files behind them."""

import base64
import json
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from orchestration.progress import Quiet
from orchestration.quarter_decks import build_quarter
from reports import mails
from reports.alerts import deliver, evaluate, raise_run_failed
from reports.decks.bulk import Order
from reports.quality_report import build_quality_report
from reports.snapshots import build_investor_report
from reports.views import organizations as scope
from tests import canaries
from tests.canaries import ELSEWHERE, INTERNAL, NUMBERS, OTHER_CLIENT
from tests.installation import installed
from tests.reports import growth_marts, marts
from tests.reports.alerting import AS_OF, HOUR
from tests.reports.receivers import Mailbox, free_port, mail_server, web_server
from warehouse.organizations import Organization
from warehouse.settings import Settings, get_settings
from warehouse.signals import tell

CONFIG = "{id: fernhill-it, name: Fernhill IT, time_zone: America/Chicago, sources: {stripe: {environment: sandbox}}}"
ADDRESSES = {marts.ORGANIZATION: "ours@example.com", ELSEWHERE: "theirs@example.com"}
SHOWN_TO_INVESTORS = ("fct_investor_metrics", "fct_revenue_monthly")
CASH = ("cash_reserve", "cash_burn_monthly", "runway_months", "net_profit")
SECRET = ("owner_comp", "employee_expense", "rhem", "payroll", "birch", "juniper", "vehicles:fuel")

OWNER = Organization(id=marts.ORGANIZATION, name="Fernhill IT", time_zone="America/Chicago")


def two_organizations(connection: psycopg.Connection) -> None:
    """Ours and another one, each with everything, and with addresses of its own."""
    sent_to = {
        name: {
            "delivery": {
                "digest": {"at": []},
                "channels": ["email", "chat_webhook", "slack", "teams", "webhook", "apprise", "file"],
                "slack_channel": f"C-{name}",
                "email": {"recipients": [address]},
                "investor_report": {"recipients": [f"investor-{address}"]},
            }
        }
        for name, address in ADDRESSES.items()
    }
    marts.create(connection)
    marts.whole_organization(connection, settings=sent_to[marts.ORGANIZATION])
    growth_marts.whole(connection)
    marts.organization(connection, ELSEWHERE, alias=2, name=ELSEWHERE, settings=sent_to[ELSEWHERE])
    canaries.copy_to_elsewhere(connection, marts.ORGANIZATION)


def wrong(connection: psycopg.Connection, organization_id: str) -> None:
    """Something for every sort of rule to say, in the organization's own words."""
    mark = {"organization_id": organization_id}
    for name, kind, severity, parameters in (
        ("check_failed", "check_failed", "critical", {}),
        ("missing", "missing_inputs", "critical", {}),
        ("source_failed", "source_failed", "critical", {}),
        ("down", "signal", "critical", {"signal": "portal.up", "below": "1"}),
    ):
        row = {**mark, "rule": name, "kind": kind, "severity": severity, "parameters": parameters, "channels": []}
        marts.insert(connection, "app.alert_rules", [row])
    tell(connection, organization_id, "portal.up", 0, AS_OF)
    failing = {"check_name": "ties", "subject": f"books of {organization_id}", "severity": "error", "run_id": "run-1"}
    row = {**mark, **failing, "is_passed": False, "message": f"differs at {organization_id}", "checked_at": AS_OF}
    marts.insert(connection, "app.check_results", [row])


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def settings(tmp_path: Path, port: int) -> Settings:
    """Every channel there is, over HTTP at one receiver and over mail beside it."""
    return Settings(
        _env_file=None,
        var_dir=tmp_path,
        smtp_host="127.0.0.1",
        smtp_port=free_port(),
        smtp_starttls=False,
        chat_webhook_url=f"http://127.0.0.1:{port}/chat",
        slack_bot_token="xoxb-test",
        slack_api_url=f"http://127.0.0.1:{port}/api",
        teams_webhook_url=f"http://127.0.0.1:{port}/teams",
        alert_webhook_url=f"http://127.0.0.1:{port}/hook",
        alert_webhook_secret="whsec_" + base64.b64encode(b"a key of the receiver").decode(),
        apprise_urls=f"json://127.0.0.1:{port}/apprise",
    )


def test_alerts_of_one_organization_tell_nothing_of_another_over_any_channel(connection, settings, port):
    two_organizations(connection)
    for organization in ADDRESSES:
        wrong(connection, organization)
        evaluate(connection, organization, AS_OF)
        raise_run_failed(
            connection, organization, job="daily", run_id="1", message=f"failed at {organization}", as_of=AS_OF
        )
    connection.commit()
    mailbox = Mailbox()
    with mail_server(mailbox, settings.smtp_port), web_server(port) as web:
        sent = deliver(connection, settings, AS_OF + HOUR)
        assert (sent.failed, sent.not_configured, sent.broken) == ({}, {}, [])
    assert set(sent.delivered) == {"email", "chat_webhook", "slack", "teams", "webhook", "apprise", "file"}
    heard = dict.fromkeys(ADDRESSES, 0)
    for recipients, mail in mailbox.mails:
        ours = recipients == [ADDRESSES[marts.ORGANIZATION]]
        assert bool(canaries.found_in_mail(mail, (ELSEWHERE, "theirs@"))) is not ours
        heard[marts.ORGANIZATION if ours else ELSEWHERE] += 1
    for _, headers, content in web.posts:
        told = canaries.found(content + str(headers).encode(), (ELSEWHERE, "fernhill"))
        assert len({one.split(" in ")[0] for one in told}) == 1, told  # one organization in one message
        heard[ELSEWHERE if told[0].startswith(ELSEWHERE) else marts.ORGANIZATION] += 1
    for message in web.slack.values():
        assert (ELSEWHERE in json.dumps(message)) is (message["channel"] == f"C-{ELSEWHERE}")
    files = {path: path.read_bytes() for path in (settings.var_dir / "alerts").rglob("*") if path.is_file()}
    ours = [path for path in files if marts.ORGANIZATION in str(path)]
    assert ours
    assert [canaries.found(files[path], (ELSEWHERE, "theirs@")) for path in ours] == [[] for _ in ours]
    assert min(heard.values()) > 20  # both were heard, in every channel


@pytest.fixture
def investors(connection: psycopg.Connection, database_url: str, tmp_path: Path):
    """The investors' report of our organization with its pack, and the owner's report on the data."""
    two_organizations(connection)
    canaries.plant(connection, marts.ORGANIZATION, client_id="nobody", spared=SHOWN_TO_INVESTORS, metrics=CASH)
    connection.execute("update app.check_results set message = %s where organization_id = 'fernhill-it'", [INTERNAL])
    seen = {"organization_id": marts.ORGANIZATION, "severity": "high", "first_seen_at": AS_OF, "last_seen_at": AS_OF}
    rules = (("threshold_crossed", "threshold"), ("growth", "change"), ("suspicious", "check_warned"))
    row = {"organization_id": marts.ORGANIZATION, "severity": "high", "channels": ["file"]}
    marts.insert(connection, "app.alert_rules", [{**row, "rule": rule, "kind": kind} for rule, kind in rules])
    told = [
        {**seen, "rule": "growth", "scope": "mrr_run_rate", "message": "MRR grew too slowly"},
        {**seen, "rule": "threshold_crossed", "scope": "owner_comp", "message": f"{INTERNAL} pay"},
        {**seen, "rule": "suspicious", "scope": "mrr_run_rate", "message": f"{INTERNAL} looks wrong"},
    ]
    marts.insert(connection, "app.alerts", told)
    connection.commit()
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "fernhill-it.yml").write_text(CONFIG)
    with installed(database_url, tmp_path / "var", tmp_path / "config"):
        done = build_quarter(OWNER, marts.QUARTER, orders=[Order("investor")], progress=Quiet(), processes=1, pdf=True)
        assert done.failed == []
        yield connection, get_settings().var_dir / "reports"


def mailed(connection, settings, mailing) -> list:
    """What arrives of a mail, as it left."""
    mailbox = Mailbox()
    mails.put(connection, settings, scope.organization(connection, marts.ORGANIZATION), mailing, AS_OF)
    connection.commit()
    with mail_server(mailbox, settings.smtp_port):
        assert mails.send_waiting(connection, settings, AS_OF + timedelta(minutes=1)).delivered == 1
    return mailbox.mails


def test_investors_are_told_of_no_client_no_pay_and_no_other_organization(investors, settings):
    connection, folder = investors
    done = build_investor_report(connection, marts.ORGANIZATION, "2026-06", AS_OF, folder)
    assert done.why_no_pack is None
    marks = (INTERNAL, OTHER_CLIENT, ELSEWHERE, *NUMBERS, *SECRET, "theirs@")
    [(recipients, mail)] = mailed(connection, settings, done.mailing)
    assert recipients == [f"investor-{ADDRESSES[marts.ORGANIZATION]}"]
    assert len([part for part in mail.walk() if part.get_filename()]) == 3
    assert canaries.found_in_mail(mail, marks) == []
    beside = [path for path in folder.rglob("*") if path.is_file()]
    assert {".json", ".xlsx", ".pdf", ".pptx"} == {path.suffix for path in beside}
    for path in beside:
        assert canaries.found(path.read_bytes(), marks, path.name) == [], path
    assert canaries.found_in_mail(mail, ("mrr grew too slowly",))  # the search reads words and attachments
    assert any(".json" in one for one in canaries.found_in_mail(mail, ("mrr_growth_rate",)))
    assert any("pptx!" in one for one in canaries.found_in_mail(mail, ("recurring revenue",)))


def test_the_report_on_the_data_tells_of_its_own_organization_alone(investors, settings):
    connection, folder = investors
    done = build_quality_report(connection, marts.ORGANIZATION, "2026-06", AS_OF, folder)
    [(_, mail)] = mailed(connection, settings, done.mailing)
    assert canaries.found_in_mail(mail, (ELSEWHERE, "theirs@")) == []
    assert canaries.found_in_mail(mail, (INTERNAL,))  # the owner may know, and the search can fail
