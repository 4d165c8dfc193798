"""A ladder as a file: the format by its name, written whole or not at all."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from sipview.capture.writing import put_in_place
from sipview.export.html import LadderPage, html
from sipview.export.palette import LIGHT, PRINT, Palette
from sipview.export.svg import svg
from sipview.export.text import text_ladder
from sipview.ladder import LadderPicture

LADDER_SUFFIXES = (".png", ".svg", ".pdf", ".html", ".txt")
"""What `save_ladder` writes."""


class ExportError(Exception):
    """A file could not be written; the text says which and why, in a sentence for people."""


class PicturePainter(Protocol):
    """Paints pictures into files of formats that need fonts. Who has a painter hands it in."""

    def png(self, picture: LadderPicture, palette: Palette, path: Path, scale: float) -> str:
        """Write a PNG ``scale`` times the picture's size; gives "" or a sentence about what is not as asked.

        Raises `ExportError` where that cannot be.
        """
        ...

    def pdf(self, picture: LadderPicture, palette: Palette, path: Path) -> None:
        """Write a PDF, in pages where it is long. Raises `ExportError` where that cannot be."""
        ...


def save_ladder(
    picture: LadderPicture,
    path: Path,
    painter: PicturePainter | None = None,
    *,
    palette: Palette | None = None,
    scale: float = 1.0,
    page: LadderPage | None = None,
) -> str:
    """Write the picture in the format that the suffix of ``path`` names; replaces a file that is there.

    Without a palette PDF has the print colours, PNG and SVG the light ones. ``scale`` is that of a PNG, and
    ``page`` what a page of HTML says besides the drawing. Gives "" or a sentence about what is not as asked (a PNG that had
    to be smaller). Raises `ExportError`; then nothing has changed.
    """
    suffix = path.suffix.lower()
    if suffix not in LADDER_SUFFIXES:
        known = ", ".join(LADDER_SUFFIXES)
        message = f"{path.name}: a ladder is saved as one of {known}; the name decides which."
        raise ExportError(message)
    remark = ""
    if suffix in {".png", ".pdf"}:
        if painter is None:
            message = f"{path.name}: {suffix[1:].upper()} needs the graphical part of sipview; .svg and .txt do not."
            raise ExportError(message)

        def paint(target: Path) -> None:
            nonlocal remark
            if suffix == ".png":
                remark = painter.png(picture, palette or LIGHT, target, scale)
            else:
                painter.pdf(picture, palette or PRINT, target)

        write_whole(path, paint)
    else:
        content = _content(picture, path, suffix, palette or LIGHT, page)
        write_whole(path, lambda target: target.write_bytes(content.encode()))
    return remark


def _content(picture: LadderPicture, path: Path, suffix: str, palette: Palette, page: LadderPage | None) -> str:
    if suffix == ".svg":
        return svg(picture, palette)
    if suffix == ".txt":
        return text_ladder(picture)
    if page is None:
        message = f"{path.name}: a page of HTML needs the words that stand in it."
        raise ExportError(message)
    return html(picture, page, palette)


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` make a file beside ``path`` and put it there once it is complete and on the disk.

    A link is followed. Raises `ExportError` for what the system refuses; the unfinished file is gone then.
    """
    try:
        target = path.resolve()
        unfinished = target.with_name(f".sipview-{secrets.token_hex(6)}{target.suffix}")
        try:
            write(unfinished)
            with unfinished.open("rb+") as file:
                os.fsync(file.fileno())
            put_in_place(unfinished, target)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
    except OSError as error:
        message = f"{path} could not be written: {error.strerror or error}."
        raise ExportError(message) from error
