"""A list that grows: its end stays in sight until the user scrolls away, and again when they come back."""

from PySide6.QtCore import QStringListModel
from PySide6.QtWidgets import QAbstractSlider, QTableView
from pytestqt.qtbot import QtBot

from sipview.gui.auto_scroll import AutoScroll


def test_the_end_stays_in_sight_until_the_user_scrolls_up(qtbot: QtBot) -> None:
    table, model = QTableView(), QStringListModel()
    table.setModel(model)
    table.resize(200, 100)
    qtbot.addWidget(table)
    table.show()
    scroll, bar = AutoScroll(table), table.verticalScrollBar()
    scroll.begin()

    def grow(lines: int) -> None:
        before = model.rowCount()
        model.insertRows(before, lines)
        qtbot.waitUntil(lambda: bar.maximum() >= before + lines - 10)

    grow(50)
    assert bar.value() == bar.maximum() > 0
    bar.triggerAction(QAbstractSlider.SliderAction.SliderPageStepSub)
    here = bar.value()
    grow(50)
    assert bar.value() == here
    bar.triggerAction(QAbstractSlider.SliderAction.SliderToMaximum)
    grow(50)
    assert bar.value() == bar.maximum()
    scroll.stop()
    here = bar.value()
    grow(50)
    assert bar.value() == here
