"""Puts the sandbox together: one business, one clock, four vendors, and the faults in front of them."""

import time
from collections.abc import Callable
from datetime import datetime

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from sandbox.clock import DEFAULT_NOW, Clock, ahead
from sandbox.connectwise import connectwise
from sandbox.control import Control
from sandbox.credentials import Credentials
from sandbox.interference import Interference
from sandbox.ninjaone import ninjaone
from sandbox.opsdb import OperationalDatabases
from sandbox.quickbooks import quickbooks
from sandbox.requestlog import RequestLog
from sandbox.stripe import stripe
from sandbox.vendor import Vendor
from sandbox.world.entities import World


def vendors_of(world: World, clock: Clock, secrets: Credentials, wall: Callable[[], float]) -> list[Vendor]:
    """Every vendor, for one business."""
    return [
        ninjaone(world, clock, secrets, wall),
        connectwise(world, clock, secrets),
        stripe(world, clock, secrets),
        quickbooks(world, clock, secrets, wall),
    ]


def create_app(
    seed: int = 7,
    now: datetime | None = None,
    public_base_url: str | None = None,
    wall: Callable[[], float] = time.time,
    world: World | None = None,
) -> ASGIApp:
    """The whole sandbox as one ASGI application.

    ``wall`` gives the wall time that tokens live by; ``world`` is the business to serve, drawn from the seed unless
    given.
    """
    if world is None:
        from sandbox.world import build

        world = build(seed)
    clock = Clock(now or DEFAULT_NOW)

    def vendors_wall() -> float:
        return wall() + ahead()

    vendors = vendors_of(world, clock, Credentials(seed), vendors_wall)
    log = RequestLog()
    interference = Interference({vendor.source: vendor.hooks for vendor in vendors}, clock, vendors_wall)
    control = Control(world, seed, clock, interference, log, vendors, public_base_url, OperationalDatabases(seed))
    mounts = [Mount(f"/{vendor.source}", app=vendor.app) for vendor in vendors]
    return log.recorded(interference.around(Starlette(routes=[*control.routes(), *mounts])))
