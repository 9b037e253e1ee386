"""The same content, the same bytes: ZIP packages written without any clock, in a fixed order.

What python-pptx leaves to chance is the times inside the archive; document properties are set by the deck itself.
"""

import io
import zipfile
from collections.abc import Mapping

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time a ZIP archive can hold
_FIRST = "[Content_Types].xml"  # readers that stream expect it at the front
_PACKED = (".xlsx", ".png", ".jpg", ".jpeg")


def packed(parts: Mapping[str, bytes | str]) -> bytes:
    """A package of `parts` by path, with fixed times, attributes and order."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as target:
        for name in sorted(parts, key=lambda name: (name != _FIRST, name)):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_STORED if name.endswith(_PACKED) else zipfile.ZIP_DEFLATED
            entry.create_system = 3  # else the operating system is written down
            target.writestr(entry, parts[name])
    return written.getvalue()


def repacked(package: bytes) -> bytes:
    """`package` packed again as `packed` does; its parts are untouched."""
    with zipfile.ZipFile(io.BytesIO(package)) as source:
        return packed({name: source.read(name) for name in source.namelist()})
