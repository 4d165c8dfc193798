"""Saving packets as a capture file of their own: all, those that the display filter lets pass, or those of chosen calls."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from sipview import environment
from sipview.calls import Call, Conversation
from sipview.capture import CaptureError
from sipview.gui import wording
from sipview.gui.analysis_page import AnalysisPage
from sipview.gui.jobs import Jobs, Report
from sipview.gui.live_capture import LiveCapture
from sipview.gui.requests import Loaded
from sipview.gui.save_capture import KINDS, SaveDialog, What, named
from sipview.live import WorkingCopy
from sipview.session.call_packets import packets_of_calls
from sipview.session.saving import save_rows
from sipview.values import visible

Subjects = tuple[Call | Conversation, ...]
AskPath = Callable[[str, Path, str], Path | None]


class WouldOverwrite(Exception):
    """The file that shall be written is one of those that are read; the exception's text is a sentence."""


@dataclass(frozen=True, slots=True)
class SavePackets:
    """Write packets of a capture: ``rows``, else those of ``subjects``, else all that were read.

    ``copy`` is the working copy of a live capture, if it is one. The file comes into being whole: what stood there before stays
    until all is written.
    """

    loaded: Loaded
    path: Path
    rows: npt.NDArray[np.int64] | None = None
    subjects: Subjects = ()
    copy: WorkingCopy | None = None

    def run(self, report: Report) -> int:
        """How many packets were written. Raises `WouldOverwrite`, `capture.CaptureError` and `OSError`."""
        analysis, snapshot = self.loaded.analysis, self.loaded.snapshot
        if any(self.path.exists() and path.exists() and self.path.samefile(path) for path in analysis.paths):
            raise WouldOverwrite(f"{self.path.name} is open here: choose another name for the packets that you save.")
        rows = self.rows
        if rows is None and self.subjects:
            rows = np.flatnonzero(packets_of_calls(analysis, self.subjects, report.cancel))
        if rows is None:
            rows = np.arange(snapshot.packets)
        assert snapshot.index is not None, "what is shown has an index"
        application = f"sipview {environment.version()}"
        return save_rows(snapshot.index, rows, self.path, report.cancel, application, self.copy).packets


class PacketSaver(QObject):
    """Asks what and where to, and saves. ``told(sentence)``: it is done; ``refused(sentence)``: it was not to be."""

    told = Signal(str)
    refused = Signal(str)

    def __init__(self, window: QWidget, page: AnalysisPage, live: LiveCapture, jobs: Jobs, ask_path: AskPath) -> None:
        super().__init__(window)
        self._window, self._page, self._live = window, page, live
        self._jobs = jobs
        self._ask_path = ask_path
        live.part_wanted.connect(self.save)

    def ask(self) -> None:
        """Ask which packets to save, then where to."""
        loaded = self._page.loaded
        if self._live.ended:
            self._live.save()
        elif loaded is not None:
            running = self._live.shows(loaded)
            note = "All of a capture can be saved once it is stopped." if running else ""
            dialog = SaveDialog(self._window, self._page, everything=not running, note=note)
            dialog.chosen.connect(self.save)
            dialog.open()

    def save(self, what: What) -> None:
        """Save these packets; asks where to."""
        loaded, passing = self._page.loaded, self._page.filter.passing
        if loaded is None:
            return
        if loaded.snapshot.index is None:
            self.refused.emit("Nothing was read of this capture yet: there is nothing to save.")
            return
        subjects = self._page.selected if what is What.SELECTED else ()
        if what is What.SELECTED and not subjects:
            return
        live = self._live.shows(loaded)
        first = f"sipview-{self._live.control.begun_words}" if live else loaded.analysis.paths[0].name.split(".")[0]
        filtered = what is What.DISPLAYED and passing is not None
        name = f"{first}-{_suffix(subjects) if subjects else 'filtered' if filtered else 'packets'}.pcapng"
        path = named(self._ask_path("Save packets", Path(name), KINDS))
        if path is None:
            return
        rows = passing.rows if filtered and passing is not None else None
        request = SavePackets(loaded, path, rows, subjects, self._live.control.copy if live else None)

        def saved(packets: int) -> None:
            rest = " The whole capture is not saved yet." if live else ""
            self.told.emit(f"{wording.counted(packets, 'packet')} saved as {visible(str(path), 300)}.{rest}")

        self._jobs.ask("saving packets", request, saved, failed=lambda error: self._failed(path, error))

    def _failed(self, path: Path, error: Exception) -> None:
        if isinstance(error, WouldOverwrite | CaptureError):
            self.refused.emit(str(error))
        elif isinstance(error, OSError):
            self.refused.emit(f"{visible(str(path), 300)} could not be written: {error.strerror or error}.")
        else:
            self._jobs.report("saving packets", error)


def _suffix(subjects: Subjects) -> str:
    if len(subjects) > 1:
        return f"{len(subjects)}-calls"
    return f"call-{subjects[0].number}" if isinstance(subjects[0], Call) else subjects[0].kind.value
