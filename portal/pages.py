"""What the pages say: words for every refusal, files as a person reads them, receipts of a finalised deck."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

import jinja2
import msgspec

from portal.receipts import has_record
from reports.formats import Formats, plain, utc
from reports.mail_footers import LISTS
from reports.views.organizations import Organization
from reports.views.shared_files import SharedFile
from warehouse.mail_lists import Listed

HERE = Path(__file__).parent
TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(HERE / "templates"), autoescape=True, undefined=jinja2.StrictUndefined
)
STYLE = (HERE / "templates" / "style.css").read_text(encoding="utf-8")

HOME = (
    "This page opens by a link",
    "Somebody who prepares your reviews can send you one. It shows exactly the files that were chosen for you.",
)
REPLACED = (
    "A newer version was written since the link was sent, and the link opens only what was chosen then. Ask for a new "
    "link to see the newer one."
)
REMOVED = (
    "It was removed after the time that such files are kept. Ask whoever sent the link to make it again, and to send a "
    "new one."
)
REFUSALS = {
    "home": HOME,
    "unknown": (
        "This link does not open anything",
        "It must be copied whole. If it was, ask for a new one.",
    ),
    "expired": ("This link has expired", "Links open for a limited time. Ask whoever sent it for a new one."),
    "revoked": ("This link was closed", "Whoever sent it has closed it. Ask them if you still need the files."),
    "replaced": ("This file was replaced", REPLACED),
    "removed": ("This file is no longer kept", REMOVED),
    "damaged": ("This file is not what it was", "So it is not handed out. Please tell whoever sent the link."),
    "refused": ("This link does not open that", "It opens exactly the files on its list."),
    "no_receipts": (
        "These receipts are no longer kept",
        "What the file was drawn from is gone or was changed since, so nothing is shown. The file itself is as it was.",
    ),
    "method": ("That cannot be done here", "This page only shows and hands out files."),
    "failed": ("Something went wrong here", "Nothing was lost. Try again in a few minutes, then tell the sender."),
}
_KINDS = {
    "company_deck": "Company review", "client_deck": "Service review", "customer_review_deck": "Customer review",
    "investor_deck": "Investor pack", "company_pdf": "Company review, PDF", "client_pdf": "Service review, PDF",
    "customer_review_pdf": "Customer review, PDF", "investor_pdf": "Investor pack, PDF",
    "company_handout": "Figures of the company review", "client_handout": "Figures of the service review",
    "customer_review_handout": "Figures of the customer review", "investor_handout": "Figures of the investor pack",
    "export": "Export", "snapshot_file": "Figures for investors", "data_quality_report": "Data quality",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """A file on the list."""

    artefact_id: int
    title: str
    name: str
    size: str
    stored: str
    data_as_of: str | None
    sha256: str
    facts: tuple[str, ...]
    state: str
    is_final: bool
    is_draft: bool
    has_receipts: bool


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of a slide with its receipt."""

    label: str
    period: str
    shown: str
    value: str
    reason: str | None
    receipt: str


def message(why: str) -> str:
    """The page of a refusal."""
    title, words = REFUSALS[why]
    return TEMPLATES.get_template("message.html").render(title=title, words=words)


def leaving(organization: str, found: Listed) -> str:
    """The page with the button that takes an address off a list of mails; or that it is off already."""
    if found.left_at is not None:
        return left(organization, found)
    return TEMPLATES.get_template("leave.html").render(
        title="Be sent no more of these mails?", organization=organization, list=LISTS[found.mail_list],
        address=_hinted(found.recipient),
    )  # fmt: skip


def left(organization: str, found: Listed) -> str:
    """The page that says that the address is off the list."""
    words = (
        f"{_hinted(found.recipient)} gets no more mails with {LISTS[found.mail_list]} of {organization}. A mistake? "
        f"Ask {organization} to put the address back."
    )
    return TEMPLATES.get_template("message.html").render(title="You are off the list", words=words)


