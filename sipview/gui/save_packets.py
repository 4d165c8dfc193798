"""Saving the packets that the list shows as a capture file of their own."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from sipview import environment
from sipview.capture import CaptureError, CaptureFile, open_capture
from sipview.capture.writing import About, Format, write_capture
from sipview.gui import wording
from sipview.gui.filtering import Passing
from sipview.gui.jobs import Jobs, Report
from sipview.gui.requests import Loaded
from sipview.values import visible

KINDS = "pcapng (*.pcapng);;pcap (*.pcap)"
"""What the file dialog offers."""


class WouldOverwrite(Exception):
    """The file that shall be written is one of those that are read; the exception's text is a sentence."""


@dataclass(frozen=True, slots=True)
class SavePackets:
    """Write the packets of captures whose rows are marked in ``keep``; the suffix of ``path`` says the format.

    The file comes into being whole: what stood there before stays until all is written.
    """

    paths: tuple[Path, ...]
    keep: npt.NDArray[np.bool_]
    path: Path

    def run(self, report: Report) -> int:
        """How many packets were written. Raises `WouldOverwrite`, `capture.CaptureError` and `OSError`."""
        if any(self.path.exists() and self.path.samefile(path) for path in self.paths):
            raise WouldOverwrite(f"{self.path.name} is open here: choose another name for the packets that you save.")
        form: Format = "pcap" if self.path.suffix.lower() == ".pcap" else "pcapng"
        partial = self.path.with_name(f".{self.path.name}.part")
        with contextlib.ExitStack() as opened:
            files: list[CaptureFile] = []
            for path in self.paths:
                file = open_capture(path, environment.spool_folder(), report.cancel)
                opened.callback(file.close)
                files.append(file)
            opened.callback(lambda: partial.unlink(missing_ok=True))
            with partial.open("wb") as target:
                about = About(f"sipview {environment.version()}")
                written = write_capture(target, files, report.cancel, form, keep=self.keep, about=about)
            partial.replace(self.path)
        return written.packets


class PacketSaver(QObject):
    """Asks where to, and saves. ``told(sentence)``: it is done; ``refused(sentence)``: it was not to be."""

    told = Signal(str)
    refused = Signal(str)

    def __init__(self, parent: QObject, jobs: Jobs, ask_path: Callable[[str, Path, str], Path | None]) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._ask_path = ask_path

    def save(self, loaded: Loaded, passing: Passing | None) -> None:
        """Save the packets of a snapshot that pass the filter; without a filter, all of them."""
        keep = np.full(loaded.snapshot.packets, passing is None)
        if passing is not None:
            keep[passing.rows[passing.rows < len(keep)]] = True
        first = loaded.analysis.paths[0].name.split(".")[0]
        name = f"{first}-{'packets' if passing is None else 'filtered'}.pcapng"
        path = self._ask_path("Save displayed packets", Path(name), KINDS)
        if path is None:
            return
        if path.suffix.lower() not in {".pcap", ".pcapng"}:
            path = path.with_name(f"{path.name}.pcapng")
        self._jobs.ask(
            "saving packets",
            SavePackets(loaded.analysis.paths, keep, path),
            lambda packets: self.told.emit(f"{wording.counted(packets, 'packet')} saved as {visible(str(path), 300)}"),
            failed=lambda error: self._failed(path, error),
        )

    def _failed(self, path: Path, error: Exception) -> None:
        if isinstance(error, WouldOverwrite | CaptureError):
            self.refused.emit(str(error))
        elif isinstance(error, OSError):
            self.refused.emit(f"{visible(str(path), 300)} could not be written: {error.strerror or error}.")
        else:
            self._jobs.report("saving packets", error)
