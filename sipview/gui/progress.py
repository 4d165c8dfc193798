"""How far something is."""

from PySide6.QtWidgets import QProgressBar


class Progress(QProgressBar):
    """A progress bar that is painted when its turn comes.

    Qt's own is painted as soon as it has another value, and with it everything else that waits to be painted: while a capture
    is read that makes one long turn of the event loop out of two short ones.
    """

    def setValue(self, value: int) -> None:  # noqa: N802 - Qt's name
        """Show another value."""
        self.setUpdatesEnabled(False)
        super().setValue(value)
        self.setUpdatesEnabled(True)
