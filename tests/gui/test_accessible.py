"""Everything can be reached by keyboard and has a name that is read aloud: every widget of the window is looked at."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QDialog,
    QHeaderView,
    QLineEdit,
    QPlainTextEdit,
    QScrollBar,
    QTabBar,
    QToolBar,
    QWidget,
)

from sipview.gui.dialogs import AboutDialog, QualityDialog
from sipview.gui.main_window import MainWindow
from sipview.gui.shortcuts_dialog import ShortcutsDialog
from sipview.gui.theme import Theme
from sipview.session.quality import Quality, Remark, Weight
from tests.support.answered_paths import SAMPLES

pytestmark = pytest.mark.usefixtures("real_interfaces")

Opened = Callable[[Sequence[Path]], MainWindow]
Settled = Callable[[], None]

_INTERACTIVE = (
    QAbstractButton, QAbstractItemView, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit, QPlainTextEdit, QTabBar,
)  # fmt: skip
_OF_QT = (QScrollBar, QHeaderView)


def hands(root: QWidget) -> Iterator[QWidget]:
    """The visible widgets that one does something with. Parts of Qt's own compound widgets go with their whole."""
    for widget in root.findChildren(QWidget):
        if not isinstance(widget, _INTERACTIVE) or isinstance(widget, _OF_QT) or not widget.isVisible():
            continue
        inner = widget.objectName().startswith("qt_") or widget.objectName() in {"ScrollLeftButton", "ScrollRightButton"}
        around = widget.parent()
        if inner or isinstance(around, (QComboBox, QAbstractSpinBox, QTabBar, QAbstractItemView, QLineEdit)):
            continue
        yield widget


def name_of(widget: QWidget) -> str:
    """What a screen reader says of it."""
    interface = QAccessible.queryAccessibleInterface(widget)
    return interface.text(QAccessible.Text.Name)


def described(widget: QObject) -> str:
    path: list[str] = []
    at: QObject | None = widget
    while at is not None and len(path) < 5:
        path.append(f"{type(at).__name__}#{at.objectName()}" if at.objectName() else type(at).__name__)
        at = at.parent()
    return " < ".join(path)


def nameless(root: QWidget) -> list[str]:
    return [described(widget) for widget in hands(root) if not name_of(widget).strip()]


def unreachable(root: QWidget) -> list[str]:
    """What neither Tab nor a key of an action reaches."""
    lost = []
    for widget in hands(root):
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus or widget.focusProxy() is not None or not widget.isEnabled():
            continue
        around = widget.parent()
        if isinstance(around, QToolBar) and widget.actions():
            continue  # what stands in the toolbar stands in a menu as well
        lost.append(described(widget))
    return lost


@pytest.fixture(params=["start", "calls", "packets", "text", "bytes", "compare", "what", "graphs"])
def place(request: pytest.FixtureRequest, window: MainWindow, opened: Opened, settled: Settled) -> MainWindow:
    """The window at a place where people work."""
    name = str(request.param)
    if name == "start":
        return window
    opened([SAMPLES / "small-office.pcap"])
    action = {
        "packets": "show-packets", "text": "show-text", "bytes": "show-bytes", "compare": "show-compare",
        "what": "what-is-this", "graphs": "traffic",
    }.get(name)  # fmt: skip
    if action is not None:
        window.actions_[action].trigger()
    settled()
    return window


def test_everything_has_a_name(place: MainWindow) -> None:
    assert len(list(hands(place))) >= 3
    assert nameless(place) == []


def test_everything_is_reached_by_keyboard(place: MainWindow) -> None:
    assert unreachable(place) == []


def test_dialogs_have_names_and_are_reached(window: MainWindow, theme: Theme) -> None:
    quality = Quality((Remark("drops", Weight.GOOD, "nothing dropped", "Nothing was lost."),))
    dialogs: list[QDialog] = [ShortcutsDialog(window, theme), AboutDialog(window), QualityDialog(window, theme, quality)]
    for dialog in dialogs:
        dialog.show()
        assert nameless(dialog) == []
        assert unreachable(dialog) == []
        dialog.close()


def test_every_panel_and_table_says_what_it_is(opened: Opened) -> None:
    window = opened([SAMPLES / "small-office.pcap"])
    for panel in window.page.docks.panels.values():
        assert panel.accessibleName()
    for view in window.findChildren(QAbstractItemView):
        if view.isVisible() and not isinstance(view, QHeaderView):
            assert view.accessibleName(), described(view)
