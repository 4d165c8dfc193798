"""The panels of the analysis page: which stands where, how they share the room, and how all of it is remembered."""

from PySide6.QtCore import QByteArray, Qt

from sipview.gui.dock_area import DockArea, Scrolled, screen_class
from sipview.gui.graphs import GraphPane
from sipview.gui.ladder_pane import LadderPane
from sipview.gui.list_tabs import CALLS, OTHERS, PACKETS, ListTabs
from sipview.gui.message_pane import MessagePane
from sipview.gui.preferences import Preferences

_LIST_SHARES = {CALLS: 0.38, OTHERS: 0.38, PACKETS: 0.58}
_ROOM = {Qt.Orientation.Vertical: {"lists": 58, "message": 38}, Qt.Orientation.Horizontal: {"lists": 38, "ladder": 62}}


class PagePanels(DockArea):
    """Lists beside the ladder, below them the message; the graphs share its place once they are wanted."""

    def __init__(self, tabs: ListTabs, ladder: LadderPane, message: MessagePane, graphs: GraphPane) -> None:
        super().__init__()
        self._tabs = tabs
        self._message = message
        upper, lower = Qt.DockWidgetArea.TopDockWidgetArea, Qt.DockWidgetArea.BottomDockWidgetArea
        self._lists_panel = self.add("lists", "Lists", tabs, upper)
        self._ladder_panel = self.add("ladder", "Ladder", ladder, upper)
        self.splitDockWidget(self._lists_panel, self._ladder_panel, Qt.Orientation.Horizontal)
        message_panel = self.add("message", "Message", message, lower)
        graphs_panel = self.add("graphs", "Traffic over time", Scrolled(graphs, graphs), lower, hidden=True)
        self.tabifyDockWidget(message_panel, graphs_panel)
        graphs.room_wanted.connect(lambda: self.give_room("graphs"))
        self._list_shares = dict(_LIST_SHARES)
        self._tab = CALLS

    def places(self) -> dict[str, QByteArray]:
        """Panels, splitters and columns, to be remembered by name."""
        return {
            self._name(): self.state(),
            "splitter-explained": self._message.places(),
            "columns-calls": self._tabs.calls.columns_state(),
            "columns-others": self._tabs.others.columns_state(),
            "columns-packets": self._tabs.packets.columns_state(),
        }

    def restore_places(self, preferences: Preferences) -> None:
        """Panels, splitters and columns as they were left."""
        self.begin(preferences.state(self._name()), _ROOM)
        self._message.restore_places(preferences.state("splitter-explained"))
        self._tabs.calls.restore_columns(preferences.state("columns-calls"))
        self._tabs.others.restore_columns(preferences.state("columns-others"))
        self._tabs.packets.restore_columns(preferences.state("columns-packets"))

    def give_list_its_width(self, tab: int) -> None:
        """Another list is in sight. Each has its own width: packets have more to say than calls."""
        former, self._tab = self._tab, tab
        left, right = self._lists_panel.geometry(), self._ladder_panel.geometry()
        beside = left.top() == right.top() and left.right() < right.left()
        if not beside or not (self._lists_panel.isVisible() and self._ladder_panel.isVisible()):
            return
        width = left.width() + right.width()
        for each in (PACKETS,) if former == PACKETS else (CALLS, OTHERS):
            self._list_shares[each] = left.width() / width
        share = round(width * self._list_shares[tab])
        panels = [self._lists_panel, self._ladder_panel]
        self.resizeDocks(panels, [share, width - share], Qt.Orientation.Horizontal)

    def _name(self) -> str:
        """Panels stand otherwise on a laptop than on a wide screen, so each class of screens has its own layout."""
        return f"docks-{screen_class(self.screen().availableGeometry().width())}"
