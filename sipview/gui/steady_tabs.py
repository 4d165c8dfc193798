"""Tabs whose pages are not painted anew whenever a word beside them changes."""

from typing import cast

from PySide6.QtCore import QEvent, QSize
from PySide6.QtWidgets import QTabWidget, QWidget


class SteadyTabs(QTabWidget):
    """A title with another number, or a corner that was laid out, asks for a layout. For that Qt paints all that is in the
    page, and the panels beside: it is left out where nothing gets another size by it.

    A title is to be changed by ``tabBar()``: the widget's own way is as far.
    """

    def __init__(self) -> None:
        super().__init__()
        self._sizes: tuple[QSize | int, ...] = ()
        self.setDocumentMode(True)

    def event(self, event: QEvent) -> bool:
        """Hear of a layout that is asked for."""
        if event.type() == QEvent.Type.LayoutRequest:
            corner = cast("QWidget | None", self.cornerWidget())  # which the stub takes for always there
            sizes = (
                self.size(), self.sizeHint(), self.minimumSizeHint(), self.tabBar().sizeHint().height(),
                corner.sizeHint() if corner is not None else QSize(),
            )  # fmt: skip
            if sizes == self._sizes:
                return True
            self._sizes = sizes
        return super().event(event)
