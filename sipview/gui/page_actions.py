"""What the actions do that are about the analysis page: going places, zooming, marking, how times are told."""

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QInputDialog, QSpinBox, QWidget

from sipview.gui.actions import ActionSet
from sipview.gui.analysis_page import AnalysisPage
from sipview.gui.filter_bar import FilterBar
from sipview.gui.list_tabs import CALLS, OTHERS, PACKETS
from sipview.gui.number_field import give_room
from sipview.gui.packet_columns import TimeMode
from sipview.gui.packet_pane import CopyKind
from sipview.gui.preferences import Preferences

_LADDER_TIMES = ("start", "delta", "absolute")


class PageActions(QObject):
    """Serves one window's page; what is chosen is remembered."""

    def __init__(
        self, window: QWidget, page: AnalysisPage, filter_bar: FilterBar, actions: ActionSet, preferences: Preferences
    ) -> None:
        super().__init__(window)
        self._window = window
        self._page = page
        self._filter_bar = filter_bar
        self._actions = actions
        self._preferences = preferences

    def doers(self) -> Mapping[str, Callable[[], object]]:
        """What each of the actions does."""
        page, view, packets = self._page, self._page.ladder.view, self._page.packets
        doers: dict[str, Callable[[], object]] = {
            "find": page.find_in_list,
            "filter": self._filter_bar.focus_field,
            "clear-filter": self._filter_bar.clear,
            "search": page.search_bar.begin,
            "search-next": lambda: page.search_bar.step(1),
            "search-previous": lambda: page.search_bar.step(-1),
            "zoom-in": lambda: view.zoom_step(1),
            "zoom-out": lambda: view.zoom_step(-1),
            "zoom-reset": view.reset_zoom,
            "zoom-fit": view.fit_width,
            "ports-apart": self._choose_ports,
            "show-calls": lambda: page.show_list(CALLS),
            "show-others": lambda: page.show_list(OTHERS),
            "show-packets": lambda: page.show_list(PACKETS),
            "voip-calls": lambda: page.show_list(CALLS),
            "sip-flows": lambda: page.show_list(OTHERS),
            "show-explained": lambda: page.show_message_tab(0),
            "show-text": lambda: page.show_message_tab(1),
            "show-bytes": lambda: page.show_message_tab(2),
            "show-compare": lambda: page.show_message_tab(3),
            "what-is-this": page.message.explain_part,
            "traffic": page.show_graphs,
            "move-panels": lambda: page.docks.set_movable(self._actions["move-panels"].isChecked()),
            "reset-layout": page.docks.reset,
            "next-message": lambda: view.step(1),
            "previous-message": lambda: view.step(-1),
            "next-call": lambda: page.step_call(1),
            "previous-call": lambda: page.step_call(-1),
            "go-to-packet": self._ask_packet,
            "next-packet": lambda: packets.step(1),
            "previous-packet": lambda: packets.step(-1),
            "follow": packets.follow_conversation,
            "mark": packets.turn_mark,
            "next-mark": lambda: packets.step_marked(1),
            "previous-mark": lambda: packets.step_marked(-1),
            "unmark-all": packets.model.unmark_all,
            "time-reference": packets.turn_reference,
            "unset-references": packets.model.unset_references,
        }
        doers |= {f"time-{mode}": partial(self._choose_time, mode) for mode in _LADDER_TIMES}
        doers |= {f"copy-packets-{kind.value}": partial(packets.copy, kind) for kind in CopyKind}
        doers |= {f"packet-time-{mode.value}": partial(self._choose_packet_time, mode) for mode in TimeMode}
        return {**doers, **page.ladder.doers()}

    def restore(self) -> None:
        """Choose what was chosen before."""
        self._actions[f"time-{self._preferences.time_mode}"].setChecked(True)
        self._actions["ports-apart"].setChecked(self._preferences.ports_apart)
        remembered = self._preferences.text("packets/time")
        mode = TimeMode(remembered) if remembered in set(TimeMode) else TimeMode.START
        self._actions[f"packet-time-{mode.value}"].setChecked(True)
        self._page.packets.set_time_mode(mode)

    def show_packets_of(self, text: str) -> None:
        """Show the packets that pass a filter."""
        self._filter_bar.set_filter(text)
        self._page.show_list(PACKETS)

    def _choose_time(self, mode: str) -> None:
        self._preferences.time_mode = mode
        self._page.ladder.redraw()

    def _choose_packet_time(self, mode: TimeMode) -> None:
        self._preferences.remember_text("packets/time", mode.value)
        self._page.packets.set_time_mode(mode)

    def _choose_ports(self) -> None:
        self._preferences.ports_apart = self._actions["ports-apart"].isChecked()
        self._page.ladder.redraw()

    def _ask_packet(self) -> None:
        count = self._page.packets.model.rowCount()
        if not count:
            return
        asking = QInputDialog(self._window)
        asking.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        asking.setWindowTitle("Go to packet")
        asking.setLabelText(f"Number of the packet, 1 to {count:,}:")
        asking.setInputMode(QInputDialog.InputMode.IntInput)
        asking.setIntRange(1, count)
        asking.setIntValue(self._page.packets.table.currentIndex().row() + 1)
        for field in asking.findChildren(QSpinBox):
            give_room(field)
        asking.intValueSelected.connect(lambda number: self._page.go_to_packet(number - 1))
        asking.open()
