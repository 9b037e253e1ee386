"""The common ground of every section of an organization's file."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints


class Section(BaseModel):
    """A part of the file. Keys it does not know are refused: a typo must not quietly turn a rule off."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def listed(value: Any) -> Any:
    """A lone value as a list of one: most organizations have one service board, and write it without a dash."""
    return value if isinstance(value, list) else [value]


def written_like(pattern: str, example: str) -> AfterValidator:
    """Text that must match a pattern; people are told by an example, not by the pattern."""

    def matches(text: str) -> str:
        if re.fullmatch(pattern, text) is None:
            raise ValueError(f"must be written like {example}; '{text}' is not")
        return text

    return AfterValidator(matches)


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(listed)]
