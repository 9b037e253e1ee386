"""Names of clients: when two of them mean the same firm, and the readable id that one gets.

Two names match when nothing but case, accents, punctuation, a leading "The", "and" against "&", or a legal form at the
end ("Inc.", "LLC", "P.C.") tells them apart. Nothing looser: "Juniper Dental" and "Juniper Dental Group" may well be
two firms, and it is for a person to map them.
"""

import re
import unicodedata
from collections.abc import Container

LEGAL_FORMS = frozenset(
    [
        *["co", "company", "corp", "corporation", "inc", "incorporated", "limited", "ltd", "plc"],
        *["llc", "llp", "lp", "pa", "pc", "pllc", "pty"],
        *["ab", "ag", "bv", "gmbh", "nv", "sa", "sarl", "sas", "srl"],
    ]
)

_DELETED = re.compile(r"\s*\(deleted(?: \d+)?\)$", re.IGNORECASE)
_RESERVED = ("all", "unassigned")
_LONGEST_SLUG = 48


def without_deletion_mark(name: str) -> str:
    """The name without the " (deleted)" that QuickBooks Online appends when a customer is made inactive."""
    return _DELETED.sub("", name).strip()


def normalised(name: str) -> str:
    """What two names of one firm share; a name of signs alone ("!!!") stays what it is, and so matches no other."""
    # Dots and apostrophes join ("P.C." is "pc", "O'Dell" is "odell"); every other sign separates.
    joined = re.sub(r"[.'’`]", "", _plain(without_deletion_mark(name)))
    words = re.findall(r"\w+", joined.replace("&", " and ").replace("+", " and "))
    kept = words[1:] if len(words) > 1 and words[0] == "the" else words
    while len(kept) > 1 and kept[-1] in LEGAL_FORMS:
        kept = kept[:-1]
    return " ".join(kept) or name.casefold().strip()


def slug(name: str, taken: Container[str]) -> str:
    """A readable id that is not taken: small letters, digits and hyphens, with a number where names collide."""
    stem = re.sub(r"[^a-z0-9]+", "-", normalised(name).encode("ascii", "ignore").decode())
    stem = stem[:_LONGEST_SLUG].strip("-") or "client"
    candidate, number = stem, 1
    while candidate in taken or candidate in _RESERVED:
        number += 1
        candidate = f"{stem}-{number}"
    return candidate


def _plain(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))
