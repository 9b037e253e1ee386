"""A stream's certificate in words: what proves that a read of it was whole. For the terminal, Dagster and the doctor.

The certificate itself is made where the stream is read (:mod:`extractors.core.certificate`) and kept with the run in
``raw_meta.extraction_log``. A stream without one counts as not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Proof = Mapping[str, Any]

_DELETIONS = {
    "feed": "told by the vendor's feed",
    "id sweep": "by comparing all ids",
    "complete set": "by reading everything",
    "not looked for": "not looked for in this part",
}


def rows(proof: Proof) -> list[tuple[str, str]]:
    """What the certificate says, a line each; what older certificates do not hold is left out."""
    found = [
        ("window", window(proof)),
        ("pinned version", proof.get("version") or "none"),
        ("pages", f"{proof['pages']:,}"),
        ("records", f"{proof['records']:,}"),
        ("counted by the vendor", f"{counted(proof)}, reached" if counted(proof) else "it gives no count"),
        ("end of the list", "told by the vendor" if proof["cursor_closed"] else "not told"),
        ("permission preflight", "passed" if proof.get("permission_checked") else "not made"),
        ("deletions", deletions(proof)),
        ("rejected", f"{proof['rejected']:,}"),
    ]
    if proof.get("resumed_from"):
        found.append(("went on from", f"the interrupted run {proof['resumed_from']}"))
    if proof.get("note"):
        found.append(("note", proof["note"]))
    return found


def markdown(proof: Proof) -> str:
    """The certificate as a table."""
    lines = [f"| {name} | {text.replace('|', '/')} |" for name, text in rows(proof)]
    return "\n".join(["| certificate | |", "| --- | --- |", *lines])


def short(proof: Proof) -> str:
    """The certificate in one line."""
    parts = [
        f"{proof['records']:,} records" + (f", {counted(proof)} counted by the vendor" if counted(proof) else ""),
        "its end told by the vendor" if proof["cursor_closed"] else "its end not told",
        f"deletions {deletions(proof)}",
    ]
    if proof["rejected"]:
        parts.append(f"{proof['rejected']:,} rejected")
    if proof.get("version"):
        parts.append(f"version {proof['version']}")
    return ", ".join(parts)


def window(proof: Proof) -> str:
    """Which part of the stream was read."""
    part = proof.get("window") or {}
    months = part.get("months", ())
    stretch = {
        "changes": f"changes since {_minute(part.get('since'))}",
        "dated": f"dated {_minute(part.get('start'))} to {_minute(part.get('end'))}",
        "all": "everything",
    }.get(part.get("kind", ""), "not noted")
    return f"{stretch}, months {months[0]} to {months[-1]}" if len(months) > 1 else stretch


def counted(proof: Proof) -> str:
    """The vendor's own total, which a read with a certificate has reached; nothing where it gives none."""
    return "" if proof["vendor_count"] is None else f"{proof['vendor_count']:,}"


def deletions(proof: Proof) -> str:
    """How deletions were looked for, and how many were found."""
    how = proof.get("deletions", "not looked for")
    if how == "not looked for":
        return _DELETIONS[how]
    return f"{_DELETIONS.get(how, how)}: {proof.get('deleted', 0):,}"


def _minute(moment: str | None) -> str:
    return (moment or "")[:16].replace("T", " ") + " UTC"
