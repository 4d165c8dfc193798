"""A progress bar that does not paint in the middle of something else."""

from PySide6.QtGui import QPaintEvent
from pytestqt.qtbot import QtBot

from sipview.gui.progress import Progress


class Watched(Progress):
    """Counts how often it is painted."""

    painted = 0

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint, and count."""
        self.painted += 1
        super().paintEvent(event)


def test_another_value_is_painted_when_its_turn_comes(qtbot: QtBot) -> None:
    bar = Watched()
    bar.setRange(0, 1000)
    qtbot.addWidget(bar)
    bar.show()
    qtbot.waitUntil(lambda: bar.painted > 0)
    bar.setValue(1)
    qtbot.wait(20)
    before = bar.painted

    bar.setValue(700)
    assert bar.painted == before, "not yet"
    assert bar.value() == 700
    qtbot.waitUntil(lambda: bar.painted > before)
