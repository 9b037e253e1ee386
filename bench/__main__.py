"""``python -m bench [SUBJECT ...]``: measure all subjects, or the named ones, and print a table."""

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime

from bench import decks, extracting, loading, month, pipeline, transform
from bench.demonstrated import Demonstrated, demonstrated
from bench.figures import Figure, say, table
from bench.workshop import FULL, LONG, MILLION, TINY, Size

ALONE: dict[str, Callable[[Size], list[Figure]]] = {
    "loading": loading.measure,
    "extracting": extracting.measure,
    "month": month.measure,
    "transform": transform.measure,
}
AFTER_THE_DEMONSTRATION: dict[str, Callable[[Size, Demonstrated], list[Figure]]] = {
    "pipeline": pipeline.measure,
    "decks": decks.measure,
}
SUBJECTS = (*ALONE, *AFTER_THE_DEMONSTRATION)


def machine() -> str:
    """What it was measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()}, "
        f"Python {platform.python_version()}; load before the run {os.getloadavg()[0]:.1f}"
    )


def measure(names: tuple[str, ...], size: Size) -> list[tuple[str, list[Figure]]]:
    """The named subjects' figures; the demonstration is run once for those that need it."""
    found = [(name, ALONE[name](size)) for name in ALONE if name in names]
    with ExitStack() as stack:
        if waiting := [name for name in AFTER_THE_DEMONSTRATION if name in names]:
            demo = stack.enter_context(demonstrated(size))
            found += [(name, AFTER_THE_DEMONSTRATION[name](size, demo)) for name in waiting]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help=f"{', '.join(SUBJECTS)}; all when none is named")
    parser.add_argument("--list", action="store_true", help="name the subjects")
    sizes = parser.add_mutually_exclusive_group()
    sizes.add_argument("--million", action="store_true", help="read, and build from, a million records too")
    sizes.add_argument("--long", action="store_true", help="let dlt and pandas read 100,000 records too: an hour more")
    sizes.add_argument("--tiny", action="store_true", help="a size that shows that it works, and measures nothing")
    asked = parser.parse_args()
    if unknown := [name for name in asked.subjects if name not in SUBJECTS]:
        parser.error(f"there is no subject {unknown[0]}; the subjects are {', '.join(SUBJECTS)}")
    if asked.list:
        for module in (loading, extracting, month, transform, pipeline, decks):
            print(f"{module.__name__.removeprefix('bench.'):12} {(module.__doc__ or '').split(chr(10), 1)[0]}")
        return
    about, began = machine(), time.monotonic()
    size = TINY if asked.tiny else LONG if asked.long else MILLION if asked.million else FULL
    found = measure(tuple(asked.subjects) or SUBJECTS, size)
    say(f"measured in {time.monotonic() - began:.0f} s")
    sys.stdout.write(f"\n{about}\n\n{table(found)}\n")


if __name__ == "__main__":
    main()
