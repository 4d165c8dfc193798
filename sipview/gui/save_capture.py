"""Which packets of a capture to save."""

from enum import Enum
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QRadioButton, QVBoxLayout, QWidget

from sipview.calls import Call
from sipview.capture.writing import PCAP_SUFFIXES
from sipview.gui.analysis_page import AnalysisPage
from sipview.gui.notes import label
from sipview.gui.theme import scaled_font_css
from sipview.gui.tokens import SIZE_HEADLINE, SPACE_L, SPACE_M

KINDS = "pcapng (*.pcapng);;pcap (*.pcap)"
"""What the file dialog offers."""


class What(Enum):
    """Which packets."""

    ALL = "all"
    DISPLAYED = "displayed"
    SELECTED = "selected"


class SaveDialog(QDialog):
    """``chosen(what)``: the user wants to save this much."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget, page: AnalysisPage, *, everything: bool, note: str) -> None:
        """``everything``: all packets can be saved; ``note`` is a word on what that means."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Save packets")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_L, SPACE_L, SPACE_L, SPACE_M)
        layout.setSpacing(SPACE_M)
        headline = label("Which packets to save?")
        headline.setStyleSheet(scaled_font_css(SIZE_HEADLINE, bold=True))
        layout.addWidget(headline)
        packets = page.loaded.snapshot.packets if page.loaded is not None else 0
        self.choices: dict[What, QRadioButton] = {}
        for what, words, there in (
            (What.ALL, f"All packets ({packets:,})", everything),
            (What.DISPLAYED, _displayed(page), page.filter.passing is not None),
            (What.SELECTED, _selected(page), bool(page.selected)),
        ):
            choice = self.choices[what] = QRadioButton(words)
            choice.setEnabled(there)
            choice.setChecked(there and not any(other.isChecked() for other in self.choices.values()))
            layout.addWidget(choice)
        if note:
            layout.addWidget(label(note, tone="quiet", wrapped=True))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        save = buttons.button(QDialogButtonBox.StandardButton.Save)
        save.setText("Save…")
        save.setObjectName("primary")
        save.setDefault(True)
        save.setEnabled(any(one.isChecked() for one in self.choices.values()))
        layout.addSpacing(SPACE_M)
        layout.addWidget(buttons)
        self.accepted.connect(self._tell)

    def _tell(self) -> None:
        for what, choice in self.choices.items():
            if choice.isChecked():
                self.chosen.emit(what)


def _displayed(page: AnalysisPage) -> str:
    passing = page.filter.passing
    return "Only the packets that pass the display filter" + ("" if passing is None else f" ({len(passing.rows):,})")


def _selected(page: AnalysisPage) -> str:
    selected = page.selected
    noun = "call" if all(isinstance(one, Call) for one in selected) else "conversation"
    who = f"the {len(selected):,} selected {noun}s" if len(selected) > 1 else f"the selected {noun}"
    return f"Only {who}: signalling and media"


def named(path: Path | None) -> Path | None:
    """The file to write: pcapng, where the user has given no other suffix that says how."""
    if path is None or path.suffix.lower() in {*PCAP_SUFFIXES, ".pcapng"}:
        return path
    return path.with_name(f"{path.name}.pcapng")
