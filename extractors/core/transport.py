"""Waiting and trying again, as an httpx transport around another; and the wall that keeps us read-only.

stamina would pace the retries, but it sleeps by itself: its sleep can be neither called off when the consumer stops
nor handed in by a test, and it knows no second, shorter patience for a server that is not there. So the loop is here.
"""

import random
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from extractors.core.budget import Budget
from extractors.core.effort import current_effort, pause
from extractors.core.errors import VendorUnavailable
from extractors.core.source import Source

ATTEMPTS = 8
"""With 3 of 10 requests failing, 8 attempts fail together once in 15,000 requests."""
CONNECT_ATTEMPTS = 4
"""A server that refuses the connection is rarely back within the minute: say so sooner."""
REQUEST_TIMEOUT = 408
DATE_RESOLUTION = 1.0
"""Seconds: a Date header leaves the fraction out."""
LONGEST_WAIT = 120.0
"""Seconds. A vendor that asks for more is told to people rather than slept on."""


class WriteRefused(RuntimeError):
    """Code tried to change something at a vendor. This project only reads."""


class Patient(httpx.BaseTransport):
    """Retries what may succeed (408, 429, 5xx, time-outs, broken connections), inside the source's budget.

    Honours Retry-After; otherwise waits double each time, with jitter, up to a cap. Reads the body before
    returning, so that an answer that breaks off half-way is retried as well.
    """

    def __init__(
        self,
        inner: httpx.BaseTransport,
        *,
        source: Source,
        budget: Budget,
        token_urls: frozenset[str] = frozenset(),
        sleep: Callable[[float], None] = pause,
        jitter: Callable[[float, float], float] = random.uniform,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._inner = inner
        self._source = source
        self._budget = budget
        self._token_urls = token_urls
        self._sleep = sleep
        self._jitter = jitter
        self._now = now

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The first answer worth having, or the last one; raises httpx.TransportError when none came."""
        if request.method != "GET" and not (request.method == "POST" and str(request.url) in self._token_urls):
            raise WriteRefused(f"{request.method} {request.url.path} would write to {self._source.label}")
        effort = current_effort()
        attempt = 0
        while True:
            attempt += 1
            self._budget.take(self._source.name)
            effort.requests += 1
            sent_at = self._now()
            try:
                response = self._inner.handle_request(request)
                response.read()
            except (httpx.TransportError, httpx.DecodingError) as error:
                unreachable = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
                if attempt >= (CONNECT_ATTEMPTS if unreachable else ATTEMPTS):
                    raise
                wait = self._backoff(attempt)
            else:
                effort.bytes += len(response.content)
                # It was written after we asked, so only a clock that lags can show an hour before that.
                lag = (sent_at - (_date(response, "Date") or sent_at)).total_seconds()
                effort.clock_behind = max(effort.clock_behind, lag - DATE_RESOLUTION)
                asked_for = self._retry_after(response)
                if not self._may_succeed(response) or attempt >= ATTEMPTS or (asked_for or 0) > LONGEST_WAIT:
                    return response
                # A little over what was asked for, so that parallel readers do not all come back at once.
                wait = self._backoff(attempt) if asked_for is None else asked_for * self._jitter(1.0, 1.1)
                effort.rate_limit_waits += not response.is_server_error and response.status_code != REQUEST_TIMEOUT
            effort.retries += 1
            self._sleep(wait)

    def close(self) -> None:
        """Close the transport inside."""
        self._inner.close()

    def _backoff(self, attempt: int) -> float:
        return min(LONGEST_WAIT, self._source.first_wait * 2.0 ** (attempt - 1)) * self._jitter(0.5, 1.0)

    def _may_succeed(self, response: httpx.Response) -> bool:
        if response.status_code in {REQUEST_TIMEOUT, 429} or response.is_server_error:
            return True
        # Some vendors put "slow down" or "try later" under another status (QuickBooks: under 403, and even under 200).
        verdict = self._source.judge(response)
        return verdict is not None and verdict.error is VendorUnavailable

    def _retry_after(self, response: httpx.Response) -> float | None:
        """Seconds to wait as the vendor asks: a number, or a date as RFC 9110 10.2.3 allows.

        A date is by the vendor's clock, which may differ from ours: its answer says what that clock shows.
        """
        text = response.headers.get("Retry-After", "").strip()
        if text.isdigit():
            return float(text)
        moment = _date(response, "Retry-After")
        if moment is None:
            return None  # absent or unreadable: our own pace applies
        return max(0.0, (moment - (_date(response, "Date") or self._now())).total_seconds())


def _date(response: httpx.Response, header: str) -> datetime | None:
    """The date that a header tells, None when it is absent or unreadable."""
    try:
        moment: datetime = parsedate_to_datetime(response.headers.get(header, "").strip())
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC)
