"""What a deck looks like for one organization: colours, fonts and its name, from the brand in its configuration."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_HEX = re.compile(r"#?([0-9A-Fa-f]{6})")
WHITE, INK = "FFFFFF", "1B2430"

# Status colours are not the brand's: each passes 4.5:1 against white and is told apart by shape and word as well.
GREEN, YELLOW, RED, GREY = "1A7F4B", "9A6200", "B42318", "5D6875"


@dataclass(frozen=True, slots=True)
class Brand:
    """Colours as RRGGBB; fonts must be on the reader's machine. `footer` stands at the foot of every slide."""

    name: str
    primary: str = "16324F"
    accent: str = "1F7A8C"
    text: str = INK
    heading_font: str = "Arial"
    body_font: str = "Arial"
    footer: str = ""
    paper: str = "widescreen"
    logo: bytes | None = None
    """A PNG or JPEG picture; a template of the brand's own carries its own."""
    template: bytes | None = None
    """A .pptx of the brand's own, with the product's layouts and places by name."""

    @property
    def on_primary(self) -> str:
        """Text colour that reads on the primary colour (WCAG contrast, the better of white and the text colour)."""
        return WHITE if contrast(self.primary, WHITE) >= contrast(self.primary, self.text) else self.text


def brand_of(
    name: str, settings: Mapping[str, Any], *, logo: bytes | None = None, template: bytes | None = None
) -> Brand:
    """The brand from an organization's settings; what is not given keeps the product's own look.

    Raises ValueError naming the key when a colour is not six hexadecimal digits.
    """
    given: dict[str, str] = {"name": name, "footer": str(settings.get("footer") or "")}
    for key in ("primary", "accent", "text"):
        colour = settings.get(f"{key}_color")
        if colour is None:
            continue
        found = _HEX.fullmatch(str(colour))
        if found is None:
            raise ValueError(
                f"brand.{key}_color is {colour!r}; write a colour as six hexadecimal digits, such as #16324F."
            )
        given[key] = found[1].upper()
    if font := settings.get("font"):
        given["heading_font"] = given["body_font"] = str(font)
    if font := settings.get("heading_font"):
        given["heading_font"] = str(font)
    return Brand(**given, paper=str(settings.get("paper") or "widescreen"), logo=logo, template=template)


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio)."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def readable(colour: str, ratio: float) -> str:
    """`colour`, darkened as far as needed to stand out from white by `ratio`."""
    darker = colour
    for step in range(1, 21):
        if contrast(darker, WHITE) >= ratio:
            break
        darker = mixed(colour, "000000", step / 20)
    return darker


def mixed(colour: str, other: str, share: float) -> str:
    """`colour` with `share` (0 to 1) of `other` mixed in."""
    channels = (
        round(int(colour[at : at + 2], 16) * (1 - share) + int(other[at : at + 2], 16) * share) for at in (0, 2, 4)
    )
    return "".join(f"{channel:02X}" for channel in channels)


def _luminance(colour: str) -> float:
    def linear(at: int) -> float:
        channel = int(colour[at : at + 2], 16) / 255
        return channel / 12.92 if channel <= 0.03928 else ((channel + 0.055) / 1.055) ** 2.4

    return 0.2126 * linear(0) + 0.7152 * linear(2) + 0.0722 * linear(4)
