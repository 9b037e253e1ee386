"""The worlds of three seeds, each drawn once for all tests of a session."""

from functools import cache

from sandbox.world import World, build

SEEDS = (7, 11, 23)


@cache
def world(seed: int) -> World:
    """The world of a seed."""
    return build(seed)
