"""The buttons over the ladder and their menus: time and details, lanes, folding, export."""

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QMenu, QToolButton

from sipview.gui import icons
from sipview.gui.actions import ActionSet
from sipview.gui.ladder_state import LadderState
from sipview.gui.ladder_view import LadderView
from sipview.gui.theme import Theme
from sipview.gui.wording import beside_icon
from sipview.ladder import FOLDABLE, FoldKind, Lane
from sipview.values import visible

FOLD_WORDS: Mapping[FoldKind, str] = {
    FoldKind.LOGIN: "&Logins (challenge and repeated request)",
    FoldKind.PROVISIONAL: "&100 Trying",
    FoldKind.RETRANSMISSION: "&Retransmissions",
    FoldKind.KEEPALIVE: "&Keep-alives (OPTIONS in a call)",
}
_LANES_IN_MENU = 15
_LONGEST_NAME = 40
_TIME = ("time-start", "time-delta", "time-absolute", None, "details-none", "details-short", "details-sdp")
_EXPORT = (
    "export-ladder", None, "export-png", "export-svg", "export-pdf", "export-html", "export-text", None, "copy-image",
)  # fmt: skip


class LadderMenus(QObject):
    """Makes the buttons, and fills the menus with what there is when they open."""

    def __init__(self, view: LadderView, state: LadderState, theme: Theme, actions: ActionSet) -> None:
        super().__init__(view)
        self._view = view
        self._state = state
        self._theme = theme
        self._actions = actions
        self.foldable: Mapping[FoldKind, int] = {}
        self.time = self._button("Time", "clock", "How the ladder shows time, and how much stands on the arrows")
        self.lanes = self._button("Lanes", "lanes", "Names, order and hiding of the lanes")
        self.fold = self._button("Fold", "fold", "Fold what is not looked at, in the drawing only")
        self.export = self._button("Export", "export", "Save or copy the ladder")
        self.buttons = (self.time, self.lanes, self.fold, self.export)
        self.more = self._button("More", "dots", "Time, lanes, folding and export of the ladder")
        self.more.setProperty("compact", True)
        self.more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        for button in self.buttons:
            menu = button.menu()
            menu.setTitle(button.accessibleName())
            self.more.menu().addMenu(menu)
        self._fill(self.time.menu(), _TIME)
        self._fill(self.export.menu(), _EXPORT)
        self.lanes.menu().aboutToShow.connect(self._fill_lanes)
        self.fold.menu().aboutToShow.connect(self._fill_fold)
        view.lane_menu_wanted.connect(lambda key, place: self.lane_menu(key).popup(place))
        view.ladder_menu_wanted.connect(lambda place: self.ladder_menu().popup(place))
        theme.changed.connect(self._dress)
        self._dress()

    def doers(self) -> Mapping[str, Callable[[], object]]:
        """What the actions about lanes, folding and details do."""
        state = self._state
        doers: dict[str, Callable[[], object]] = {
            "rename-lane": lambda: self._view.headers.rename(self._lane_at_hand()),
            "show-all-lanes": state.show_all,
            "reset-lanes": state.reset,
            "undo-lanes": state.undo.undo,
            "redo-lanes": state.undo.redo,
            "fold-again": state.fold_again,
            "details-none": lambda: state.set_details("none"),
            "details-short": lambda: state.set_details("short"),
            "details-sdp": lambda: state.set_details("sdp"),
        }
        for kind in FOLDABLE:
            doers[f"fold-{kind}"] = partial(self._choose_fold, kind)
        return doers

    def _choose_fold(self, kind: FoldKind) -> None:
        self._state.set_fold(kind, self._actions[f"fold-{kind}"].isChecked())

    def show_state(self) -> None:
        """Check the actions as things stand."""
        self._actions[f"details-{self._state.details}"].setChecked(True)
        for kind in FOLDABLE:
            count = self.foldable.get(kind, 0)
            action = self._actions[f"fold-{kind}"]
            action.setChecked(kind in self._state.fold)
            action.setText(f"{FOLD_WORDS[kind]} · {count:,}" if count else f"{FOLD_WORDS[kind]} · none here")

    def lane_menu(self, key: str) -> QMenu:
        """What can be done with a lane."""
        menu = QMenu(self._view)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._fill_lane(menu, key)
        menu.addSeparator()
        self._fill(menu, ("show-all-lanes", "reset-lanes", "undo-lanes"))
        return menu

    def ladder_menu(self) -> QMenu:
        """What can be done with the ladder."""
        menu = QMenu(self._view)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._fill(
            menu,
            ("find-in-ladder", None, "copy-image", "export-ladder", None, "fold-again", "show-all-lanes", None, "zoom-fit"),
        )
        return menu

    def _fill_lanes(self) -> None:
        menu = self.lanes.menu()
        menu.clear()
        picture = self._view.picture
        self._fill(menu, ("ports-apart", None))
        lanes = picture.lanes if picture is not None else ()
        for lane in lanes[:_LANES_IN_MENU]:
            self._fill_lane(menu.addMenu(_menu_text(lane.full_name.partition("\n")[0])), lane.key)
        if len(lanes) > _LANES_IN_MENU:
            menu.addAction(f"{len(lanes) - _LANES_IN_MENU:,} more: right-click their boxes").setEnabled(False)
        hidden = picture.hidden_lanes if picture is not None else {}
        if hidden:
            menu.addSeparator()
        for key, name in list(hidden.items())[:_LANES_IN_MENU]:
            shown = menu.addAction(f"Show {_menu_text(name)} again")
            shown.triggered.connect(lambda _checked=False, key=key: self._state.show(key))
        if len(hidden) > _LANES_IN_MENU:
            everything = menu.addAction(f"Show all {len(hidden):,} hidden lanes")
            everything.triggered.connect(lambda: self._state.show_all(very_many=True))
        menu.addSeparator()
        self._fill(menu, ("rename-lane", "show-all-lanes", "reset-lanes", None, "undo-lanes", "redo-lanes"))

    def _fill_lane(self, menu: QMenu, key: str) -> None:
        headers = self._view.headers
        for text, do in (
            ("&Rename…", lambda: headers.rename(key)),
            ("&Hide", lambda: self._state.hide(key)),
            ("Move to the &left", lambda: headers.move(key, -1)),
            ("Move to the &right", lambda: headers.move(key, 1)),
        ):
            menu.addAction(text).triggered.connect(lambda _checked=False, do=do: do())
        if key in self._state.lanes.names:
            menu.addAction("&Forget the name").triggered.connect(lambda: self._state.rename(key, ""))

    def _fill_fold(self) -> None:
        menu = self.fold.menu()
        menu.clear()
        self.show_state()
        self._fill(menu, (*(f"fold-{kind}" for kind in FOLDABLE), None, "fold-again"))

    def _fill(self, menu: QMenu, entries: tuple[str | None, ...]) -> None:
        for entry in entries:
            if entry is None:
                menu.addSeparator()
            else:
                menu.addAction(self._actions[entry])

    def _lane_at_hand(self) -> str:
        """The lane that F2 is about: the one last clicked, else the one that the selected message comes from."""
        picture, current = self._view.picture, self._view.current
        if picture is None or not picture.lanes:
            return ""
        lane: Lane = picture.lanes[getattr(current, "source_lane", 0)]
        clicked = self._view.headers.clicked
        return clicked if any(other.key == clicked for other in picture.lanes) else lane.key

    def _button(self, text: str, icon_name: str, hint: str) -> QToolButton:
        button = QToolButton()
        button.setObjectName("bordered")
        button.setText(beside_icon(f"{text} ▾"))
        button.setToolTip(hint)
        button.setAccessibleName(text)
        button.setProperty("icon-name", icon_name)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setMenu(QMenu(button))
        return button

    def _dress(self) -> None:
        for button in (*self.buttons, self.more):
            button.setIcon(icons.icon(str(button.property("icon-name")), self._theme.colours))


def _menu_text(name: str) -> str:
    """A name as a menu shows it: no letter of it becomes a key."""
    return visible(name, _LONGEST_NAME).replace("&", "&&")
