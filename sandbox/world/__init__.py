"""The made-up business behind the sandbox: `build(seed)` draws it, `entities` says what it consists of."""

from sandbox.world.builder import build
from sandbox.world.entities import World

__all__ = ["World", "build"]
