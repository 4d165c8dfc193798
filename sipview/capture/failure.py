"""The one exception of this room."""


class CaptureError(Exception):
    """A file cannot be opened as a capture. The text is a whole sentence with the file's name and byte offset."""
