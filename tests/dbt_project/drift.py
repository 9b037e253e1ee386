"""Changes of a vendor's schema, made to real records of the sandbox: what a mutation does, and what may come of it."""

import copy
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from extractors.core.contract import Leaf

MUTATIONS = ("add", "drop", "rename", "retype", "null", "nest")
OTHERS: tuple[Any, ...] = (7, 7.5, True, "drifted", ["drifted"], {"drifted": 1})


@dataclass(frozen=True)
class Case:
    """One mutation of one mapped field, on one record or on all of a stream."""

    number: int
    source: str
    stream: str
    leaf: Leaf
    mutation: str
    everywhere: bool
    value: Any = None

    @property
    def organization(self) -> str:
        return f"case-{self.number}"

    def __str__(self) -> str:
        where = "all records" if self.everywhere else "one record"
        return f"{self.number}: {self.mutation} {self.source}.{self.stream} {self.leaf.path} on {where}"

    @property
    def empties(self) -> bool:
        return self.mutation in {"drop", "rename", "null"}

    @property
    def changes_nothing(self) -> bool:
        """An added field is none of ours."""
        return self.mutation == "add"

    def apply(self, record: dict[str, Any]) -> dict[str, Any]:
        """The record, mutated; the same object where it does not have the field."""
        made = copy.deepcopy(record)
        for holder, name in list(places(made, self.leaf.path)):
            value = holder[name]
            match self.mutation:
                case "add":
                    holder[f"{name}Score"] = {"value": 3}
                case "drop":
                    del holder[name]
                case "rename":
                    holder[f"{name}New"] = holder.pop(name)
                case "null":
                    holder[name] = None
                case "nest":
                    holder[name] = [value] if isinstance(value, dict) else {"value": value}
                case _:
                    holder[name] = self.value
        return record if made == record else made


def places(record: Any, path: str) -> Iterator[tuple[dict[str, Any], str]]:
    """Every object that has a value at the path, and the last name of it."""
    first, _, rest = path.partition(".")
    name = first.removesuffix("[]")
    if not isinstance(record, dict) or record.get(name) is None:
        return
    if not rest:
        yield record, name
        return
    for inner in record[name] if first.endswith("[]") else [record[name]]:
        yield from places(inner, rest)


def drawn(records: dict[tuple[str, str], list[dict[str, Any]]], leaves: dict[tuple[str, str], tuple[Leaf, ...]],
          count: int, seed: int) -> list[Case]:  # fmt: skip
    """Cases with fields that at least one record has; streams, fields and mutations in turn, at random."""
    dice = random.Random(seed)
    choices = [
        (stream, leaf)
        for stream in sorted(leaves)
        for leaf in leaves[stream]
        if any(next(places(record, leaf.path), None) for record in records[stream])
    ]
    cases = []
    for number in range(count):
        (source, stream), leaf = dice.choice(choices)
        wrong = [other for other in OTHERS if not any(kind.fits(other) for kind in leaf.kinds)]
        mutation = MUTATIONS[number % len(MUTATIONS)]
        cases.append(Case(number, source, stream, leaf, mutation, dice.random() < 0.5, dice.choice(wrong)))
    return cases
