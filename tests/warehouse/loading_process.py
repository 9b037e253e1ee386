"""A process that loads a made-up stream and can be killed at any moment: ``loading_process.py URL RUN_ID``.

It tells every page before it hands it over, and goes on where a killed one stopped, as the pipeline does.
"""

import sys
from typing import Any

from extractors.core.certificate import Certificate
from tests.warehouse.loading import Widgets, certificate, numbered_pages, page, record
from warehouse import raw_batches
from warehouse.loader import resume_point

PAGES, SIZE = 60, 50
FILLER = "y" * 2000


def main(url: str, run_id: str) -> None:
    raw_batches.BATCH_RECORDS = 2 * SIZE
    widgets = Widgets(url)
    with widgets.connect() as connection:
        point = resume_point(connection, "lanternfield", "acme", "widgets")

    def close() -> Certificate:
        tell(PAGES)
        return certificate(is_complete_set=True)

    start = point.position["page"] if point else 0
    pages = numbered_pages(PAGES, SIZE, start=start, filler=FILLER)
    facts: dict[str, Any] = {"run_id": run_id, "resumes": point, "certificate": close}
    widgets.load(widgets.on_each(pages, lambda number: tell(start + number)), **facts)


def tell(page_number: int) -> None:
    print(page_number, flush=True)


def seed(widgets: Widgets) -> None:
    """What was there before: some records that change, some that stay as they are, one that is gone by now."""
    stale = [record(str(number), 1, filler="old") for number in range(SIZE, 200, 2)]
    same = next(numbered_pages(1, SIZE, filler=FILLER)).records
    widgets.load([page(*stale), page(*same), page(record("gone", 1))], run_id="before", is_complete_set=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
