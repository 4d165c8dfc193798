"""Looking through all messages of a capture, from hit to hit."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from sipview.gui.main_window import MainWindow
from sipview.session.message_search import SearchKind
from tests.support.answered_paths import SAMPLES

Opened = Callable[[Sequence[Path]], MainWindow]
Settled = Callable[[], None]
OFFICE = SAMPLES / "small-office.pcap"


def messages(window: MainWindow) -> list[bytes]:
    assert window.page.loaded is not None
    analysis = window.page.loaded.analysis
    return [analysis.message_data(position) for position in range(len(window.page.loaded.snapshot.messages))]


@pytest.fixture
def searched(settled: Settled, qtbot: QtBot) -> Callable[..., None]:
    """Opens the search bar, types, and waits until all is found."""

    def search(window: MainWindow, text: str, kind: SearchKind = SearchKind.TEXT, *, case: bool = False) -> None:
        window.actions_["search"].trigger()
        bar = window.page.search_bar
        bar.kind.choose(kind)
        bar.case.setChecked(case)
        bar.field.clear()
        QTest.keyClicks(bar.field, text)
        qtbot.waitUntil(lambda: not bar.busy)
        settled()

    return search


def test_all_hits_are_counted(opened: Opened, searched: Callable[..., None]) -> None:
    window = opened([OFFICE])
    bar = window.page.search_bar
    for text, kind, case, pattern in (
        ("pcmu", SearchKind.TEXT, False, rb"(?i)pcmu"),
        ("pcmu", SearchKind.TEXT, True, rb"pcmu"),
        ("a.b", SearchKind.TEXT, False, rb"a\.b"),
        (r"20\d@10\.", SearchKind.PATTERN, False, rb"20\d@10\."),
    ):
        searched(window, text, kind, case=case)
        data = enumerate(messages(window))
        expected = [(position, *found.span()) for position, bytes_ in data for found in re.finditer(pattern, bytes_)]
        assert list(map(tuple, bar.hits)) == expected
        assert bar.count.text().startswith(f"{len(expected):,} hit" if expected else "Not found")


def test_values_of_header_fields_alone_are_searched(opened: Opened, searched: Callable[..., None]) -> None:
    window = opened([OFFICE])
    searched(window, "Contact", SearchKind.HEADERS)
    assert not window.page.search_bar.hits, "the name of a header field is none of its value"
    searched(window, "PJSUA", SearchKind.HEADERS)
    data = messages(window)
    assert window.page.search_bar.hits
    for hit in window.page.search_bar.hits:
        line = data[hit.position].rfind(b"\n", 0, hit.start) + 1
        assert data[hit.position][line : hit.start].startswith(b"User-Agent: ")


def test_the_user_walks_from_hit_to_hit_and_sees_each_marked(
    opened: Opened, searched: Callable[..., None], settled: Settled
) -> None:
    window = opened([OFFICE])
    searched(window, "PCMU")
    hits = window.page.search_bar.hits
    data = messages(window)
    page = window.page
    start = page.ladder.view.selected
    assert start is not None
    place = next(number for number, hit in enumerate(hits) if hit.position >= start)
    for key, step in (("search-next", 0), ("search-next", 1), ("search-next", 2), ("search-previous", 1)):
        window.actions_[key].trigger()
        settled()
        hit = hits[(place + step) % len(hits)]
        assert page.ladder.view.selected == hit.position
        assert page.message.bytes.marked == (hit.start, hit.end)
        assert page.message.text.marked_text.encode() == data[hit.position][hit.start : hit.end]
        part = page.message.tree.model_.node(page.message.tree.currentIndex()).part
        assert part.start <= hit.start < part.end
        assert page.search_bar.count.text().startswith(f"Hit {(place + step) % len(hits) + 1:,} of {len(hits):,}")


def test_after_the_last_hit_comes_the_first(opened: Opened, searched: Callable[..., None], settled: Settled) -> None:
    window = opened([OFFICE])
    searched(window, "CANCEL sip")
    first = window.page.search_bar.hits[0]
    for _ in range(len(window.page.search_bar.hits) + 1):
        QTest.keyClick(window.page.search_bar.field, Qt.Key.Key_Return)
        settled()
    assert window.page.search_bar.count.text().startswith("Hit 1 of")
    assert window.page.ladder.view.selected == first.position


def test_the_keys_are_those_of_wireshark(window: MainWindow) -> None:
    keys = {name: [key.toString() for key in window.actions_[name].shortcuts()] for name in ("search", "search-next", "filter")}
    assert keys == {"search": ["Ctrl+F"], "search-next": ["F3", "Ctrl+N"], "filter": ["Ctrl+/"]}


def test_what_is_not_there_and_what_is_no_pattern_is_said(opened: Opened, searched: Callable[..., None]) -> None:
    window = opened([OFFICE])
    searched(window, "zebra")
    assert window.page.search_bar.count.text() == "Not found"
    assert not window.page.search_bar.next_button.isEnabled()
    searched(window, "(", SearchKind.PATTERN)
    assert "no regular expression" in window.page.search_bar.count.text()
    assert not window.page.search_bar.hits


def test_escape_puts_the_search_away(opened: Opened, searched: Callable[..., None]) -> None:
    window = opened([OFFICE])
    searched(window, "PCMU")
    QTest.keyClick(window.page.search_bar.field, Qt.Key.Key_Escape)
    assert not window.page.search_bar.isVisible()


def test_a_call_is_found_by_what_any_of_its_messages_says(opened: Opened, settled: Settled) -> None:
    window = opened([OFFICE])
    calls = window.page.calls
    data = messages(window)
    everybody = [calls.model.item(row) for row in range(calls.model.rowCount())]
    for words in ("404 not found", "g722 603", "x-asterisk-hangupcausecode 21"):
        wanted = [word.encode().lower() for word in words.split()]
        expected = [
            call for call in everybody
            if all(any(word in data[position].lower() for position in call.messages) for word in wanted)
        ]  # fmt: skip
        window.actions_["find"].trigger()
        calls.search.clear()
        QTest.keyClicks(calls.search, words)
        settled()
        assert [calls.model.item(row) for row in range(calls.model.rowCount())] == expected
        assert len(expected) < len(everybody)


def test_the_search_bar_speaks_to_a_screen_reader(opened: Opened) -> None:
    bar = opened([OFFICE]).page.search_bar
    for widget in (bar.field, bar.kind, bar.case, bar.count, bar.next_button, bar.previous_button, bar.close_button):
        assert widget.accessibleName(), widget
