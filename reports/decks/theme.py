"""The template: slide master, layouts, theme colours and fonts, written from a brand as a PowerPoint package.

The package is written part by part rather than kept as a file, so that a second brand is a second set of colours and
nothing of a stock look is left over. Part names and schemas: ECMA-376 part 1, PresentationML.
"""

from dataclasses import dataclass
from functools import lru_cache

from pptx.parts.image import Image
from pptx.util import Inches

from reports.decks.brand import GREEN, RED, WHITE, YELLOW, Brand, mixed, readable
from reports.decks.layouts import Align, Box, Kind, Placeholder, Sheet, logo_box, sheet
from reports.decks.pack import packed
from reports.decks.xmltext import attribute, content

_NAMESPACES = (
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
)
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = "application/vnd.openxmlformats-officedocument.presentationml"


@dataclass(frozen=True, slots=True)
class _Logo:
    """The brand's picture with its size in pixels."""

    content: bytes
    extension: str
    content_type: str
    width: int
    height: int
    alt: str
    paper: str

    @classmethod
    def of(cls, brand: Brand) -> "_Logo | None":
        if brand.logo is None:
            return None
        image = Image.from_blob(brand.logo)
        width, height = image.size
        return cls(brand.logo, image.ext, image.content_type, width, height, f"Logo of {brand.name}", brand.paper)

    @property
    def name(self) -> str:
        return f"logo.{self.extension}"

    def xml(self, box: Box, relation: str, side: Align) -> str:
        """The picture, as large as fits the box in its own proportions, at one side of it."""
        scale = min(box.width / self.width, box.height / self.height)
        width, height = self.width * scale, self.height * scale
        left = box.right - width if side == "r" else box.left
        x, y, cx, cy = Box(left, box.top + (box.height - height) / 2, width, height).emu
        return (
            f'<p:pic><p:nvPicPr><p:cNvPr id="90" name="Logo" descr={attribute(self.alt)}/><p:cNvPicPr>'
            '<a:picLocks noChangeAspect="1"/></p:cNvPicPr><p:nvPr userDrawn="1"/></p:nvPicPr><p:blipFill>'
            f'<a:blip r:embed="{relation}"/><a:stretch><a:fillRect/></a:stretch></p:blipFill><p:spPr><a:xfrm>'
            f'<a:off x="{x}" y="{y}"/><a:ext cx="{cx}" cy="{cy}"/></a:xfrm>'
            '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></p:spPr></p:pic>'
        )


@lru_cache(maxsize=64)
def template(brand: Brand) -> bytes:
    """An empty presentation in the brand's look, ready for `pptx.Presentation`."""
    has_logo = brand.logo is not None
    laid = sheet(brand.paper, has_logo=has_logo)
    names = list(laid.layouts)
    logo = _Logo.of(brand)
    picture = [("image", f"../media/{logo.name}")] if logo else []
    parts: dict[str, bytes | str] = {
        "[Content_Types].xml": _content_types(len(names), logo),
        "_rels/.rels": _relations([("officeDocument", "ppt/presentation.xml")]),
        "ppt/presentation.xml": _presentation(laid),
        "ppt/_rels/presentation.xml.rels": _relations(
            [("slideMaster", "slideMasters/slideMaster1.xml"), ("theme", "theme/theme1.xml")]
        ),
        "ppt/theme/theme1.xml": theme_xml(brand),
        "ppt/slideMasters/slideMaster1.xml": _master(laid, logo),
        "ppt/slideMasters/_rels/slideMaster1.xml.rels": _relations(
            [("slideLayout", f"../slideLayouts/slideLayout{number}.xml") for number in range(1, len(names) + 1)]
            + [("theme", "../theme/theme1.xml"), *picture]
        ),
        **({f"ppt/media/{logo.name}": logo.content} if logo else {}),
    }
    for number, name in enumerate(names, start=1):
        parts[f"ppt/slideLayouts/slideLayout{number}.xml"] = _layout(name, laid, brand, logo)
        parts[f"ppt/slideLayouts/_rels/slideLayout{number}.xml.rels"] = _relations(
            [("slideMaster", "../slideMasters/slideMaster1.xml"), *(picture if name == "Cover" else [])]
        )
    return packed(parts)


