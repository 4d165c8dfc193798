"""Where the user stands in a capture, to stand there again when its files are read anew.

It is told by places in the files, which stay the same, and not by rows or objects, which do not: a ring forgets its oldest
file, a capture goes on in another one. What needs a drawn ladder or an opened message waits until nothing is under way.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QModelIndex, QObject, QTimer, Signal
from PySide6.QtWidgets import QAbstractScrollArea, QTableView

from sipview.calls import Call, Conversation
from sipview.gui.list_pane import ListPane
from sipview.gui.requests import Loaded
from sipview.session.saving import places

if TYPE_CHECKING:
    from sipview.gui.analysis_page import AnalysisPage

_LOOK_MS = 20  # between two looks whether everything is drawn
_MOST_LOOKS = 50  # a capture that runs leaves no peace
_MOST_MESSAGES = 50
Place = tuple[Path, int]
"""A packet: the file that it is in, and its offset there."""
Packed = tuple[tuple[Path, npt.NDArray[np.int64]], ...]
"""Many packets: for each file their offsets."""


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What was shown and how far it was scrolled.

    ``subjects`` are the packets of each call that the ladder draws (of a long one some), ``message`` is that of the message,
    ``packet`` the current one. ``field`` leads through the message's tree, a step a level. ``scrolls`` are (across, down) of
    the views in `_scrolled`; ``tops`` the packet in the topmost line of each list, None where its end is in sight.
    ``touched``: the user has chosen it.
    """

    list_tab: int
    message_tab: int
    touched: bool
    subjects: tuple[tuple[Place, ...], ...]
    left_out: int
    message: Place | None
    packet: Place | None
    searches: tuple[str, str]
    marked: Packed
    references: tuple[Place, ...]
    tops: tuple[Place | None, ...]
    zoom: float
    field: tuple[int, ...]
    bytes_marked: tuple[int, int]
    scrolls: tuple[tuple[int, int], ...]


