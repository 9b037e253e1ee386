"""Mails with reports: each person has a link of their own to the files, and one that takes them off the list."""

import re
from datetime import timedelta
from email import policy
from email.parser import BytesParser
from pathlib import Path

import pytest

from portal import opening
from reports import mails
from reports.mails import Attachment, Mailing
from reports.views import organizations as scope
from tests.portal.conftest import NOW, PERSON, Installation
from tests.reports.receivers import Mailbox, free_port, mail_server
from warehouse import mail_lists, share_links
from warehouse.settings import Settings

HTTPS = "https://files.example.com"
PEOPLE = ["Fund@example.com", "board@example.com"]


@pytest.fixture
def settings(installation: Installation) -> Settings:
    """A mail server, and a page that people reach by TLS."""
    installation.connection.execute(
        "update app.organizations set settings = jsonb_build_object('delivery', jsonb_build_object('investor_report', "
        "jsonb_build_object('recipients', %s::text[]))) where organization_id = 'north'",
        [PEOPLE],
    )
    installation.connection.commit()
    more = {"smtp_host": "127.0.0.1", "smtp_port": free_port(), "smtp_starttls": False, "portal_url": HTTPS}
    return installation.settings.model_copy(update=more)


def sent(installation: Installation, settings: Settings, key: str = "week 1", **attached: Path) -> Mailbox:
    """What arrives of one report."""
    connection, mailbox = installation.connection, Mailbox()
    put(installation, settings, key, **attached)
    with mail_server(mailbox, settings.smtp_port):
        mails.send_waiting(connection, settings, NOW)
    return mailbox


def put(installation: Installation, settings: Settings, key: str = "week 1", **attached: Path) -> str:
    files = tuple(Attachment.of(path, "application/json") for path in attached.values())
    page = "<html><body><div>words<!-- footer --></div></body></html>"
    mailing = Mailing("investor_report", key, "Figures for investors", "words\n", page, files)
    about = scope.organization(installation.connection, "north")
    said = mails.put(installation.connection, settings, about, mailing, NOW)
    installation.connection.commit()
    return said


def told(mail) -> str:
    """The words of a mail as a person reads them."""
    return BytesParser(policy=policy.default).parsebytes(mail.as_bytes()).get_body(("plain",)).get_content()


def address(mail, what: str) -> str:
    """Where a link of the mail leads, on the page."""
    found = re.search(rf"{HTTPS}(/{what}/\S+)", told(mail))
    assert found is not None
    return found[1]


def test_the_link_in_a_mail_opens_what_is_attached_and_each_person_has_their_own(installation, settings):
    made = installation.file("metrics.json", "{}", kind="snapshot_file")
    installation.file("internal.csv", "secret", kind="export")
    mailbox = sent(installation, settings, metrics=installation.folder / "north" / "metrics.json")
    places = {address(mail, "l") for _, mail in mailbox.mails}
    assert len(places) == 2
    for place in places:
        page = installation.page.get(place)
        assert page.status_code == 200
        assert "metrics.json" in page.text
        assert "internal.csv" not in page.text
        assert installation.page.get(f"{place}/{made.artefact_id}/metrics.json").content == b"{}"
    kept = [one.link for one in share_links.links(installation.connection, "north")]
    assert {one.created_by for one in kept} == {f"mail to {person}" for person in PEOPLE}
    assert {one.expires_at for one in kept} == {NOW + timedelta(days=30)}


def test_a_mail_that_is_tried_again_carries_the_same_links(installation, settings):
    installation.file("metrics.json", "{}", kind="snapshot_file")
    put(installation, settings, metrics=installation.folder / "north" / "metrics.json")
    mailbox = Mailbox()
    mailbox.is_down = True
    with mail_server(mailbox, settings.smtp_port):
        mails.send_waiting(installation.connection, settings, NOW)
        mailbox.is_down = False
        mails.send_waiting(installation.connection, settings, NOW + timedelta(hours=1))
    assert len(mailbox.mails) == 2
    assert len(share_links.links(installation.connection, "north")) == 2


def test_nothing_in_the_database_opens_a_link_or_takes_anyone_off(installation, settings):
    installation.file("metrics.json", "{}", kind="snapshot_file")
    mailbox = sent(installation, settings, metrics=installation.folder / "north" / "metrics.json")
    rows = [
        str(installation.connection.execute(f"select * from app.{table}").fetchall())
        for table in ("outbox", "share_links", "mail_recipients", "deliveries", "audit_log")
    ]
    for _, mail in mailbox.mails:
        for what in ("l", "u"):
            assert address(mail, what).split("/")[2][:30] not in " ".join(rows)


