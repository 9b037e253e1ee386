"""Reads the formulas of the metric catalogue: which metrics they name, and what they come to with given numbers."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from fractions import Fraction

MONTHS = "months"
"""What a formula calls the number of months that were used."""

_OPERATIONS: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def without_remark(formula: str) -> str:
    """The formula alone."""
    return re.split(r"[;:,](?:\s|$)| of the client\b", formula, maxsplit=1)[0].strip()


def parsed(formula: str) -> ast.expr | None:
    """The arithmetic of a formula, or None where it is a sentence. The rest after `,`, `:`, `;` or `of the client` is a
    remark.
    """
    text = re.sub(r"\baverage (?=\w)", "", without_remark(formula))
    text = re.sub(r"(?<=\s)[x×](?=\s)", "*", text)
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError):
        return None
    return tree if _is_arithmetic(tree) else None


def named(formula: str) -> list[str]:
    """The metrics that a formula names, in their order; none where it is a sentence."""
    tree = parsed(formula)
    if tree is None:
        return []
    names = sorted(
        (node for node in ast.walk(tree) if isinstance(node, ast.Name)), key=lambda node: (node.lineno, node.col_offset)
    )
    return list(dict.fromkeys(node.id for node in names))


def computed(formula: str, values: Mapping[str, Fraction]) -> Fraction | None:
    """What the formula comes to; None for a sentence, a name without a value, or a division by 0."""
    tree = parsed(formula)
    try:
        return None if tree is None else _value(tree, values)
    except (KeyError, ZeroDivisionError):
        return None


def _is_arithmetic(node: ast.expr) -> bool:
    if isinstance(node, ast.BinOp):
        return type(node.op) in _OPERATIONS and _is_arithmetic(node.left) and _is_arithmetic(node.right)
    return isinstance(node, ast.Name) or (isinstance(node, ast.Constant) and isinstance(node.value, int | float))


def _value(node: ast.expr, values: Mapping[str, Fraction]) -> Fraction:
    if isinstance(node, ast.BinOp):
        return _OPERATIONS[type(node.op)](_value(node.left, values), _value(node.right, values))
    if isinstance(node, ast.Constant):
        return Fraction(str(node.value))
    return values[ast.unparse(node)]
