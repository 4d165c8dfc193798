"""The size of everything and the font, changed while the windows are open.

The factor is one for the whole program, as the application's font is. What a widget is made with is in px at 100 %: `px` makes
them px now. What Qt keeps in px (margins, icons, fixed sizes, rows of tables, fonts of one widget) is brought along by
`Scaler`, for the windows that are there and for each dialog that comes.
"""

import re

from PySide6.QtCore import QChildEvent, QObject, QSize, Qt
from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDialog,
    QDockWidget,
    QFormLayout,
    QGridLayout,
    QLayout,
    QTableView,
    QToolBar,
    QTreeView,
    QWidget,
)

_SET_FONT = Qt.WidgetAttribute.WA_SetFont
_MOST_PX = (1 << 24) - 1  # QWIDGETSIZE_MAX: no limit
_MOST_OF_SCREEN = 0.9
_CELL_ICON_PX = 16
_OWN = "sipview-scaled"  # the factor at which a widget stands
_POINTS = re.compile(r"(\d+(?:\.\d+)?)pt")
_PIXELS = re.compile(r"(\d+(?:\.\d+)?)px")


class _Size:
    """What is in force."""

    factor = 1.0


def factor() -> float:
    """How many times everything is larger than the desktop says."""
    return _Size.factor


def px(length: float) -> int:
    """A length in px at 100 %, in px now."""
    return round(length * _Size.factor)


def fixed_font() -> QFont:
    """The font of fixed width, as large as all others."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    if font.pointSizeF() > 0:
        font.setPointSizeF(font.pointSizeF() * _Size.factor)
    else:
        font.setPixelSize(px(font.pixelSize()))
    return font


def scaled_css(css: str) -> str:
    """A stylesheet with its lengths in px now."""
    return _PIXELS.sub(lambda found: f"{max(1, px(float(found[1]))) if float(found[1]) else 0}px", css)


class Scaler(QObject):
    """Keeps the application at a size and in a font. Made once, before the first window."""

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        self._application = application
        self._plain = QFont(application.font())
        self._family = ""

    def choose(self, percent: int, family: str) -> bool:
        """Take ``percent`` of the desktop's size and a font family ("": the system's); whether that is new.

        What is there already is brought along by `bring_along`, once the stylesheet is in force.
        """
        former, wanted = _Size.factor, percent / 100
        if (former, self._family) == (wanted, family):
            return False
        _Size.factor, self._family = wanted, family
        font = QFont(self._plain)
        if family:
            font.setFamilies([family, *self._plain.families()])
        if font.pointSizeF() > 0:
            font.setPointSizeF(font.pointSizeF() * wanted)
        self._application.setFont(font)
        return True


def bring_dialog_along(event: QChildEvent) -> None:
    """For the `childEvent` of a window: a dialog of its own, made with lengths at 100 %, is about to be shown."""
    dialog = event.child()
    if not event.polished() or not isinstance(dialog, QDialog) or dialog.property(_OWN) is not None:
        return
    bring_along(dialog)
    if _Size.factor != 1.0:
        dialog.resize((dialog.size() * _Size.factor).boundedTo(dialog.screen().availableSize() * _MOST_OF_SCREEN))


def bring_along(window: QWidget) -> None:
    """Bring a window and all that is in it from the size at which it stands to the one in force."""
    for layout in window.findChildren(QLayout):
        _scale_layout(layout)
    for widget in (window, *window.findChildren(QWidget)):
        _scale_widget(widget)


def _scale_layout(layout: QLayout) -> None:
    ratio = _Size.factor / _standing(layout, 1.0)  # layouts are made with lengths at 100 %
    if ratio == 1.0 or isinstance(layout.parent(), QToolBar):  # whose lengths the style sheet has
        return
    margins = layout.contentsMargins()
    sides = (margins.left(), margins.top(), margins.right(), margins.bottom())
    layout.setContentsMargins(*(round(side * ratio) for side in sides))
    if isinstance(layout, QGridLayout | QFormLayout):
        layout.setHorizontalSpacing(round(layout.horizontalSpacing() * ratio))
        layout.setVerticalSpacing(round(layout.verticalSpacing() * ratio))
    elif layout.spacing() > 0:
        layout.setSpacing(round(layout.spacing() * ratio))


def _scale_widget(widget: QWidget) -> None:
    if isinstance(widget, QAbstractButton | QToolBar):
        known = widget.property("sipview-icon-size")
        plain = known if isinstance(known, QSize) else widget.iconSize()
        widget.setProperty("sipview-icon-size", plain)
        widget.setIconSize(plain * _Size.factor)
    if isinstance(widget, QTreeView | QTableView):
        widget.setIconSize(QSize(px(_CELL_ICON_PX), px(_CELL_ICON_PX)))
    ratio = _Size.factor / _standing(widget, _Size.factor)  # the rest is made from fonts, or with `px`
    if ratio == 1.0:
        return
    if widget.styleSheet():
        widget.setStyleSheet(_POINTS.sub(lambda found: f"{float(found[1]) * ratio:.1f}pt", widget.styleSheet()))
    if widget.testAttribute(_SET_FONT) and widget.font().family() == fixed_font().family():
        widget.setFont(fixed_font())
    if not widget.isWindow() and not isinstance(widget, QDockWidget):  # a panel is as small as its content lets it be
        widget.setMinimumSize(widget.minimumSize() * ratio)
        most = widget.maximumSize()
        widget.setMaximumSize(
            most.width() if most.width() >= _MOST_PX else round(most.width() * ratio),
            most.height() if most.height() >= _MOST_PX else round(most.height() * ratio),
        )
    if isinstance(widget, QTreeView):
        widget.setIndentation(round(widget.indentation() * ratio))
    if isinstance(widget, QTableView):
        rows = widget.verticalHeader()
        rows.setDefaultSectionSize(round(rows.defaultSectionSize() * ratio))


def _standing(thing: QObject, made_at: float) -> float:
    """The factor at which something stands, which is ``made_at`` the first time; from now on the one in force."""
    known = thing.property(_OWN)
    thing.setProperty(_OWN, _Size.factor)
    return known if isinstance(known, float) else made_at
