"""Which alerts a run of decks that follow what they say opens, and when they end: each client's decks have their own.

A deck is drawn when Dagster was told of it after it was told of its contents, by whichever run. So no other client's
good run ends an alert, and a person who draws the deck by hand does.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import dagster as dg

from orchestration import partitions
from orchestration.assets import decks
from warehouse.periods import Period

BY_ITSELF = "decks that follow what they say"
SEVERAL = 5
"""Of how many clients one run may fail before it is told in one alert: the cause is hardly theirs then."""
ALL = "*"


@dataclass(frozen=True, slots=True)
class Standing:
    """The decks that Dagster knows of, by ``organization/quarter`` or ``organization/quarter/client``."""

    drawn: frozenset[str]
    undrawn: frozenset[str]
    """Those that say something which no deck says yet."""


def standing(instance: dg.DagsterInstance) -> Standing:
    """What was told of decks and their contents, of all organizations."""
    drawn: set[str] = set()
    undrawn: set[str] = set()
    for contents, drawings in ((decks.contents, decks.decks), (decks.client_contents, decks.client_decks)):
        told, shown = _latest(instance, contents.key), _latest(instance, drawings.key)
        for key, number in told.items():
            (drawn if shown.get(key, 0) > number else undrawn).add(name_of(key))
    return Standing(frozenset(drawn), frozenset(undrawn))


def name_of(key: str) -> str:
    """What people call a partition of decks; Dagster writes the organization's own with the quarter's first month."""
    organization_id, _, month = key.partition("|")
    return f"{organization_id}/{Period.parse(month).quarter}" if month else key


def scopes_of(keys: Iterable[str], organization_id: str, now: Standing, unresolved: Collection[str] = ()) -> list[str]:
    """The alerts of a run of these partitions that failed; none for decks that were drawn after all.

    While an alert of many is open, clients of that quarter that fail are told by it again, not each by its own.
    """
    named = {name for name in map(name_of, keys) if name.split("/")[0] == organization_id}
    left = named - now.drawn
    is_many = len(left) > SEVERAL
    told = {name: f"{BY_ITSELF}: {name}" for name in left}
    for name in left:
        if _is_of_a_client(name) and (is_many or _of_many(name) in unresolved):
            told[name] = _of_many(name)
    return sorted(set(told.values()))


def is_of_decks(scope: str) -> bool:
    """Whether an alert is one of these."""
    return scope == BY_ITSELF or scope.startswith(f"{BY_ITSELF}: ")


def ended(scopes: Collection[str], now: Standing) -> list[str]:
    """Which of these alerts tell of nothing that still holds, or of a client that an alert of many speaks for."""
    named = {scope: scope.partition(": ")[2] for scope in scopes if is_of_decks(scope)}
    over = {scope for scope, name in named.items() if _is_over(name, now)}
    left = named.keys() - over
    return [
        scope for scope, name in named.items() if scope in over or (_is_of_a_client(name) and _of_many(name) in left)
    ]


def _of_many(name: str) -> str:
    """The alert that speaks for all clients of the quarter."""
    return f"{BY_ITSELF}: {'/'.join([*name.split('/')[:2], ALL])}"


def _is_of_a_client(name: str) -> bool:
    return name.count("/") > 1 and not name.endswith(f"/{ALL}")


def _is_over(name: str, now: Standing) -> bool:
    if name.endswith(ALL):
        return not any(one.startswith(f"{name.removesuffix(ALL)}") for one in now.undrawn)
    return name in now.drawn


def _latest(instance: dg.DagsterInstance, asset: dg.AssetKey) -> Mapping[str, int]:
    return instance.get_latest_storage_id_by_partition(asset, dg.DagsterEventType.ASSET_MATERIALIZATION)


def keys_of(run: dg.DagsterRun, instance: dg.DagsterInstance) -> list[str]:
    """The partitions of a run: the one, or those of its range; none where it has none, or of nobody knows which."""
    first, last = run.tags.get(partitions.RANGE_START), run.tags.get(partitions.RANGE_END)
    if first and last:
        return partitions.keys_between(first, last, instance)
    one = run.tags.get("dagster/partition")
    return [one] if one else []
