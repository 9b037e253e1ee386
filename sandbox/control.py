"""The sandbox's own addresses: health, clock, faults, credentials, the request log, the hand-kept figures."""

import csv
import io
import os
from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import msgspec
import psycopg
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.answers import json_answer
from sandbox.clock import Clock, parse_instant
from sandbox.faults import FaultPlan
from sandbox.interference import Interference
from sandbox.opsdb import OperationalDatabases
from sandbox.requestlog import RequestLog
from sandbox.vendor import Vendor
from sandbox.world.entities import World


@dataclass(frozen=True, slots=True)
class Control:
    """Answers under ``/_sandbox``."""

    world: World
    seed: int
    clock: Clock
    interference: Interference
    log: RequestLog
    vendors: Iterable[Vendor]
    public_base_url: str | None
    databases: OperationalDatabases

    def routes(self) -> list[Route]:
        return [
            Route("/_sandbox/health", self.health),
            Route("/_sandbox/clock", self.show_clock, methods=["GET"]),
            Route("/_sandbox/clock", self.set_clock, methods=["PUT"]),
            Route("/_sandbox/clock", self.reset_clock, methods=["DELETE"]),
            Route("/_sandbox/faults", self.show_faults, methods=["GET"]),
            Route("/_sandbox/faults", self.set_faults, methods=["PUT"]),
            Route("/_sandbox/faults", self.clear_faults, methods=["DELETE"]),
            Route("/_sandbox/credentials", self.credentials),
            Route("/_sandbox/databases", self.provide_databases, methods=["PUT"]),
            Route("/_sandbox/manual.csv", self.manual),
            Route("/_sandbox/requests", self.requests, methods=["GET"]),
            Route("/_sandbox/requests", self.forget_requests, methods=["DELETE"]),
        ]

    async def health(self, _: Request) -> Response:
        return json_answer(
            {"status": "ok", "seed": self.seed, "now": self.clock.now.isoformat(), "process": os.getpid()}
        )

    async def show_clock(self, _: Request) -> Response:
        return json_answer({"now": self.clock.now.isoformat()})

    async def set_clock(self, request: Request) -> Response:
        try:
            asked = msgspec.json.decode(await request.body(), type=dict[str, str])
            self.clock.set(parse_instant(asked["now"]))
        except (msgspec.MsgspecError, KeyError, ValueError) as problem:
            return json_answer({"error": f'Send {{"now": "2026-07-06T14:00:00Z"}}: {problem}'}, 400)
        await run_in_threadpool(self.databases.show, self.clock.now)
        return await self.show_clock(request)

    async def reset_clock(self, request: Request) -> Response:
        self.clock.reset()
        await run_in_threadpool(self.databases.show, self.clock.now)
        return await self.show_clock(request)

    async def show_faults(self, _: Request) -> Response:
        return json_answer(self.interference.plan)

    async def set_faults(self, request: Request) -> Response:
        try:
            plan = msgspec.json.decode(await request.body(), type=FaultPlan)
        except msgspec.MsgspecError as problem:
            return json_answer({"error": f"This is no fault plan: {problem}"}, 400)
        self.interference.follow(plan)
        return json_answer(plan)

    async def clear_faults(self, _: Request) -> Response:
        self.interference.follow(FaultPlan())
        return Response(status_code=204)

    async def credentials(self, request: Request) -> Response:
        """Sign-in facts for all vendors. Each call gives a QuickBooks refresh token of its own."""
        base = self.public_base_url or str(request.base_url)
        return json_answer({vendor.source: vendor.connection(base.rstrip("/")) for vendor in self.vendors})

    async def provide_databases(self, request: Request) -> Response:
        """Have the operational databases on a server; the answer says how each organization signs in to its own."""
        try:
            asked = msgspec.json.decode(await request.body(), type=dict[str, str])
            server, database = asked["server"], asked["database"]
        except (msgspec.MsgspecError, KeyError):
            return json_answer({"error": 'Send {"server": ADDRESS, "database": NAME}.'}, 400)
        try:
            facts = await run_in_threadpool(self.databases.provide, server, database, self.clock.now)
        except psycopg.Error as problem:  # its text may hold the address: only its name is told
            return json_answer({"error": f"The databases could not be made ({type(problem).__name__})."}, 503)
        return json_answer(facts)

    async def manual(self, _: Request) -> Response:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(("period", "metric", "value", "note"))
        today = self.clock.now.astimezone(ZoneInfo(self.world.time_zone))
        for figure in self.world.manual_rows:
            if figure.period < f"{today:%Y-%m}":  # a month's figures are typed in once it is over
                writer.writerow((figure.period, figure.metric, figure.value, figure.note))
        return Response(text.getvalue(), media_type="text/csv")

    async def requests(self, request: Request) -> Response:
        source = request.query_params.get("source")
        return json_answer([entry for entry in self.log.entries if source in (None, entry["source"])])

    async def forget_requests(self, _: Request) -> Response:
        self.log.entries.clear()
        return Response(status_code=204)
