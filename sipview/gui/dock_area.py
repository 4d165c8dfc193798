"""Panels that can be shown, hidden, moved, floated and put back; where they stood is remembered by the size of the screen."""

from collections.abc import Mapping
from typing import Protocol

from PySide6.QtCore import QByteArray, QSize, Qt, QTimer
from PySide6.QtGui import QAction, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QDockWidget, QFrame, QMainWindow, QScrollArea, QTabWidget, QWidget

_LAYOUT_VERSION = 1
_SPARE_PX = 40  # Qt counts the tabs of a panel to its height
_SMALL_WIDTH, _MEDIUM_WIDTH = 1440, 2200


def screen_class(width: int) -> str:
    """The name under which a layout is remembered for screens of about this width in points."""
    return "small" if width < _SMALL_WIDTH else "medium" if width < _MEDIUM_WIDTH else "large"


class _NoTitle(QWidget):
    """In place of a title bar while the panels stay where they are."""

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Nothing."""
        return QSize(0, 0)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Nothing."""
        return QSize(0, 0)


class Panel(QDockWidget):
    """One panel; its ``toggleViewAction`` shows and hides it."""

    def __init__(self, name: str, title: str) -> None:
        super().__init__(title)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.topLevelChanged.connect(self._dress)
        self._movable = False
        self._no_title = _NoTitle(self)

    def set_movable(self, movable: bool) -> None:
        """Give it a title bar to be moved by, or take it away."""
        self._movable = movable
        features = QDockWidget.DockWidgetFeature.DockWidgetClosable
        if movable:
            features |= QDockWidget.DockWidgetFeature.DockWidgetMovable | QDockWidget.DockWidgetFeature.DockWidgetFloatable
        self.setFeatures(features)
        self._dress()

    def _dress(self) -> None:
        """A floating panel keeps its title bar: else there would be no way to move it."""
        if self._movable or self.isFloating():
            self.setTitleBarWidget(None)  # type: ignore[arg-type]  # the stub does not know that None is Qt's own title bar
        else:
            self.setTitleBarWidget(self._no_title)


class Adapting(Protocol):
    """What can do with less height than it would like."""

    def use_room(self, height: int) -> int:
        """Show what has room in a height; returns the px that all of it would take more."""
        ...


class Scrolled(QScrollArea):
    """Room for a panel that wants much height: it gets that where there is room. Where there is little, it adapts, and is
    scrolled at last.
    """

    def __init__(self, content: QWidget, adapting: Adapting) -> None:
        super().__init__()
        self._adapting = adapting
        self._missing_px = 0
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(content)
        self.setFocusProxy(content)

    @property
    def missing_px(self) -> int:
        """How much higher it would have to be to show all that there is."""
        return max(self._missing_px, self.verticalScrollBar().maximum())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """There is more or less room."""
        super().resizeEvent(event)
        self._missing_px = self._adapting.use_room(self.viewport().height())


class DockArea(QMainWindow):
    """Holds panels. Make it, `add` all, call `begin` with what was remembered; it is laid out when it is first shown."""

    def __init__(self) -> None:
        super().__init__()
        self.setWindowFlags(Qt.WindowType.Widget)
        self.setDockOptions(QMainWindow.DockOption.AllowNestedDocks | QMainWindow.DockOption.AllowTabbedDocks)
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self.panels: dict[str, Panel] = {}
        self._shares: Mapping[Qt.Orientation, Mapping[str, int]] = {}
        self._hidden: frozenset[str] = frozenset()
        self._original = QByteArray()
        self._state = QByteArray()
        self._begun = False

    def add(self, name: str, title: str, content: QWidget, area: Qt.DockWidgetArea, *, hidden: bool = False) -> Panel:
        """Add a panel at an edge; ``hidden`` ones wait until they are asked for."""
        panel = Panel(name, title)
        self.panels[name] = panel
        self.addDockWidget(area, panel)
        panel.setWidget(content)
        panel.set_movable(False)  # only now it is no window of its own
        if hidden:
            self._hidden |= {name}
            panel.hide()
        return panel

    def begin(self, state: QByteArray, shares: Mapping[Qt.Orientation, Mapping[str, int]]) -> None:
        """How the panels stood when they were left, and how they share the room (in parts) where nothing is remembered."""
        self._state, self._shares = state, shares

    @property
    def toggles(self) -> list[QAction]:
        """An action for each panel that shows and hides it."""
        return [panel.toggleViewAction() for panel in self.panels.values()]

    def state(self) -> QByteArray:
        """How the panels stand, to be remembered."""
        return self.saveState(_LAYOUT_VERSION) if self._begun else self._state

    def reset(self) -> None:
        """Put all panels back to where they were at first."""
        for panel in self.panels.values():
            panel.setFloating(False)
        self.restoreState(self._original, _LAYOUT_VERSION)
        for name, panel in self.panels.items():
            panel.setVisible(name not in self._hidden)
        self._share_room()

    def set_movable(self, movable: bool) -> None:
        """Whether the panels can be moved by their title bars."""
        for panel in self.panels.values():
            panel.set_movable(movable)

    def reveal(self, name: str) -> None:
        """Show a panel, in front of those that share its place."""
        panel = self.panels[name]
        panel.show()
        panel.raise_()
        content = panel.widget()
        self.give_room(name)
        least = content.minimumSizeHint().height()
        if panel.height() < least and not panel.isFloating():
            self.resizeDocks([panel], [least], Qt.Orientation.Vertical)

    def give_room(self, name: str) -> None:
        """Make a panel that wants much height as high as it wants, as far as others can give way."""
        panel = self.panels[name]
        content = panel.widget()
        if isinstance(content, Scrolled):
            QTimer.singleShot(0, self, lambda: self._stretch(panel, content))  # once it is laid out

    def _stretch(self, panel: Panel, content: Scrolled) -> None:
        """Make a panel higher until nothing of it is out of sight, as far as another one gives way."""
        beside = {panel, *self.tabifiedDockWidgets(panel)}
        giving = next((other for other in self.panels.values() if other not in beside and other.isVisible()), None)
        if content.missing_px and content.isVisible() and giving is not None and not panel.isFloating():
            missing = content.missing_px + _SPARE_PX
            heights = [panel.height() + missing, max(1, giving.height() - missing)]
            self.resizeDocks([panel, giving], heights, Qt.Orientation.Vertical)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Now there is a size to be shared."""
        super().showEvent(event)
        if not self._begun:
            self._begun = True
            self._original = self.saveState(_LAYOUT_VERSION)
            if self._state.isEmpty() or not self.restoreState(self._state, _LAYOUT_VERSION):
                QTimer.singleShot(0, self, self._share_room)  # sizes count once the layout has taken its place

    def _share_room(self) -> None:
        for orientation, parts in self._shares.items():
            room = self.height() if orientation is Qt.Orientation.Vertical else self.width()
            sizes = [room * part // sum(parts.values()) for part in parts.values()]
            self.resizeDocks([self.panels[name] for name in parts], sizes, orientation)
