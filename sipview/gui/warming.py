"""What a page needs when it is first shown, done before: its style and its layout cost more than a frame."""

from collections.abc import Iterator

from PySide6.QtCore import QPoint, QSize, QTimer
from PySide6.QtGui import QPixmap, QRegion
from PySide6.QtWidgets import QDockWidget, QStackedWidget, QTabWidget, QWidget


def warm(page: QWidget, size: QSize) -> None:
    """Style a hidden page's widgets, lay it out for this size, and paint what can be seen of it to nowhere: a little with each
    turn of the event loop, until it is shown.
    """
    steps = _steps(page, size)
    turn = QTimer(page)
    turn.setInterval(0)

    def take_turn() -> None:
        if page.isVisible() or next(steps, None) is None:
            turn.stop()
            turn.deleteLater()

    turn.timeout.connect(take_turn)
    turn.start()


def _steps(page: QWidget, size: QSize) -> Iterator[QWidget]:
    """Does a step and gives what it was about, for each that is asked for."""
    for widget in page.findChildren(QWidget):
        widget.ensurePolished()
    yield page
    page.resize(size)
    _lay_out(page)
    yield page
    for panel in page.findChildren(QDockWidget):
        if not panel.isHidden():
            panel.grab()
            yield panel
    for stack in page.findChildren(QStackedWidget):
        if isinstance(stack.parent(), QTabWidget):
            continue  # shows its first tab first
        first = stack.currentIndex()
        for number in set(range(stack.count())) - {first}:
            stack.setCurrentIndex(number)
            _lay_out(page)
            stack.grab()
            stack.setCurrentIndex(first)
            yield stack
    _lay_out(page)
    yield page


def _lay_out(page: QWidget) -> None:
    """Give everything on a page its place; Qt does so for what is painted, be it a dot."""
    page.render(QPixmap(1, 1), QPoint(), QRegion(0, 0, 1, 1))
