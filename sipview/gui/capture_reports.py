"""What can be asked about the capture that is shown: how far it can be trusted, what is wrong with it, its statistics."""

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from sipview.gui.analysis_page import AnalysisPage
from sipview.gui.dialogs import ProblemsDialog, QualityDialog
from sipview.gui.jobs import Jobs
from sipview.gui.requests import AssessQuality, Loaded
from sipview.gui.statistics_window import StatisticsWindow
from sipview.gui.theme import Theme
from sipview.session.quality import Quality

_ASSESSING = "assessing the capture"


class CaptureReports(QObject):
    """Belongs to one window. ``assessed(quality)``: how good the capture is, None while that is not known;
    ``key_log_wanted``: the user has the secrets of TLS connections.
    """

    assessed = Signal(object)
    key_log_wanted = Signal()

    def __init__(self, window: QWidget, page: AnalysisPage, theme: Theme, jobs: Jobs) -> None:
        super().__init__(window)
        self._window, self._page, self._theme, self._jobs = window, page, theme, jobs
        self._quality: Quality | None = None
        self.statistics: StatisticsWindow | None = None

    def follow(self, loaded: Loaded | None) -> None:
        """A capture is read as far as it goes; None: there is none any more."""
        if loaded is not None:
            if self.statistics is not None and self.statistics.isVisible():
                self.statistics.follow(loaded)
            self._jobs.ask(_ASSESSING, AssessQuality(loaded.snapshot), self._assessed)
            return
        self._jobs.give_up(_ASSESSING)
        self._assessed(None)
        if self.statistics is not None:
            self.statistics.follow(None)

    def show_quality(self) -> None:
        """Show how far the capture can be trusted, once that is known."""
        if self._quality is not None:
            dialog = QualityDialog(self._window, self._theme, self._quality)
            dialog.key_log_wanted.connect(self.key_log_wanted)
            dialog.open()

    def show_problems(self) -> None:
        """Show what is wrong with the files."""
        if self._page.loaded is not None:
            ProblemsDialog(self._window, self._page.loaded.snapshot.problems).open()

    def show_statistics(self) -> None:
        """Show how often each kind of message is there, in a window beside."""
        if self.statistics is None:
            self.statistics = StatisticsWindow(self._window, self._theme, self._page.jobs)
        self.statistics.follow(self._page.loaded)
        self.statistics.show()
        self.statistics.activateWindow()

    def _assessed(self, quality: Quality | None) -> None:
        self._quality = quality
        self.assessed.emit(quality)
