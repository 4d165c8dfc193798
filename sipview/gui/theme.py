"""Light and dark: follows the system or the user's choice, and dresses the application."""

from enum import StrEnum
from string import Template

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory, QToolTip, QWidget

from sipview import environment
from sipview.gui.scaling import Scaler, bring_along, px, scaled_css
from sipview.gui.tokens import DARK, LIGHT, Colours

# What Qt asks for before a part knows its window, and then keeps.
_OF_ALL = """
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QMainWindow::separator { width: 1px; height: 1px; }
QToolBar { spacing: 2px; }
"""


class ThemeChoice(StrEnum):
    """What the user chose."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


def _between(one: str, other: str, share: float) -> str:
    """A colour on the way from ``one`` to ``other``."""
    a, b = QColor(one), QColor(other)
    return QColor.fromRgbF(
        a.redF() + (b.redF() - a.redF()) * share,
        a.greenF() + (b.greenF() - a.greenF()) * share,
        a.blueF() + (b.blueF() - a.blueF()) * share,
    ).name()


def stylesheet(colours: Colours) -> str:
    """The application's stylesheet in these colours."""
    return Template(scaled_css(environment.resource_text("style/sipview.qss"))).substitute(
        colours.named(),
        scroll=_between(colours.border, colours.muted, 0.35),
        tick=environment.resource_path("style/tick.svg").as_posix(),
        round=f"{(px(14) + 2 * max(1, px(1))) // 2}px",  # a radius beyond the half is none at all
        round_checked=f"{(px(8) + 2 * px(4)) // 2}px",
        arrow_right=environment.resource_path("style/arrow-right.svg").as_posix(),
        arrow=environment.resource_path("style/arrow.svg").as_posix(),
    )


def palette(colours: Colours) -> QPalette:
    """The palette for what the stylesheet does not reach."""
    result = QPalette()
    faint = QColor(colours.disabled)
    for role, colour in (
        (QPalette.ColorRole.Window, colours.panel),
        (QPalette.ColorRole.WindowText, colours.text),
        (QPalette.ColorRole.Base, colours.ground),
        (QPalette.ColorRole.AlternateBase, colours.panel),
        (QPalette.ColorRole.ToolTipBase, colours.raised),
        (QPalette.ColorRole.ToolTipText, colours.text),
        (QPalette.ColorRole.PlaceholderText, colours.muted),
        (QPalette.ColorRole.Text, colours.text),
        (QPalette.ColorRole.Button, colours.raised),
        (QPalette.ColorRole.ButtonText, colours.text),
        (QPalette.ColorRole.BrightText, colours.failure),
        (QPalette.ColorRole.Highlight, colours.selection),
        (QPalette.ColorRole.HighlightedText, colours.text),
        (QPalette.ColorRole.Link, colours.accent),
        (QPalette.ColorRole.LinkVisited, colours.accent),
        (QPalette.ColorRole.Mid, colours.border),
        (QPalette.ColorRole.Accent, colours.accent_fill),
    ):
        result.setColor(role, QColor(colour))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, role, faint)
    return result


class Theme(QObject):
    """The colours, the size and the font in force. ``changed`` tells that they are others now; whoever painted by hand paints
    again.
    """

    changed = Signal()

    def __init__(self, application: QApplication, choice: ThemeChoice = ThemeChoice.SYSTEM) -> None:
        super().__init__(application)
        self._application = application
        self._choice = choice
        self._colours: Colours | None = None
        self._scaler = Scaler(application)
        self._family = ""
        style = QStyleFactory.create("Fusion")
        if style is not None:
            application.setStyle(style)
        self._windows: list[QWidget] = []
        application.styleHints().colorSchemeChanged.connect(self._dress)
        self._dress()

    @property
    def colours(self) -> Colours:
        """The colours in force."""
        return self._colours or LIGHT

    @property
    def choice(self) -> ThemeChoice:
        """What the user chose."""
        return self._choice

    def choose(self, choice: ThemeChoice) -> None:
        """Take the user's choice, at once."""
        self._choice = choice
        self._dress()

    def dress(self, window: QWidget) -> None:
        """Keep a window in these colours as long as it is there, with all that is in it and all dialogs that it opens.

        Each window has the style sheet for itself: Qt takes a fourth of the time for that than for one of the application.
        """
        of_all = scaled_css(_OF_ALL)
        if self._application.styleSheet() != of_all:
            self._application.setStyleSheet(of_all)
        self._windows.append(window)
        window.setStyleSheet(stylesheet(self.colours))
        window.destroyed.connect(lambda: self._forget(window))

    def _forget(self, window: QWidget) -> None:
        self._windows = [one for one in self._windows if one is not window]

    @property
    def family(self) -> str:
        """The font family that the user chose; "" is the system's."""
        return self._family

    def choose_text(self, percent: int, family: str = "") -> None:
        """Show everything at ``percent`` of the desktop's size, in a font family ("" is the system's), at once."""
        self._family = family
        if self._scaler.choose(percent, family):
            self._dress_windows()
            for window in QApplication.topLevelWidgets():
                bring_along(window)
            self.changed.emit()

    def _dress(self) -> None:
        hints = self._application.styleHints()
        if self._choice is ThemeChoice.SYSTEM:
            hints.unsetColorScheme()
            dark = hints.colorScheme() is Qt.ColorScheme.Dark
        else:
            dark = self._choice is ThemeChoice.DARK
            hints.setColorScheme(Qt.ColorScheme.Dark if dark else Qt.ColorScheme.Light)  # window frames and native dialogs
        colours = DARK if dark else LIGHT
        if colours is self._colours:
            return
        self._colours = colours
        self._application.setPalette(palette(colours))
        QToolTip.setPalette(palette(colours))
        self._dress_windows()
        self.changed.emit()

    def _dress_windows(self) -> None:
        sheet = stylesheet(self.colours)
        for window in self._windows:
            window.setStyleSheet(sheet)


def scaled_font_css(factor: float, *, bold: bool = False) -> str:
    """A stylesheet fragment for a label whose text is ``factor`` times the application's font."""
    points = QApplication.font().pointSizeF() * factor
    return f"font-size: {points:.1f}pt;" + (" font-weight: 600;" if bold else "")