def theme_xml(brand: Brand) -> str:
    """The brand's colour scheme and fonts.

    Accents 1-3 are the brand's, dark enough to be read on white as text (1) or in a chart (2); 4-6 say good, watch and
    bad. Fills that carry text of their own take the brand's primary colour as it is, from the slot `folHlink`.
    """
    accent = readable(brand.accent, 4.5)
    soft = mixed(accent, WHITE, 0.55)
    colours = {
        "dk1": brand.text, "lt1": WHITE, "dk2": mixed(brand.text, WHITE, 0.32), "lt2": "F3F5F8",
        "accent1": accent, "accent2": readable(brand.primary, 3), "accent3": soft,
        "accent4": GREEN, "accent5": YELLOW, "accent6": RED,
        "hlink": accent, "folHlink": brand.primary,
    }  # fmt: skip
    scheme = "".join(f'<a:{slot}><a:srgbClr val="{colour}"/></a:{slot}>' for slot, colour in colours.items())
    fonts = "".join(
        f'<a:{slot}Font><a:latin typeface={attribute(font)}/><a:ea typeface=""/><a:cs typeface=""/></a:{slot}Font>'
        for slot, font in (("major", brand.heading_font), ("minor", brand.body_font))
    )
    fill = '<a:solidFill><a:schemeClr val="phClr"/></a:solidFill>'
    line = f'<a:ln w="9525">{fill}</a:ln>'
    effect = "<a:effectStyle><a:effectLst/></a:effectStyle>"
    name = attribute(brand.name)
    return (
        f'{_HEAD}<a:theme xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" name={name}>'
        f"<a:themeElements><a:clrScheme name={name}>{scheme}</a:clrScheme>"
        f"<a:fontScheme name={name}>{fonts}</a:fontScheme>"
        f"<a:fmtScheme name={name}><a:fillStyleLst>{fill * 3}</a:fillStyleLst><a:lnStyleLst>{line * 3}</a:lnStyleLst>"
        f"<a:effectStyleLst>{effect * 3}</a:effectStyleLst><a:bgFillStyleLst>{fill * 3}</a:bgFillStyleLst>"
        "</a:fmtScheme></a:themeElements></a:theme>"
    )


def _presentation(laid: Sheet) -> str:
    return (
        f"{_HEAD}<p:presentation {_NAMESPACES}>"
        '<p:sldMasterIdLst><p:sldMasterId id="2147483648" r:id="rId1"/></p:sldMasterIdLst>'
        f'<p:sldSz cx="{Inches(laid.width)}" cy="{Inches(laid.height)}"/>'
        '<p:notesSz cx="6858000" cy="9144000"/></p:presentation>'
    )


def _master(laid: Sheet, logo: "_Logo | None") -> str:
    layouts = len(laid.layouts)
    frame = [place for place in laid.layouts["Finding"] if place.kind is not Kind.TEXT]
    body = Placeholder("Text", Kind.TEXT, 1, laid.place("Finding", "Content").box, 14)
    ids = "".join(f'<p:sldLayoutId id="{2147483648 + number}" r:id="rId{number}"/>' for number in range(1, layouts + 1))
    levels = "".join(
        f'<a:lvl{level}pPr marL="0" indent="0"><a:spcBef><a:spcPts val="0"/></a:spcBef><a:buNone/>'
        '<a:defRPr sz="1400"><a:solidFill><a:schemeClr val="tx1"/></a:solidFill><a:latin typeface="+mn-lt"/></a:defRPr>'
        f"</a:lvl{level}pPr>"
        for level in range(1, 6)
    )
    title = (
        '<a:lvl1pPr><a:lnSpc><a:spcPct val="95000"/></a:lnSpc><a:buNone/><a:defRPr sz="2400" b="1"><a:solidFill>'
        '<a:schemeClr val="tx1"/></a:solidFill><a:latin typeface="+mj-lt"/></a:defRPr></a:lvl1pPr>'
    )
    rule = _rule("Footer Rule", Box(0.6, laid.height - 0.53, 12.133, 0), "bg2")
    shapes = [rule, *(_place(place, at) for at, place in enumerate([*frame, body], 3))]
    if logo:
        shapes.append(logo.xml(logo_box(logo.paper, is_cover=False), f"rId{layouts + 2}", "r"))
    return (
        f'{_HEAD}<p:sldMaster {_NAMESPACES}><p:cSld><p:bg><p:bgPr><a:solidFill><a:schemeClr val="bg1"/></a:solidFill>'
        f"<a:effectLst/></p:bgPr></p:bg>{_tree(shapes)}"
        '</p:cSld><p:clrMap bg1="lt1" tx1="dk1" bg2="lt2" tx2="dk2" accent1="accent1" accent2="accent2" '
        'accent3="accent3" accent4="accent4" accent5="accent5" accent6="accent6" hlink="hlink" folHlink="folHlink"/>'
        f"<p:sldLayoutIdLst>{ids}</p:sldLayoutIdLst>"
        f"<p:txStyles><p:titleStyle>{title}</p:titleStyle><p:bodyStyle>{levels}</p:bodyStyle>"
        f"<p:otherStyle>{levels}</p:otherStyle></p:txStyles></p:sldMaster>"
    )


