"""Files that leave sipview: ladders as SVG, text, HTML, PNG and PDF; tables; archives with their sums.

In: a picture (or calls) and the path to write to; it never asks for one. Out: the file, whole or not at all. Never Qt: the
raster and PDF painter is handed in by whoever has one.

`saving` writes, `palette` and `fonts` are the look as data, `shapes` the lines and areas that every painter draws.
`spreadsheet` makes tables in which nothing acts, `fact_sheet` texts of facts, `package` an archive out of parts.
"""

from sipview.export.fonts import FontTableMeasure
from sipview.export.html import CallInWords, LadderPage, Said, html
from sipview.export.palette import DARK, LIGHT, PALETTES, PRINT, Palette
from sipview.export.saving import LADDER_SUFFIXES, ExportError, PicturePainter, save_ladder
from sipview.export.svg import svg
from sipview.export.text import text_ladder

__all__ = [
    "DARK",
    "LADDER_SUFFIXES",
    "LIGHT",
    "PALETTES",
    "PRINT",
    "CallInWords",
    "ExportError",
    "FontTableMeasure",
    "LadderPage",
    "Palette",
    "PicturePainter",
    "Said",
    "html",
    "save_ladder",
    "svg",
    "text_ladder",
]
