"""Theme colours of a presentation as RRGGBB, the way a slide names them."""

import colorsys
from collections.abc import Mapping
from typing import Any

from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.oxml import parse_xml
from pptx.oxml.ns import qn

_SLOTS = {"bg1": "lt1", "tx1": "dk1", "bg2": "lt2", "tx2": "dk2"}
"""What slides call the theme's light and dark colours (ECMA-376, p:clrMap of every template we write)."""


def theme_of(presentation: Any) -> dict[str, str]:
    """Colours of the theme by slot."""
    part = presentation.slide_masters[0].part.part_related_by(RELATIONSHIP_TYPE.THEME)
    scheme = parse_xml(part.blob).find(f".//{qn('a:clrScheme')}")
    found = {}
    for slot in scheme:
        colour = slot[0]
        found[slot.tag.rpartition("}")[2]] = colour.get("lastClr") or colour.get("val")
    return found | {name: found[slot] for name, slot in _SLOTS.items() if slot in found}


def fonts_of(presentation: Any) -> dict[str, str]:
    """Fonts of headings (``+mj-lt``) and text (``+mn-lt``)."""
    part = presentation.slide_masters[0].part.part_related_by(RELATIONSHIP_TYPE.THEME)
    scheme = parse_xml(part.blob).find(f".//{qn('a:fontScheme')}")
    return {
        short: scheme.find(f"{qn(name)}/{qn('a:latin')}").get("typeface")
        for short, name in (("+mj-lt", "a:majorFont"), ("+mn-lt", "a:minorFont"))
    }


def fill_of(element: Any, theme: Mapping[str, str]) -> str | None:
    """The colour of a solid fill right below `element`, as ``#RRGGBB``; None for no fill or another kind."""
    solid = None if element is None else element.find(qn("a:solidFill"))
    if solid is None or not len(solid):
        return None
    colour = solid[0]
    hexadecimal = (
        theme.get(colour.get("val"), colour.get("val")) if colour.tag == qn("a:schemeClr") else colour.get("val")
    )
    return "#" + _adjusted(hexadecimal, colour)


def _adjusted(colour: str, element: Any) -> str:
    """With the luminance that `a:lumMod` and `a:lumOff` ask for."""
    times, plus = (element.find(qn(name)) for name in ("a:lumMod", "a:lumOff"))
    if times is None and plus is None:
        return colour
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4))
    hue, light, saturation = colorsys.rgb_to_hls(red, green, blue)
    light = light * (_share(times) if times is not None else 1) + (_share(plus) if plus is not None else 0)
    channels = colorsys.hls_to_rgb(hue, min(1.0, light), saturation)
    return "".join(f"{round(channel * 255):02X}" for channel in channels)


def _share(element: Any) -> float:
    return int(element.get("val")) / 100_000
