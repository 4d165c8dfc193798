"""Tells of a capture file that somebody cuts while it is shown: what is missing then shows as zeros, which nobody sent."""

from weakref import ref

from PySide6.QtCore import QObject, Signal

from sipview.gui.analysis_page import AnalysisPage
from sipview.gui.capture_reader import CaptureReader, names_of
from sipview.gui.requests import Loaded
from sipview.session import Analysis
from sipview.session.following import SHRUNK
from sipview.values import visible


class CutFileWatch(QObject):
    """Looks each time that something of the file has been fetched to be shown. ``told(sentence)``: it was cut.

    Of a file that is followed ``reader`` tells that itself, and more of it.
    """

    told = Signal(str)

    def __init__(self, page: AnalysisPage, reader: CaptureReader) -> None:
        super().__init__(page)
        self._page = page
        self._reader = reader
        self._told_of: ref[Analysis] | None = None  # it goes when the page lets go of it
        page.jobs.idle.connect(self._look)

    def _look(self) -> None:
        loaded, analysis = self._page.loaded, self._page.analysis
        if loaded is None or analysis is None or (self._told_of is not None and self._told_of() is analysis):
            return
        if self._reader.follows and (self._reader.under_way or _shrunk(loaded)):
            return
        cut = analysis.cut_files()
        if cut:
            self._told_of = ref(analysis)
            self.told.emit(
                f"{visible(names_of(cut), 120)} became shorter after it was read. What is missing now shows as zeros; "
                "reload the capture to see what is left."
            )


def _shrunk(loaded: Loaded) -> bool:
    """Whether it was seen, and told, while the file was followed."""
    return any(one.problem.kind == SHRUNK for one in loaded.snapshot.problems)
