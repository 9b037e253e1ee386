"""``python -m bench [SUBJECT ...]``: measure all subjects, or the named ones, and print a table."""

import argparse
import os
import platform
import time
from collections.abc import Callable
from datetime import UTC, datetime

from bench import extracting, loading, month
from bench.figures import Figure, say, table
from bench.workshop import FULL, MILLION, TINY, Size

SUBJECTS: dict[str, Callable[[Size], list[Figure]]] = {
    "loading": loading.measure,
    "extracting": extracting.measure,
    "month": month.measure,
}


def machine() -> str:
    """What it was measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()}, "
        f"Python {platform.python_version()}; load before the run {os.getloadavg()[0]:.1f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help=f"{', '.join(SUBJECTS)}; all when none is named")
    parser.add_argument("--list", action="store_true", help="name the subjects")
    parser.add_argument("--million", action="store_true", help="take memory at a million records too")
    parser.add_argument("--tiny", action="store_true", help="a size that shows that it works, and measures nothing")
    asked = parser.parse_args()
    if unknown := [name for name in asked.subjects if name not in SUBJECTS]:
        parser.error(f"there is no subject {unknown[0]}; the subjects are {', '.join(SUBJECTS)}")
    if asked.list:
        for name, subject in SUBJECTS.items():
            words = (__import__(subject.__module__, fromlist=["_"]).__doc__ or "").split("\n", 1)[0]
            print(f"{name:12} {words}")
        return
    size = TINY if asked.tiny else MILLION if asked.million else FULL
    about, began, rows = machine(), time.monotonic(), []
    for name in asked.subjects or SUBJECTS:
        rows.append((name, SUBJECTS[name](size)))
    say(f"measured in {time.monotonic() - began:.0f} s")
    print(f"\n{about}\n\n{table(rows)}")


if __name__ == "__main__":
    main()
