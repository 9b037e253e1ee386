"""Reads QuickBooks' query language: one entity, AND only, no projection, positions that start at 1.

select * from Invoice where TxnDate >= '2026-06-01' orderby TxnDate desc startposition 1 maxresults 1000
"""

import re
from dataclasses import dataclass

from sandbox.quickbooks.errors import property_refused, query_refused

TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^'\\]|\\.)*')|(?P<operator><=|>=|=|<|>)|(?P<mark>[(),*])|(?P<word>[\w.:+-]+))")
OPERATORS = ("=", "<", ">", "<=", ">=")
DEFAULT_ROWS = 100
MOST_ROWS = 1000


@dataclass(frozen=True, slots=True)
class Comparison:
    """One condition: a property, an operator (also ``IN`` and ``LIKE``), and the values it is held against."""

    name: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """A query as read. ``start`` counts from 1."""

    entity: str
    counts: bool
    conditions: tuple[Comparison, ...]
    order: tuple[tuple[str, bool], ...]
    start: int
    limit: int


class Reader:
    """Takes a statement apart, clause by clause."""

    def __init__(self, text: str) -> None:
        self.tokens: list[str] = []
        place = 0
        while text[place:].strip():
            found = TOKEN.match(text, place)
            if found is None:
                raise query_refused(f'Encountered "{text[place:].strip()[:20]}".')
            self.tokens.append(found[found.lastgroup or 0])
            place = found.end()
        self.place = 0

    def peek(self, ahead: int = 0) -> str:
        place = self.place + ahead
        return self.tokens[place] if place < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        if not token:
            raise query_refused("Encountered <EOF>.")
        self.place += 1
        return token

    def takes(self, *words: str) -> bool:
        """Take these words if they come next."""
        if all(self.peek(place).lower() == word for place, word in enumerate(words)):
            self.place += len(words)
            return True
        return False

    def expect(self, word: str) -> None:
        if not self.takes(word):
            raise query_refused(f'Encountered "{self.peek() or "<EOF>"}", expected {word}.')

    def statement(self) -> Statement:
        self.expect("select")
        counts = self.takes("count", "(", "*", ")")
        while not counts and not self.takes("from"):
            self.take()  # named columns are accepted; whole objects come back all the same
        if counts:
            self.expect("from")
        entity = self.take()
        conditions: list[Comparison] = []
        if self.takes("where"):
            conditions.append(self.comparison())
            while self.takes("and"):
                conditions.append(self.comparison())
        order: list[tuple[str, bool]] = []
        if self.takes("orderby") or self.takes("order", "by"):
            order.append(self.term())
            while self.takes(","):
                order.append(self.term())
        start, limit = 1, DEFAULT_ROWS
        while self.peek():
            if self.takes("startposition"):
                start = self.positive()
            elif self.takes("maxresults"):
                limit = self.positive()
            else:
                raise query_refused(f'Encountered "{self.peek()}".')
        if limit > MOST_ROWS:
            raise property_refused(f"value {limit} is too large. Max allowed value is {MOST_ROWS}")
        return Statement(entity, counts, tuple(conditions), tuple(order), start, limit)

    def comparison(self) -> Comparison:
        name, operator = self.take(), self.take().upper()
        if operator == "IN":
            self.expect("(")
            values = [unquoted(self.take())]
            while self.takes(","):
                values.append(unquoted(self.take()))
            self.expect(")")
            return Comparison(name, operator, tuple(values))
        if operator not in (*OPERATORS, "LIKE"):
            raise query_refused(f'Encountered "{operator}".')
        return Comparison(name, operator, (unquoted(self.take()),))

    def term(self) -> tuple[str, bool]:
        name = self.take()
        descends = self.takes("desc")
        if not descends:
            self.takes("asc")
        return name, descends

    def positive(self) -> int:
        text = self.take()
        if not re.fullmatch(r"-?\d+", text):
            raise query_refused(f'Encountered "{text}".')
        if int(text) < 1:
            raise property_refused(f"value {text} is too small. Min allowed value is 1")
        return int(text)


def unquoted(token: str) -> str:
    """A value without its quotes; bare words such as ``true`` stay."""
    return re.sub(r"\\(.)", r"\1", token[1:-1]) if token.startswith("'") else token
