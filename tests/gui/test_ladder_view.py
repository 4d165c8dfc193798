"""The ladder on screen: only what is in sight is painted, the lane boxes stay, keys and wheel do what they say."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from sipview.gui.ladder_view import LadderView
from sipview.gui.painting import LadderFonts, QtTextMeasure
from sipview.gui.theme import Theme, ThemeChoice
from sipview.ladder import Arrow, LadderEvent, LadderOptions, LadderPicture, lay_out
from sipview.values import NANOSECONDS, Endpoint


def events(count: int, lanes: int = 3) -> list[LadderEvent]:
    def end(number: int) -> Endpoint:
        return Endpoint(f"10.0.{number % lanes // 250}.{number % lanes % 250 + 1}", 5060)

    return [
        LadderEvent(
            position=position,
            time_ns=position * NANOSECONDS // 100,
            source=end(position),
            destination=end(position + 1),
            title=f"INVITE {position}",
            detail="PCMU 10.0.0.1:4000",
            leg=0,
            transaction=position // 4,
            request=position % 2 == 0,
            retransmission=False,
            status=None if position % 2 == 0 else 200,
        )
        for position in range(count)
    ]


@pytest.fixture
def view(qtbot: QtBot, theme: Theme) -> LadderView:
    view = LadderView(theme, LadderFonts())
    qtbot.addWidget(view)
    view.resize(900, 500)
    with qtbot.waitExposed(view):
        view.show()
    return view


def picture(count: int, lanes: int = 3) -> LadderPicture:
    return lay_out(events(count, lanes), LadderOptions(), QtTextMeasure(LadderFonts()))


def shot(view: LadderView) -> QImage:
    return view.viewport().grab().toImage()


def test_lane_boxes_stay_in_sight(view: LadderView) -> None:
    drawn = picture(400)
    view.show_picture(drawn)
    lane = drawn.lanes[0]
    band = (round(lane.left), 4, round(lane.right - lane.left), round(drawn.header_height) - 12)
    before = shot(view).copy(*band)
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum() // 2)
    assert shot(view).copy(*band) == before
    assert shot(view) != before


def test_only_the_rows_in_sight_are_asked_for(view: LadderView, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = picture(3000)
    asked: list[int] = []
    real = LadderPicture.visible

    def counted(self: LadderPicture, top: float, bottom: float) -> object:
        arrows, gaps = real(self, top, bottom)
        asked.append(len(arrows))
        return arrows, gaps

    monkeypatch.setattr(LadderPicture, "visible", counted)
    view.show_picture(drawn)
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum() // 3)
    shot(view)
    assert asked
    assert max(asked) < 40


def test_walking_brings_each_arrow_into_sight(view: LadderView) -> None:
    view.show_picture(picture(300))
    chosen: list[int] = []
    view.chosen.connect(chosen.append)
    for key in (Qt.Key.Key_Down, Qt.Key.Key_End, Qt.Key.Key_PageUp, Qt.Key.Key_Home):
        QTest.keyClick(view, key)
        assert view.selected is not None
        place = view.place_of(view.selected)
        assert 0 < place.y() < view.viewport().height()
    assert chosen[0] == 0
    assert chosen[1] == 299
    assert chosen[2] < 299
    assert chosen[3] == 0


def test_the_wheel_zooms_with_ctrl_around_the_mouse(view: LadderView) -> None:
    view.show_picture(picture(300))
    view.verticalScrollBar().setValue(1000)
    under = next(n for n in range(300) if abs(view.place_of(n).y() - 300) < 15)
    before = view.place_of(under)
    wheel = QWheelEvent(
        QPointF(before), view.viewport().mapToGlobal(QPointF(before)), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.ControlModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view.viewport(), wheel)
    assert view.zoom == pytest.approx(1.1)
    assert abs(view.place_of(under).y() - before.y()) <= 2


def test_fitting_the_width_shows_all_lanes(view: LadderView) -> None:
    drawn = picture(50, lanes=8)
    view.show_picture(drawn)
    assert view.horizontalScrollBar().maximum() > 0
    view.fit_width()
    assert view.zoom < 1
    assert view.horizontalScrollBar().maximum() <= 1 or view.zoom == 0.5


def test_the_mouse_that_rests_on_an_arrow_is_told_of_once(view: LadderView, qtbot: QtBot) -> None:
    view.show_picture(picture(20))
    with qtbot.waitSignal(view.rested) as resting:
        QTest.mouseMove(view.viewport(), view.place_of(5))
    assert isinstance(resting.args, list)
    arrow = resting.args[0]
    assert isinstance(arrow, Arrow)
    assert arrow.position == 5
    with qtbot.waitSignal(view.rested) as leaving:
        QTest.mouseMove(view.viewport(), view.place_of(8))
    assert isinstance(leaving.args, list)
    assert leaving.args[0] is None


def test_the_selected_arrow_can_be_seen_in_both_themes(view: LadderView, theme: Theme) -> None:
    view.show_picture(picture(20))
    for choice in (ThemeChoice.LIGHT, ThemeChoice.DARK):
        theme.choose(choice)
        view.select(None)
        plain = shot(view)
        view.select(3)
        assert shot(view) != plain


def test_five_hundred_lanes_and_one_message_are_drawn(view: LadderView) -> None:
    view.show_picture(picture(1000, lanes=500))
    assert not shot(view).isNull()
    view.show_picture(picture(1))
    view.step(1)
    assert view.selected == 0
    view.show_picture(None)
    view.step(1)
    assert view.selected is None


def in_sight(view: LadderView, arrow: Arrow) -> bool:
    ends = (view.from_picture(QPointF(x, 0)).x() for x in (arrow.x1, arrow.x2))
    return all(0 <= end <= view.viewport().width() for end in ends)


def test_who_walks_a_wide_ladder_sees_each_arrow_whole(view: LadderView) -> None:
    in_a_row = LadderOptions(lane_order=tuple(f"10.0.0.{number}" for number in range(1, 13)))
    drawn = lay_out(events(11, lanes=12), in_a_row, QtTextMeasure(LadderFonts()))
    assert drawn.width > 2 * view.viewport().width()
    view.show_picture(drawn)
    view.setFocus()
    for _ in range(11):
        QTest.keyClick(view, Qt.Key.Key_Down)
        assert isinstance(view.current, Arrow)
        assert in_sight(view, view.current)
    assert view.horizontalScrollBar().value() > view.viewport().width()
    QTest.keyClick(view, Qt.Key.Key_Home)
    assert view.horizontalScrollBar().value() == 0  # with the times


def test_an_arrow_longer_than_the_view_is_left_where_the_user_looks_at_it(view: LadderView) -> None:
    drawn = picture(12, lanes=12)  # one goes from the last host back to the first
    view.show_picture(drawn)
    long = max((drawn.arrows[number] for number in range(12)), key=lambda arrow: abs(arrow.x2 - arrow.x1))
    assert abs(long.x2 - long.x1) > view.viewport().width()
    view.choose_message(long.position)
    assert view.horizontalScrollBar().value() == 0
    view.horizontalScrollBar().setValue(600)
    view.choose_message(long.position)
    assert view.horizontalScrollBar().value() == 600
