"""Which slides a deck has: `declared/<deck>.yml`, read and checked before any figure is read.

A line names the slide, the view that reads its content (`module.function` of `reports.views`), the renderer that draws
it (`module.name` is `render_name` of `reports.decks.slides.module`) and, where that differs from the rule, for whom it
is (`audience`), when it appears (`when`) and what happens when its view has nothing (`missing`).
"""

import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal, get_type_hints

import yaml

from reports.errors import ReportError

FOLDER = Path(__file__).with_name("declared")
CONDITIONS = ("always", "complete_quarter", "incomplete_quarter")
"""What `when` may name besides ``source:NAME`` (the organization reads that source) and ``content``."""
_SLIDE_KEYS = {"slide", "kicker", "view", "with", "renderer", "audience", "when", "missing"}
_DECK_KEYS = {"deck", "title", "subject", "audience", "slides"}

View = Callable[..., Any]
Renderer = Callable[[Any, Any], None]


class DeclarationWrong(ReportError):
    """A deck's declaration that cannot be used; the message names file, slide and what to change."""


@dataclass(frozen=True, slots=True)
class SlideDeclaration:
    """One line of a deck."""

    slide: str
    view: str
    renderer: str
    kicker: str = ""
    """What the slide is about, in the line above its title."""
    arguments: tuple[tuple[str, Any], ...] = ()
    """What the view is given besides connection and scope."""
    audience: tuple[str, ...] = ()
    """For whom; nobody named means for all."""
    when: str = "always"
    missing: Literal["say", "leave_out"] = "say"
    """What happens when the view has nothing: a slide that says so, or no slide."""


@dataclass(frozen=True, slots=True)
class DeckDeclaration:
    """One deck: its title, whose review it is when of no client, for whom, and its slides in order."""

    deck: str
    title: str
    audience: str
    slides: tuple[SlideDeclaration, ...]
    subject: str = ""

    @property
    def is_of_a_client(self) -> bool:
        """True for a deck that a client is shown, False for one of the whole organization; there is none of both."""
        return self.audience == "client"


def decks() -> tuple[str, ...]:
    """The names of all declared decks."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yml")))


@cache
def declaration(deck: str) -> DeckDeclaration:
    """The declared deck. Raises DeclarationWrong when there is none of that name or it names what does not exist."""
    path = FOLDER / f"{deck}.yml"
    if not path.is_file():
        raise DeclarationWrong(f"No deck {deck!r} is declared; there are: {', '.join(decks())}.")
    return read(path)


def read(path: Path) -> DeckDeclaration:
    """The deck declared in a file, every view and renderer looked up."""
    given = yaml.safe_load(path.read_text(encoding="utf-8"))
    _known(path.name, given, _DECK_KEYS, {"deck", "title", "audience", "slides"})
    slides = tuple(_slide(path.name, line) for line in given["slides"])
    names = [one.slide for one in slides]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise DeclarationWrong(f"{path.name}: the slide {twice[0]!r} stands twice; give each its own name.")
    return DeckDeclaration(given["deck"], given["title"], given["audience"], slides, given.get("subject", ""))


@lru_cache(maxsize=256)
def view_of(name: str) -> View:
    """The function `module.function` of `reports.views`."""
    found: View = _found("reports.views", name, prefix="")
    return found


@lru_cache(maxsize=256)
def renderer_of(name: str) -> Renderer:
    """The function that draws: `fleet` is `render_fleet` of `reports.decks.slides.fleet`."""
    found: Renderer = _found("reports.decks.slides", name if "." in name else f"{name}.{name}", prefix="render_")
    return found


@lru_cache(maxsize=256)
def content_type(view: str) -> Any:
    """The dataclass a view returns, from its annotation; snapshots are read back by it."""
    return get_type_hints(view_of(view))["return"]


def _slide(file: str, line: dict[str, Any]) -> SlideDeclaration:
    _known(file, line, _SLIDE_KEYS, {"slide", "view", "renderer"})
    audience = line.get("audience", ())
    made = SlideDeclaration(
        slide=line["slide"],
        view=line["view"],
        renderer=line["renderer"],
        kicker=line.get("kicker", ""),
        arguments=tuple((line.get("with") or {}).items()),
        audience=(audience,) if isinstance(audience, str) else tuple(audience),
        when=line.get("when", "always"),
        missing=line.get("missing", "say"),
    )
    where = f"{file}, slide {made.slide!r}"
    if made.when not in CONDITIONS and not made.when.startswith("source:"):
        raise DeclarationWrong(f"{where}: `when` is {made.when!r}; write {', '.join(CONDITIONS)} or source:NAME.")
    if made.missing not in {"say", "leave_out"}:
        raise DeclarationWrong(f"{where}: `missing` is {made.missing!r}; write say or leave_out.")
    try:
        parameters = inspect.signature(view_of(made.view)).parameters
        renderer_of(made.renderer)
    except LookupError as error:
        raise DeclarationWrong(f"{where}: {error}") from error
    if unknown := [name for name, _ in made.arguments if name not in parameters]:
        raise DeclarationWrong(f"{where}: the view {made.view} takes no {unknown[0]!r}.")
    return made


def _found(package: str, name: str, *, prefix: str) -> Any:
    module, _, function = name.rpartition(".")
    try:
        return getattr(importlib.import_module(f"{package}.{module}"), prefix + function)
    except (ImportError, AttributeError, ValueError) as error:
        wanted = f"{prefix}{function} in {package}.{module}"
        raise LookupError(f"there is no {wanted}; write it, or name one that exists.") from error


def _known(file: str, given: Any, keys: set[str], needed: set[str]) -> None:
    if not isinstance(given, dict) or needed - set(given):
        lacking = sorted(needed - set(given)) if isinstance(given, dict) else sorted(needed)
        raise DeclarationWrong(f"{file}: {lacking[0]!r} is missing in {given!r}.")
    if unknown := sorted(set(given) - keys):
        raise DeclarationWrong(f"{file}: {unknown[0]!r} is no key; there are {', '.join(sorted(keys))}.")
