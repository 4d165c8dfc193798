"""Taking the ladder away: the dialog that asks what and how with a preview, and the one who writes or copies it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType

from PySide6.QtCore import QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QImage, QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from sipview.calls import Call
from sipview.export import LIGHT, PALETTES, PRINT, ExportError
from sipview.gui.choice_box import ChoiceBox
from sipview.gui.jobs import Jobs
from sipview.gui.ladder_pane import LadderPane
from sipview.gui.ladder_requests import ExportChoice, LadderToExport, PaintLadder, SaveLadder
from sipview.gui.notes import label
from sipview.gui.path_chooser import PathChooser
from sipview.gui.picture_files import QtPicturePainter
from sipview.gui.preferences import Preferences
from sipview.gui.scaling import px
from sipview.gui.tokens import SPACE_L, SPACE_M, SPACE_S
from sipview.session.pseudonyms import Hidden
from sipview.values import visible

_KINDS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "png": ("Picture (PNG)", "Save the ladder as a picture", "Picture (*.png)"),
        "svg": ("Drawing (SVG)", "Save the ladder as a drawing", "Drawing (*.svg)"),
        "pdf": ("Pages (PDF)", "Save the ladder as pages", "PDF (*.pdf)"),
        "html": ("Web page (HTML)", "Save the ladder as a page", "Web page (*.html)"),
        "txt": ("Text", "Save the ladder as text", "Text (*.txt)"),
    }
)
_ACTIONS = {"export-png": "png", "export-svg": "svg", "export-pdf": "pdf", "export-html": "html", "export-text": "txt"}
_HIDING: Mapping[Hidden, str] = MappingProxyType(
    {
        Hidden.NUMBERS: "Numbers and names of people: caller, callee 1 …",
        Hidden.ADDRESSES: "Addresses and names of hosts: host 1, host 2 …",
        Hidden.CALL_IDS: "Call-IDs: id 1, id 2 …",
    }
)
_ALSO_LEFT_OUT = (
    "The name of the capture file is left out then. With the numbers go your own names for lanes, and what devices say in "
    "their own words."
)
_SCALES = (1.0, 1.5, 2.0, 3.0, 4.0)
_PREVIEW_PX = (560, 1200)
_PREVIEW_MS = 150


class ExportDialog(QDialog):
    """Asks what of the ladder, in which form and look. ``wanted(choice, kind)``: save it; ``copy_wanted(choice)``."""

    wanted = Signal(object, str)
    copy_wanted = Signal(object)

    def __init__(self, parent: QWidget, jobs: Jobs, ladder: LadderToExport, preferences: Preferences) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Export the ladder")
        self.resize(QSize(940, 600))
        self._jobs = jobs
        self._ladder = ladder
        self._preferences = preferences
        self.kind = _chooser((words, kind) for kind, (words, _, _) in _KINDS.items())
        self.what = _chooser((("Exactly what is shown", False), ("All of it: nothing folded, no lane hidden", True)))
        self.theme = _chooser((("As usual for the format", None), ("Light", "light"), ("Dark", "dark"), ("Print", "print")))
        self.scale = _chooser((f"{scale:g} ×", scale) for scale in _SCALES)
        self.titled = QCheckBox("Title: who called whom, and how it went")
        self.dated = QCheckBox("Date and time")
        self.hiding = {hidden: QCheckBox(words) for hidden, words in _HIDING.items()}
        self.hiding_words = label(_ALSO_LEFT_OUT, tone="quiet", wrapped=True)
        self.size_words = label(tone="quiet", wrapped=True)
        self._picture = QLabel()
        self._picture.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter)
        self._picture.setAccessibleName("Preview")
        self.buttons = QDialogButtonBox()
        self.save_button = QPushButton("Save…")
        self.save_button.setObjectName("primary")
        self.save_button.setDefault(True)
        self.copy_button = QPushButton("Copy as image")
        self._waiting = QTimer(self)
        self._waiting.setSingleShot(True)
        self._waiting.setInterval(_PREVIEW_MS)
        self._waiting.timeout.connect(self._preview)
        self._remember(load=True)
        self._arrange()
        self._changed()

    @property
    def choice(self) -> ExportChoice:
        """What is chosen."""
        theme = self.theme.currentData()
        return ExportChoice(
            everything=bool(self.what.currentData()),
            hidden=frozenset(hidden for hidden, box in self.hiding.items() if box.isChecked()),
            palette=PALETTES[theme] if theme else None,
            scale=float(self.scale.currentData()),
            titled=self.titled.isChecked(),
            dated=self.dated.isChecked(),
        )

    @property
    def preview(self) -> QPixmap:
        """The beginning of the picture, as it is chosen."""
        return self._picture.pixmap()

    @property
    def waiting(self) -> bool:
        """Whether the preview is about to be made."""
        return self._waiting.isActive()

    def _arrange(self) -> None:
        form = QFormLayout()
        form.setSpacing(SPACE_S)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for words, field in (("&Format", self.kind), ("&What", self.what), ("&Colours", self.theme), ("&Scale", self.scale)):
            form.addRow(words, field)
        left = QVBoxLayout()
        left.setSpacing(SPACE_S)
        left.addLayout(form)
        left.addSpacing(SPACE_S)
        for box in (self.titled, self.dated):
            left.addWidget(box)
        left.addSpacing(SPACE_S)
        left.addWidget(label("Put other words in the place of"))
        for box in self.hiding.values():
            left.addWidget(box)
        left.addWidget(self.hiding_words)
        left.addSpacing(SPACE_S)
        left.addWidget(self.size_words)
        left.addStretch(1)
        around = QScrollArea()
        around.setObjectName("preview")
        around.setWidget(self._picture)
        around.setWidgetResizable(True)
        around.setMinimumWidth(px(_PREVIEW_PX[0] + 24))
        both = QHBoxLayout()
        both.setSpacing(SPACE_L)
        both.addLayout(left, 1)
        both.addWidget(around)
        self.buttons.addButton(self.save_button, QDialogButtonBox.ButtonRole.ActionRole)
        self.buttons.addButton(self.copy_button, QDialogButtonBox.ButtonRole.ActionRole)
        self.buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(SPACE_L, SPACE_L, SPACE_L, SPACE_M)
        whole.setSpacing(SPACE_M)
        whole.addLayout(both, 1)
        whole.addWidget(self.buttons)
        for field in (self.kind, self.what, self.theme, self.scale):
            field.currentIndexChanged.connect(self._changed)
        for box in (self.titled, self.dated, *self.hiding.values()):
            box.toggled.connect(self._changed)
        self.buttons.rejected.connect(self.reject)
        self.save_button.clicked.connect(self._save)
        self.copy_button.clicked.connect(self._copy)

    def _changed(self) -> None:
        kind = self.kind.currentData()
        self.scale.setEnabled(kind == "png")
        self.theme.setEnabled(kind != "txt")
        self.hiding_words.setVisible(any(box.isChecked() for box in self.hiding.values()))
        self._waiting.start()

    def _preview(self) -> None:
        choice = self.choice
        palette = choice.palette or (PRINT if self.kind.currentData() == "pdf" else LIGHT)
        width, height = (round(px * self.devicePixelRatioF()) for px in _PREVIEW_PX)
        request = PaintLadder(replace(self._ladder, choice=choice), palette, (width, height))
        self._jobs.ask("previewing the ladder", request, self._show, failed=lambda error: self.size_words.setText(str(error)))

    def _show(self, image: QImage) -> None:
        image.setDevicePixelRatio(self.devicePixelRatioF())
        self._picture.setPixmap(QPixmap.fromImage(image))
        self.size_words.setText(image.text("Description"))

    def _save(self) -> None:
        self._remember(load=False)
        self.wanted.emit(self.choice, str(self.kind.currentData()))
        self.accept()

    def _copy(self) -> None:
        self._remember(load=False)
        self.copy_wanted.emit(self.choice)
        self.accept()

    def _remember(self, *, load: bool) -> None:
        """The last choice, but for what is left out of it: that is decided each time."""
        fields = {"kind": self.kind, "what": self.what, "theme": self.theme, "scale": self.scale}
        boxes = {"titled": self.titled, "dated": self.dated}
        if load:
            known = self._preferences.export_choice
            for name, field in fields.items():
                found = field.findText(known.get(name, "2 ×" if name == "scale" else ""))
                field.setCurrentIndex(max(0, found))
            for name, box in boxes.items():
                box.setChecked(known.get(name, "yes") == "yes")
        else:
            chosen = {name: field.currentText() for name, field in fields.items()}
            chosen |= {name: "yes" if box.isChecked() else "no" for name, box in boxes.items()}
            self._preferences.export_choice = chosen

    def done(self, result: int) -> None:
        """Nobody wants the preview any more."""
        self._waiting.stop()
        self._jobs.give_up("previewing the ladder")
        super().done(result)


def _chooser(entries: Iterable[tuple[str, object]]) -> ChoiceBox:
    box = ChoiceBox()
    for words, value in entries:
        box.addItem(words, value)
    return box


class LadderExporter(QObject):
    """Saves and copies what a pane shows. ``said(text)``: it is done; ``went_wrong(text)``: and why not."""

    said = Signal(str)
    went_wrong = Signal(str)

    def __init__(self, window: QWidget, pane: LadderPane, jobs: Jobs, preferences: Preferences, chooser: PathChooser) -> None:
        super().__init__(window)
        self._window = window
        self._pane = pane
        self._jobs = jobs
        self._preferences = preferences
        self._chooser = chooser
        self.dialog: ExportDialog | None = None

    def doers(self) -> Mapping[str, Callable[[], object]]:
        """What the actions do that take the ladder away."""
        doers: dict[str, Callable[[], object]] = {"export-ladder": self.ask, "copy-image": partial(self.copy, ExportChoice())}
        for action_id, kind in _ACTIONS.items():
            doers[action_id] = partial(self.save, ExportChoice(everything=True), kind)
        return doers

    def ask(self) -> None:
        """Open the dialog."""
        ladder = self._ladder(ExportChoice())
        if ladder is not None:
            dialog = ExportDialog(self._window, self._jobs, ladder, self._preferences)
            dialog.wanted.connect(self.save)
            dialog.copy_wanted.connect(self.copy)
            dialog.finished.connect(self._closed)
            self.dialog = dialog
            dialog.open()

    def save(self, choice: ExportChoice, kind: str) -> None:
        """Ask where, and write it."""
        ladder = self._ladder(choice)
        if ladder is None:
            return
        _, title, kinds = _KINDS[kind]
        path = self._chooser.save_as(self._window, title, self._suggestion(choice, kind), kinds)
        if path is None:
            return
        if path.suffix.lower() != f".{kind}":
            path = path.with_name(f"{path.name}.{kind}")
        self._jobs.ask(
            f"saving the ladder as {kind.upper()}",
            SaveLadder(ladder, path),
            lambda remark: self.said.emit(f"Saved {visible(str(path), 300)}. {remark}"),
            failed=self._failed,
        )

    def copy(self, choice: ExportChoice) -> None:
        """Put it on the clipboard."""
        ladder = self._ladder(choice)
        if ladder is not None:
            request = PaintLadder(ladder, choice.palette or LIGHT)
            self._jobs.ask("copying the ladder", request, self._copied, failed=self._failed)

    def _ladder(self, choice: ExportChoice) -> LadderToExport | None:
        pane = self._pane
        if pane.ladders is None or not pane.subjects:
            return None
        title, date, source = pane.heading()
        return LadderToExport(
            pane.ladders, pane.subjects, pane.options, title, date, source, pane.measure, QtPicturePainter(pane.fonts), choice,
            pane.hosts,
        )  # fmt: skip

    def _suggestion(self, choice: ExportChoice, kind: str) -> Path:
        pane = self._pane
        assert pane.ladders is not None, "there is a ladder"
        capture = pane.ladders.analysis.paths[0]
        folder = Path(self._preferences.last_folder or capture.parent)
        numbers = [str(one.number) for one in pane.subjects if isinstance(one, Call)]
        name = "-ladder" if not numbers else f"-call-{numbers[0]}" if len(numbers) == 1 else f"-{len(numbers)}-calls"
        stem = "ladder" if choice.hidden else capture.name.split(".")[0]
        return folder / f"{stem}{name}.{kind}"

    def _copied(self, image: QImage) -> None:
        QGuiApplication.clipboard().setImage(image)
        self.said.emit(f"The ladder is on the clipboard, {image.width():,} × {image.height():,} px")

    def _failed(self, error: Exception) -> None:
        if isinstance(error, ExportError):
            self.went_wrong.emit(str(error))
        else:
            self._jobs.report("saving the ladder", error)

    def _closed(self) -> None:
        self.dialog = None
