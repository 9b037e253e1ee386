"""Share links (S13): at least 128 bits, expiry and revocation at once, exactly what was named, every use noted."""

import base64
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import opening
from reports import retention
from tests.portal.conftest import NOW, Installation, sha256
from warehouse import share_links
from warehouse.roles import PORTAL

KEY = b"k" * 32


def test_a_link_lists_its_files_and_hands_them_out_byte_for_byte(installation: Installation):
    deck = installation.file("review.pptx", "slides", details={"slides": 6})
    link, address = installation.link(deck)
    page = installation.page.get(address)
    assert page.status_code == 200
    assert "Your &lt;review&gt;" in page.text
    assert "Service review" in page.text
    assert "6 slides" in page.text
    assert "Q2 2026" in page.text
    assert sha256("slides") in page.text
    answer = installation.page.get(f"{address}/{deck.artefact_id}/review.pptx")
    assert answer.content == b"slides"
    assert answer.headers["x-content-sha256"] == deck.sha256
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''review.pptx"
    assert installation.uses(link) == ["listed", "downloaded"]


def test_every_answer_forbids_indexing_framing_caching_and_scripts(installation: Installation):
    deck = installation.file("review.pptx")
    _, address = installation.link(deck)
    for path in (
        "/",
        "/robots.txt",
        "/style.css",
        address,
        f"{address}/{deck.artefact_id}/review.pptx",
        "/nowhere",
        "/l/x",
    ):
        headers = installation.page.get(path).headers
        assert "noindex" in headers["x-robots-tag"]
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "Disallow: /" in installation.page.get("/robots.txt").text
    page = installation.page.get(address).text
    assert "<script" not in page
    assert 'src="http' not in page
    assert 'href="http' not in page


def test_a_token_carries_192_random_bits_and_the_database_only_their_hash(installation: Installation):
    link, address = installation.link(installation.file("review.pptx"))
    token = address.removeprefix("/l/")
    secret = base64.urlsafe_b64decode(token)[:24]
    assert len(secret) * 8 == 192
    kept = installation.connection.execute("select * from app.share_links").fetchone()
    assert link.token_hash in kept
    assert secret not in kept
    assert token not in str(kept)
    _, other = installation.link(installation.file("other.pptx"))
    assert other != address


def test_what_was_not_signed_by_us_never_reaches_the_database(installation: Installation, monkeypatch):
    _, address = installation.link(installation.file("review.pptx"))
    monkeypatch.setattr(opening, "_session", lambda _: pytest.fail("the database was asked"))
    token = address.removeprefix("/l/")
    changed = ("A" if token[0] != "A" else "B") + token[1:]
    for guess in (
        "x",
        changed,
        token[:-1],
        token + "=",
        token + "AAAA",
        "A" * 56,
        "A" * 5000,
        "%00",
        "\u00e4",
        "-" * 56,
    ):
        answer = installation.page.get(f"/l/{guess}")
        assert answer.status_code == 404
        assert "does not open anything" in answer.text