def test_mail_programs_are_told_how_to_take_somebody_off_with_one_click(installation, settings):
    for _, mail in sent(installation, settings).mails:
        assert mail["List-Unsubscribe"] == f"<{HTTPS}{address(mail, 'u')}>"  # whole, on one line, not encoded
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_opening_the_link_changes_nothing_and_the_button_takes_that_one_address_off(installation, settings):
    (_, first), _ = sent(installation, settings).mails
    place = address(first, "u")
    for _ in range(2):  # as a program does that looks through mails
        page = installation.page.get(place)
        assert page.status_code == 200
        assert "Nothing has changed yet" in page.text
        assert "form-action 'self'" in page.headers["content-security-policy"]
        assert "und@example.com" not in page.text  # whoever the mail was passed on to does not learn the address
    assert len(sent(installation, settings, "week 2").mails) == 2
    clicked = installation.page.post(place, content="List-Unsubscribe=One-Click")
    assert (clicked.status_code, "You are off the list" in clicked.text) == (200, True)
    assert "You are off the list" in installation.page.get(place).text
    assert installation.page.post(place).status_code == 200  # again does no harm
    assert [who for who, _ in sent(installation, settings, "week 3").mails] == [["board@example.com"]]
    assert put(installation, settings, "week 4") == "A mail to 1 was put. Fund@example.com left the list."
    (row,) = installation.connection.execute(
        "select actor_id, resource from app.audit_log where action = 'mail_list_left'"
    ).fetchall()
    assert row == ("fund@example.com", "investor_report")


def test_who_leaves_while_a_mail_waits_does_not_get_it(installation, settings):
    (_, first), (_, second) = sent(installation, settings).mails
    put(installation, settings, "week 2")
    for mail in (first, second):
        installation.page.post(address(mail, "u"))
    mailbox = Mailbox()
    with mail_server(mailbox, settings.smtp_port):
        done = mails.send_waiting(installation.connection, settings, NOW)
    assert (mailbox.mails, done.failed) == ([], 0)
    assert put(installation, settings, "week 3").startswith("No mail was put: Fund@example.com, board@example.com left")


def test_who_was_put_back_gets_mails_again(installation, settings):
    (_, first), _ = sent(installation, settings).mails
    installation.page.post(address(first, "u"))
    mail_lists.put_back(
        installation.connection,
        "north",
        "investor_report",
        "Fund@example.com",
        actor=PERSON,
    )
    installation.connection.commit()
    assert len(sent(installation, settings, "week 2").mails) == 2
    with pytest.raises(mail_lists.ListUnchanged, match="has not left"):
        mail_lists.put_back(installation.connection, "north", "investor_report", "x@y.z", actor=PERSON)


def test_a_token_of_one_sort_is_none_of_the_other_and_what_was_made_up_asks_no_database(
    installation, settings, monkeypatch
):
    made = installation.file("metrics.json", "{}", kind="snapshot_file")
    (_, mail), _ = sent(installation, settings).mails
    _, link = installation.link(made)
    leaving = address(mail, "u")
    monkeypatch.setattr(opening, "_session", lambda _: pytest.fail("the database was asked"))
    for guess in (link.replace("/l/", "/u/"), leaving.replace("/u/", "/l/"), "/u/x", leaving[:-1], "/u/" + "A" * 56):
        assert installation.page.get(guess).status_code == 404
        assert installation.page.post(guess).status_code in {404, 405}


def test_without_a_page_to_reach_the_mail_says_whom_to_write_to(installation, settings):
    bare = settings.model_copy(update={"portal_url": None, "smtp_from": "reports@example.com"})
    _, mail = sent(installation, bare).mails[0]
    assert "To be taken off it, write to reports@example.com." in told(mail)
    assert "http" not in told(mail)
    assert mail["List-Unsubscribe"] == "<mailto:reports@example.com?subject=unsubscribe>"
    assert mail["List-Unsubscribe-Post"] is None
    nobodys = settings.model_copy(update={"portal_url": None})
    _, mail = sent(installation, nobodys, "week 2").mails[0]
    assert "tell whoever sends it at North <IT>" in told(mail)
    assert mail["List-Unsubscribe"] is None
