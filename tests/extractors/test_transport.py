"""How long we are patient, with what, and that nothing but reading gets through."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from extractors import SOURCES
from extractors.core.effort import Effort, ReadCancelled, count_into, pause
from extractors.core.transport import LONGEST_WAIT, Patient, WriteRefused
from tests.extractors.fakes import Unlimited

NOW = datetime(2026, 7, 6, 14, tzinfo=UTC)
Answer = httpx.Response | Exception


class Script:
    """A vendor that answers from a list, then with 200; notes the waits in between."""

    def __init__(self, *answers: Answer, source: str = "stripe") -> None:
        self.answers = list(answers)
        self.calls = 0
        self.waits: list[float] = []
        self.patient = Patient(
            httpx.MockTransport(self.answer),
            source=SOURCES[source],
            budget=Unlimited(),
            token_urls=frozenset({"https://vendor.test/token"}),
            sleep=self.waits.append,
            jitter=max,
            now=lambda: NOW,
        )

    def answer(self, _request: httpx.Request) -> httpx.Response:
        self.calls += 1
        answer = self.answers.pop(0) if self.answers else httpx.Response(200, text="good")
        if isinstance(answer, Exception):
            raise answer
        return answer

    def get(self) -> httpx.Response:
        with httpx.Client(transport=self.patient) as http:
            return http.get("https://vendor.test/things")


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_an_answer_that_may_get_better_is_asked_for_again(status: int) -> None:
    script = Script(httpx.Response(status))
    assert script.get().text == "good"
    assert script.calls == 2


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 405, 409, 410])
def test_an_answer_that_will_not_get_better_is_taken_at_once(status: int) -> None:
    script = Script(httpx.Response(status))
    assert script.get().status_code == status
    assert script.calls == 1
    assert script.waits == []


@pytest.mark.parametrize(
    "error", [httpx.ReadTimeout("slow"), httpx.ReadError("cut"), httpx.RemoteProtocolError("half")]
)
def test_time_outs_and_broken_connections_are_asked_again(error: Exception) -> None:
    assert Script(error, error).get().text == "good"


def test_waits_double_until_the_last_attempt() -> None:
    script = Script(*[httpx.Response(503) for _ in range(9)])
    assert script.get().status_code == 503
    assert script.calls == 8
    assert script.waits == [0.5, 1, 2, 4, 8, 16, 32]


def test_waits_vary_so_that_readers_do_not_come_back_together() -> None:
    script = Script(httpx.Response(503))
    script.patient._jitter = min
    script.get()
    assert script.waits == [0.25]


def test_a_server_that_is_not_there_is_given_up_on_sooner() -> None:
    script = Script(*[httpx.ConnectError("refused") for _ in range(9)])
    with pytest.raises(httpx.ConnectError):
        script.get()
    assert script.calls == 4
    assert sum(script.waits) < 5


def test_retry_after_in_seconds_is_honoured() -> None:
    script = Script(httpx.Response(429, headers={"Retry-After": "10"}))
    script.get()
    assert script.waits == [pytest.approx(11)]


def test_retry_after_as_a_date_is_honoured() -> None:
    later = format_datetime(NOW + timedelta(seconds=20), usegmt=True)
    script = Script(httpx.Response(503, headers={"Retry-After": later}))
    script.get()
    assert script.waits == [pytest.approx(22)]


def test_a_retry_after_that_cannot_be_read_leaves_our_own_pace() -> None:
    script = Script(httpx.Response(429, headers={"Retry-After": "soon"}))
    script.get()
    assert script.waits == [0.5]


def test_a_vendor_that_asks_for_longer_than_the_cap_is_not_waited_for() -> None:
    script = Script(httpx.Response(429, headers={"Retry-After": str(int(LONGEST_WAIT) + 1)}))
    assert script.get().status_code == 429
    assert script.waits == []


def test_quickbooks_throttling_under_status_403_is_waited_out() -> None:
    body = (
        '<IntuitResponse><Fault type="SERVICE"><Error code="3001"><Message>ThrottleExceeded</Message></Error></Fault>'
        "</IntuitResponse>"
    )
    script = Script(httpx.Response(403, text=body), source="quickbooks")
    assert script.get().text == "good"


def test_stripes_rate_limit_under_status_400_is_waited_out() -> None:
    script = Script(httpx.Response(400, json={"error": {"type": "invalid_request_error", "code": "rate_limit"}}))
    assert script.get().text == "good"


def test_requests_retries_and_waits_are_counted() -> None:
    effort = Effort()
    count_into(effort)
    Script(httpx.Response(429), httpx.Response(500), httpx.ReadTimeout("slow")).get()
    assert (effort.requests, effort.retries, effort.rate_limit_waits, effort.bytes) == (4, 3, 1, 4)


def test_each_attempt_is_taken_from_the_budget() -> None:
    taken: list[str] = []

    class Counting:
        def take(self, source: str) -> None:
            taken.append(source)

    script = Script(httpx.Response(500))
    script.patient._budget = Counting()
    script.get()
    assert taken == ["stripe", "stripe"]


def test_a_wait_ends_at_once_when_the_read_is_called_off() -> None:
    effort = Effort()
    count_into(effort)
    effort.cancelled.set()
    with pytest.raises(ReadCancelled):
        pause(3600)
    count_into(Effort())


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("POST", "https://vendor.test/things"),
        ("PUT", "https://vendor.test/things"),
        ("PATCH", "https://vendor.test/things"),
        ("DELETE", "https://vendor.test/things"),
        ("POST", "https://vendor.test/token/things"),
        ("POST", "https://elsewhere.test/token"),
    ],
)
def test_nothing_that_could_write_reaches_a_vendor(method: str, url: str) -> None:
    script = Script()
    with httpx.Client(transport=script.patient) as http, pytest.raises(WriteRefused):
        http.request(method, url)
    assert script.calls == 0


def test_the_token_address_may_be_posted_to() -> None:
    script = Script()
    with httpx.Client(transport=script.patient) as http:
        assert http.post("https://vendor.test/token").text == "good"


@pytest.mark.parametrize(("behind", "noted"), [(0, 0), (1, 0), (600, 599), (-600, 0)])
def test_a_vendors_clock_that_lags_is_noted_by_its_own_date(behind: int, noted: int) -> None:
    count_into(effort := Effort())
    date = format_datetime(NOW - timedelta(seconds=behind), usegmt=True)
    Script(httpx.Response(200, headers={"Date": date})).get()
    assert effort.clock_behind == noted


def test_a_date_that_cannot_be_read_says_nothing_of_the_clock() -> None:
    count_into(effort := Effort())
    Script(httpx.Response(200, headers={"Date": "yesterday"})).get()
    assert effort.clock_behind == 0
