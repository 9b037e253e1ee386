"""Channels over HTTP: Slack's webhook and its bot, Teams' workflows, a signed webhook of your own, and Apprise."""

import base64
import hashlib
import hmac
import json
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import httpx

from reports.alerts import chat, messages
from reports.alerts.channels import ChannelFailed, Parcel, Receipt
from reports.formats import utc

TIMEOUT = 20
"""Seconds a receiver may take to answer."""


@dataclass(frozen=True, slots=True)
class ChatWebhook:
    """An incoming webhook as Slack defines it; its address is a secret."""

    url: str

    def send(self, parcel: Parcel, now: datetime) -> Receipt:  # noqa: ARG002 - a chat dates its messages itself
        """One POST; any answer but success is a failure."""
        body = chat.webhook_body(parcel.entries, docs_url=parcel.docs_url)
        _post("The chat webhook", "QBR_CHAT_WEBHOOK_URL", self.url, json.dumps(body).encode())
        return Receipt(("chat_webhook",))


@dataclass(frozen=True, slots=True)
class Slack:
    """Slack's Web API with a bot's token: an alert is one message, replaced as the alert goes on."""

    token: str
    channel: str
    api_url: str

    def send(self, parcel: Parcel, now: datetime) -> Receipt:  # noqa: ARG002 - Slack dates its messages itself
        """Post the alert, or change its message. People are told again below it, where a changed one tells nobody."""
        [facts] = parcel.entries[-1:]
        body = chat.slack_message(facts, docs_url=parcel.docs_url)
        if parcel.reference is None:
            if facts["event"] in {"acknowledged", "snoozed"}:
                return Receipt(())
            answer = self._call("chat.postMessage", {"channel": self.channel, **body})
            return Receipt((self.channel,), reference=f"{answer['channel']}:{answer['ts']}")
        channel, ts = parcel.reference.split(":", 1)
        try:
            self._call("chat.update", {"channel": channel, "ts": ts, **body})
        except _SlackRefused as refused:
            if refused.error not in {"message_not_found", "cant_update_message", "edit_window_closed"}:
                raise
            answer = self._call("chat.postMessage", {"channel": self.channel, **body})
            return Receipt((self.channel,), reference=f"{answer['channel']}:{answer['ts']}")
        if facts["event"] in {"reminder", "escalated", "woken"}:
            told = {"text": chat.safe(messages.opening(facts)), "thread_ts": ts, "reply_broadcast": True}
            self._call("chat.postMessage", {"channel": channel, **told})
        return Receipt((self.channel,), reference=parcel.reference)

    def _call(self, method: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = _post(
            "Slack",
            "QBR_SLACK_BOT_TOKEN",
            f"{self.api_url.rstrip('/')}/{method}",
            json.dumps(body).encode(),
            {"authorization": f"Bearer {self.token}", "content-type": "application/json; charset=utf-8"},
        )
        try:
            told = answer.json()
        except ValueError as error:
            raise ChannelFailed("Slack answered something that is no JSON.") from error
        if not told.get("ok"):
            raise _SlackRefused(str(told.get("error", "no reason")))
        return dict(told)


class _SlackRefused(ChannelFailed):
    def __init__(self, error: str) -> None:
        super().__init__(
            f"Slack refused the message ({error}). Check QBR_SLACK_BOT_TOKEN, the scope chat:write, and that the bot "
            "is in the channel."
        )
        self.error = error


@dataclass(frozen=True, slots=True)
class Teams:
    """A Teams workflow that starts when a webhook request is received; its address is a secret."""

    url: str

    def send(self, parcel: Parcel, now: datetime) -> Receipt:  # noqa: ARG002 - Teams dates its messages itself
        """One adaptive card."""
        card = chat.teams_card(parcel.entries, docs_url=parcel.docs_url)
        _post("The Teams workflow", "QBR_TEAMS_WEBHOOK_URL", self.url, json.dumps(card).encode())
        return Receipt(("teams",))


@dataclass(frozen=True, slots=True)
class SignedWebhook:
    """A receiver of your own. Signed as https://www.standardwebhooks.com says, so that libraries can verify it."""

    url: str
    secret: str

    def send(self, parcel: Parcel, now: datetime) -> Receipt:
        """One POST a message, in the order they were decided; the id is the same when it is tried again."""
        for message in parcel.messages:
            facts = message.payload["facts"]
            body = {"type": f"alert.{facts['event']}", "timestamp": utc(now), "data": facts}
            content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
            name = f"{message.organization_id}-{message.dedupe_key}"
            stamp = int(now.timestamp())
            headers = {
                "content-type": "application/json",
                "webhook-id": name,
                "webhook-timestamp": str(stamp),
                "webhook-signature": signature(self.secret, name, stamp, content),
            }
            _post("The alert webhook", "QBR_ALERT_WEBHOOK_URL", self.url, content, headers)
        return Receipt(("webhook",))


def signature(secret: str, name: str, stamp: int, content: bytes) -> str:
    """HMAC-SHA256 over id, time and body. A secret that begins with ``whsec_`` is the base64 of its key."""
    key = base64.b64decode(secret.removeprefix("whsec_")) if secret.startswith("whsec_") else secret.encode()
    signed = hmac.new(key, f"{name}.{stamp}.".encode() + content, hashlib.sha256).digest()
    return "v1," + base64.b64encode(signed).decode()


@dataclass(frozen=True, slots=True)
class AnythingElse:
    """Whatever Apprise knows an address of: https://github.com/caronc/apprise. Each address is told by itself."""

    urls: Sequence[str]

    def send(self, parcel: Parcel, now: datetime) -> Receipt:  # noqa: ARG002 - receivers date their messages themselves
        """Tell each address that has not got it; names of addresses hide what is secret in them."""
        import apprise  # takes a third of a second, and few installations use it

        entries = parcel.entries
        if len(entries) > 1:
            title = messages.digest_subject(entries)
            body = messages.digest_text(entries, docs_url=parcel.docs_url)
        else:
            title, body = messages.subject(entries[0]), messages.text(entries[0], docs_url=parcel.docs_url)
        delivered, later = [], []
        for number, url in enumerate(self.urls, start=1):
            service = apprise.Apprise.instantiate(url, suppress_exceptions=True)
            scheme = url.split("://", 1)[0]
            name = f"{scheme} {number}"
            if name in parcel.done:
                continue
            if service is not None and service.notify(title=title, body=body):
                delivered.append(name)
            else:
                why = "did not take it" if service is not None else "is no address that Apprise understands"
                later.append((name, why))
        if later and not delivered and not parcel.done:
            told = ", ".join(f"{name} {why}" for name, why in later)
            raise ChannelFailed(f"Apprise reached nobody: {told}. Check QBR_APPRISE_URLS.")
        return Receipt(tuple(delivered), later=tuple(later))


def _post(who: str, setting: str, url: str, content: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
    """One POST that must succeed; what fails is told without the address, which is a secret."""
    try:
        answer = httpx.post(
            url,
            content=content,
            headers={"content-type": "application/json", **(headers or {})},
            timeout=TIMEOUT,
            verify=_authorities(),
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ChannelFailed(f"{who} could not be reached: {type(error).__name__}.") from error
    if not answer.is_success:
        raise ChannelFailed(
            f"{who} answered HTTP {answer.status_code}. Check {setting} if it goes on.",
            retry_after=_seconds(answer.headers.get("retry-after")),
        )
    return answer


@lru_cache(maxsize=1)
def _authorities() -> ssl.SSLContext:
    """Who may vouch for a receiver; reading them takes longer than a post."""
    return ssl.create_default_context()


def _seconds(value: str | None) -> float | None:
    try:
        return None if value is None else float(value)
    except ValueError:
        return None
