"""Several lists of one stream read at the same time, and handed over one after the other.

What comes out is in the lists' own order whoever was faster, so nothing downstream can tell that threads were used.
"""

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice

from extractors.core.channel import Channel
from extractors.core.cutting import Cut
from extractors.core.effort import Effort, count_into, current_effort

LISTS_AT_ONCE = 4
"""Vendors' notes and users advise 2 to 4 calls at a time; the source's own rate holds all of them together."""
PAGES_WAITING = 2
"""That a list read ahead may hold: with pages of 1,000 records, four lists keep some ten megabytes at most."""


def side_by_side(name: str, lists: Iterable[Iterator[Cut]]) -> Iterator[Cut]:
    """The cuts of every list, list after list. `name` is the threads'."""
    effort, waiting = current_effort(), iter(lists)
    running: deque[tuple[Channel[Cut], Effort]] = deque()

    def start_next() -> None:
        for pages in islice(waiting, 1):
            channel, own = Channel[Cut](PAGES_WAITING), effort.of_a_helper()
            threading.Thread(target=fetch, args=(pages, channel, own), name=name, daemon=True).start()
            running.append((channel, own))

    try:
        for _ in range(LISTS_AT_ONCE):
            start_next()
        while running:
            channel, own = running[0]
            yield from iter(channel.take, None)
            running.popleft()
            effort.add(own)
            start_next()
    finally:
        for channel, own in running:
            channel.abandon()
            effort.add(own)


def fetch(pages: Iterator[Cut], channel: Channel[Cut], effort: Effort) -> None:
    """A helping thread's work: read a list to its end, or to its failure, which is raised where it is taken."""
    count_into(effort)
    try:
        for cut in pages:
            channel.give(cut)
    except BaseException as error:  # noqa: BLE001 - raised again where the pages are taken
        channel.finish(error)
    else:
        channel.finish()
