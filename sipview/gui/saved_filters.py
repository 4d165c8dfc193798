"""The menu of saved filters: save this one under a name, use another, take one away."""

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QInputDialog, QMenu, QWidget

from sipview.gui import wording
from sipview.gui.filter_memory import FilterMemory, SavedFilter


class SavedFiltersMenu(QMenu):
    """``chosen(text)``: the user wants this filter; ``unwanted(saved)``: one is to be deleted."""

    chosen = Signal(str)
    unwanted = Signal(SavedFilter)

    def __init__(self, owner: QWidget, memory: FilterMemory) -> None:
        super().__init__(owner)
        self._owner = owner  # a menu is a window itself, and not one to put a dialog over
        self._memory = memory

    def fill(self, text: str, *, good: bool) -> None:
        """Offer what there is to a text in the field; only a ``good`` one can be saved."""
        self.clear()
        name = self._memory.name_of(text)
        save = self.addAction("Rename this filter…" if name else "Save this filter…")
        save.setEnabled(good)
        save.triggered.connect(partial(self._ask_name, text, name))
        saved = self._memory.saved()
        if saved:
            self.addSeparator()
            for one in saved:
                action = self.addAction(f"{_menu_text(one.name, 50)}\t{_menu_text(one.text, 60)}")
                action.triggered.connect(partial(self.chosen.emit, one.text))
            self.addSeparator()
            delete = self.addMenu("Delete")
            for one in saved:
                delete.addAction(_menu_text(one.name, 50)).triggered.connect(partial(self.unwanted.emit, one))
        if self._memory.applied():
            self.addSeparator()
            self.addAction("Forget the filters used before").triggered.connect(self._memory.forget_applied)

    def _ask_name(self, text: str, name: str) -> None:
        asking = QInputDialog(self._owner.window())
        asking.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        asking.setWindowTitle("Save this filter")
        asking.setLabelText("Name of the filter:")
        asking.setTextValue(name)
        asking.textValueSelected.connect(lambda chosen: self._memory.save(chosen, text))
        asking.open()


def _menu_text(text: str, longest: int) -> str:
    """Text from outside for a menu: no shortcut, no tab, and it has an end."""
    shown = wording.cell(text)
    return (shown if len(shown) <= longest else f"{shown[: longest - 1]}…").replace("&", "&&")
