"""Which format a file has, and the reader for it."""

from pathlib import Path

from sipview.capture.records import CaptureFile
from sipview.values import CancelToken


class CaptureError(Exception):
    """A file cannot be opened as a capture. The text is a whole sentence with the file's name and byte offset."""


def open_capture(path: Path, spool_folder: Path, cancel: CancelToken | None = None) -> CaptureFile:
    """Open a capture file, of whatever format its first bytes show.

    A compressed file is unpacked into ``spool_folder`` first (bounded), and the copy is deleted on ``close``.
    Raises `CaptureError` where it cannot be read at all.
    """
    raise NotImplementedError