def take(page: "AnalysisPage", loaded: Loaded, *, touched: bool) -> Whereabouts:
    """Where the user stands now."""
    messages = loaded.snapshot.messages
    finder = PlaceFinder(loaded)
    place = finder.place
    packets = page.packets
    current = page.packets.table.currentIndex()
    return Whereabouts(
        list_tab=page.tabs.currentIndex(),
        message_tab=page.message.tabs.currentIndex(),
        touched=touched,
        subjects=tuple(
            tuple(place(messages[position].row) for position in _some(subject.messages)) for subject in page.ladder.subjects
        ),
        left_out=page.ladder.left_out,
        message=None if page.opened is None else place(messages[page.opened].row),
        packet=place(packets.model.row_of(current.row())) if current.isValid() else None,
        searches=(page.calls.search.text(), page.others.search.text()),
        marked=finder.packed(packets.model.marked_rows),
        references=tuple(map(place, packets.model.references)),
        tops=tuple(
            None if line is None else finder.place_if_there(row_of(line))
            for line, row_of in (
                (_top_line(page.calls.table), partial(_row_of, page.calls, loaded)),
                (_top_line(page.others.table), partial(_row_of, page.others, loaded)),
                (_top_line(packets.table), packets.model.row_of),
            )
        ),
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
        self._looks = 0
        self._loaded: Loaded | None = None

    def go(self, loaded: Loaded) -> bool:
        """Go there; False where nothing of it is there any more."""
        page, where = self._page, self._where
        self._loaded = loaded
        finder = PlaceFinder(loaded)
        page.tabs.setCurrentIndex(where.list_tab)
        page.calls.search.setText(where.searches[0])
        page.others.search.setText(where.searches[1])
        page.packets.model.turn_mark(finder.unpacked(where.marked))
        for row in finder.rows(where.references):
            page.packets.model.turn_reference(row)
        subjects = self._subjects(loaded, finder)
        message, packet = finder.row(where.message), finder.row(where.packet)
        opened = None if message is None else loaded.cross.message_of_row(message)
        position = None if opened is None else opened.position
        if subjects:
            page.calls.select_all([one for one in subjects if isinstance(one, Call)])
            page.others.select_all([one for one in subjects if isinstance(one, Conversation)])
            page.ladder.show_subjects(loaded.analysis, subjects, loaded.cross.hosts, position, left_out=where.left_out)
        if position is not None:
            page.open_message(position)
        elif packet is not None and not where.message:
            page.open_packet(packet)
        if packet is not None:
            page.packets.go_to(packet)
        page.ladder.view.set_zoom(where.zoom)
        self._waiting.start()
        return bool(subjects) or position is not None or packet is not None

    @property
    def forgotten(self) -> bool:
        """Whether the user had chosen a call, which is known not to be there any more."""
        return self._where.touched and bool(self._where.subjects)

    def _subjects(self, loaded: Loaded, finder: "PlaceFinder") -> tuple[Call | Conversation, ...]:
        owners: dict[int, Call | Conversation] = {}
        for row in (row for subject in self._where.subjects for row in finder.rows(subject)):
            observed = loaded.cross.message_of_row(row)
            owner = None if observed is None else loaded.cross.owner(observed.position)
            if owner is not None:
                owners[owner.messages[0]] = owner
        return tuple(owners.values())

    def _arrive(self) -> None:
        """Everything is drawn and opened: scroll to where it was."""
        page, where = self._page, self._where
        self._looks += 1
        if (page.jobs.busy or page.ladder.settling) and self._looks < _MOST_LOOKS:
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
        self._scroll_lists()
        self.arrived.emit()

    def _scroll_lists(self) -> None:
        """To the line that was the topmost; to the end, where that was in sight."""
        page, loaded = self._page, self._loaded
        assert loaded is not None, "one arrives after one went"
        finder = PlaceFinder(loaded)
        lists: tuple[tuple[QTableView, Callable[[int], int | None]], ...] = (
            (page.calls.table, partial(_line_of, page.calls, loaded)),
            (page.others.table, partial(_line_of, page.others, loaded)),
            (page.packets.table, page.packets.model.line_of),
        )
        for (table, line_of), place in zip(lists, self._where.tops, strict=True):
            row = finder.row(place)
            line = None if row is None else line_of(row)
            if place is None:
                table.verticalScrollBar().setValue(table.verticalScrollBar().maximum())
            elif line is not None:
                table.verticalScrollBar().setValue(line)


def _distinct(paths: Sequence[Path]) -> list[Path]:
    """Paths of files; of several files that followed one another under one name only the last has it still."""
    last = {path: number for number, path in enumerate(paths)}
    return [path if last[path] == number else path / f"{number}" for number, path in enumerate(paths)]


class PlaceFinder:
    """Ways from the rows of a snapshot to places in its files, and back."""

    def __init__(self, loaded: Loaded) -> None:
        self._index, self._count = loaded.snapshot.index, loaded.snapshot.packets
        self._paths = [] if self._index is None else _distinct([file.path for file in self._index.files])
        self._file_of = np.empty(0, np.int64) if self._index is None else places(self._index)[0]
        self._rows_of: dict[int, npt.NDArray[np.int64]] = {}

    def place(self, row: int) -> Place:
        """Where a packet is."""
        assert self._index is not None, "there is a row, so there is an index"
        return self._paths[self._file_of[self._index.interface[row]]], int(self._index.offset[row])

    def place_if_there(self, row: int) -> Place | None:
        """Where a packet is that a list shows, which may be behind the snapshot."""
        return self.place(row) if row < self._count else None

    def row(self, place: Place | None) -> int | None:
        """The row of a packet; None where it is not there (any more)."""
        if place is None or place[0] not in self._paths or self._index is None:
            return None
        rows = self._of_file(self._paths.index(place[0]))
        at = int(np.searchsorted(self._index.offset[rows], place[1]))
        return int(rows[at]) if at < rows.size and self._index.offset[rows[at]] == place[1] else None

    def packed(self, rows: npt.NDArray[np.int64]) -> Packed:
        """Where many packets are."""
        if self._index is None or not rows.size:
            return ()
        files = self._file_of[self._index.interface[rows]]
        return tuple((path, self._index.offset[rows[files == file]]) for file, path in enumerate(self._paths))

    def unpacked(self, packed: Packed) -> npt.NDArray[np.int64]:
        """The rows of those packets that are there."""
        found = [np.empty(0, np.int64)]
        for path, offsets in packed:
            if self._index is not None and path in self._paths:
                rows = self._of_file(self._paths.index(path))
                found.append(rows[np.isin(self._index.offset[rows], offsets)])
        return np.sort(np.concatenate(found))

    def _of_file(self, file: int) -> npt.NDArray[np.int64]:
        assert self._index is not None, "there is a file, so there is an index"
        if file not in self._rows_of:
            self._rows_of[file] = np.flatnonzero(self._file_of[self._index.interface[: self._count]] == file)
        return self._rows_of[file]

    def rows(self, some: Sequence[Place]) -> list[int]:
        """The rows of those packets that are there."""
        return [row for row in map(self.row, some) if row is not None]


def _some(positions: Sequence[int]) -> Sequence[int]:
    """Messages that a call can be found by: a ring forgets the first ones first."""
    return positions if len(positions) <= _MOST_MESSAGES else [*positions[:_MOST_MESSAGES], *positions[-_MOST_MESSAGES:]]


def _top_line(table: QTableView) -> int | None:
    """The topmost line in sight; None where the last one is in sight."""
    bar = table.verticalScrollBar()
    return bar.value() if bar.value() < min(bar.maximum(), table.model().rowCount()) else None


def _row_of(pane: ListPane[Any], loaded: Loaded, line: int) -> int:
    """The row of the packet that begins what a line shows."""
    messages, first = loaded.snapshot.messages, pane.model.item(line).messages[0]
    return messages[first].row if first < len(messages) else loaded.snapshot.packets


def _line_of(pane: ListPane[Any], loaded: Loaded, row: int) -> int | None:
    """The line of the call or conversation that a packet begins, or belongs to."""
    observed = loaded.cross.message_of_row(row)
    owner = None if observed is None else loaded.cross.owner(observed.position)
    return None if owner is None else pane.model.row_of(pane.model.identity(owner))


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
