"""``python -m bench.memory SOURCE ADDRESS``: read and load one list in this process, and print its peak memory.

The database is the one the settings name. Started by ``bench.extracting``.
"""

import json
import resource
import sys
from pathlib import Path

from bench.extracting import pipeline_read


def peak_bytes() -> int:
    """The most memory this process has held.

    Linux's own mark counts from the start of this program; ``ru_maxrss`` would begin at what the parent held.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


if __name__ == "__main__":
    pipeline_read("", sys.argv[2], sys.argv[1])
    print(json.dumps({"peak_bytes": peak_bytes()}))
