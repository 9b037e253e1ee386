"""Figures that were presented in an earlier review and have changed since."""

from reports.decks.deck import Deck, Page
from reports.decks.findings import Finding, Sentence, places_of
from reports.decks.shapes import Cell, Column, Table
from reports.formats import Formats
from reports.views.figures import Figure, counted
from reports.views.restated import RestatedFigure, Restatements

_ROWS = 8


def render_restated(deck: Deck, view: Restatements) -> None:
    """What was presented, what it is now, and why; eight figures a page, as many pages as it takes."""
    title = headline(deck.formats, view)
    if view.is_empty:
        page = deck.page("Table", title)
        page.fill("Table", "Every figure of the quarters that were presented is what it was.")
        return
    for start in range(0, len(view.figures), _ROWS):
        page = deck.page("Table", title)
        page.table(
            "Table",
            Table(
                columns=(
                    Column("Figure", 3),
                    Column("Month", 1),
                    Column("Presented", 1.35, "r"),
                    Column("Now", 1.35, "r"),
                    Column("Change", 1.2, "r"),
                    Column("Why", 5.2),
                ),
                rows=[_row(page, figure) for figure in view.figures[start : start + _ROWS]],
                size=13,
                row_height=0.53,
                lines=2,
            ),
            alt="Figures that were presented and have changed since, with both values, the change and its cause.",
        )


def headline(formats: Formats, view: Restatements) -> Finding:
    """Which quarters changed, and the largest change with its account."""
    say = Sentence(formats)
    if view.is_empty:
        return say.finding("Nothing that was presented has changed")
    quarters = list(dict.fromkeys(figure.quarter for figure in view.figures))
    names = " and ".join(formats.quarter(quarter) for quarter in sorted(quarters))
    top = view.figures[0]
    total = counted("restated.figures", "figures", top.quarter, len(view.figures), "marts.fct_restatements")
    text = f"{names} restated: {say.count(total, 'figure', 'figures')} changed"
    if top.amount.value is None:
        return say.finding(text)
    text += f", {top.now.label} of {formats.period(top.now.period)} by {say.signed(top.amount, top.now)}"
    if top.accounts:
        text += f" ({top.accounts[0].account})"
    return say.finding(text)


def _row(page: Page, figure: RestatedFigure) -> list[Cell]:
    change = figure.amount
    return [
        Cell(figure.now.label, bold=True),
        Cell(page.formats.period(figure.now.period)),
        Cell(_value(page, figure.presented)),
        Cell(_value(page, figure.now)),
        Cell("" if change.value is None else page.signed(change, places=places_of(figure.now)), bold=True),
        Cell(_why(page, figure)),
    ]


def _why(page: Page, figure: RestatedFigure) -> str:
    """The accounts where the books tell, else the cause as the marts tell it."""
    if not figure.accounts:
        return figure.cause
    parts = [f"{change.account} {page.signed(change.amount, places=2)}" for change in figure.accounts]
    return "Accounts: " + ", ".join(parts)


def _value(page: Page, figure: Figure) -> str:
    shown = page.formats.with_unit(figure.value, figure.unit, places=places_of(figure))
    page.cite(figure, shown)
    return shown
