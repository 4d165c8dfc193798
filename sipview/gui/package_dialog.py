"""The support package in the window: shows what will be in it and whom that tells about, and writes it where the user says."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QRect, QSignalBlocker, QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QPushButton,
    QRadioButton,
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
from sipview.gui.cells import TABLE_PADDING, CellDelegate
from sipview.gui.jobs import Job, Jobs
from sipview.gui.notes import label
from sipview.gui.package_requests import PackagePlan, PlanPackage, WritePackage
from sipview.gui.progress import Progress
from sipview.gui.scaling import px
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
_TEXT_MARGIN, _TALL = 3, 10_000  # px: what Qt leaves free beside a cell's text; no text is as high as that
_THOUSAND = 1000  # steps of the progress bar

AskPath = Callable[[str, Path, str], Path | None]


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
        self._packing: Job[tuple[Packed, ...]] | None = None
        self.everything = QRadioButton(_everything_words(analysis.snapshot.conversations.calls))
        self.selected = QRadioButton(_selected_words(chosen))
        self.selected.setEnabled(bool(chosen))
        self.everything.setChecked(True)
        self.table = ContentsTable(theme)
        self.total = label(tone="quiet")
        self.fate = label(wrapped=True)
        self.trouble = label(tone="failure", wrapped=True)
        self.progress = Progress()
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
        self.table.show_files(())
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
            self.table.show_size(row, f"{about}{wording.size(size)}")
        if plan.measured:
            self.table.show_size(len(plan.parts), wording.size(manifest_size(plan.parts)))
        known = sum(plan.sizes)
        packed = wording.counted(len(plan.parts) + 1, "file")
        self.total.setText(f"{packed}, about {wording.size(known)} before they are packed" if plan.measured else packed)
        self.save.setEnabled(self._packing is None)

    def _fill(self, plan: PackagePlan) -> None:
        files = [(part.name, part.what, part.personal or "None") for part in plan.parts]
        self.table.show_files([*files, (MANIFEST, "The SHA-256 sum of each file", "None")])

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


class ContentsTable(QTableWidget):
    """The files of the package. Long cells are wrapped; rows are as high as their lines.

    Their heights are computed here: Qt would ask for the size of each cell again whenever one of them changes.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__(0, len(_TITLES))
        self.setAccessibleName("Contents of the package")
        self.setItemDelegate(CellDelegate(theme, self))
        self.setShowGrid(False)
        self.setWordWrap(True)
        self.setTabKeyNavigation(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.verticalHeader().hide()
        for column, title in enumerate(_TITLES):
            heading = QTableWidgetItem(title)
            heading.setTextAlignment(_side(column))
            self.setHorizontalHeaderItem(column, heading)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        for section in (_FILE, _SIZE):
            header.setSectionResizeMode(section, QHeaderView.ResizeMode.Fixed)
        for section in (_WHAT, _PERSONAL):
            header.setSectionResizeMode(section, QHeaderView.ResizeMode.Stretch)
        self._sizes: list[QTableWidgetItem] = []
        self._texts: list[tuple[str, str]] = []
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self._settling.setInterval(0)
        self._settling.timeout.connect(self._fit_rows)
        header.sectionResized.connect(self._settling.start)

    def show_files(self, files: Sequence[tuple[str, str, str]]) -> None:
        """Show these files: name, what it is, which personal data it holds; their sizes are not known yet."""
        self.setRowCount(0)
        self.setRowCount(len(files))
        self._sizes = []
        self._texts = [(wording.cell(what), wording.cell(personal)) for _, what, personal in files]
        quiet = QSignalBlocker(self.model())  # the view would look at each of a thousand cells
        for row, ((name, _, _), (what, personal)) in enumerate(zip(files, self._texts, strict=True)):
            for column, text in ((_FILE, name), (_SIZE, ""), (_WHAT, what), (_PERSONAL, personal)):
                item = QTableWidgetItem(text)
                item.setTextAlignment(_side(column))
                self.setItem(row, column, item)
                if column == _SIZE:
                    self._sizes.append(item)
        quiet.unblock()
        width_of = self.fontMetrics().horizontalAdvance
        widths = {_FILE: max((width_of(name) for name, _, _ in files), default=0), _SIZE: width_of(f"{_ABOUT}999.9 MB")}
        for column, width in widths.items():
            self.horizontalHeader().resizeSection(column, width + px(2 * SPACE_M))
        self._settling.start()

    def show_size(self, row: int, words: str) -> None:
        """Say how large a file is."""
        self._sizes[row].setText(words)

    def _fit_rows(self) -> None:
        metrics, beside = self.fontMetrics(), px(TABLE_PADDING.left() + TABLE_PADDING.right() + 2 * _TEXT_MARGIN)
        known: dict[tuple[str, int], int] = {}
        for row, texts in enumerate(self._texts):
            height = metrics.height()
            for text, column in zip(texts, (_WHAT, _PERSONAL), strict=True):
                width = self.columnWidth(column) - beside
                if (text, width) not in known:
                    wrapped = metrics.boundingRect(QRect(0, 0, width, _TALL), Qt.TextFlag.TextWordWrap, text)
                    known[text, width] = wrapped.height()
                height = max(height, known[text, width])
            self.setRowHeight(row, height + px(2 * SPACE_XS + SPACE_XS))


def _side(column: int) -> Qt.AlignmentFlag:
    return (Qt.AlignmentFlag.AlignRight if column == _SIZE else Qt.AlignmentFlag.AlignLeft) | Qt.AlignmentFlag.AlignVCenter
