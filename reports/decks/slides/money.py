"""Revenue by kind, and profit: thirteen months as a chart, the quarter as a table."""

from collections.abc import Sequence

from reports.decks import headlines
from reports.decks.charts import Plot, Slot
from reports.decks.deck import Deck, Page
from reports.decks.shapes import Cell, Column, Table
from reports.decks.slides.parts import chart_or_reason, lines_of, month_chart
from reports.views.company import Trends
from reports.views.figures import Figure, Series

REVENUE: tuple[tuple[str, str, Slot], ...] = (
    ("mrr", "Recurring", "accent2"),
    ("nrr", "Non-recurring", "accent1"),
    ("orr", "Other recurring", "accent3"),
    ("product_sales", "Product sales", "tx2"),
    ("misc_revenue", "Miscellaneous", "accent1-light"),
)
COSTS = (
    ("employee_expense", "Employees"),
    ("owner_comp", "Owner compensation"),
    ("owner_comp_taxes", "Owner taxes"),
    ("product_cogs", "Cost of goods sold"),
    ("other_expenses", "Other expenses"),
    ("uncategorized_expenses", "Less uncategorized"),
)
RESULT: tuple[tuple[str, str, Slot], ...] = (
    ("total_revenue", "Revenue", "accent1"),
    ("total_expenses", "Expenses", "accent3"),
    ("net_profit", "Net profit", "accent2"),
)


def render_revenue(deck: Deck, view: Trends) -> None:
    """What revenue is made of."""
    formats, monthly, quarterly = deck.formats, view.monthly, view.quarterly
    page = deck.page("Chart and Table", headlines.money(formats, quarterly["total_revenue"], "Revenue"))
    series = [monthly[metric] for metric, _, _ in REVENUE]
    names, colours = [name for _, name, _ in REVENUE], [colour for _, _, colour in REVENUE]
    chart_or_reason(
        page,
        "Chart",
        month_chart(
            formats,
            "Revenue by kind per month",
            series,
            [Plot("stacked", lines_of(series, names, colours))],
            unit="usd",
            skip=2,
        ),
        series,
    )
    rows = [(name, quarterly[metric]) for metric, name, _ in REVENUE]
    _table(page, [*rows, ("Total revenue", quarterly["total_revenue"])], {len(rows)}, "Revenue by kind")


def render_profit(deck: Deck, view: Trends) -> None:
    """What was earned and spent, and what was left."""
    formats, monthly, quarterly = deck.formats, view.monthly, view.quarterly
    page = deck.page("Chart and Table", headlines.money(formats, quarterly["net_profit"], "Net profit"))
    series = [monthly[metric] for metric, _, _ in RESULT]
    columns = lines_of(series[:2], [name for _, name, _ in RESULT[:2]], [colour for _, _, colour in RESULT[:2]])
    line = lines_of(series[2:], [RESULT[2][1]], [RESULT[2][2]])
    chart_or_reason(
        page,
        "Chart",
        month_chart(
            formats,
            "Revenue, expenses and net profit per month",
            series,
            [Plot("column", columns), Plot("line", line)],
            unit="usd",
            skip=2,
        ),
        series,
    )
    rows = [
        ("Total revenue", quarterly["total_revenue"]),
        *((name, quarterly[metric]) for metric, name in COSTS),
        ("Total expenses", quarterly["total_expenses"]),
        ("Net profit", quarterly["net_profit"]),
    ]
    _table(page, rows, {0, len(rows) - 2, len(rows) - 1}, "Profit and loss")


def _table(page: Page, rows: Sequence[tuple[str, Series]], strong: set[int], what: str) -> None:
    last_year, before, now = rows[0][1].periods
    headings = [page.formats.quarter(period) for period in (now, before, last_year)]
    page.table(
        "Table",
        Table(
            columns=(Column(what, 1.9), *(Column(heading, 1.15, "r") for heading in headings)),
            rows=[
                [Cell(name), *(Cell(_amount(page, figure)) for figure in reversed(series.figures))]
                for name, series in rows
            ],
            strong=frozenset(strong),
            row_height=0.37,
        ),
        alt=f"{what} in {', '.join(headings)}.",
    )


def _amount(page: Page, figure: Figure) -> str:
    return page.value(figure, places=0)
