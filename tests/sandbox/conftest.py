"""The small business of `business.py` and a drawn one, served over real HTTP by threads of this process."""

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import uvicorn

from sandbox.app import create_app
from sandbox.world import World, build
from tests.sandbox.business import NOW, small_world


class Server(uvicorn.Server):
    """A server that says when it listens, so that nobody has to wait and look."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.listening.set()


@dataclass
class Wall:
    """Wall time that a test can move, for tokens that expire."""

    ahead: float = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@dataclass
class Served:
    """The running sandbox as tests use it."""

    address: str
    wall: Wall
    http: httpx.Client = field(repr=False)

    def control(self, method: str, path: str, **more: Any) -> Any:
        answer = self.http.request(method, f"{self.address}/_sandbox/{path}", **more)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def set_clock(self, now: str) -> None:
        self.control("PUT", "clock", json={"now": now})

    def set_faults(self, *faults: dict[str, Any]) -> None:
        self.control("PUT", "faults", json={"faults": faults})

    def connection(self, source: str) -> dict[str, Any]:
        return dict(self.control("GET", "credentials")[source])

    def client(self, source: str) -> httpx.Client:
        """A client that is signed in to one vendor, with the vendor's base address."""
        return httpx.Client(timeout=60, **sign_in(self.http, source, self.connection(source)))


def sign_in(http: httpx.Client, source: str, known: dict[str, Any]) -> dict[str, Any]:
    """Base address and headers or authentication of one vendor, from its credentials."""
    if source == "ninjaone":
        form = {"grant_type": "client_credentials", "scope": "monitoring"}
        form |= {name: known[name] for name in ("client_id", "client_secret")}
        token = http.post(known["token_url"], data=form).raise_for_status().json()["access_token"]
        return {"base_url": known["base_url"], "headers": {"Authorization": f"Bearer {token}"}}
    if source == "connectwise":
        user = f"{known['company_id']}+{known['public_key']}"
        headers = {"clientId": known["client_id"]}
        return {"base_url": known["base_url"], "auth": (user, known["private_key"]), "headers": headers}
    if source == "stripe":
        headers = {"Stripe-Version": "2026-10-28.endive", "Authorization": f"Bearer {known['api_key']}"}
        return {"base_url": known["base_url"], "headers": headers}
    form = {"grant_type": "refresh_token", "refresh_token": known["refresh_token"]}
    application = (known["client_id"], known["client_secret"])
    token = http.post(known["token_url"], data=form, auth=application).raise_for_status().json()["access_token"]
    base = f"{known['base_url']}/v3/company/{known['realm_id']}"
    return {"base_url": base, "headers": {"Authorization": f"Bearer {token}", "Accept": "application/json"}}


@contextlib.contextmanager
def serving(world: World) -> Iterator[Served]:
    """A sandbox for this business, listening on a free port until the block ends."""
    wall = Wall()
    app = create_app(now=NOW, wall=wall, world=world)
    running = Server(
        uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", proxy_headers=False, date_header=False)
    )
    thread = threading.Thread(target=running.run)
    thread.start()
    assert running.listening.wait(60), "the sandbox did not start to listen"
    port = running.servers[0].sockets[0].getsockname()[1]
    with httpx.Client(timeout=60) as http:
        yield Served(f"http://127.0.0.1:{port}", wall, http)
    running.should_exit = True
    thread.join(30)


@pytest.fixture(scope="session")
def server() -> Iterator[Served]:
    """The small business, one server for the session; `served` puts it back in order for each test."""
    with serving(small_world()) as served:
        yield served


@pytest.fixture(scope="session")
def drawn_server() -> Iterator[Served]:
    """The business that is drawn from seed 7."""
    with serving(build(7)) as served:
        yield served


@pytest.fixture
def drawn(drawn_server: Served) -> Served:
    """The drawn business with its clock at `NOW`."""
    drawn_server.control("DELETE", "clock")
    return drawn_server


@pytest.fixture
def served(server: Served) -> Served:
    """The sandbox with its clock at `NOW`, no faults, an empty log and true wall time."""
    server.wall.ahead = 0.0
    server.control("DELETE", "clock")
    server.control("DELETE", "faults")
    server.control("DELETE", "requests")
    return server


def client_fixture(source: str) -> Any:
    """A fixture that gives a client signed in to this vendor."""

    @pytest.fixture(name=source)
    def signed_in(served: Served) -> Iterator[httpx.Client]:
        with served.client(source) as client:
            yield client

    return signed_in


ninjaone = client_fixture("ninjaone")
connectwise = client_fixture("connectwise")
stripe = client_fixture("stripe")
quickbooks = client_fixture("quickbooks")
