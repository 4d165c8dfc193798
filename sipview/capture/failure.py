"""The one exception of this room, and the names that its sentences use."""

from pathlib import Path


class CaptureError(Exception):
    """A file cannot be opened as a capture. The text is a whole sentence with the file's name and byte offset."""


def name_of(path: Path) -> str:
    """What sentences call a file: its name, and what comes in through ``-`` by what it is."""
    return "standard input" if path == Path("-") else path.name
