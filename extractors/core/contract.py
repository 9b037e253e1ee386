"""Field contracts: what a stream's records must look like where our staging models read them.

A contract is a table of `extractors/contracts/<source>.toml`, nested as the record is:

    [tickets]
    summary = "text"                                      # must be there, and not null
    "closedDate?" = ["instant", "empty text"]             # may be absent or null; else one of these kinds
    "company?" = { id = "whole number", name = "text" }   # an object; where it is there, it has both
    "items[]" = { price = ["text", { id = "text" }] }     # a list of objects; a price is an id or holds one
    "any of" = [["_info.dateEntered", "dateEntered"]]     # one of these must be there; the usual one first

Fields that are not named pass, and so does every word that a vendor adds to an enumeration.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec

from extractors.core.kinds import KINDS, Kind, kind_of

ANY_OF = "any of"
TOLD = 5
"""Misfits of one record that are named; the rest is counted."""


@dataclass(frozen=True)
class Field:
    """One field. An object or a list of objects has `members`."""

    name: str
    kinds: tuple[Kind, ...]
    members: tuple["Field", ...] | None
    is_list: bool
    is_required: bool

    @property
    def told(self) -> str:
        """What it should be, in words."""
        kinds = [kind.told for kind in self.kinds]
        if self.members is not None:
            kinds.append("a list of objects" if self.is_list else "an object")
        return " or ".join(kinds)

    @property
    def is_scalar(self) -> bool:
        """Whether its own value is read, rather than only those of its members."""
        return bool(self.kinds)

    def misfits(self, holder: Mapping[str, Any], path: str) -> Iterator[str]:
        """What is wrong with this field of `holder`, a phrase each that names the field and never its value."""
        value = holder.get(self.name)
        here = f"{path}{self.name}"
        if value is None:
            if self.is_required:
                yield f"{here} is {'null' if self.name in holder else 'missing'}"
        elif self.members is not None and self.is_list and isinstance(value, list):
            for element in value:
                yield from self._misfits_within(element, f"{here}[]")
        elif self.members is not None and not self.is_list and isinstance(value, dict):
            yield from self._misfits_within(value, here)
        elif not any(kind.fits(value) for kind in self.kinds):
            is_other = any(kind.json == "text" for kind in self.kinds) and isinstance(value, str) and value
            yield f"{here} should be {self.told} and is {'other text' if is_other else kind_of(value)}"

    def _misfits_within(self, value: Any, here: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{here} should be an object and is {kind_of(value)}"
            return
        for member in self.members or ():
            yield from member.misfits(value, f"{here}.")


@dataclass(frozen=True)
class Contract:
    """The fields of one stream that staging reads. `any_of` are sets of dotted paths of which one must be there."""

    fields: tuple[Field, ...]
    any_of: tuple[tuple[str, ...], ...] = ()

    def misfits(self, body: bytes) -> list[str]:
        """What does not fit, in words; empty for a record that fits. Raises msgspec.DecodeError for no JSON."""
        record = msgspec.json.decode(body)
        if not isinstance(record, dict):
            return [f"the record should be an object and is {kind_of(record)}"]
        # The elements of one list mostly fail alike: each phrase once.
        found = list(dict.fromkeys(phrase for field in self.fields for phrase in field.misfits(record, "")))
        lacking = [paths for paths in self.any_of if all(_at(record, path) is None for path in paths)]
        return found + [f"{' and '.join(paths)} are missing, of which it needs one" for paths in lacking]

    @cached_property
    def leaves(self) -> tuple["Leaf", ...]:
        """The fields whose values are read, in the order of the file."""
        return tuple(_leaves(self.fields, (), is_sure=True, any_of={path for paths in self.any_of for path in paths}))


@dataclass(frozen=True, slots=True)
class Leaf:
    """A field whose value is read. `path` has `[]` after the name of a list."""

    path: str
    kinds: tuple[Kind, ...]
    may_lack: bool
    """Whether a record without it fits. Not so where another field may stand in for it: then one of them must be."""


def contract_from(table: Mapping[str, Any]) -> Contract:
    """A contract from one table of a contract file; raises ValueError that names what cannot be read."""
    fields = tuple(_field(name, shape) for name, shape in table.items() if name != ANY_OF)
    any_of = tuple(tuple(paths) for paths in table.get(ANY_OF, ()))
    known = {leaf.path for leaf in Contract(fields).leaves}
    if unknown := [path for paths in any_of for path in paths if path not in known]:
        raise ValueError(f"{unknown[0]} is asked for in {ANY_OF!r} but is no field of the contract")
    return Contract(fields, any_of)


def _field(written: str, shape: Any) -> Field:
    name = written.removesuffix("?")
    is_list = name.endswith("[]")
    kinds: list[Kind] = []
    members: tuple[Field, ...] | None = None
    for one in shape if isinstance(shape, list) else [shape]:
        if isinstance(one, dict):
            members = tuple(_field(inner, inner_shape) for inner, inner_shape in one.items())
        elif one in KINDS:
            kinds.append(KINDS[one])
        else:
            raise ValueError(f"{written} is of a kind {one!r} that there is not; there are {', '.join(KINDS)}")
    if is_list and (members is None or kinds):
        raise ValueError(f"{written} is a list of objects and needs the objects' fields")
    return Field(name.removesuffix("[]"), tuple(kinds), members, is_list, is_required=not written.endswith("?"))


def _leaves(fields: Sequence[Field], above: tuple[str, ...], *, is_sure: bool, any_of: set[str]) -> Iterator[Leaf]:
    for field in fields:
        path = (*above, f"{field.name}[]" if field.is_list else field.name)
        sure = is_sure and field.is_required
        if field.is_scalar:
            dotted = ".".join(path)
            yield Leaf(dotted, field.kinds, may_lack=not sure and dotted not in any_of)
        if field.members is not None:
            # An empty list has no element to lack anything.
            yield from _leaves(field.members, path, is_sure=sure and not field.is_list, any_of=any_of)


def _at(record: Any, path: str) -> Any:
    """The value at a dotted path, of a list's first element; None where there is none."""
    for name in path.split("."):
        record = record.get(name.removesuffix("[]")) if isinstance(record, dict) else None
        if name.endswith("[]"):
            record = record[0] if isinstance(record, list) and record else None
    return record


def phrase(misfits: Sequence[str]) -> str:
    """The misfits as one reason, the first few of them named."""
    more = f"; and {len(misfits) - TOLD} more" if len(misfits) > TOLD else ""
    return "; ".join(misfits[:TOLD]) + more
