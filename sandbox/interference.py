"""Acts out the faults of a plan around the application: the only place where an answer is spoilt on purpose."""

import asyncio
import random
import socket
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qsl

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.clock import Clock, running_ahead
from sandbox.faults import Fault, FaultPlan
from sandbox.spoilt_pages import following, reversed_rows, without_last_rows

EDGE_PAGE = "<html><head><title>{status}</title></head><body><h1>{status}: service not available</h1></body></html>"
THROTTLING_XML = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><IntuitResponse xmlns="http://schema.intuit.com/finance/v3">'
    '<Fault type="SERVICE"><Error code="3001"><Message>message=ThrottleExceeded; errorCode=003001; statusCode=429'
    "</Message><Detail>The request limit was reached. Try again later</Detail></Error></Fault></IntuitResponse>"
)


@dataclass(frozen=True, slots=True)
class VendorHooks:
    """What the faults need from one vendor: its error bodies, and its way of ending sign-ins."""

    error: Callable[[int], Response]
    expire_tokens: Callable[[], None] = lambda: None
    rotate_tokens: Callable[[], None] = lambda: None
    deny_next_sign_in: Callable[[], None] = lambda: None


@dataclass(slots=True)
class Answered:
    """An answer held back whole, so that it can be spoilt or repeated."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    async def send(self, send: Send, cut_at: int | None = None) -> None:
        """Send it; with ``cut_at`` only so many bytes of the body, under headers that promise the whole."""
        kept = [(name, value) for name, value in self.headers if name != b"content-length"]
        headers = [*kept, (b"content-length", str(len(self.body)).encode())]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        body = self.body if cut_at is None else self.body[:cut_at]
        await send({"type": "http.response.body", "body": body, "more_body": cut_at is not None})


@dataclass(slots=True)
class Interference:
    """Stands in front of the vendors and spoils what the plan says. Harmless while the plan is empty."""

    hooks: Mapping[str, VendorHooks]
    clock: Clock
    wall: Callable[[], float]
    plan: FaultPlan = field(default_factory=FaultPlan)
    chance: random.Random = field(default_factory=lambda: random.Random(0))  # noqa: S311 - repeatable, not secret
    _pages: dict[int, Answered] = field(default_factory=dict)
    _held_back: dict[int, Answered] = field(default_factory=dict)

    def follow(self, plan: FaultPlan) -> None:
        """Put these faults in force instead of the present ones."""
        self.plan = plan
        self.chance = random.Random(plan.seed)  # noqa: S311 - repeatable, not secret
        self._pages, self._held_back = {}, {}

    def around(self, app: ASGIApp) -> ASGIApp:
        """The same application, with the plan's faults befalling its requests."""

        async def spoiling(scope: Scope, receive: Receive, send: Send) -> None:
            send = self._dated(send)
            if not self.plan.faults or scope["type"] != "http" or scope["path"].startswith("/_sandbox"):
                await app(scope, receive, send)
                return
            query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
            met = self.plan.meet(scope["method"], scope["path"], query, self.chance)
            fault = next((one for one, strikes in met if strikes), None)
            watching = [one for one, strikes in met if one.kind == "repeated_page" and not strikes]
            if fault is not None:
                with running_ahead(fault.ahead):
                    await self._befall(fault, app, scope, receive, send)
            elif watching:
                answered = await answer_of(app, scope, receive)
                for one in watching:
                    self._pages[id(one)] = answered
                await answered.send(send)
            else:
                await app(scope, receive, send)

        return spoiling

    async def _befall(self, fault: Fault, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        hooks = self.hooks[scope["path"].split("/")[1]]
        if fault.kind in ("time_out", "slow"):
            await asyncio.sleep(fault.seconds)
        if fault.kind in ("connection_reset", "time_out"):
            break_connection(receive)
            return
        refusal = refusal_of(fault, hooks, self.wall())
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        before: dict[str, Callable[[], None]] = {
            "expired_token": hooks.expire_tokens,
            "rotated_token": hooks.rotate_tokens,
            "sign_in_denied": hooks.deny_next_sign_in,
            "records_change": lambda: self.clock.advance(fault.seconds),
        }
        before.get(fault.kind, lambda: None)()
        answered = await answer_of(app, scope, receive)
        if fault.kind == "repeated_page":
            answered = self._pages.get(id(fault), answered)
        elif fault.kind == "swapped_pages":
            answered = await self._swapped(fault, answered, app, scope, receive)
        elif fault.kind == "reordered_page":
            answered.body = reversed_rows(answered.body)
        elif fault.kind == "short_total":
            answered.body = without_last_rows(answered.body, fault.rows)
        elif fault.kind == "invalid_json":
            answered.body = answered.body[:-1] + b",,"
        await answered.send(send, cut_at=len(answered.body) // 2 if fault.kind == "half_body" else None)

    async def _swapped(
        self, fault: Fault, answered: Answered, app: ASGIApp, scope: Scope, receive: Receive
    ) -> Answered:
        """The page after this one, which is held back for the next request."""
        if held := self._held_back.pop(id(fault), None):
            return held
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in answered.headers}
        query = following(scope["path"].split("/")[1], scope["query_string"].decode("latin-1"), answered.body, headers)
        if query is None:
            return answered
        self._held_back[id(fault)] = answered
        return await answer_of(app, {**scope, "query_string": query.encode("latin-1")}, receive)

    def _dated(self, send: Send) -> Send:
        """Write the hour of the vendor's clock on every answer, as servers do."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = formatdate(self.wall(), usegmt=True).encode()
                message = {**message, "headers": [*message.get("headers", []), (b"date", date)]}
            await send(message)

        return sending


def refusal_of(fault: Fault, hooks: VendorHooks, wall: float) -> Response | None:
    """The answer that takes the place of the right one, or None when the fault does not refuse the request."""
    answer: Response | None = None
    if fault.kind == "html":
        status = fault.status or 502
        answer = Response(EDGE_PAGE.format(status=status), status, media_type="text/html")
    elif fault.kind == "throttling_xml":
        answer = Response(THROTTLING_XML, 429, media_type="application/xml")
    elif fault.kind in ("too_many_requests", "server_error", "permission_missing"):
        default = {"too_many_requests": 429, "server_error": 500, "permission_missing": 403}[fault.kind]
        answer = hooks.error(fault.status or default)
    elif fault.kind == "fault_in_success":
        answer = hooks.error(500)
        answer.status_code = 200
    if answer is not None and fault.retry_after is not None:
        date = formatdate(wall + float(fault.retry_after), usegmt=True) if fault.retry_after.startswith("+") else None
        answer.headers["retry-after"] = date or fault.retry_after
    return answer


async def answer_of(app: ASGIApp, scope: Scope, receive: Receive) -> Answered:
    """Let the application answer, and hold what it says."""
    answered = Answered()

    async def holding(message: Message) -> None:
        if message["type"] == "http.response.start":
            answered.status, answered.headers = message["status"], list(message["headers"])
        else:
            answered.body += message.get("body", b"")

    await app({**scope}, receive, holding)  # a copy: routing writes into it, and it may be asked once more
    return answered


def break_connection(receive: Receive) -> None:
    """Cut the client off with a TCP reset, as a dying machine on the way does.

    ASGI has no word for it; uvicorn's request cycle, whose method ``receive`` is, holds the transport.
    """
    transport: Any = getattr(getattr(receive, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionResetError("The sandbox can only break a connection when uvicorn serves it.")
    held = transport.get_extra_info("socket")
    held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
