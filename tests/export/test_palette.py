"""Colours that everybody can read: measured by the formulas of WCAG 2.1 and of Machado, Oliveira and Fernandes (2009)."""

from itertools import combinations

import pytest

from sipview.export.palette import DARK, LIGHT, PALETTES, PRINT, Palette
from sipview.ladder import SERIES, Role

TEXT_ROLES = (Role.TEXT, Role.MUTED, Role.GAP, Role.WARNING, Role.FAILURE, Role.SUCCESS, *SERIES)
GROUNDS = (Role.PAPER, Role.SELECTION)

Matrix = tuple[tuple[float, float, float], ...]
# Severity 1.0, for linear RGB.
VISIONS: dict[str, Matrix] = {
    "usual": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "no red (protanopia)": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "no green (deuteranopia)": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "no blue (tritanopia)": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def linear(colour: str) -> list[float]:
    """Linear red, green and blue of ``#rrggbb``, 0 to 1."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    return [value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.1)."""
    red, green, blue = linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio (WCAG 2.1), 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def seen(colour: str, vision: Matrix) -> tuple[float, float, float]:
    """CIE L*a*b* (D65) of a colour as somebody with that vision sees it."""
    red, green, blue = (
        min(1.0, max(0.0, sum(weight * value for weight, value in zip(row, linear(colour), strict=True)))) for row in vision
    )

    def curve(value: float) -> float:
        return value ** (1 / 3) if value > 0.008856 else 7.787 * value + 16 / 116

    x = curve((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505)
    y = curve(0.2126 * red + 0.7152 * green + 0.0722 * blue)
    z = curve((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def difference(one: str, other: str, vision: Matrix) -> float:
    """CIE76 colour difference; 2.3 is just noticeable."""
    pairs = zip(seen(one, vision), seen(other, vision), strict=True)
    return float(sum((first - second) ** 2 for first, second in pairs) ** 0.5)


def test_the_formulas_give_the_known_values() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_every_role_has_a_colour_and_every_text_is_readable(palette: Palette) -> None:
    assert set(palette.colours) == set(Role)
    for role in TEXT_ROLES:
        for ground in GROUNDS:
            assert contrast(palette[role], palette[ground]) >= 4.5, (role, ground)
    for role in (Role.TEXT, Role.MUTED):
        assert contrast(palette[role], palette[Role.LANE_FILL]) >= 4.5


@pytest.mark.parametrize("vision", VISIONS.values(), ids=VISIONS)
@pytest.mark.parametrize("palette", [LIGHT, DARK, PRINT], ids=lambda palette: palette.name)
def test_series_stay_apart_for_everybody(palette: Palette, vision: Matrix) -> None:
    for one, other in combinations(SERIES, 2):
        assert difference(palette[one], palette[other], vision) > 12, (one, other)
    for series in SERIES:
        assert difference(palette[series], palette[Role.FAILURE], vision) > 7, series