def _layout(name: str, laid: Sheet, brand: Brand, logo: "_Logo | None") -> str:
    places = laid.layouts[name]
    if name == "Cover":
        background = (
            '<p:bg><p:bgPr><a:solidFill><a:schemeClr val="folHlink"/></a:solidFill><a:effectLst/></p:bgPr></p:bg>'
        )
        subtitle = laid.place("Cover", "Subtitle").box
        decoration = [_rule("Accent Rule", Box(1.0, subtitle.bottom + 0.3, 2.2, 0), "accent3", points=4)]
        if logo:
            decoration.append(logo.xml(logo_box(logo.paper, is_cover=True), "rId2", "r"))
        text = "bg1" if brand.on_primary == WHITE else "tx1"
    else:
        background, decoration, text = "", [], ""
    shapes = [_place(place, at, text) for at, place in enumerate(places, 3)]
    hide = ' showMasterSp="0"' if name == "Cover" else ""
    return (
        f'{_HEAD}<p:sldLayout {_NAMESPACES} preserve="1" userDrawn="1"{hide}><p:cSld name={attribute(name)}>'
        f"{background}{_tree([*decoration, *shapes])}</p:cSld>"
        "<p:clrMapOvr><a:masterClrMapping/></p:clrMapOvr></p:sldLayout>"
    )


def _place(place: Placeholder, shape_id: int, text_colour: str = "") -> str:
    left, top, width, height = place.box.emu
    kind = f' type="{place.kind.value}"'
    index = f' idx="{place.index}"' if place.index else ""
    fonts = "+mj-lt" if place.kind in {Kind.TITLE, Kind.COVER_TITLE} else "+mn-lt"
    prompt = (
        '<a:fld id="{B6F15528-21DE-4FAA-801E-634DDDAF4B2B}" type="slidenum"><a:rPr lang="en-US"/><a:t>0</a:t></a:fld>'
        if place.kind is Kind.NUMBER
        else f'<a:r><a:rPr lang="en-US"/><a:t>{content(place.name)}</a:t></a:r>'
    )
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="{shape_id}" name={attribute(place.name)}/><p:cNvSpPr><a:spLocks noGrp="1"/>'
        f"</p:cNvSpPr><p:nvPr><p:ph{kind}{index}/></p:nvPr></p:nvSpPr><p:spPr><a:xfrm>"
        f'<a:off x="{left}" y="{top}"/><a:ext cx="{width}" cy="{height}"/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></p:spPr><p:txBody>'
        f'<a:bodyPr lIns="0" tIns="0" rIns="0" bIns="0" anchor="{place.anchor}"><a:noAutofit/></a:bodyPr><a:lstStyle>'
        f'<a:lvl1pPr algn="{place.align}" marL="0" indent="0"><a:buNone/><a:defRPr sz="{round(place.size * 100)}" '
        f'b="{int(place.bold)}"><a:solidFill><a:schemeClr val="{text_colour or place.colour}"/></a:solidFill>'
        f'<a:latin typeface="{fonts}"/></a:defRPr></a:lvl1pPr></a:lstStyle><a:p>{prompt}</a:p></p:txBody></p:sp>'
    )


def _rule(name: str, box: Box, colour: str, *, points: float = 1) -> str:
    left, top, width, height = box.emu
    return (
        f'<p:cxnSp><p:nvCxnSpPr><p:cNvPr id="2" name="{name}"/><p:cNvCxnSpPr/><p:nvPr userDrawn="1"/></p:nvCxnSpPr>'
        f'<p:spPr><a:xfrm><a:off x="{left}" y="{top}"/><a:ext cx="{width}" cy="{height}"/></a:xfrm>'
        f'<a:prstGeom prst="line"><a:avLst/></a:prstGeom><a:ln w="{round(points * 12700)}"><a:solidFill>'
        f'<a:schemeClr val="{colour}"><a:lumMod val="90000"/></a:schemeClr></a:solidFill></a:ln></p:spPr></p:cxnSp>'
    )


def _tree(shapes: list[str]) -> str:
    return (
        '<p:spTree><p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>'
        + "".join(shapes)
        + "</p:spTree>"
    )


def _relations(targets: list[tuple[str, str]]) -> str:
    entries = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, start=1)
    )
    return (
        f'{_HEAD}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{entries}'
        "</Relationships>"
    )


def _content_types(layouts: int, logo: "_Logo | None") -> str:
    overrides = {
        "/ppt/presentation.xml": f"{_TYPES}.presentation.main+xml",
        "/ppt/slideMasters/slideMaster1.xml": f"{_TYPES}.slideMaster+xml",
        "/ppt/theme/theme1.xml": "application/vnd.openxmlformats-officedocument.theme+xml",
    } | {f"/ppt/slideLayouts/slideLayout{at}.xml": f"{_TYPES}.slideLayout+xml" for at in range(1, layouts + 1)}
    picture = f'<Default Extension="{logo.extension}" ContentType="{logo.content_type}"/>' if logo else ""
    entries = "".join(f'<Override PartName="{path}" ContentType="{kind}"/>' for path, kind in overrides.items())
    return (
        f'{_HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{picture}{entries}</Types>'
    )
