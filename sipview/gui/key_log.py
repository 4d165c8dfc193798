"""The file of TLS secrets (SSLKEYLOGFILE format) that opens encrypted connections: looked at, shown, chosen, forgotten."""

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QDialogButtonBox, QPushButton, QWidget

from sipview.gui import wording
from sipview.gui.dialogs import PlainDialog
from sipview.gui.jobs import Report
from sipview.gui.notes import label
from sipview.gui.tokens import SPACE_M
from sipview.streams.tls import KeyLog
from sipview.values import visible

_LARGEST = 256 << 20  # a hundred secrets a second for a day have half of it
_HOW = (
    "A key log has the secrets of TLS connections, in lines such as CLIENT_RANDOM or CLIENT_TRAFFIC_SECRET_0. Either side can "
    "write one while it runs, if it is told to: look for SSLKEYLOGFILE or “key log” in its manual. With it sipview reads SIP "
    "over TLS and WSS. A pcapng file may also carry its secrets itself."
)


@dataclass(frozen=True, slots=True)
class CheckKeyLog:
    """Whether a file is a key log."""

    path: Path

    def run(self, report: Report) -> tuple[int, str]:
        """How many secrets it has, and else a sentence why it is none."""
        report.cancel.check()
        name = visible(self.path.name, 120)
        try:
            if self.path.stat().st_size > _LARGEST:
                return 0, f"{name} is too large to be a TLS key log."
            secrets = len(KeyLog(self.path.read_bytes()))
        except OSError as error:
            return 0, f"{name} cannot be read: {error.strerror or error}."
        if not secrets:
            return 0, f"There are no TLS secrets in {name}: a key log has lines such as CLIENT_RANDOM 52a1… 8f3c…"
        return secrets, ""


class KeyLogDialog(PlainDialog):
    """Which key log is used. ``choosing``: the user wants to choose one; ``forgetting``: wants to use none."""

    low = True
    choosing = Signal()
    forgetting = Signal()

    def __init__(self, parent: QWidget, path: Path | None) -> None:
        super().__init__(parent, "TLS key log", QSize(560, 240))
        self.headline("No TLS key log is chosen" if path is None else visible(path.name, 120))
        if path is not None:
            self.body.addWidget(label(visible(str(path.parent), 400), tone="quiet", wrapped=True))
        self.body.addWidget(label(_HOW, wrapped=True))
        self.body.addSpacing(SPACE_M)
        self.choose = QPushButton("Choose a key log…" if path is None else "Choose another…")
        self.forget = QPushButton("Use none")
        for button, signal in ((self.choose, self.choosing), (self.forget, self.forgetting)):
            self.buttons.addButton(button, QDialogButtonBox.ButtonRole.ActionRole)
            button.clicked.connect(self.accept)
            button.clicked.connect(signal)
        if path is None:
            self.choose.setObjectName("primary")
        self.forget.setVisible(path is not None)
        self.done_with()


def taken_words(path: Path, secrets: int) -> str:
    """What the status bar says of a key log that was chosen."""
    return f"{wording.counted(secrets, 'TLS secret')} taken from {visible(path.name, 120)}"
