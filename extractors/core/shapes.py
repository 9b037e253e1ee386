"""The msgspec types that read what we need of a record in one pass: its key, its change mark, the fields of a contract.

Everything else in the record is skipped, not parsed. A record that such a type refuses is then looked at in full.
"""

from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple

import msgspec

from extractors.core.contract import Contract, Field


class _Mark(NamedTuple):
    """The rest of the way to the change mark, its type where no contract names it, and how deep we are."""

    path: tuple[str, ...]
    type: Any
    depth: int = 0


def shape_of(
    keys: Sequence[str], key_type: Any, mark: Sequence[str], mark_type: Any, contract: Contract | None = None
) -> type[msgspec.Struct]:
    """A struct with `key0`, `key1`, ... and the chain `mark0.mark1...`; with the contract's fields, if there is one.

    The change mark may be missing, unless the contract asks for it.
    """
    own = [(f"key{index}", name, key_type) for index, name in enumerate(keys)]
    fields = [field for field in contract.fields if field.name not in keys] if contract else []
    usual = {paths[0] for paths in contract.any_of} if contract else set()
    return _struct(own, fields, _Mark(tuple(mark), mark_type) if mark else None, usual)


def kinds_of_keys(keys: Sequence[str], contract: Contract | None) -> list[tuple[str, Any]]:
    """The attributes of a shape that hold keys which the contract asks for too, each with the type it asks for."""
    asked = {field.name: field for field in contract.fields} if contract else {}
    return [(f"key{index}", _type(asked[name], set())) for index, name in enumerate(keys) if name in asked]


def _struct(
    own: Sequence[tuple[str, str, Any]], fields: Sequence[Field], mark: _Mark | None, usual: set[str]
) -> type[msgspec.Struct]:
    """A struct of `own` members and the fields. `usual` are paths below it of which the record must have each.

    Where one of several fields suffices, the usual one is asked for here: a record with another is looked at in full.
    """
    names = {attribute: name for attribute, name, _ in own}
    members: list[tuple[Any, ...]] = [(attribute, kind) for attribute, _, kind in own]

    def add(attribute: str, name: str, kind: Any, *, is_required: bool) -> None:
        names[attribute] = name
        members.append((attribute, kind) if is_required else (attribute, kind | None, None))

    marked = next((field for field in fields if mark and field.name == mark.path[0]), None)
    if mark:
        name, *rest = mark.path
        within = _below(usual, name)
        if rest:
            beside = marked.members if marked and marked.members else ()
            kind: Any = _struct((), beside, _Mark(tuple(rest), mark.type, mark.depth + 1), within)
        else:
            kind = mark.type if marked is None else _type(marked, set())
        is_required = bool(within) or (marked is not None and marked.is_required)
        add(f"mark{mark.depth}", name, kind, is_required=is_required)
    for number, field in enumerate(one for one in fields if one is not marked):
        within = _below(usual, f"{field.name}[]" if field.is_list else field.name)
        is_required = bool(within) or field.is_required
        add(f"field{number}", field.name, _type(field, within), is_required=is_required)
    members.sort(key=len)  # what has a default comes last
    return msgspec.defstruct("Shape", members, rename=names, gc=False)


def _below(paths: set[str], name: str) -> set[str]:
    """What is left of the paths that lead through `name`; empty text for one that ends there."""
    return {rest for first, _, rest in (path.partition(".") for path in paths) if first == name}


def _type(field: Field, usual: set[str]) -> Any:
    """The type of a field's value: of several kinds that JSON writes alike, the first."""
    by_json: dict[str, Any] = {}
    for kind in field.kinds:
        by_json.setdefault(kind.json, kind.fast)
    if field.members is not None:
        inner: Any = _struct((), field.members, None, usual - {""})
        elements = Annotated[list[inner], msgspec.Meta(min_length=1 if usual else 0)]
        by_json["list" if field.is_list else "object"] = elements if field.is_list else inner
    whole, *others = by_json.values()
    for other in others:
        whole = whole | other
    return whole
