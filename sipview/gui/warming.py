"""What a page needs when it is first shown, done before: its style and its layout cost more than a frame."""

from PySide6.QtCore import QObject, QSize, QTimer
from PySide6.QtWidgets import QWidget


def warm(page: QWidget, size: QSize) -> None:
    """Style a hidden page's widgets, then lay it out for this size and paint it to nowhere; each when nothing else waits."""

    def style() -> None:
        for widget in page.findChildren(QWidget):
            widget.ensurePolished()
        _then(page, lay_out)

    def lay_out() -> None:
        if not page.isVisible():
            page.resize(size)
            page.grab()

    _then(page, style)


def _then(context: QObject, do: object) -> None:
    QTimer.singleShot(0, context, do)  # type: ignore[call-overload]  # the stub wants a slot by name
