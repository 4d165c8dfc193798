"""The first page: open a capture, drop one, take a recent one, or try the sample."""

import time
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from sipview.gui import icons, wording
from sipview.gui.notes import ElidedLabel, label
from sipview.gui.preferences import Preferences, RecentCapture
from sipview.gui.scaling import px
from sipview.gui.theme import Theme, scaled_font_css
from sipview.gui.tokens import (
    SIZE_HEADLINE,
    SIZE_TITLE,
    SPACE_L,
    SPACE_M,
    SPACE_S,
    SPACE_XL,
    SPACE_XS,
    SPACE_XXL,
    Tone,
)
from sipview.values import visible

_WHAT = "Open a capture, see its SIP calls, each as a ladder, and what every header means."
_WIDTH_PX = 760
_NAME_CHARACTERS = 34
_LEAST_FOLDER_CHARACTERS = 12
_ROOM_FOR_KINDS_PX = 620
_FIRST_RECENT = 4  # more would push the live capture out of sight
_DROP_RADIUS = 10


def dropped_paths(event: QDragEnterEvent | QDropEvent) -> tuple[Path, ...]:
    """The files that are dragged or dropped."""
    return tuple(Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile())


class DropZone(QFrame):
    """A place to drop captures on, with the button to open one."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._hover = False
        self._low = False
        self._picture = QLabel()
        self._words = label("Drop a capture file here", wrapped=True)
        self._words.setStyleSheet(scaled_font_css(SIZE_HEADLINE, bold=True))
        self._kinds = label("pcap or pcapng, plain or compressed; several files are merged by time", tone="quiet", wrapped=True)
        self.open_button = QPushButton("Open a capture…")
        self.open_button.setObjectName("primary")
        self.open_button.setDefault(True)
        self.sample_button = QPushButton(wording.beside_icon("Try the sample"))
        self.sample_button.setToolTip("Opens a capture that comes with sipview: a small office on a PBX, six calls")
        texts = QVBoxLayout()
        texts.setSpacing(SPACE_XS)
        texts.addWidget(self._words)
        texts.addWidget(self._kinds)
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE_S)
        buttons.addStretch()
        buttons.addWidget(self.open_button)
        buttons.addWidget(self.sample_button)
        buttons.addStretch()
        self._parts = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._parts.setContentsMargins(SPACE_XL, SPACE_XL, SPACE_XL, SPACE_XL)
        self._parts.setSpacing(SPACE_M)
        self._parts.addWidget(self._picture)
        self._parts.addLayout(texts, 1)
        self._parts.addLayout(buttons)
        self.set_low(low=False)
        theme.changed.connect(self._dress)
        self._dress()

    def set_low(self, *, low: bool) -> None:
        """Whether all stands in one row, so that there is room below for what the user comes back to."""
        self._parts.setDirection(QBoxLayout.Direction.LeftToRight if low else QBoxLayout.Direction.TopToBottom)
        across = Qt.AlignmentFlag.AlignLeft if low else Qt.AlignmentFlag.AlignHCenter
        for part in (self._picture, self._words, self._kinds):
            part.setAlignment(across | Qt.AlignmentFlag.AlignVCenter)
        self._low = low
        self._use_room()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """There is more or less room."""
        super().resizeEvent(event)
        self._use_room()

    def _use_room(self) -> None:
        """In one row there is room for the picture and what may be dropped, or a column of single words."""
        narrow = self._low and self.width() < px(_ROOM_FOR_KINDS_PX)
        self._picture.setHidden(narrow)
        self._kinds.setHidden(narrow)

    def set_hover(self, hover: bool) -> None:
        """Show whether files are being dragged over the window."""
        self._hover = hover
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """A dashed edge all around; filled while files are over the window."""
        del event
        colours = self._theme.colours
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(QColor(colours.accent if self._hover else colours.muted), 1.5)
        pen.setDashPattern([4, 3])
        painter.setPen(pen)
        painter.setBrush(QColor(colours.selection if self._hover else colours.ground))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), _DROP_RADIUS, _DROP_RADIUS)
        painter.end()

    def _dress(self) -> None:
        self._picture.setPixmap(icons.pixmap("drop", self._theme.colours.accent, 36, self.devicePixelRatioF()))
        self.sample_button.setIcon(icons.icon("sample", self._theme.colours))


class RecentRow(QFrame):
    """One recent capture: open it, or take it off the list. A missing one is greyed and can only be taken off."""

    opened = Signal(str)
    removed = Signal(str)

    def __init__(self, capture: RecentCapture, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("recent")
        path = Path(capture.path)
        try:
            size = path.stat().st_size
            missing = False
        except OSError:
            size, missing = 0, True
        name = QPushButton()
        name.setObjectName("recent")
        name.setIcon(icons.icon("file-missing" if missing else "file", theme.colours, Tone.QUIET if missing else Tone.ACTIVE))
        name.setIconSize(QSize(px(18), px(18)))  # made anew with each size
        name.setEnabled(not missing)
        name.setToolTip(wording.tip(capture.path))
        name.setAccessibleName(f"Open {visible(capture.name, 80)}")
        room = name.fontMetrics().averageCharWidth() * _NAME_CHARACTERS
        shown = name.fontMetrics().elidedText(visible(capture.name, 300), Qt.TextElideMode.ElideMiddle, room)
        name.setText(wording.beside_icon(shown).replace("&", "&&"))
        name.clicked.connect(lambda: self.opened.emit(capture.path))
        folder = ElidedLabel(visible(str(path.parent), 300), tone="quiet", least=_LEAST_FOLDER_CHARACTERS)
        facts = label(
            "no longer there" if missing else f"{wording.counted(capture.calls, 'call')} · {wording.size(size)}",
            tone="warning" if missing else "quiet",
        )
        when = label(_ago(time.time() - capture.opened_s), tone="quiet")
        remove = QPushButton()
        remove.setObjectName("link")
        remove.setIcon(icons.icon("close", theme.colours, Tone.QUIET))
        remove.setIconSize(QSize(px(16), px(16)))
        remove.setToolTip("Take it off this list")
        remove.setAccessibleName(f"Take {visible(capture.name, 80)} off the list")
        remove.clicked.connect(lambda: self.removed.emit(capture.path))
        digit = self.fontMetrics().averageCharWidth()
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE_XS, 0, 0, 0)
        row.setSpacing(SPACE_M)
        for widget, characters in ((name, _NAME_CHARACTERS + 7), (folder, 0), (facts, 19), (when, 13), (remove, 0)):
            if characters:
                widget.setFixedWidth(characters * digit)
            row.addWidget(widget, 0 if characters or widget is remove else 1)
        self.name_button, self.remove_button = name, remove


class StartPage(QScrollArea):
    """What sipview is, and the ways in. ``capture_wanted(path)`` tells that a recent one was taken."""

    capture_wanted = Signal(str)

    def __init__(self, theme: Theme, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._preferences = preferences
        self.setObjectName("start")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self._logo = QLabel()
        title = label("sipview")
        title.setStyleSheet(scaled_font_css(SIZE_TITLE, bold=True))
        what = label(
            "Open a capture, see its SIP calls, each as a ladder, and what every header means.", tone="quiet", wrapped=True
        )
        what.setStyleSheet(scaled_font_css(1.1))
        names = QVBoxLayout()
        names.setSpacing(2)
        names.addWidget(title)
        names.addWidget(what)
        head = QHBoxLayout()
        head.setSpacing(SPACE_L)
        head.addWidget(self._logo)
        head.addLayout(names, 1)
        self.drop_zone = DropZone(theme)
        self._recent_title = label("Recent captures")
        self._recent_title.setStyleSheet(scaled_font_css(1.0, bold=True))
        self.all_of_them = QPushButton()
        self.all_of_them.setObjectName("link")
        self.all_of_them.setCheckable(True)
        self.all_of_them.toggled.connect(self.refresh)
        self._clear = QPushButton("Clear list")
        self._clear.setObjectName("link")
        self._clear.clicked.connect(preferences.forget_captures)
        recent_head = QHBoxLayout()
        recent_head.addWidget(self._recent_title, 1)
        recent_head.addWidget(self.all_of_them)
        recent_head.addWidget(self._clear)
        self._recent = QFrame()
        self._recent.setObjectName("card")
        self._rows = QVBoxLayout(self._recent)
        self._rows.setContentsMargins(SPACE_S, SPACE_S, SPACE_S, SPACE_S)
        self._rows.setSpacing(0)
        self.rows: list[RecentRow] = []

        column = QWidget()
        column.setMaximumWidth(px(_WIDTH_PX))
        layout = self._column = QVBoxLayout(column)
        layout.setContentsMargins(SPACE_L, SPACE_XXL, SPACE_L, SPACE_L)
        layout.setSpacing(SPACE_L)
        layout.addLayout(head)
        layout.addWidget(self.drop_zone)
        recent = QVBoxLayout()
        recent.setSpacing(SPACE_XS)
        recent.addLayout(recent_head)
        recent.addWidget(self._recent)
        layout.addLayout(recent)
        self._cards_at = layout.count()
        layout.addStretch(1)
        page = QWidget()
        page.setObjectName("start")
        around = QHBoxLayout(page)
        around.setContentsMargins(0, 0, 0, 0)
        around.addStretch(1)
        around.addWidget(column, 20)
        around.addStretch(1)
        self.setWidget(page)
        preferences.recent_changed.connect(self._recents_changed)
        theme.changed.connect(self.refresh)
        self.refresh()

    def add_card(self, card: QWidget) -> None:
        """Put another way in below those that are there."""
        self._column.insertWidget(self._cards_at, card)

    def _recents_changed(self) -> None:
        """Whoever shows this page again refreshes it; files are not looked at behind another page."""
        if self.isVisible():
            self.refresh()

    def refresh(self) -> None:
        """Look again at what lies where the recent captures lay."""
        self._logo.setPixmap(icons.application_icon().pixmap(QSize(px(52), px(52)), self.devicePixelRatioF()))
        self._show_recent(self._preferences.recent())

    def _show_recent(self, captures: Sequence[RecentCapture]) -> None:
        for row in self.rows:
            self._rows.removeWidget(row)
            row.hide()
            row.deleteLater()
        many = len(captures) > _FIRST_RECENT
        few = many and not self.all_of_them.isChecked()
        self.all_of_them.setVisible(many)
        self.all_of_them.setText(f"Show all {len(captures)}" if few else "Show fewer")
        self.rows = [RecentRow(capture, self._theme) for capture in (captures[:_FIRST_RECENT] if few else captures)]
        for row in self.rows:
            row.opened.connect(self.capture_wanted)
            row.removed.connect(self._preferences.forget_capture)
            self._rows.addWidget(row)
        for widget in (self._recent_title, self._clear, self._recent):
            widget.setVisible(bool(captures))
        self.drop_zone.set_low(low=bool(captures))


def _ago(seconds: float) -> str:
    """How long ago, as people say it."""
    for limit, unit, name in ((90, 1, ""), (3600, 60, "min"), (86_400, 3600, "h")):
        if seconds < limit:
            return f"{max(1, round(seconds / unit))} {name} ago" if name else "just now"
    days = round(seconds / 86_400)
    return "yesterday" if days == 1 else f"{days} days ago"
