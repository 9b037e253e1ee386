"""A .pptx that somebody handed in, looked at before it is opened: not too large once unpacked, and plain XML inside."""

import io
import lzma
import zipfile
import zlib
from xml.parsers import expat

LARGEST_FILE, LARGEST_PART, LARGEST_TOTAL = 50_000_000, 50_000_000, 200_000_000
"""Bytes of the file, of one part unpacked, and of all parts."""
MOST_PARTS, MOST_PACKED = 2_000, 200
"""Parts, and how many times smaller than itself a part may be packed; text of a slide master comes to 30."""
_SMALL = 100_000  # a part of this size harms nobody, however well it is packed
_NO_ARCHIVE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, NotImplementedError, RuntimeError,
    UnicodeDecodeError,
)  # fmt: skip
"""What `zipfile` raises for a file that is none, is broken, locked, or packed in a way that it does not know."""
_XML = (".xml", ".rels", ".vml")


def flaw_of(package: bytes) -> str | None:
    """What is wrong with the package, as the end of a sentence that begins with its name; None where nothing is."""
    if len(package) > LARGEST_FILE:
        return f"is {len(package):,} bytes large, and {LARGEST_FILE:,} is the most"
    try:
        with zipfile.ZipFile(io.BytesIO(package)) as archive:
            return _of_size(archive) or _of_parts(archive)
    except _NO_ARCHIVE as error:
        return f"is no .pptx that can be opened ({error})"


def _of_size(archive: zipfile.ZipFile) -> str | None:
    """By what the archive itself declares; what unpacks to more than it declares is cut there by `zipfile`."""
    parts = archive.infolist()
    if len(parts) > MOST_PARTS:
        return f"holds {len(parts):,} parts, and {MOST_PARTS:,} is the most"
    if len({part.filename.lower() for part in parts}) < len(parts):
        return "holds two parts of one name"
    for part in parts:
        if part.file_size > LARGEST_PART:
            return (
                f"holds {part.filename}, which is {part.file_size:,} bytes unpacked, and {LARGEST_PART:,} is the most"
            )
        if part.file_size > max(_SMALL, MOST_PACKED * part.compress_size):
            return f"holds {part.filename}, which unpacks to more than {MOST_PACKED} times its size"
    total = sum(part.file_size for part in parts)
    return f"is {total:,} bytes unpacked, and {LARGEST_TOTAL:,} is the most" if total > LARGEST_TOTAL else None


def _of_parts(archive: zipfile.ZipFile) -> str | None:
    for part in archive.infolist():
        if part.filename.lower().endswith(_XML) and (flaw := _of_xml(archive.read(part))):
            return f"holds {part.filename}, which {flaw}"
    return None


def _of_xml(content: bytes) -> str | None:
    """Office files declare no document type; one that does brings entities, which grow or reach outside."""
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(content, True)
    except _DoctypeFound:
        return "declares a document type, as no file of PowerPoint does: it could hold entities that grow without end"
    except expat.ExpatError as error:
        return f"is no XML ({error})"
    return None


class _DoctypeFound(Exception):
    pass


def _refuse(*_: object) -> None:
    raise _DoctypeFound
