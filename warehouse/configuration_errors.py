"""What is wrong with an organization's file, one sentence a problem: file, line, key, and what is allowed there."""

import difflib
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from warehouse.config_section import Section
from warehouse.errors import WarehouseError
from warehouse.marked_yaml import KeyPath, MarkedYaml
from warehouse.rules import Organization

# What pydantic finds, in our words: "... must be a whole number; 'many' is not".
_MUST_BE = {
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "decimal_parsing": "a number such as 0.25",
    "decimal_type": "a number such as 0.25",
    "string_type": "text",
    "string_too_short": "some text",
    "dict_type": "a group of keys",
    "model_type": "a group of keys",
    "model_attributes_type": "a group of keys",
    "tuple_type": "a list",
}
_TOO_LONG = ("string_too_long", "too_long")


class ConfigurationError(WarehouseError):
    """An organization's file cannot be used; the message has a line for each problem in it."""


def sentences(path: Path, marked: MarkedYaml, error: ValidationError, model: type[Section] = Organization) -> str:
    """Every problem that was found, one to a line, in the order of the file; `model` says what may stand there."""
    found = sorted(_line_and_sentence(path, marked, detail, model) for detail in error.errors(include_url=False))
    return "\n".join(sentence for _, sentence in found)


def _line_and_sentence(path: Path, marked: MarkedYaml, detail: ErrorDetails, model: type[Section]) -> tuple[int, str]:
    keys: KeyPath = tuple(part for part in detail["loc"] if part != "[key]")
    name = ".".join(str(key + 1) if isinstance(key, int) else key for key in keys) or "the file"
    line = marked.line(keys)
    return line, f"{path}, line {line}: {name} {_complaint(detail, keys, model)}."


def _complaint(detail: ErrorDetails, keys: KeyPath, model: type[Section]) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    given = "an empty value" if detail["input"] is None else f"'{detail['input']}'"
    if kind == "extra_forbidden":
        allowed = _allowed_keys(keys, model)
        near = difflib.get_close_matches(str(keys[-1]), allowed, n=1)
        return f"is not a key here; {f'did you mean {near[0]}? ' if near else ''}allowed are {', '.join(allowed)}"
    if kind == "missing":
        return "is missing, and has no default"
    if kind == "value_error":
        return str(context["error"])
    if kind in _MUST_BE or kind == "literal_error":
        return f"must be {_MUST_BE.get(kind) or 'one of ' + context['expected']}; {given} is not"
    if kind in _TOO_LONG:
        unit = "characters" if kind == "string_too_long" else "entries"
        return f"must have at most {context['max_length']} {unit}; it has {_length(detail['input'])}"
    return f"is not accepted: {detail['msg'][0].lower()}{detail['msg'][1:]}; it is {given}"


def _length(given: Any) -> int:
    return len(given.strip() if isinstance(given, str) else given)


def _allowed_keys(keys: KeyPath, model: type[Section]) -> list[str]:
    """The keys that may stand beside an unknown one, found by walking the models along its path."""
    for key in keys[:-1]:
        if key in model.model_fields:  # not an index, nor a name that the file's author chose
            model = _section_in(model.model_fields[str(key)].annotation) or model
    return list(model.model_fields)


def _section_in(annotation: Any) -> type[Section] | None:
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    return next((found for part in get_args(annotation) if (found := _section_in(part))), None)
