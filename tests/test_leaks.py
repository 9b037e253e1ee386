"""The search for secrets finds what is there: one that found nothing anywhere would pass every test."""

import base64
import io
import sqlite3
import zipfile
import zlib
from pathlib import Path

import pytest

from tests.leaks import leaks, texts_in

SECRET = "sandbox-not-a-secret/1+2 3"


def archive(**members: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return held.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        f"key={SECRET}\n".encode(),
        b"?key=sandbox-not-a-secret%2F1%2B2%203&x=1",
        b"key=sandbox-not-a-secret%2F1%2B2+3",
        *(base64.b64encode(b"user:"[:shift] + SECRET.encode() + b":rest") for shift in range(5)),
        base64.urlsafe_b64encode(b"{" + SECRET.encode() + b"}"),
        archive(slide=b"<a>" + SECRET.encode()),
        archive(book=archive(sheet=SECRET.encode())),
        b"Authorization: Bearer sandbox.quickbooks.refresh.1.1783000000.17.abcdef",
    ],
)
def test_a_secret_is_found_in_whatever_form(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "file").write_bytes(content)
    assert leaks([SECRET], texts_in(tmp_path))
    assert leaks(["another"], texts_in(tmp_path)) == [] or b"sandbox.quickbooks" in content


@pytest.mark.parametrize("value", [SECRET, zlib.compress(SECRET.encode())])
def test_a_secret_is_found_in_dagsters_own_storage(tmp_path: Path, value: object) -> None:
    with sqlite3.connect(tmp_path / "runs.db") as database:
        database.execute("create table snapshots (body)")
        database.execute("insert into snapshots values (?)", [value])
    database.close()
    assert [where for where in leaks([SECRET], texts_in(tmp_path)) if "snapshots" in where]


def test_what_is_found_is_not_repeated(tmp_path: Path) -> None:
    (tmp_path / "log").write_text(SECRET)
    assert not [told for told in leaks([SECRET], texts_in(tmp_path)) if SECRET in told]
