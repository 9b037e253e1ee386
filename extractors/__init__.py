"""Vendors to pages of records. Knows HTTP and nothing of Postgres, dbt or Dagster."""

from extractors import connectwise, ninjaone, quickbooks, stripe
from extractors.core.reading import open_source
from extractors.core.source import Source
from extractors.core.stream import Stream

SOURCES: dict[str, Source] = {
    source.name: source for source in (ninjaone.SOURCE, connectwise.SOURCE, stripe.SOURCE, quickbooks.SOURCE)
}
"""Every source by its name."""

STREAMS: dict[str, tuple[Stream, ...]] = {name: source.streams for name, source in SOURCES.items()}
"""Every stream, by source."""


def stream(source: str, name: str) -> Stream:
    """The declaration of one stream; KeyError with the choices for one that does not exist."""
    return SOURCES[source].stream(name)


__all__ = ["SOURCES", "STREAMS", "Source", "Stream", "open_source", "stream"]
