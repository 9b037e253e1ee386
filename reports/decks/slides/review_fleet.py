"""Slides of a customer review: which machines, and in which state they are."""

from reports.decks.charts import Chart, Line, Plot
from reports.decks.deck import Deck, Page
from reports.decks.findings import Finding, Sentence
from reports.decks.layouts import Box
from reports.decks.shapes import Cell, Column, Table
from reports.decks.slides.cards import Tile, draw_tiles
from reports.decks.slides.parts import missing
from reports.formats import Formats
from reports.views.figures import reason_of
from reports.views.review_figures import Fleet, Health, Machine

_KINDS, _MACHINES = 7, 11
_CONDITIONS = {"good": "Good", "monitor": "Monitor", "replace": "Replace"}
_DOTS = ("accent4", "accent5", "accent6")


def render_fleet(deck: Deck, view: Fleet) -> None:
    """Counts by ownership, and the kinds of machines, the most frequent first; the rest on further pages."""
    formats, title = deck.formats, _fleet_title(deck.formats, view)
    page = deck.page("Finding", title)
    left, right = page.content.columns(2.6, 9.4)
    tiles = [Tile("Machines in all", view.total), *(Tile(figure.label, figure) for figure in view.ownership)]
    draw_tiles(page, left.rows(*(1 for _ in tiles), gap=0.12), tiles)
    if not view.kinds:
        missing(page, right, "Machines by kind", [reason_of(view.total) if view.total.value is None else "No machine."])
        return
    for start in range(0, len(view.kinds), _KINDS):
        if start:
            page = deck.page("Finding", title)
            right = page.content
        _kinds(page, right, view, start, formats)


def render_health(deck: Deck, view: Health) -> None:
    """Three conditions, the average age, ages in a chart; then each machine to watch or replace."""
    formats, title = deck.formats, _health_title(deck.formats, view)
    page = deck.page("Finding", title)
    upper, lower = page.content.rows(1.25, 3.5)
    tiles = [
        Tile(f"{figure.label} ({_MEANING[at]})", figure, dot=_DOTS[at]) for at, figure in enumerate(view.conditions)
    ]
    draw_tiles(page, upper.columns(1, 1, 1), tiles)
    left, right = lower.columns(3.85, 8)
    age, cost = left.rows(1, 1)
    draw_tiles(
        page,
        (age, cost),
        (
            Tile("Average age of the fleet", view.average_age, places=1, suffix=" years"),
            Tile("Upkeep a year of machines to watch or replace", view.attention_cost),
        ),
    )
    if all(figure.value is None for figure in view.ages):
        missing(page, right, "Machines by age", [reason_of(view.ages[0])])
    else:
        values = [figure.value for figure in view.ages]
        chart = Chart(
            "Machines by age",
            [figure.label for figure in view.ages],
            [Plot("column", [Line("Machines", values, "accent1")], labels=True)],
            formats.excel("count"),
        )
        page.chart(right, chart, view.ages)
    for start in range(0, len(view.machines), _MACHINES):
        page = deck.page("Table", _machines_title(formats, view))
        page.table(
            "Table",
            Table(
                (
                    Column("Machine", 3.4),
                    Column("Kind", 2.6),
                    Column("Condition", 1.3),
                    Column("Assessed", 1.5),
                    Column("Age, years", 1.1, "r"),
                    Column("Upkeep a year", 1.5, "r"),
                ),
                [_machine(page, one) for one in view.machines[start : start + _MACHINES]],
                size=13,
                row_height=0.4,
            ),
            alt="Machines that need attention, with kind, condition, age and what they cost a year.",
        )


_MEANING = ("needs nothing", "to be watched", "at its end")


def _fleet_title(formats: Formats, view: Fleet) -> Finding:
    say = Sentence(formats)
    if view.total.value is None:
        return say.finding("How many machines you have is not known")
    owned = view.ownership[0]
    text = f"You run {say.count(view.total, 'machine', 'machines')}"
    if owned.value is not None and owned.value == view.total.value:
        text += ", all your own"
    elif owned.value is not None:
        text += f", {say.value(owned)} of them your own"
    return say.finding(text)


def _health_title(formats: Formats, view: Health) -> Finding:
    say = Sentence(formats)
    good, monitor, replace = view.conditions
    if replace.value is None or monitor.value is None or good.value is None:
        return say.finding("The condition of your fleet is not known")
    if view.not_assessed.value and not (good.value or monitor.value or replace.value):
        return say.finding("None of your machines has been assessed yet")
    text = f"{say.count(replace, 'machine is', 'machines are')} to be replaced, {say.value(monitor)} to be watched"
    if view.not_assessed.value:
        text += f"; {say.value(view.not_assessed)} not assessed yet"
    return say.finding(text)


def _machines_title(formats: Formats, view: Health) -> Finding:
    say = Sentence(formats)
    _, monitor, replace = view.conditions
    if monitor.value is None or replace.value is None:
        return say.finding("Machines that need attention")
    return say.finding(f"Machines that need attention: {say.value(replace)} to replace, {say.value(monitor)} to watch")


def _kinds(page: Page, box: Box, view: Fleet, start: int, formats: Formats) -> None:
    """A chart of some kinds, and the same with their shares in a table below."""
    kinds, shares = view.kinds[start : start + _KINDS], view.shares[start : start + _KINDS]
    chart_box, table_box = box.columns(4.7, 4.3)
    name = "Machines by kind" if not start else "Machines by kind, continued"
    chart = Chart(
        name,
        [figure.label for figure in kinds],
        [Plot("bar", [Line("Machines", [figure.value for figure in kinds], "accent1")], labels=True)],
        formats.excel("count"),
    )
    if all(kind.value is None for kind in kinds):
        missing(page, chart_box, name, list(dict.fromkeys(reason_of(kind) for kind in kinds)))
    else:
        page.chart(chart_box, chart, kinds)
    rows = [
        [Cell(kind.label), Cell(page.value(kind)), Cell(page.value(share))]
        for kind, share in zip(kinds, shares, strict=True)
    ]
    page.table(
        table_box,
        Table((Column("Kind", 2.6), Column("Machines", 1.1, "r"), Column("Share", 0.9, "r")), rows, row_height=0.4),
        alt="Kinds of machines with their number and their share of the fleet.",
    )


def _machine(page: Page, machine: Machine) -> list[Cell]:
    return [
        Cell(machine.name, bold=True),
        Cell(machine.kind),
        Cell(_CONDITIONS.get(machine.condition, machine.condition), bold=True, colour=_colour(machine.condition)),
        Cell(page.formats.day(machine.assessed_on) if machine.assessed_on else "Not known"),
        Cell(page.value(machine.age, places=1)),
        Cell(page.value(machine.annual_cost)),
    ]


def _colour(condition: str) -> str:
    return {"monitor": "accent5", "replace": "accent6"}.get(condition, "tx1")
