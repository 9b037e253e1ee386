"""The receipt of every figure a slide shows, as one line of its speaker notes.

A line reads: metric | period | value and unit | shown as | method | model | source rows | freshness | how. Values carry
all stored digits and instants are UTC, so a line can be checked against the marts by a person or a program.
"""

from reports.formats import plain, utc
from reports.views.figures import Figure
from reports.views.organizations import Snapshot


def heading(organization_id: str, quarter: str, snapshot: Snapshot) -> str:
    """The line above the receipts: whose figures, which quarter, as of when, checked by which run."""
    run = f"run {snapshot.run_id}" if snapshot.run_id else "no run recorded its checks"
    return f"Receipts of {organization_id} for {quarter}; data as of {utc(snapshot.as_of)}; {run}."


def line(figure: Figure, shown: str | None) -> str:
    """The receipt of one figure; `shown` is its text on the slide, None where only a chart draws it."""
    receipt = figure.receipt
    value = plain(figure.value) if figure.value is None else f"{plain(figure.value)} {figure.unit}"
    model = receipt.model if receipt.column is None else f"{receipt.model}.{receipt.column}"
    parts = [
        figure.metric if figure.client_id == "all" else f"{figure.metric} of {figure.client_id}",
        figure.period,
        value if figure.reason is None or figure.value is not None else f"{value}: {figure.reason}",
        *([f"shown as {shown}"] if shown is not None else []),
        receipt.method if receipt.basis is None else f"{receipt.method}, {receipt.basis} basis",
        model if receipt.source is None else f"{model} from {receipt.source}",
        "source rows not counted" if receipt.source_rows is None else f"{receipt.source_rows} source rows",
        f"freshest {utc(receipt.freshest_at)}",
        *([receipt.note] if receipt.note else []),
    ]
    return " | ".join(parts)
