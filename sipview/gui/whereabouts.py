"""Where the user stands in a capture, to stand there again when its files are read anew.

It is told by frames, which stay the same, and not by objects, which do not. What needs a drawn ladder or an opened message
waits until nothing is under way.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QModelIndex, QObject, QTimer, Signal
from PySide6.QtWidgets import QAbstractScrollArea

from sipview.calls import Call, Conversation
from sipview.gui.requests import Loaded

if TYPE_CHECKING:
    from sipview.gui.analysis_page import AnalysisPage

_LOOK_MS = 20  # between two looks whether everything is drawn


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What was shown and how far it was scrolled. Frames are numbers of rows of the index.

    ``subjects`` are the first frames of what the ladder draws, ``message`` that of the message, ``packet`` the current one.
    ``field`` leads through the message's tree, a place a level. ``scrolls`` are (across, down) of the views in `_scrolled`.
    """

    list_tab: int
    message_tab: int
    subjects: tuple[int, ...]
    left_out: int
    message: int | None
    packet: int | None
    searches: tuple[str, str]
    marked: tuple[int, ...]
    references: tuple[int, ...]
    zoom: float
    field: tuple[int, ...]
    bytes_marked: tuple[int, int]
    scrolls: tuple[tuple[int, int], ...]


def take(page: "AnalysisPage", loaded: Loaded) -> Whereabouts:
    """Where the user stands now."""
    messages = loaded.snapshot.messages
    current = page.packets.table.currentIndex()
    return Whereabouts(
        list_tab=page.tabs.currentIndex(),
        message_tab=page.message.tabs.currentIndex(),
        subjects=tuple(messages[subject.messages[0]].row for subject in page.ladder.subjects),
        left_out=page.ladder.left_out,
        message=None if page.opened is None else messages[page.opened].row,
        packet=page.packets.model.row_of(current.row()) if current.isValid() else None,
        searches=(page.calls.search.text(), page.others.search.text()),
        marked=tuple(page.packets.model.marked_rows.tolist()),
        references=tuple(page.packets.model.references),
        zoom=page.ladder.view.zoom,
        field=_path(page.message.tree.currentIndex()),
        bytes_marked=page.message.bytes.marked,
        scrolls=tuple(
            (view.horizontalScrollBar().value(), view.verticalScrollBar().value()) for view in _scrolled(page)
        ),
    )  # fmt: skip


class WayBack(QObject):
    """Leads the page to where the user stood, once its capture is read. ``arrived``: there is no more to do."""

    arrived = Signal()

    def __init__(self, page: "AnalysisPage", where: Whereabouts) -> None:
        super().__init__(page)
        self._page = page
        self._where = where
        self._waiting = QTimer(self)
        self._waiting.setInterval(_LOOK_MS)
        self._waiting.timeout.connect(self._arrive)

    def go(self, loaded: Loaded) -> bool:
        """Go there; False where nothing of it is there any more."""
        page, where = self._page, self._where
        page.tabs.setCurrentIndex(where.list_tab)
        page.calls.search.setText(where.searches[0])
        page.others.search.setText(where.searches[1])
        there = loaded.snapshot.packets
        page.packets.model.turn_mark(np.array([row for row in where.marked if row < there], np.int64))
        for row in where.references:
            if row < there:
                page.packets.model.turn_reference(row)
        subjects = self._subjects(loaded)
        opened = None if where.message is None else loaded.cross.message_of_row(where.message)
        position = None if opened is None else opened.position
        if subjects:
            page.calls.select_all([one for one in subjects if isinstance(one, Call)])
            page.others.select_all([one for one in subjects if isinstance(one, Conversation)])
            page.ladder.show_subjects(loaded.analysis, subjects, loaded.cross.hosts, position, left_out=where.left_out)
        if position is not None:
            page.open_message(position)
        elif where.packet is not None and where.packet < there:
            page.open_packet(where.packet)
        if where.packet is not None:
            page.packets.go_to(where.packet)
        page.ladder.view.set_zoom(where.zoom)
        self._waiting.start()
        return bool(subjects) or position is not None or (where.packet is not None and where.packet < there)

    def _subjects(self, loaded: Loaded) -> tuple[Call | Conversation, ...]:
        owners: dict[int, Call | Conversation] = {}
        for row in self._where.subjects:
            observed = loaded.cross.message_of_row(row)
            owner = None if observed is None else loaded.cross.owner(observed.position)
            if owner is not None:
                owners[owner.messages[0]] = owner
        return tuple(owners.values())

    def _arrive(self) -> None:
        """Everything is drawn and opened: scroll to where it was."""
        page, where = self._page, self._where
        if page.jobs.busy or page.ladder.settling:
            return
        self._waiting.stop()
        page.message.tabs.setCurrentIndex(where.message_tab)
        tree = page.message.tree
        index = QModelIndex()
        for place in where.field:
            index = tree.model_.index(place, 0, index)
        if index.isValid():
            tree.setCurrentIndex(index)
        if where.bytes_marked[0] < where.bytes_marked[1]:
            page.message.bytes.mark(*where.bytes_marked)
        for view, (across, down) in zip(_scrolled(page), where.scrolls, strict=True):
            view.horizontalScrollBar().setValue(across)
            view.verticalScrollBar().setValue(down)
        self.arrived.emit()


def _scrolled(page: "AnalysisPage") -> tuple[QAbstractScrollArea, ...]:
    message = page.message
    return (
        page.calls.table, page.others.table, page.packets.table, page.ladder.view, message.tree, message.text, message.bytes,
        page.compare.table,
    )  # fmt: skip


def _path(index: QModelIndex) -> tuple[int, ...]:
    places: list[int] = []
    while index.isValid():
        places.append(index.row())
        index = index.parent()
    return tuple(reversed(places))
