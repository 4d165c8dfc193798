"""Keeps the end of a growing list in sight, until the user scrolls away from it."""

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QAbstractItemView


class AutoScroll(QObject):
    """Scrolls one list to its end when it grows, while ``enabled`` is set and the user has not scrolled up.

    Scrolling back to the end resumes it, picking a line stops it (`stop`).
    """

    def __init__(self, view: QAbstractItemView) -> None:
        super().__init__(view)
        self._bar = view.verticalScrollBar()
        self._at_end = True
        self.enabled = False
        self._bar.actionTriggered.connect(self._scrolled)
        self._bar.rangeChanged.connect(self._grown)

    @property
    def following(self) -> bool:
        """Whether the end is kept in sight."""
        return self.enabled and self._at_end

    def begin(self) -> None:
        """There is a capture that grows."""
        self.enabled = self._at_end = True
        self._grown()

    def stop(self) -> None:
        """The user looks at something."""
        self._at_end = False

    def _scrolled(self) -> None:
        self._at_end = self._bar.sliderPosition() >= self._bar.maximum()

    def _grown(self) -> None:
        if self.following:
            self._bar.setValue(self._bar.maximum())
