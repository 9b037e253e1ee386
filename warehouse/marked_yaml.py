"""YAML as plain data, with the line of every key kept, so that a complaint can point at it.

Only `true`, `false` and an empty value are more than text here: `079`, `20:00` and `no` stay what was typed, and
decimals are never binary floats. The models turn text into numbers.
"""

import re
from dataclasses import dataclass
from typing import Any

import yaml

KeyPath = tuple[str | int, ...]


class YamlProblem(ValueError):
    """The text is not YAML, or repeats a key; `line` counts from 1."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True)
class MarkedYaml:
    """Plain data (dicts, lists, str, bool, None) and the line each path begins on."""

    data: Any
    lines: dict[KeyPath, int]

    def line(self, path: KeyPath) -> int:
        """The line of `path`, or of the nearest key around it when the path itself is not in the file."""
        while path not in self.lines:
            path = path[:-1]
        return self.lines[path]


class _TextLoader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own registry, which must not be inherited


_TextLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(true|false)$"), list("tf"))
_TextLoader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"(~|null)?$"), ["~", "n", ""])


def read(text: str) -> MarkedYaml:
    """Parse one YAML document; raises `YamlProblem`."""
    try:
        root = yaml.compose(text, Loader=_TextLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlProblem(mark.line + 1 if mark else 1, f"{error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise YamlProblem(1, str(error).splitlines()[0]) from error
    lines: dict[KeyPath, int] = {(): 1}
    return MarkedYaml(None if root is None else _plain(root, (), lines), lines)


def _plain(node: yaml.Node, path: KeyPath, lines: dict[KeyPath, int]) -> Any:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key, line = str(key_node.value), key_node.start_mark.line + 1
            if key in data:
                raise YamlProblem(line, f"the key '{key}' stands here a second time")
            lines[*path, key] = line
            data[key] = _plain(value_node, (*path, key), lines)
        return data
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, index), lines) for index, item in enumerate(node.value)]
    if node.tag == "tag:yaml.org,2002:null":
        return None
    if node.tag == "tag:yaml.org,2002:bool":
        return node.value == "true"
    return node.value
