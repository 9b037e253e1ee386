"""Canaries: marks in every row that somebody must not see, and a search that opens whatever they could leave in."""

import io
import re
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping
from email.header import decode_header, make_header
from email.message import Message

import psycopg
import pyarrow.parquet as pq
import pypdfium2
from psycopg import sql

OTHER_CLIENT, INTERNAL, ELSEWHERE = "zzotherclient", "zzinternal", "zzelsewhere"
NUMBER = 7531246
"""Stands for every figure of others; three months of it make 22593738."""
NUMBERS = (str(NUMBER), str(3 * NUMBER))

# What rows are found and told apart by, which must stay as it is for a view to take a row at all.
_KEYS = {
    "organization_id", "client_id", "period", "quarter", "metric", "unit", "method", "basis", "report_group",
    "environment", "source", "stream", "model", "aggregation", "better", "block", "movement", "stage", "bucket_type",
    "bucket", "statement", "driver", "effect", "status", "previous_quarter", "closed_period", "entered_period",
    "last_outcome", "match_method", "board_name", "half", "position", "age_bucket", "condition", "ownership", "mart",
    "system_status", "churn_risk", "growth_trajectory", "currency", "time_zone", "presented_method", "device_snapshot",
}  # fmt: skip
_TIMES = {"dim_periods", "dim_metrics", "dim_organizations"}


def copy_to_elsewhere(connection: psycopg.Connection, organization_id: str) -> None:
    """Every row of the organization once more, as another one's: with its mark in every word and every figure."""
    for table, columns in _marts(connection):
        if "organization_id" not in columns:
            continue
        kept = [name for name in columns if name != "organization_id"]
        values = [_marked(table, name, columns[name], ELSEWHERE) or sql.Identifier(name) for name in kept]
        connection.execute(
            sql.SQL(
                "insert into marts.{} (organization_id, {}) select {}, {} from marts.{} where organization_id = {}"
            ).format(
                sql.Identifier(table),
                sql.SQL(", ").join(map(sql.Identifier, kept)),
                sql.Literal(ELSEWHERE),
                sql.SQL(", ").join(values),
                sql.Identifier(table),
                sql.Literal(organization_id),
            )
        )


def plant(
    connection: psycopg.Connection,
    organization_id: str,
    *,
    client_id: str,
    spared: Collection[str] = (),
    metrics: Collection[str] = (),
) -> None:
    """Mark what is of other clients of the organization, and what is of no client, in every mart.

    The marts and metrics that are `spared` are meant for the reader.
    """
    for table, columns in _marts(connection):
        if "organization_id" not in columns or table in spared:
            continue
        is_told_apart = "client_id" in columns
        for mark in (OTHER_CLIENT, INTERNAL) if is_told_apart else (INTERNAL,):
            marked = {name: _marked(table, name, kind, mark) for name, kind in columns.items()}
            changes = [
                sql.SQL("{} = case when {} is not null then {} end").format(
                    sql.Identifier(name), sql.Identifier(name), value
                )
                for name, value in marked.items()
                if value is not None
            ]
            if not changes:
                continue
            whose = {OTHER_CLIENT: "client_id not in ({}, 'all')", INTERNAL: "client_id = 'all' and {} <> 'all'"}
            theirs = sql.SQL("true") if "metric" not in columns else sql.SQL("metric <> all({})").format([*metrics])
            mine = sql.SQL(whose[mark]).format(sql.Literal(client_id)) if is_told_apart else sql.SQL("true")
            connection.execute(
                sql.SQL("update marts.{} set {} where organization_id = {} and {} and {}").format(
                    sql.Identifier(table), sql.SQL(", ").join(changes), sql.Literal(organization_id), mine, theirs
                )
            )


def found(content: bytes, marks: tuple[str, ...], name: str = "file") -> list[str]:
    """Where one of the marks stands, in words or in figures however they are written."""
    return [f"{mark} in {where}" for where, text in texts(content, name) for mark in marks if mark in _plain(text)]


def found_in_mail(mail: Message, marks: tuple[str, ...]) -> list[str]:
    """Where one of the marks stands in a mail: headers, words, and whatever is attached, opened."""
    heads = "\n".join(f"{name}: {make_header(decode_header(str(value)))}" for name, value in mail.items())
    places = found(heads.encode(), marks, "headers")
    for part in mail.walk():
        if not part.is_multipart():
            name = part.get_filename() or part.get_content_type()
            places += found(str(part.items()).encode(), marks, f"headers of {name}")
            places += found(part.get_payload(decode=True), marks, name)
    return places


def texts(content: bytes, name: str) -> Iterator[tuple[str, str]]:
    """Every text in a file: parts of packages, pages and streams of a PDF, values of a Parquet file."""
    yield name, content.decode("utf-8", "replace")
    if content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            for inner in package.infolist():
                yield f"{name}!names", inner.filename
                yield from texts(package.read(inner), f"{name}!{inner.filename}")
    elif content[:4] == b"%PDF":
        yield from _of_pdf(content, name)
    elif content[:4] == b"PAR1":
        table = pq.read_table(io.BytesIO(content))
        yield f"{name}!schema", str(table.schema.metadata) + str(table.schema)
        yield f"{name}!rows", "\n".join(str(list(row.values())) for row in table.to_pylist())


def _of_pdf(content: bytes, name: str) -> Iterator[tuple[str, str]]:
    document = pypdfium2.PdfDocument(content)
    try:
        yield f"{name}!about", str(document.get_metadata_dict())
        for number, page in enumerate(document, start=1):
            words = page.get_textpage().get_text_range()
            yield f"{name}!page {number}", words
            yield f"{name}!page {number}, joined", re.sub(r"\s", "", words)
    finally:
        document.close()
    for number, match in enumerate(re.finditer(rb"stream\r?\n(.*?)endstream", content, re.DOTALL)):
        try:
            yield f"{name}!stream {number}", zlib.decompressobj().decompress(match[1]).decode("latin-1")
        except zlib.error:
            continue


def _plain(text: str) -> str:
    """In small letters, figures without what groups their digits, and without hashes, which may hold any digits."""
    text = re.sub(r"\b[0-9a-f]{16,}\b", "", text.lower())
    return re.sub(r"(?<=\d)[,.\s\u00a0\u202f'](?=\d{3})", "", text)


def _marked(table: str, name: str, kind: str, mark: str) -> sql.Composable | None:
    if table in _TIMES or name in _KEYS or name.endswith("_id"):
        return None
    if kind == "text":
        return sql.Literal(mark)
    return sql.Literal(NUMBER) if kind == "numeric" else None


def _marts(connection: psycopg.Connection) -> Iterator[tuple[str, Mapping[str, str]]]:
    tables = connection.execute(
        "select table_name, json_object_agg(column_name, data_type order by ordinal_position) "
        "from information_schema.columns where table_schema = 'marts' group by table_name order by table_name"
    ).fetchall()
    yield from tables
