"""Reads ConnectWise's ``conditions`` text into a test for records. What it means for values is in ``comparison``.

status/name in ("New", "Open") and (parentTicketId = null or company/id != 5)
lastUpdated > [2026-01-01T00:00:00Z] and summary not like "Backup*"
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from sandbox.connectwise.comparison import ConditionRefused, Literal, comparing, date_literal

Test = Callable[[dict[str, Any]], bool]
Resolve = Callable[[str], Callable[[dict[str, Any]], Any]]

TOKEN = re.compile(
    r"""\s*(?:
    (?P<date>\[[^\]]*\])
  | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
  | (?P<number>-?\d+(?:\.\d+)?)
  | (?P<operator><=|>=|!=|=|<|>)
  | (?P<mark>[(),])
  | (?P<word>[A-Za-z_][\w/]*)
)""",
    re.VERBOSE,
)
CONSTANTS: dict[str, Literal] = {"true": True, "false": False, "null": None}


class Token(NamedTuple):
    """One piece of a condition: what kind it is and how it was written."""

    kind: str
    text: str

    def is_word(self, *words: str) -> bool:
        return self.kind == "word" and self.text.lower() in words


END = Token("end", "")


def parsed(text: str, resolve: Resolve) -> Test:
    """The test that a condition makes; raise ``ConditionRefused`` when the server would refuse it.

    ``resolve`` gives the reader for a name, and refuses names that the resource does not have.
    """
    reader = Reader(tokens_of(text), resolve)
    test = reader.either()
    if reader.peek() is not END:
        raise ConditionRefused(f"Syntax error near '{reader.peek().text}'.")
    return test


def tokens_of(text: str) -> list[Token]:
    """The pieces of a condition in order, closed by END."""
    tokens = []
    place = 0
    while text[place:].strip():
        found = TOKEN.match(text, place)
        if found is None:
            raise ConditionRefused(f"Syntax error near '{text[place:].strip()[:20]}'.")
        kind = str(found.lastgroup)
        tokens.append(Token(kind, found[kind]))
        place = found.end()
    return [*tokens, END]


class Reader:
    """Walks the pieces once, with one function per level: ``or``, ``and``, parentheses, a comparison."""

    def __init__(self, tokens: list[Token], resolve: Resolve) -> None:
        self.tokens = tokens
        self.resolve = resolve
        self.place = 0

    def peek(self) -> Token:
        return self.tokens[self.place]

    def take(self) -> Token:
        token = self.tokens[self.place]
        self.place += token is not END
        return token

    def expect(self, text: str) -> None:
        if self.take().text != text:
            raise ConditionRefused(f"Syntax error: '{text}' is missing.")

    def either(self) -> Test:
        tests = [self.both()]
        while self.peek().is_word("or"):
            self.take()
            tests.append(self.both())
        return tests[0] if len(tests) == 1 else lambda record: any(test(record) for test in tests)

    def both(self) -> Test:
        tests = [self.single()]
        while self.peek().is_word("and"):
            self.take()
            tests.append(self.single())
        return tests[0] if len(tests) == 1 else lambda record: all(test(record) for test in tests)

    def single(self) -> Test:
        if self.peek().text == "(":
            self.take()
            test = self.either()
            self.expect(")")
            return test
        return self.comparison()

    def comparison(self) -> Test:
        name = self.take()
        if name.kind != "word":
            raise ConditionRefused(f"Syntax error near '{name.text}'.")
        read = self.resolve(name.text)
        word = self.take()
        negated = word.is_word("not")
        if negated:
            word = self.take()
        operator = word.text.lower()
        is_known = word.is_word("in", "like", "contains") or (word.kind == "operator" and not negated)
        if not is_known:
            raise ConditionRefused(f"Syntax error near '{word.text}'.")
        wanted: Literal | list[Literal] = self.many() if operator == "in" else self.literal()
        test = comparing(name.text, read, operator, wanted)
        if negated:  # as for any comparison, an absent value passes neither the test nor its opposite
            return lambda record: read(record) is not None and not test(record)
        return test

    def many(self) -> list[Literal]:
        self.expect("(")
        values = [self.literal()]
        while self.peek().text == ",":
            self.take()
            values.append(self.literal())
        self.expect(")")
        return values

    def literal(self) -> Literal:
        token = self.take()
        if token.kind == "date":
            return date_literal(token.text[1:-1])
        if token.kind == "text":
            return re.sub(r"\\(.)", r"\1", token.text[1:-1])
        if token.kind == "number":
            return float(token.text) if "." in token.text else int(token.text)
        if token.is_word(*CONSTANTS):
            return CONSTANTS[token.text.lower()]
        raise ConditionRefused(f"Syntax error near '{token.text}'.")
