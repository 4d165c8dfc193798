"""The support package as the window has it: opens the dialog on what is shown, and says what became of it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from sipview.calls import Call
from sipview.gui import wording
from sipview.gui.analysis_page import AnalysisPage
from sipview.gui.jobs import Report
from sipview.gui.live_capture import LiveCapture
from sipview.gui.theme import Theme
from sipview.values import visible

if TYPE_CHECKING:
    from sipview.export.package import Packed
    from sipview.gui.package_dialog import PackageDialog


@dataclass(frozen=True, slots=True)
class LearnPackaging:
    """Load what packing takes, which a window that packs nothing does without."""

    def run(self, report: Report) -> None:
        """Import it."""
        report.cancel.check()
        from sipview.gui import package_requests  # noqa: F401, PLC0415


class SupportPackager(QObject):
    """``said(sentence)``: a package is written, and what became of the working copy that it was made of."""

    said = Signal(str)

    def __init__(
        self,
        window: QWidget,
        page: AnalysisPage,
        live: LiveCapture,
        theme: Theme,
        ask_path: Callable[[str, Path, str], Path | None],
    ) -> None:
        super().__init__(window)
        self._window, self._page, self._live, self._theme, self._ask_path = window, page, live, theme, ask_path
        self.dialog: PackageDialog | None = None

    def ask(self) -> None:
        """Show what would be packed."""
        if self._page.loaded is not None and self.dialog is None:
            self._page.jobs.ask("preparing the support package", LearnPackaging(), lambda _: self._open())

    def _open(self) -> None:
        from sipview.gui.package_dialog import PackageDialog  # noqa: PLC0415 - see `LearnPackaging`

        loaded = self._page.loaded
        if loaded is None or self.dialog is not None:
            return
        chosen = tuple(one for one in self._page.ladder.subjects if isinstance(one, Call))
        copy = self._live.unsaved_copy(loaded)
        stem = f"sipview-{self._live.control.begun_words}" if copy is not None else loaded.analysis.paths[0].name.split(".")[0]
        dialog = self.dialog = PackageDialog(
            self._window, self._theme, self._page.jobs, loaded.analysis, chosen, copy, f"{stem}-support.zip", self._ask_path
        )
        dialog.packed.connect(lambda path, packed, whole: self._packed(path, packed, of_copy=copy is not None, whole=whole))
        dialog.finished.connect(self._closed)
        dialog.open()

    def _packed(self, path: Path, packed: "tuple[Packed, ...]", *, of_copy: bool, whole: bool) -> None:
        words = f"{wording.counted(len(packed) + 1, 'file')} packed into {visible(str(path), 300)}"
        if of_copy and whole:
            self._live.packed()
            words += ". The working copy is deleted."
        elif of_copy:
            words += ". The whole capture is not saved yet."
        self.said.emit(words)

    def _closed(self) -> None:
        self.dialog = None
