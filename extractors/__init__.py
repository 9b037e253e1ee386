"""Sources to pages of records. Knows HTTP and databases to read, and nothing of the warehouse, dbt or Dagster."""

from extractors import connectwise, ninjaone, opsdb, quickbooks, stripe
from extractors.core.reading import open_source
from extractors.core.source import Origin, Source
from extractors.core.stream import Stream

VENDORS: dict[str, Source] = {
    source.name: source for source in (ninjaone.SOURCE, connectwise.SOURCE, stripe.SOURCE, quickbooks.SOURCE)
}
"""The sources that are asked over HTTP, by name."""

SOURCES: dict[str, Origin] = {**VENDORS, opsdb.SOURCE.name: opsdb.SOURCE}
"""Every source by its name."""

STREAMS: dict[str, tuple[Stream, ...]] = {name: source.streams for name, source in SOURCES.items()}
"""Every stream, by source."""


def stream(source: str, name: str) -> Stream:
    """The declaration of one stream; KeyError with the choices for one that does not exist."""
    return SOURCES[source].stream(name)


__all__ = ["SOURCES", "STREAMS", "VENDORS", "Origin", "Source", "Stream", "open_source", "stream"]
