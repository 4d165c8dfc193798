"""The menus and the toolbar of a window, filled from the table of actions."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMainWindow, QMenu, QToolBar, QToolButton, QWidget

from sipview.gui.actions import MENUS, TOOLBAR, ActionSet
from sipview.gui.preferences import Preferences
from sipview.values import visible


class WindowBars(QObject):
    """Adds the bars to a window. ``panels`` show and hide its panels, ``filter_bar`` stands at the end of the toolbar.

    ``capture_wanted(path)``: the user chose one of the captures that were open before.
    """

    capture_wanted = Signal(object)

    def __init__(
        self, window: QMainWindow, actions: ActionSet, preferences: Preferences, panels: Sequence[QAction], filter_bar: QWidget
    ) -> None:
        super().__init__(window)
        self._preferences = preferences
        self._recent = QMenu("Open &recent", window)
        self._recent.aboutToShow.connect(self._fill_recent)
        panels_menu = QMenu("&Panels", window)
        panels_menu.addActions(panels)
        own = {"recent": self._recent, "panels": panels_menu}
        for title, entries in MENUS.items():
            actions.fill_menu(window.menuBar().addMenu(title), entries, own)
        self.toolbar = _toolbar(actions)
        self.toolbar.addSeparator()
        self.toolbar.addWidget(filter_bar)
        window.addToolBar(self.toolbar)

    def _fill_recent(self) -> None:
        self._recent.clear()
        for capture in self._preferences.recent():
            action = self._recent.addAction(visible(capture.name, 80).replace("&", "&&"))
            action.setEnabled(Path(capture.path).exists())
            action.triggered.connect(lambda _checked=False, path=capture.path: self.capture_wanted.emit(Path(path)))
        if self._recent.isEmpty():
            self._recent.addAction("No captures yet").setEnabled(False)


def _toolbar(actions: ActionSet) -> QToolBar:
    toolbar = QToolBar("Toolbar")
    toolbar.setObjectName("toolbar")
    toolbar.setMovable(False)
    toolbar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
    toolbar.setIconSize(QSize(18, 18))
    for entry in TOOLBAR:
        if entry is None:
            toolbar.addSeparator()
        else:
            toolbar.addAction(actions[entry])
    opening = toolbar.widgetForAction(actions["open"])
    if isinstance(opening, QToolButton):
        opening.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        opening.setText("Open")
        opening.setObjectName("worded")
    return toolbar
