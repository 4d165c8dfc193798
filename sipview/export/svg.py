"""A ladder as SVG: real text, readable source, alone in its file."""

from collections.abc import Iterator
from xml.sax.saxutils import escape

from sipview.export.fonts import FIXED, FONTS, SANS
from sipview.export.palette import LIGHT, Palette
from sipview.export.shapes import (
    Area,
    Box,
    Shape,
    Stroke,
    arrow_shapes,
    gap_shapes,
    lane_box,
    legend_mark,
    lifeline,
    pill_shapes,
)
from sipview.ladder import Anchor, Arrow, LadderPicture, Pill, Role, Text


def svg(picture: LadderPicture, palette: Palette = LIGHT, *, heading: bool = True) -> str:
    """The whole picture with its heading as an SVG 1.1 document; title and description are for screen readers."""
    return "\n".join(_lines(picture, palette, picture.heading_height if heading else 0.0)) + "\n"


def svg_lines(picture: LadderPicture, palette: Palette = LIGHT) -> Iterator[str]:
    """The same line by line, for a picture that is too long to be in memory as text."""
    return _lines(picture, palette, picture.heading_height)


def _lines(picture: LadderPicture, palette: Palette, heading_height: float) -> Iterator[str]:
    width, height = _number(picture.width), _number(heading_height + picture.height)
    title = picture.heading[0].text if picture.heading else "Ladder diagram"
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" aria-labelledby="title description">'
    )
    yield f'<title id="title">{escape(title)}</title>'
    yield f'<desc id="description">{escape(picture.description)}</desc>'
    yield "<style>"
    yield from _style(palette)
    yield "</style>"
    yield f'<rect class="fill-paper" width="{width}" height="{height}"/>'
    if heading_height:
        yield '<g class="heading">'
        yield from (_text(text) for text in picture.heading)
        for entry in picture.legend:
            yield _shape(legend_mark(entry))
            yield _text(entry.text)
        yield "</g>"
    yield f'<g transform="translate(0 {_number(heading_height)})">'
    yield from _ladder(picture)
    yield "</g>"
    yield "</svg>"


def _ladder(picture: LadderPicture) -> Iterator[str]:
    for lane in picture.lanes:
        yield _shape(lifeline(lane, picture.header_height - 8, picture.height - 4))
    for lane in picture.lanes:
        yield "<g>"
        yield f"<title>{escape(lane.full_name)}</title>"
        yield _shape(lane_box(picture, lane))
        yield _text(lane.name)
        if lane.subtitle.text:
            yield _text(lane.subtitle)
        yield "</g>"
    yield from (_text(text) for text in picture.header_texts)
    for gap in picture.gaps:
        yield from (_shape(shape) for shape in gap_shapes(picture, gap, 0.0, picture.width))
        yield _text(gap.text)
    for arrow in picture.arrows:
        yield from _arrow(arrow)
    for pill in picture.pills:
        yield from _pill(pill)
    yield from (_text(text) for text in picture.notes)


def _arrow(arrow: Arrow) -> Iterator[str]:
    yield "<g>"
    yield f"<title>{escape(arrow.tooltip)}</title>"
    yield from (_shape(shape) for shape in arrow_shapes(arrow))
    if arrow.texts:
        yield _label(arrow)
    yield from (_text(text) for text in (*arrow.lines, *arrow.ports))
    yield _text(arrow.time)
    yield "</g>"


def _pill(pill: Pill) -> Iterator[str]:
    yield "<g>"
    yield from (_shape(shape) for shape in pill_shapes(pill))
    yield _text(pill.text)
    if pill.time.text:
        yield _text(pill.time)
    yield "</g>"


def _label(arrow: Arrow) -> str:
    """All texts of a label in one element, so that they stay together and centred in whatever font they are shown."""
    first, last = arrow.texts[0], arrow.texts[-1]
    if first.anchor is Anchor.MIDDLE:
        x, anchor = (first.x + last.x + last.width) / 2, ' text-anchor="middle"'
    else:
        x, anchor = first.x, ""
    spans = []
    for number, text in enumerate(arrow.texts):
        shift = f' dx="{_number(text.x - arrow.texts[number - 1].x - arrow.texts[number - 1].width)}"' if number else ""
        spans.append(f'<tspan class="{text.style} fill-{text.role}"{shift}>{escape(text.text)}</tspan>')
    return f'<text x="{_number(x)}" y="{_number(first.baseline)}"{anchor}>{"".join(spans)}</text>'


def _text(text: Text) -> str:
    x, anchor = text.x, ""
    if text.anchor is not Anchor.START:
        x += text.width / 2 if text.anchor is Anchor.MIDDLE else text.width
        anchor = f' text-anchor="{text.anchor}"'
    place = f'x="{_number(x)}" y="{_number(text.baseline)}"'
    return f'<text class="{text.style} fill-{text.role}" {place}{anchor}>{escape(text.text)}</text>'


def _shape(shape: Shape) -> str:
    match shape:
        case Stroke(points, role, width, dash):
            dashes = f' stroke-dasharray="{" ".join(_number(length) for length in dash)}"' if dash else ""
            pen = f'class="stroke-{role}" fill="none" stroke-width="{_number(width)}"{dashes}'
            return f'<polyline {pen} points="{_points(points)}"/>'
        case Area(points, role):
            return f'<polygon class="fill-{role}" points="{_points(points)}"/>'
        case Box():
            edge = f' stroke-{shape.edge}"' if shape.edge else '"'
            return (
                f'<rect class="fill-{shape.role}{edge} x="{_number(shape.left)}" y="{_number(shape.top)}" '
                f'width="{_number(shape.right - shape.left)}" height="{_number(shape.bottom - shape.top)}" '
                f'rx="{_number(shape.radius)}"/>'
            )


def _points(points: tuple[tuple[float, float], ...]) -> str:
    return " ".join(f"{_number(x)},{_number(y)}" for x, y in points)


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _style(palette: Palette) -> Iterator[str]:
    yield f"svg text {{ font-family: {SANS}; white-space: pre; }}"
    for style, font in FONTS.items():
        weight = " font-weight: bold;" if font.bold else ""
        family = f" font-family: {FIXED};" if font.fixed else ""
        yield f".{style} {{ font-size: {font.size_px}px;{weight}{family} }}"
    for role in Role:
        yield f".fill-{role} {{ fill: {palette[role]}; }}"
        yield f".stroke-{role} {{ stroke: {palette[role]}; }}"
