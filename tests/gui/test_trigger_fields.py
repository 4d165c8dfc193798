"""The fields that say which call ends a capture: what they mean, and that they are remembered."""

import pytest
from pytestqt.qtbot import QtBot

from sipview.calls.failing import ANY_FAILURE, NO_FAILURE
from sipview.gui.main_window import MainWindow
from sipview.gui.preferences import Preferences
from sipview.gui.trigger_fields import TriggerFields
from sipview.session.call_watch import Trigger


@pytest.fixture
def fields(qtbot: QtBot, preferences: Preferences) -> TriggerFields:
    fields = TriggerFields(preferences)
    qtbot.addWidget(fields)
    return fields


def test_sound_one_way_is_waited_for_alone_or_with_failures(fields: TriggerFields) -> None:
    assert fields.summary == ""
    fields.one_way.setChecked(True)
    assert fields.trigger == Trigger(NO_FAILURE, 10.0, one_way=True)
    assert fields.one_way.text() == "Stop after sound went one way only for"
    assert fields.summary == "stops 10 s after a call had RTP one way only for 10 s"
    assert fields.after.isEnabled()
    fields.box.setChecked(True)
    assert fields.trigger == Trigger(ANY_FAILURE, 10.0, one_way=True)
    assert fields.one_way.text() == "or sound goes one way only for"
    assert fields.summary == "stops 10 s after a call failed with 4xx, 5xx, 6xx or had RTP one way only for 10 s"


def test_it_is_remembered(fields: TriggerFields, qtbot: QtBot, preferences: Preferences) -> None:
    fields.one_way.setChecked(True)
    fields.after.setValue(3)
    fields.silence.setValue(25)
    fields.remember()
    again = TriggerFields(preferences)
    qtbot.addWidget(again)
    assert again.trigger == Trigger(NO_FAILURE, 3.0, one_way=True, silence_s=25)


def test_where_no_rtp_is_captured_the_box_says_why(window: MainWindow, qtbot: QtBot) -> None:
    card = window.live.card
    fields, preset = card.limits.trigger, card.packets.preset
    preset.setCurrentIndex(preset.findData("sip-rtp"))
    fields.one_way.setChecked(True)
    usual = fields.one_way.toolTip()
    with qtbot.waitSignal(fields.changed):
        preset.setCurrentIndex(preset.findData("sip"))
    assert not fields.one_way.isEnabled()
    assert not fields.after.isEnabled()
    assert not fields.silence.isEnabled()
    assert fields.one_way.toolTip().startswith("Only SIP is captured, and no RTP")
    assert fields.deaf.text().startswith("Only SIP is captured, and no RTP")
    assert fields.deaf.isVisibleTo(fields)
    assert ", does not wait for sound, as no RTP is captured, " in card.unfolding.words.text()
    preset.setCurrentIndex(preset.findData("sip-rtp-headers"))
    assert fields.one_way.isEnabled()
    assert not fields.deaf.isVisibleTo(fields)
    assert fields.one_way.toolTip() == usual
    assert fields.trigger == Trigger(NO_FAILURE, 10.0, one_way=True)


def test_a_capture_filter_of_ones_own_that_no_sound_passes_is_told(window: MainWindow, qtbot: QtBot) -> None:
    card = window.live.card
    fields, packets = card.limits.trigger, card.packets
    fields.one_way.setChecked(True)
    packets.preset.setCurrentText("Own capture filter")
    packets.expression.setText("udp port 5060")
    assert packets.undecided
    qtbot.waitUntil(lambda: packets.verdict.text().endswith("No RTP passes it, so there will be no sound."))
    assert not fields.one_way.isEnabled()
    assert fields.deaf.text().startswith("No RTP passes this capture filter")
    assert fields.summary == "does not wait for sound, as no RTP is captured"
    packets.ports.setText("5060, 7070")
    packets.expression.setText("udp")
    qtbot.waitUntil(lambda: packets.verdict.text() == "The filter is understood.")
    assert fields.trigger == Trigger(NO_FAILURE, 10.0, one_way=True)
    packets.expression.setText("udp port 7070")
    qtbot.waitUntil(lambda: not fields.one_way.isEnabled())
