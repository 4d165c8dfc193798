"""The native file dialogs, behind one door that a test can answer at."""

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

_CAPTURES = "Captures (*.pcap *.pcapng *.cap *.pcap.gz *.pcapng.gz *.gz *.dmp);;All files (*)"

_KEY_LOGS = "Key logs (*.txt *.log *.keys *.keylog *.sslkeylog);;All files (*)"


class PathChooser:
    """Asks the user for paths; a test puts its own in this place."""

    def open_captures(self, parent: QWidget, folder: str) -> tuple[Path, ...]:
        """The captures to open; none if the user thinks better of it."""
        names, _ = QFileDialog.getOpenFileNames(parent, "Open captures", folder, _CAPTURES)
        return tuple(Path(name) for name in names)

    def open_key_log(self, parent: QWidget, folder: str) -> Path | None:
        """The file of TLS secrets to use; None if the user thinks better of it."""
        name, _ = QFileDialog.getOpenFileName(parent, "Choose a TLS key log", folder, _KEY_LOGS)
        return Path(name) if name else None

    def save_as(self, parent: QWidget, title: str, suggestion: Path, kinds: str) -> Path | None:
        """Where to save; None if the user thinks better of it."""
        name, _ = QFileDialog.getSaveFileName(parent, title, str(suggestion), kinds)
        return Path(name) if name else None
