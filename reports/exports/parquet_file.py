"""Parquet: typed columns, decimals as decimals. Nothing is neutralised here, since no spreadsheet calculates it."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from reports.exports.table import Column, Table

_ROWS_AT_ONCE = 20_000
_DIGITS = 38
"""What a 128-bit decimal holds; a column with more decimals than fit beside 20 whole digits takes 256 bits."""


def write_parquet(table: Table, path: Path) -> int:
    """Write the table to `path`; how many rows it has."""
    facts = {name.encode(): text.encode() for name, text in table.about}
    schema = pa.schema([pa.field(column.name, _type(column)) for column in table.columns], metadata=facts)
    count = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for rows in _batches(table):
            columns = zip(*rows, strict=True)
            arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            count += len(rows)
    return count


def _batches(table: Table) -> Iterator[list[Sequence[Any]]]:
    rows = iter(table.rows)
    while batch := list(islice(rows, _ROWS_AT_ONCE)):
        yield batch


def _type(column: Column) -> pa.DataType:
    if column.kind == "decimal":
        is_small = column.scale <= _DIGITS - 20
        return pa.decimal128(_DIGITS, column.scale) if is_small else pa.decimal256(2 * _DIGITS, column.scale)
    return {
        "text": pa.string(),
        "integer": pa.int64(),
        "boolean": pa.bool_(),
        "day": pa.date32(),
        "instant": pa.timestamp("us", tz="UTC"),
    }[column.kind]
