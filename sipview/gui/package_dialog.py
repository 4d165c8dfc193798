"""The support package in the window: shows what will be in it and whom that tells about, and writes it where the user says."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QMargins, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QProgressBar,
    QPushButton,
    QRadioButton,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from sipview.calls import Call
from sipview.capture import CaptureError
from sipview.export import ExportError
from sipview.export.package import MANIFEST, Packed, manifest_size
from sipview.gui import wording
from sipview.gui.cells import TABLE_PADDING, AnyIndex, CellDelegate
from sipview.gui.jobs import Job, Jobs
from sipview.gui.notes import label
from sipview.gui.package_requests import PackagePlan, PlanPackage, WritePackage
from sipview.gui.theme import Theme, scaled_font_css
from sipview.gui.tokens import SIZE_HEADLINE, SPACE_L, SPACE_M, SPACE_S, SPACE_XS
from sipview.live import InterfaceList, WorkingCopy
from sipview.session import Analysis
from sipview.session.support_package import MOST_LADDERS, PackageWish, ladders_by_default

_PLANNING, _PACKING = "looking what to pack", "packing"
_TITLES = ("File", "Size", "What it is", "Personal data")
_FILE, _SIZE, _WHAT, _PERSONAL = range(4)
_KINDS = "ZIP archive (*.zip)"
_ABOUT = "≈ "
_THOUSAND = 1000  # steps of the progress bar

AskPath = Callable[[str, Path, str], Path | None]


class _RoomyCells(CellDelegate):
    """Cells of several lines, with room between the rows."""

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:  # noqa: N802 - Qt's name
        """As high as its lines, wrapped at the width that is left for them."""
        cell = QStyleOptionViewItem(option)
        cell.rect = option.rect.marginsRemoved(TABLE_PADDING)
        return super().sizeHint(cell, index).grownBy(QMargins(0, SPACE_XS, 0, SPACE_XS))


class PackageDialog(QDialog):
    """``packed(path, packed, whole)``: it is written; ``whole`` says that all of the capture is in it."""

    packed = Signal(object, object, bool)

    def __init__(
        self,
        parent: QWidget,
        theme: Theme,
        jobs: Jobs,
        analysis: Analysis,
        chosen: tuple[Call, ...],
        copy: WorkingCopy | None,
        name: str,
        ask_path: AskPath,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Support package")
        self.resize(QSize(1000, 620))
        self._jobs, self._analysis, self._chosen, self._copy = jobs, analysis, chosen, copy
        self._name, self._ask_path = name, ask_path
        self._plan: PackagePlan | None = None
        self._listed: InterfaceList | None = None
        self._sizes: list[QTableWidgetItem] = []
        self._packing: Job[tuple[Packed, ...]] | None = None
        self.everything = QRadioButton(_everything_words(analysis.snapshot.conversations.calls))
        self.selected = QRadioButton(_selected_words(chosen))
        self.selected.setEnabled(bool(chosen))
        self.everything.setChecked(True)
        self.table = _table(theme)
        self.total = label(tone="quiet")
        self.fate = label(wrapped=True)
        self.trouble = label(tone="failure", wrapped=True)
        self.progress = QProgressBar()
        self.progress.setRange(0, _THOUSAND)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName("Packing")
        self.buttons = QDialogButtonBox()
        self.save = QPushButton("Save package…")
        self.save.setObjectName("primary")
        self.save.setDefault(True)
        self.cancel = QPushButton("Cancel")
        self._arrange()
        self.everything.toggled.connect(self._look)
        self.save.clicked.connect(self._save)
        self.cancel.clicked.connect(self.reject)
        self._look()

    @property
    def wish(self) -> PackageWish:
        """What is chosen."""
        return PackageWish(tuple(call.number for call in self._chosen) if self.selected.isChecked() else None)

    def _arrange(self) -> None:
        headline = label("Everything that a support desk asks for, in one ZIP archive")
        headline.setStyleSheet(scaled_font_css(SIZE_HEADLINE, bold=True))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_L, SPACE_L, SPACE_L, SPACE_M)
        layout.setSpacing(SPACE_S)
        layout.addWidget(headline)
        layout.addWidget(label("See what is in it, and what it tells of people, before you hand it on.", tone="quiet"))
        layout.addSpacing(SPACE_S)
        layout.addWidget(self.everything)
        layout.addWidget(self.selected)
        layout.addSpacing(SPACE_S)
        layout.addWidget(self.table, 1)
        for words in (self.total, self.fate, self.trouble):
            layout.addWidget(words)
        layout.addWidget(self.progress)
        self.buttons.addButton(self.save, QDialogButtonBox.ButtonRole.ActionRole)
        self.buttons.addButton(self.cancel, QDialogButtonBox.ButtonRole.RejectRole)
        layout.addWidget(self.buttons)
        for hidden in (self.fate, self.trouble, self.progress):
            hidden.hide()

    # What will be in it

    def _look(self) -> None:
        self._plan = None
        self.table.setRowCount(0)
        self.save.setEnabled(False)
        self.total.setText("Looking what there is to pack…")
        if self._copy is not None:
            self.fate.setText(_PART_OF_COPY if self.selected.isChecked() else _ALL_OF_COPY)
            self.fate.show()
        self._jobs.ask(
            _PLANNING,
            PlanPackage(self._analysis, self.wish, self._copy, self._listed),
            self._planned,
            shown=self._planned,
            failed=lambda error: self._failed(_PLANNING, error),
        )

    def _planned(self, plan: PackagePlan) -> None:
        if self._plan is None:
            self._fill(plan)
        self._plan, self._listed = plan, plan.listed
        for row, size in enumerate(plan.sizes):
            about = _ABOUT if plan.parts[row].size is not None else ""
            self._sizes[row].setText(f"{about}{wording.size(size)}")
        if plan.measured:
            self._sizes[-1].setText(wording.size(manifest_size(plan.parts)))
        known = sum(plan.sizes)
        packed = wording.counted(len(plan.parts) + 1, "file")
        self.total.setText(f"{packed}, about {wording.size(known)} before they are packed" if plan.measured else packed)
        self.save.setEnabled(self._packing is None)

    def _fill(self, plan: PackagePlan) -> None:
        rows = [(part.name, part.what, part.personal or "None") for part in plan.parts]
        rows.append((MANIFEST, "The SHA-256 sum of each file", "None"))
        self.table.setRowCount(len(rows))
        self._sizes = []
        for row, (name, what, personal) in enumerate(rows):
            for column, text in ((_FILE, name), (_SIZE, ""), (_WHAT, what), (_PERSONAL, personal)):
                item = QTableWidgetItem(wording.cell(text))
                side = Qt.AlignmentFlag.AlignRight if column == _SIZE else Qt.AlignmentFlag.AlignLeft
                item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
                self.table.setItem(row, column, item)
                if column == _SIZE:
                    self._sizes.append(item)
        width_of = self.table.fontMetrics().horizontalAdvance
        widths = {_FILE: max(width_of(name) for name, _, _ in rows), _SIZE: width_of(f"{_ABOUT}999.9 MB")}
        for column, width in widths.items():
            self.table.horizontalHeader().resizeSection(column, width + 2 * SPACE_M)

    # Writing it

    def _save(self) -> None:
        plan = self._plan
        path = self._ask_path("Save the support package", Path(self._name), _KINDS)
        if path is None or plan is None:
            return
        if path.suffix.lower() != ".zip":
            path = path.with_name(f"{path.name}.zip")
        total = sum(plan.sizes) or sum(part.size or 0 for part in plan.parts) or 1
        self._show_packing(on=True)
        self._jobs.give_up(_PLANNING)
        self._packing = self._jobs.ask(
            _PACKING,
            WritePackage(plan.parts, plan.moment, self._analysis.paths, path),
            lambda packed: self._packed(path, packed, plan.wish),
            shown=lambda done: self.progress.setValue(min(_THOUSAND, _THOUSAND * int(done) // total)),
            failed=lambda error: self._failed(_PACKING, error),
            cancelled=lambda: self._show_packing(on=False),
        )

    def _show_packing(self, *, on: bool) -> None:
        self._packing = None
        self.progress.setValue(0)
        self.progress.setVisible(on)
        self.trouble.hide()
        self.save.setEnabled(not on)
        self.everything.setEnabled(not on)
        self.selected.setEnabled(not on and bool(self._chosen))
        self.cancel.setText("Stop" if on else "Cancel")

    def _packed(self, path: Path, packed: tuple[Packed, ...], wish: PackageWish) -> None:
        self._packing = None
        self.accept()
        self.packed.emit(path, packed, wish.calls is None)

    def _failed(self, what: str, error: Exception) -> None:
        self._show_packing(on=False)
        self.save.setEnabled(self._plan is not None)
        if isinstance(error, ExportError | CaptureError):
            self.trouble.setText(wording.paragraph(str(error)))
            self.trouble.show()
        else:
            self._jobs.report(what, error)

    def reject(self) -> None:
        """Stop what is being written; else close."""
        if self._packing is not None:
            self._packing.cancel()
        else:
            super().reject()

    def done(self, result: int) -> None:
        """Nobody wants to know any more what would be in it."""
        self._jobs.give_up(_PLANNING)
        super().done(result)


_ALL_OF_COPY = (
    "This capture is not saved. Once it is packed, its working copy is deleted and shown no more: then only the package has it."
)
_PART_OF_COPY = "This capture is not saved, and stays so: the package holds only a part of it."


def _everything_words(calls: Sequence[Call]) -> str:
    words = "&Everything that was captured"
    if not calls:
        return f"{words}; there are no calls, so there is no ladder to draw"
    failed = ladders_by_default(calls)
    if not failed:
        return f"{words}; every call succeeded, so there is no ladder to draw"
    if len(failed) > MOST_LADDERS:
        return f"{words}, with the ladders of the first {MOST_LADDERS:,} of {len(failed):,} calls that did not succeed"
    return f"{words}, with the {'ladder' if len(failed) == 1 else 'ladders'} of " + (
        "the one call that did not succeed" if len(failed) == 1 else f"the {len(failed):,} calls that did not succeed"
    )


def _selected_words(chosen: tuple[Call, ...]) -> str:
    if len(chosen) == 1:
        title = wording.call_title(chosen[0]).replace("&", "&&")
        return f"&Only the selected call, its packets with media and its ladder: {title}"
    if chosen:
        return f"&Only the {len(chosen):,} selected calls: their packets with media, and their ladders"
    return "&Only the selected call (none is selected)"


def _table(theme: Theme) -> QTableWidget:
    table = QTableWidget(0, len(_TITLES))
    table.setAccessibleName("Contents of the package")
    table.setHorizontalHeaderLabels(list(_TITLES))
    table.setItemDelegate(_RoomyCells(theme, table))
    table.setShowGrid(False)
    table.setWordWrap(True)
    table.setTabKeyNavigation(False)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.verticalHeader().hide()
    table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    header = table.horizontalHeader()
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    header.setHighlightSections(False)
    for section in (_FILE, _SIZE):
        header.setSectionResizeMode(section, QHeaderView.ResizeMode.Fixed)
    for section in (_WHAT, _PERSONAL):
        header.setSectionResizeMode(section, QHeaderView.ResizeMode.Stretch)
    size = QTableWidgetItem(_TITLES[_SIZE])
    size.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    table.setHorizontalHeaderItem(_SIZE, size)
    return table
