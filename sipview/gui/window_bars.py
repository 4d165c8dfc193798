"""The menus and the toolbar of a window, filled from the table of actions."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QMainWindow, QMenu, QStyle, QToolBar, QToolButton, QWidget

from sipview.gui.actions import ACTIONS, MENUS, TOOLBAR, ActionSet
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
        self.toolbar = Toolbar(window, actions, filter_bar)
        window.addToolBar(self.toolbar)

    def _fill_recent(self) -> None:
        self._recent.clear()
        for capture in self._preferences.recent():
            action = self._recent.addAction(visible(capture.name, 80).replace("&", "&&"))
            action.setEnabled(Path(capture.path).exists())
            action.triggered.connect(lambda _checked=False, path=capture.path: self.capture_wanted.emit(Path(path)))
        if self._recent.isEmpty():
            self._recent.addAction("No captures yet").setEnabled(False)


class Toolbar(QToolBar):
    """Groups of buttons, and the filter bar behind them. Where it is narrow, the last groups give way for that."""

    def __init__(self, window: QWidget, actions: ActionSet, filter_bar: QWidget) -> None:
        super().__init__("Toolbar", window)
        self.setObjectName("toolbar")
        self.setMovable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.setIconSize(QSize(18, 18))
        self._filter_bar = filter_bar
        self._groups: list[list[QAction]] = [[]]
        for entry in (*TOOLBAR, None):
            if entry is None:
                self._groups[-1].append(self.addSeparator())
                self._groups.append([])
            else:
                self.addAction(actions[entry])
                self._groups[-1].append(actions[entry])
        self._groups.pop()
        self._behind = self.addWidget(filter_bar)
        self._shown = len(self._groups)
        self._plain = actions["save-capture"]
        self._worded = [actions[row.id] for row in ACTIONS if row.word]
        self._put_words()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """There is more or less room for buttons."""
        super().resizeEvent(event)
        button = self.widgetForAction(self._plain).sizeHint().width()
        space = self.style().pixelMetric(QStyle.PixelMetric.PM_ToolBarItemSpacing, None, self)
        apart = self.widgetForAction(self._groups[0][-1]).sizeHint().width() + 2 * space
        room = self.width() - self._filter_bar.minimumWidth() - apart
        shown = 0
        words_px = self.fontMetrics().horizontalAdvance
        for group in self._groups:
            words = sum(words_px(action.iconText()) + space for action in group if action in self._worded)
            room -= (len(group) - 1) * (button + space) + words + apart
            shown += room >= 0 or not shown
        self._show_groups(shown)

    def _show_groups(self, count: int) -> None:
        for group in self._groups[count : self._shown]:
            for action in group:
                self.removeAction(action)
        for group in self._groups[self._shown : count]:
            self.insertActions(self._behind, group)
        self._shown = count
        self._put_words()

    def _put_words(self) -> None:
        """Words beside the icons of the most important buttons; a button that comes back is a new one."""
        for action in self._worded:
            button = self.widgetForAction(action)
            if isinstance(button, QToolButton):
                button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
                button.setObjectName("worded")
