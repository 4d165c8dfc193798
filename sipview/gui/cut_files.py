"""Tells of a capture file that somebody cuts while it is shown: what is missing then shows as zeros, which nobody sent."""

from weakref import ref

from PySide6.QtCore import QObject, Signal

from sipview.gui.analysis_page import AnalysisPage
from sipview.gui.capture_reader import names_of
from sipview.session import Analysis
from sipview.values import visible


class CutFileWatch(QObject):
    """Looks each time that something of the file has been fetched to be shown. ``told(sentence)``: it was cut."""

    told = Signal(str)

    def __init__(self, page: AnalysisPage) -> None:
        super().__init__(page)
        self._page = page
        self._told_of: ref[Analysis] | None = None  # it goes when the page lets go of it
        page.jobs.idle.connect(self._look)

    def _look(self) -> None:
        analysis = self._page.analysis
        if analysis is None or (self._told_of is not None and self._told_of() is analysis):
            return
        cut = analysis.cut_files()
        if cut:
            self._told_of = ref(analysis)
            self.told.emit(
                f"{visible(names_of(cut), 120)} became shorter after it was read. What is missing now shows as zeros; "
                "reload the capture to see what is left."
            )
