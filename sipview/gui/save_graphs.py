"""Takes the traffic over time away, as it is in sight."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from sipview.export.saving import ExportError, write_whole
from sipview.gui.analysis_page import AnalysisPage
from sipview.gui.path_chooser import PathChooser
from sipview.gui.picture_files import png_of
from sipview.gui.preferences import Preferences
from sipview.values import visible


class GraphSaver(QObject):
    """``said(sentence)``: it is saved; ``refused(sentence)``: and why it is not."""

    said = Signal(str)
    refused = Signal(str)

    def __init__(self, window: QWidget, page: AnalysisPage, preferences: Preferences, chooser: PathChooser) -> None:
        super().__init__(window)
        self._window = window
        self._page = page
        self._preferences = preferences
        self._chooser = chooser

    def save(self) -> None:
        """Ask where, and write the picture."""
        analysis = self._page.analysis
        if analysis is None:
            return
        self._page.show_graphs()
        folder = Path(self._preferences.last_folder or analysis.paths[0].parent)
        suggestion = folder / f"{analysis.paths[0].name.split('.')[0]}-traffic.png"
        picture = self._page.graphs.picture()
        path = self._chooser.save_as(self._window, "Save the graphs as a picture", suggestion, "Picture (*.png)")
        if path is None:
            return
        if path.suffix.lower() != ".png":
            path = path.with_name(path.name + ".png")
        try:
            write_whole(path, lambda unfinished: unfinished.write_bytes(png_of(picture.toImage())))
        except ExportError as error:
            self.refused.emit(visible(str(error), 500))
        else:
            self.said.emit(f"Saved {visible(str(path), 300)}")
