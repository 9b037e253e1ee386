"""Streams as one organization has them: in its own tables, or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from extractors.core.stream import Stream
from extractors.core.table_stream import TableMapping, TableStream
from orchestration.errors import UsageError
from warehouse.organizations import Organization


def as_configured(organization: Organization, stream: Stream) -> Stream:
    """The stream as the organization's file wants it read."""
    options = organization.sources.opsdb
    if isinstance(stream, TableStream) and options and stream.name in options.tables:
        table = options.tables[stream.name]
        return stream.mapped(TableMapping(table.table, table.columns, table.where, options.time_zone))
    return stream


def is_in_use(organization: Organization, stream: Stream) -> bool:
    """Whether the organization has the stream: a table of its database only where its file maps one."""
    options = organization.sources.opsdb
    return not isinstance(stream, TableStream) or (options is not None and stream.name in options.tables)


def in_use(organization: Organization, streams: Iterable[Stream]) -> list[Stream]:
    """Those of the streams that the organization has, as its file wants them read."""
    return [as_configured(organization, stream) for stream in streams if is_in_use(organization, stream)]


def must_be_in_use(organizations: Sequence[Organization], streams: Sequence[Stream]) -> None:
    """Raises :class:`UsageError` where a person asks for streams of which no organization has one."""
    if not any(is_in_use(organization, stream) for organization in organizations for stream in streams):
        names = ", ".join(stream.name for stream in streams)
        whose = ", ".join(f"config/{organization.id}.yml" for organization in organizations)
        raise UsageError(
            f"{whose} maps no table to {names}, so nothing was done. Say under `sources: opsdb: tables` where the "
            "database keeps them: docs/how-to/connect-an-operational-database.md."
        )
