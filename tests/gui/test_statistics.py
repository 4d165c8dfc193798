"""SIP statistics: what is counted, as tshark counts it, and what the window shows of it."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from sipview.gui.main_window import MainWindow
from sipview.gui.statistics_window import StatisticsWindow
from sipview.session.sip_statistics import sip_statistics
from tests.support import tshark
from tests.support.answered_paths import SAMPLES
from tests.support.needs import CHECKOUT

Opened = Callable[[Sequence[Path]], MainWindow]
Settled = Callable[[], None]
OFFICE = SAMPLES / "small-office.pcap"
REPEATED = CHECKOUT / "tests" / "data" / "03_no_answer_timer_b_retransmissions"


@pytest.mark.needs_tshark
def test_messages_are_counted_as_tshark_counts_them(opened: Opened) -> None:
    window = opened([OFFICE])
    assert window.page.loaded is not None
    counted = sip_statistics(window.page.loaded.snapshot)
    seen = tshark.fields(OFFICE, "sip.Method", "sip.Status-Code", "ip.src", display_filter="sip")
    assert {count.name: count.messages for count in counted.methods} == Counter(method for method, _, _ in seen if method)
    statuses = Counter(status for _, status, _ in seen if status)
    assert {count.name[:3]: count.messages for count in counted.statuses} == statuses
    assert {count.name[0]: count.messages for count in counted.classes} == Counter(status[0] for status in statuses.elements())
    assert {host.address: host.sent for host in counted.hosts if host.sent} == Counter(source for _, _, source in seen)
    assert counted.requests + counted.responses == counted.messages == len(seen)


def test_what_was_sent_again_is_told(opened: Opened) -> None:
    window = opened([next(path for path in REPEATED.iterdir() if path.suffix in {".pcap", ".pcapng"})])
    assert window.page.loaded is not None
    counted = sip_statistics(window.page.loaded.snapshot)
    again = sum(number >= 0 for number in window.page.loaded.snapshot.conversations.retransmission_of)
    assert counted.retransmissions == again > 0
    assert {count.name: count.retransmissions for count in counted.methods}["INVITE"] > 0


def test_the_window_shows_them_and_copies_them(opened: Opened, settled: Settled) -> None:
    window = opened([OFFICE])
    window.actions_["statistics"].trigger()
    settled()
    shown = next(w for w in QApplication.topLevelWidgets() if isinstance(w, StatisticsWindow) and w.isVisible())
    sections = [shown.tree.topLevelItem(at) for at in range(shown.tree.topLevelItemCount())]
    titles = [section.text(0) for section in sections if section is not None]
    assert titles == ["Requests by method", "Responses by class", "Responses by status", "Calls by outcome", "Hosts"]
    QTest.mouseClick(shown.copy_button, Qt.MouseButton.LeftButton)
    text = QGuiApplication.clipboard().text()
    assert "INVITE" in text
    assert shown.headline.text() in text
    window.actions_["close"].trigger()
    assert not shown.isVisible()