def listing(organization: Organization, token: str, label: str, expires: str, files: Sequence[SharedFile]) -> str:
    """The page of a link: its files by quarter and client."""
    formats = Formats(organization.locale, organization.currency, organization.time_zone)
    quarters = [
        (
            formats.quarter(quarter) if quarter else "Without a quarter",
            [
                (client or organization.name, [entry(formats, file) for file in of_client])
                for client, of_client in groupby(of_quarter, key=lambda file: file.client)
            ],
        )
        for quarter, of_quarter in groupby(files, key=lambda file: file.quarter)
    ]
    return TEMPLATES.get_template("files.html").render(
        organization=organization.name, token=token, label=label, expires=expires, quarters=quarters, title=label,
        zone=organization.time_zone,
    )  # fmt: skip


def entry(formats: Formats, file: SharedFile) -> Entry:
    """A file as the list shows it."""
    details, data_as_of = file.details, str(file.details.get("data_as_of") or "unknown")
    facts = []
    if details.get("slides"):
        facts.append(f"{details['slides']} slides")
    if details.get("metrics"):
        facts.append(", ".join(details["metrics"]))
    if details.get("mart"):
        facts.append(str(details["mart"]))
    if details.get("rows") is not None:
        facts.append(f"{formats.number(details['rows'])} rows")
    if details.get("from") and details.get("to"):
        facts.append(f"{details['from']} to {details['to']}")
    return Entry(
        artefact_id=file.artefact_id,
        title=_KINDS.get(file.kind, file.kind.replace("_", " ").capitalize()),
        name=file.name,
        size=_size(formats, file.bytes),
        stored=formats.instant(file.stored_at),
        data_as_of=None if data_as_of == "unknown" else formats.instant(datetime.fromisoformat(data_as_of)),
        sha256=file.sha256,
        facts=tuple(facts),
        state=file.state,
        is_final=file.is_frozen,
        is_draft=file.is_draft,
        has_receipts=has_record(file),
    )


def receipts(organization: Organization, token: str, file: SharedFile, record: bytes) -> str:
    """The page with every figure of a finalised deck, slide by slide, and where each comes from."""
    found = msgspec.json.decode(record)
    slides = [(slide["number"], slide["title"], list(_figures(slide))) for slide in found["slides"] if slide["fields"]]
    return TEMPLATES.get_template("receipts.html").render(
        organization=organization.name, token=token, file=file, slides=slides, title=f"Receipts of {file.name}",
        heading=found["receipts_heading"],
    )  # fmt: skip


def _figures(slide: dict[str, Any]) -> Iterator[Figure]:
    for field in slide["fields"]:
        figure, receipt = field["figure"], field["figure"]["receipt"]
        value = figure["value"]
        rows = receipt["source_rows"]
        parts = [
            receipt["method"],
            receipt["model"],
            f"from {receipt['source']}" if receipt["source"] else None,
            f"{rows} source rows" if rows is not None else None,
            f"freshest {utc(datetime.fromisoformat(receipt['freshest_at']))}" if receipt["freshest_at"] else None,
            receipt["note"],
        ]
        yield Figure(
            label=_label(figure["label"]),
            period=figure["period"],
            shown=field["shown"] or "drawn in a chart",
            value=plain(None if value is None else Decimal(str(value))),
            reason=figure["reason"] if value is None else None,
            receipt=", ".join(part for part in parts if part),
        )


def _hinted(address: str) -> str:
    """An address so that its owner knows it, and nobody whom a mail was passed on to learns it."""
    name, _, host = address.partition("@")
    return f"{name[:1]}\N{HORIZONTAL ELLIPSIS}@{host}"


def _label(text: str) -> str:
    words = text.replace("_", " ")
    return words[:1].upper() + words[1:]


def _size(formats: Formats, size: int) -> str:
    if size < 1024:
        return f"{size} bytes"
    if size < 1024 * 1024:
        return f"{formats.number(Decimal(size) / 1024)} KB"
    return f"{formats.number(Decimal(size) / 1024 / 1024, 1)} MB"
