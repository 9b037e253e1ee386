"""Where an organization's own database keeps what the streams of `opsdb` need: their names for ours, never SQL."""

import difflib
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic import field_validator as check

from warehouse.config_section import Section, Text, listed
from warehouse.database_streams import FIELDS, REQUIRED
from warehouse.periods import PeriodError, time_zone
from warehouse.source_options import SourceOptions

LONGEST_NAME = 128


def _name(text: str) -> str:
    """A name as a database may have it. It is quoted wherever it is used; this refuses what can only be a mistake."""
    if len(text) > LONGEST_NAME or not text.isprintable():
        raise ValueError(f"must be a name of at most {LONGEST_NAME} printable characters; '{text[:40]}' is not")
    if any(mark in text for mark in ";\"'`[]()") or "--" in text or "/*" in text:
        raise ValueError(f"must be a plain name, not SQL and without quotes; '{text}' is not (a view can hold any SQL)")
    return text


def _table_name(text: str) -> str:
    if not all(text.split(".")) or text.count(".") > 1:
        raise ValueError(f"must be a table or view, or schema.table; '{text}' is neither")
    return text


Name = Annotated[Text, AfterValidator(_name)]
TableName = Annotated[Name, AfterValidator(_table_name)]
Constant = Annotated[str | bool | None, Field(union_mode="left_to_right")]
Constants = Annotated[tuple[Constant, ...], BeforeValidator(listed), Field(min_length=1)]


class TableMapping(Section):
    """One of their tables and what its columns mean."""

    table: TableName
    columns: dict[str, Name]
    where: dict[Name, Constants] = Field(default_factory=dict)


class DatabaseOptions(SourceOptions):
    """How the operational database is read."""

    time_zone: str | None = None
    tables: dict[str, TableMapping] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _an_empty_section_means_the_defaults(cls, data: Any) -> Any:
        return {key: value for key, value in data.items() if value is not None} if isinstance(data, dict) else data

    @check("time_zone")
    @classmethod
    def _is_a_time_zone(cls, name: str | None) -> str | None:
        try:
            return time_zone(name).key if name else None
        except PeriodError as error:
            raise ValueError(f"must be an IANA time zone such as America/Chicago; '{name}' is not") from error

    @check("tables")
    @classmethod
    def _map_what_the_streams_need(cls, tables: dict[str, TableMapping]) -> dict[str, TableMapping]:
        for stream, mapping in tables.items():
            if stream not in FIELDS:
                raise ValueError(
                    f"must name streams of an operational database; '{stream}' is none{_meant(stream, FIELDS)}; there "
                    f"are {', '.join(FIELDS)}"
                )
            for field in mapping.columns:
                if field not in FIELDS[stream]:
                    raise ValueError(
                        f"must map fields of {stream}; '{field}' is none{_meant(field, FIELDS[stream])}; there are "
                        f"{', '.join(FIELDS[stream])}"
                    )
            if lacking := [field for field in REQUIRED[stream] if field not in mapping.columns]:
                raise ValueError(f"must map what {stream} cannot do without: {', '.join(lacking)}")
        return tables


def _meant(typed: str, known: Any) -> str:
    near = difflib.get_close_matches(typed, list(known), n=1)
    return f" (did you mean {near[0]}?)" if near else ""