@given(st.binary(min_size=24, max_size=24), st.integers(min_value=0, max_value=335))
def test_a_token_with_any_bit_changed_is_none(secret: bytes, bit: int):
    text, signature = share_links._text(secret), share_links._text(share_links._signature(secret, KEY))
    assert share_links.secret_of(text + signature, KEY) is not None
    assert share_links.secret_of(text + signature, b"another key of this test........") is None
    whole = bytearray(base64.urlsafe_b64decode(text + signature))
    whole[bit // 8] ^= 1 << (bit % 8)
    assert share_links.secret_of(base64.urlsafe_b64encode(bytes(whole)).decode(), KEY) is None


def test_a_link_opens_until_its_very_end_and_not_after(installation: Installation):
    deck = installation.file("review.pptx")
    link, address = installation.link(deck, days=2)
    installation.now[0] = NOW + timedelta(days=2) - timedelta(seconds=1)
    assert installation.page.get(address).status_code == 200
    installation.now[0] = NOW + timedelta(days=2)
    for path in (address, f"{address}/{deck.artefact_id}/review.pptx", f"{address}/{deck.artefact_id}/receipts"):
        answer = installation.page.get(path)
        assert answer.status_code == 410
        assert "has expired" in answer.text
        assert "review.pptx" not in answer.text
    assert installation.uses(link) == ["listed", "expired", "expired", "expired"]


def test_a_revoked_link_is_closed_at_once(installation: Installation):
    deck = installation.file("review.pptx")
    link, address = installation.link(deck)
    assert installation.page.get(address).status_code == 200
    installation.revoke(link)
    for path in (address, f"{address}/{deck.artefact_id}/review.pptx"):
        answer = installation.page.get(path)
        assert answer.status_code == 410
        assert "was closed" in answer.text
        assert "wrong person" not in answer.text
    assert installation.uses(link) == ["listed", "revoked", "revoked"]
    with pytest.raises(share_links.LinkRefused, match="no link"):
        installation.revoke(link)


def test_a_link_opens_no_file_that_it_does_not_name(installation: Installation):
    mine = installation.file("mine.pptx")
    another = installation.file("another.pptx")
    theirs = installation.file("theirs.pptx", "a secret of South", organization="south")
    link, address = installation.link(mine)
    for file, name in ((another, "another.pptx"), (theirs, "theirs.pptx"), (mine, "another.pptx")):
        answer = installation.page.get(f"{address}/{file.artefact_id}/{name}")
        assert answer.status_code == 404
        assert "does not open that" in answer.text
        assert "secret" not in answer.text
    assert installation.uses(link) == ["refused"] * 3


def test_no_link_is_made_to_files_of_two_organizations(installation: Installation):
    theirs = installation.file("theirs.pptx", organization="south")
    with pytest.raises(share_links.LinkRefused, match="has no finished file"):
        installation.link(installation.file("mine.pptx"), theirs)
    with pytest.raises(share_links.LinkRefused, match="asked for no file"):
        installation.link()


@pytest.mark.parametrize(
    "way",
    ["../secret.key", "..%2f..%2fsecret.key", "%2e%2e%2fsecret.key", "%2fetc%2fpasswd", "....//secret.key", "%00"],
)
def test_no_way_leads_out_of_the_folder(installation: Installation, way: str):
    (installation.settings.var_dir / "secret.key").write_text("the installation's key")
    deck = installation.file("review.pptx")
    _, address = installation.link(deck)
    for path in (f"{address}/{deck.artefact_id}/{way}", f"{address}/{way}", f"/{way}", f"/l/{way}"):
        answer = installation.page.get(path)
        assert answer.status_code == 404
        assert "installation's key" not in answer.text
        assert "root:" not in answer.text


def test_a_file_noted_outside_the_folder_or_reached_by_a_symbolic_link_is_not_handed_out(installation: Installation):
    outside = installation.settings.var_dir / "secret.key"
    outside.write_text("the installation's key")
    planted = installation.folder / "north" / "planted.pptx"
    planted.parent.mkdir(parents=True)
    planted.write_text("the installation's key")
    noted = installation.file("planted.pptx", "the installation's key")
    planted.unlink()
    planted.symlink_to(outside)
    far = installation.file("../../secret.key", "the installation's key")
    link, address = installation.link(noted, far)
    for file, name in ((noted, "planted.pptx"), (far, "secret.key")):
        answer = installation.page.get(f"{address}/{file.artefact_id}/{name}")
        assert answer.status_code == 404
        assert "installation's key" not in answer.text
    assert installation.uses(link) == ["refused", "refused"]


def test_a_link_to_a_draft_does_not_open_what_replaced_it_nor_what_was_frozen_later(installation: Installation):
    draft = installation.file("review.pptx", "draft")
    link, address = installation.link(draft)
    final = installation.file("review.pptx", "final", is_frozen=True)
    for number in (draft.artefact_id, final.artefact_id):
        answer = installation.page.get(f"{address}/{number}/review.pptx")
        assert answer.status_code in {404, 410}
        assert b"final" not in answer.content.replace(b"finalised", b"")
    page = installation.page.get(address).text
    assert "Replaced since" in page
    assert "Download</a>" not in page
    assert installation.uses(link) == ["replaced", "refused", "listed"]


def test_a_link_goes_on_opening_what_was_frozen_just_as_it_stood(installation: Installation):
    deck = installation.file("review.pptx", "as shown")
    _, address = installation.link(deck)
    installation.file("review.pptx", "as shown", is_frozen=True)
    assert installation.page.get(f"{address}/{deck.artefact_id}/review.pptx").content == b"as shown"
    assert "Final" in installation.page.get(address).text


def test_what_was_changed_on_disk_is_not_handed_out_and_what_is_gone_says_so(installation: Installation):
    deck = installation.file("review.pptx", "as finished")
    link, address = installation.link(deck)
    place = installation.folder / "north" / "review.pptx"
    place.write_text("as FINISHED")
    answer = installation.page.get(f"{address}/{deck.artefact_id}/review.pptx")
    assert (answer.status_code, "is not what it was" in answer.text) == (410, True)
    place.unlink()
    answer = installation.page.get(f"{address}/{deck.artefact_id}/review.pptx")
    assert (answer.status_code, "no longer kept" in answer.text) == (410, True)
    assert installation.uses(link) == ["damaged", "removed"]


def test_a_file_removed_by_its_retention_says_so(installation: Installation):
    made = installation.file("figures.csv", kind="export")
    _, address = installation.link(made)
    retention.clear(installation.connection, "north", installation.folder, NOW + timedelta(days=4000))
    installation.connection.commit()
    answer = installation.page.get(f"{address}/{made.artefact_id}/figures.csv")
    assert (answer.status_code, "no longer kept" in answer.text) == (410, True)


def test_uses_are_noted_with_address_and_program_and_cannot_be_rewritten(installation: Installation):
    link, address = installation.link(installation.file("review.pptx"))
    installation.page.get(address, headers={"user-agent": "Reader/1 " + "x" * 500})
    (view,) = share_links.views(installation.connection, "north", link.link_id)
    assert view.viewed_at == NOW
    assert view.user_agent.startswith("Reader/1")
    assert len(view.user_agent) == 200
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        installation.connection.execute("delete from app.share_views")
    installation.connection.rollback()
    actions = installation.connection.execute("select action from app.audit_log order by audit_id").fetchall()
    assert ("share_link_made",) in actions


def test_the_page_only_shows(installation: Installation):
    _, address = installation.link(installation.file("review.pptx"))
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert installation.page.request(method, address).status_code == 405
    for path in ("/docs", "/openapi.json", "/redoc"):
        assert installation.page.get(path).status_code == 404


def test_a_failure_inside_tells_the_log_and_not_the_visitor(installation: Installation, monkeypatch, caplog):
    def fails(*_: object) -> None:
        raise RuntimeError("password=hunter2")

    _, address = installation.link(installation.file("review.pptx"))
    monkeypatch.setattr(opening, "open_link", fails)
    answer = installation.page.get(address)
    assert answer.status_code == 500
    assert "Something went wrong here" in answer.text
    assert "hunter2" not in answer.text
    assert "hunter2" in caplog.text
    assert address.removeprefix("/l/") not in caplog.text
    assert "noindex" in answer.headers["x-robots-tag"]


def test_the_portals_role_sees_one_organization_and_may_write_nothing(installation: Installation):
    link, _ = installation.link(installation.file("review.pptx"))
    other, _ = installation.link(installation.file("theirs.pptx", organization="south"), organization="south")
    connection = installation.connection
    connection.execute(f"set role {PORTAL}")
    assert share_links.open_link(connection, b"\0" * 32) is None
    assert connection.execute("select count(*) from app.share_links").fetchone() == (0,)
    assert share_links.open_link(connection, link.token_hash).organization_id == "north"
    assert connection.execute("select organization_id from app.share_links").fetchall() == [("north",)]
    assert connection.execute("select organization_id from app.artefacts").fetchall() == [("north",)]
    connection.commit()
    for deed in (
        "update app.share_links set expires_at = now() + interval '1 year'",
        "insert into app.share_link_files values ('north', 1, 2)",
        "select * from app.share_views",
        "select * from app.credentials",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(deed)
        connection.rollback()
    share_links.note_view(connection, link, "listed", now=NOW)
    connection.commit()
    connection.execute("reset role")
    assert installation.uses(link) == ["listed"]
    assert installation.uses(other) == []


def test_another_signing_key_closes_every_link(installation: Installation):
    _, address = installation.link(installation.file("review.pptx"))
    Path(installation.settings.var_dir / "link.key").write_bytes(base64.urlsafe_b64encode(b"n" * 32))
    assert installation.page.get(address).status_code == 404
