"""An alert as the chat systems want it: Slack's text and blocks, Teams' adaptive card."""

from collections.abc import Sequence
from typing import Any

from reports.alerts.messages import Facts, colour, details, digest_subject, in_order, link, opening, state_of, subject

_LONGEST_TEXT = 2900
"""Characters of one Slack block; Slack refuses more than 3,000."""
_LONGEST_CARD = 20
"""Alerts in one card: Teams refuses cards of more than 28 KB."""


def webhook_body(entries: Sequence[Facts], *, docs_url: str | None = None) -> dict[str, str]:
    """The body a Slack-compatible webhook takes."""
    if len(entries) > 1:
        lines = [f"*{safe(digest_subject(entries))}*"]
        lines += [f"\u2022 [{state_of(facts)}] {safe(opening(facts))}" for facts in in_order(entries)]
        return {"text": "\n".join(lines)}
    [facts] = entries
    lines = [f"*{safe(subject(facts))}*"]
    if facts["event"] != "resolved":
        lines += [
            f"{name}: {safe(value)}"
            for name, value in (
                ("Value", facts["value"]),
                ("Threshold", facts["threshold"]),
                ("Period", facts["period"]),
                ("Next", facts["next_action"]),
                ("Runbook", link(facts["runbook"], docs_url)),
            )
            if value is not None
        ]
    return {"text": "\n".join(lines)}


def slack_message(facts: Facts, *, docs_url: str | None = None) -> dict[str, Any]:
    """Text for notifications, and one attachment in the colour of the severity.

    https://docs.slack.dev/reference/methods/chat.update takes the same, so a message is replaced by its next state.
    """
    shown = details(facts, docs_url)
    small = " \u00b7 ".join(
        f"{name}: {safe(shown[name])}"
        for name in ("Alert", "Value", "Threshold", "Period", "First seen", "Last seen", "Resolved", "Note")
        if name in shown
    )
    lines = [f"*[{state_of(facts)}] {safe(facts['organization'])}*", safe(opening(facts))]
    if "Next" in shown:
        lines.append(f"*Next:* {safe(shown['Next'])}")
    if "Runbook" in shown:
        url = shown["Runbook"]
        lines.append(f"*Runbook:* {f'<{url}|{url}>' if url.startswith('http') else safe(url)}")
    blocks = [
        {"type": "section", "text": {"type": "mrkdwn", "text": "\n".join(lines)[:_LONGEST_TEXT]}},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": small[:_LONGEST_TEXT]}]},
    ]
    return {"text": safe(subject(facts)), "attachments": [{"color": colour(facts), "blocks": blocks}]}


def teams_card(entries: Sequence[Facts], *, docs_url: str | None = None) -> dict[str, Any]:
    """What a Teams workflow ("when a webhook request is received") takes: an adaptive card in an attachment."""
    body: list[dict[str, Any]] = []
    actions: list[dict[str, Any]] = []
    if len(entries) > 1:
        body.append(_words(digest_subject(entries).removeprefix("[Digest] "), size="Large", weight="Bolder"))
        for facts in in_order(entries)[:_LONGEST_CARD]:
            tone = _TONES["resolved" if facts["event"] == "resolved" else facts["severity"]]
            body.append(_words(state_of(facts), weight="Bolder", color=tone, spacing="Medium"))
            body.append(_words(opening(facts), spacing="None"))
            if facts["event"] != "resolved":
                body.append(_words(f"Next: {facts['next_action']}", isSubtle=True, spacing="None"))
        if len(entries) > _LONGEST_CARD:
            body.append(_words(f"and {len(entries) - _LONGEST_CARD} more: qbr alerts list", isSubtle=True))
    else:
        [facts] = entries
        tone = _TONES["resolved" if facts["event"] == "resolved" else facts["severity"]]
        body += [
            _words(f"{state_of(facts)}: {facts['organization']}", size="Large", weight="Bolder", color=tone),
            _words(opening(facts)),
            {
                "type": "FactSet",
                "facts": [{"title": name, "value": value} for name, value in details(facts, docs_url).items()],
            },
        ]
        runbook = link(facts["runbook"], docs_url)
        if runbook and runbook.startswith("http"):
            actions.append({"type": "Action.OpenUrl", "title": "Runbook", "url": runbook})
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": body,
        **({"actions": actions} if actions else {}),
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


_TONES = {"critical": "Attention", "high": "Warning", "medium": "Accent", "low": "Default", "resolved": "Good"}


def safe(value: object) -> str:
    """Slack's three control characters escaped: https://docs.slack.dev/messaging/formatting-message-text"""
    return str(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _words(words: str, **look: object) -> dict[str, Any]:
    return {"type": "TextBlock", "text": words, "wrap": True, **look}
