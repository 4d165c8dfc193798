"""SIP statistics: counts by method, status, host and outcome of calls, to be read, sorted and copied."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from sipview.gui import wording
from sipview.gui.cells import CellDelegate
from sipview.gui.jobs import Jobs, Report
from sipview.gui.notes import label
from sipview.gui.packet_copy import as_text
from sipview.gui.requests import Loaded
from sipview.gui.theme import Theme, scaled_font_css
from sipview.gui.tokens import SIZE_HEADLINE, SPACE_L, SPACE_M, SPACE_S
from sipview.session import Snapshot
from sipview.session.sip_statistics import Count, SipStatistics, sip_statistics

_TITLES = ("", "Messages", "Share", "Sent again", "Sent", "Received")
_MOST_HOSTS = 500
Line = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CountMessages:
    """Count the messages of a snapshot."""

    snapshot: Snapshot

    def run(self, report: Report) -> SipStatistics:
        """The counts."""
        report.cancel.check()
        return sip_statistics(self.snapshot)


class StatisticsWindow(QDialog):
    """Stays open beside the window, and follows the capture while it is read."""

    def __init__(self, parent: QWidget, theme: Theme, jobs: Jobs) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self.setWindowTitle("SIP statistics")
        self.resize(QSize(760, 620))
        self.headline = label(wrapped=True)
        self.headline.setStyleSheet(scaled_font_css(SIZE_HEADLINE, bold=True))
        self.summary = label(tone="quiet", wrapped=True)
        self.tree = QTreeWidget()
        self.tree.setAccessibleName("SIP statistics")
        self.tree.setItemDelegate(CellDelegate(theme, self.tree))
        self.tree.setColumnCount(len(_TITLES))
        self.tree.setHeaderLabels(list(_TITLES))
        self.tree.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.tree.setUniformRowHeights(True)
        self.tree.setAllColumnsShowFocus(True)
        header = self.tree.header()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setStretchLastSection(False)
        for section in range(1, len(_TITLES)):
            self.tree.headerItem().setTextAlignment(section, Qt.AlignmentFlag.AlignRight)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        self.copy_button = QPushButton("Copy")
        self.copy_button.setToolTip("Put all counts on the clipboard as text")
        self.copy_button.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text()))
        buttons.addButton(self.copy_button, QDialogButtonBox.ButtonRole.ActionRole)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_L, SPACE_L, SPACE_L, SPACE_M)
        layout.setSpacing(SPACE_M)
        layout.addWidget(self.headline)
        layout.addWidget(self.summary)
        layout.addWidget(self.tree, 1)
        layout.addWidget(buttons)
        self._lines: list[Line] = []

    def follow(self, loaded: Loaded | None) -> None:
        """Count what there is now; without a capture the window closes."""
        if loaded is None:
            self._jobs.give_up("counting messages")
            self.close()
        else:
            self._jobs.ask("counting messages", CountMessages(loaded.snapshot), self.show_statistics)

    def show_statistics(self, counted: SipStatistics) -> None:
        """Show counts."""
        self.headline.setText(wording.counted(counted.messages, "SIP message"))
        self.summary.setText(
            " · ".join(
                (
                    wording.counted(counted.requests, "request"),
                    wording.counted(counted.responses, "response"),
                    f"{wording.counted(counted.retransmissions, 'message')} sent again",
                    wording.counted(counted.calls, "call"),
                    wording.counted(counted.others, "other conversation"),
                )
            )
        )
        self.tree.clear()
        self._lines = []
        for title, lines in _sections(counted):
            self._add_section(title, lines)

    def text(self) -> str:
        """All of it as text."""
        return f"{self.headline.text()}\n{self.summary.text()}\n\n{as_text(_TITLES, self._lines)}\n"

    def _add_section(self, title: str, lines: Sequence[Line]) -> None:
        section = QTreeWidgetItem([title])
        font = section.font(0)
        font.setBold(True)
        section.setFont(0, font)
        height = QSize(0, self.fontMetrics().height() + SPACE_S)
        section.setSizeHint(0, height)
        self._lines.append((title, *("" for _ in _TITLES[1:])))
        for line in lines:
            item = QTreeWidgetItem(list(line))
            item.setSizeHint(0, height)
            item.setToolTip(0, wording.tip(line[0]))
            for at in range(1, len(line)):
                item.setTextAlignment(at, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            section.addChild(item)
            self._lines.append((f"  {line[0]}", *line[1:]))
        self.tree.addTopLevelItem(section)
        section.setExpanded(True)


def _sections(counted: SipStatistics) -> Iterator[tuple[str, list[Line]]]:
    yield "Requests by method", [_line(count, counted.messages) for count in counted.methods]
    yield "Responses by class", [_line(count, counted.messages) for count in counted.classes]
    yield "Responses by status", [_line(count, counted.messages) for count in counted.statuses]
    yield "Calls by outcome", [(count.name, f"{count.messages:,}", _share(count.messages, counted.calls), "", "", "")
                               for count in counted.call_states]  # fmt: skip
    hosts: list[Line] = [
        (
            wording.cell(host.address),
            f"{host.sent + host.received:,}",
            "",
            f"{host.retransmissions:,}",
            f"{host.sent:,}",
            f"{host.received:,}",
        )
        for host in counted.hosts[:_MOST_HOSTS]
    ]
    more = len(counted.hosts) - _MOST_HOSTS
    yield f"Hosts{f' (the {_MOST_HOSTS} busiest of {len(counted.hosts):,})' if more > 0 else ''}", hosts


def _line(count: Count, messages: int) -> Line:
    again = f"{count.retransmissions:,}"
    return wording.cell(count.name), f"{count.messages:,}", _share(count.messages, messages), again, "", ""


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else ""
