"""Lists for people: what a terminal has room for, what a pipe gets, and text that would move what stands beside it."""

import re
import sys
import unicodedata
from collections.abc import Callable, Iterator

import pytest
from wcwidth import wcswidth

from sipview.cli import table
from sipview.cli.table import Column, fit, print_list, print_words

COLUMNS = (Column("No.", right=True), Column("Who", least=8), Column("Seen", spare=1), Column("Said", least=6, spare=2))
ROWS = [("1", "alice", "here", "ringing"), ("2", "bob@office.example.com", "there", "486 Busy Here")]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Has standard output taken for a terminal of that many columns."""

    def be(columns: int) -> None:
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("TERM", "xterm")

    return be


def printed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines on standard output; the heading is bold, and nothing else has a look of its own."""
    heading, *lines = capsys.readouterr().out.splitlines()
    assert (heading[:4], heading[-4:]) == ("\x1b[1m", "\x1b[0m")
    assert not any("\x1b" in line for line in lines)
    return [heading[4:-4], *lines]


def test_a_pipe_gets_every_column_and_character(capsys: pytest.CaptureFixture[str]) -> None:
    print_list(COLUMNS, ROWS, "nothing")
    assert capsys.readouterr().out == (
        "No.  Who                     Seen   Said\n"
        "  1  alice                   here   ringing\n"
        "  2  bob@office.example.com  there  486 Busy Here\n"
    )


def test_nothing_to_list_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    print_list(COLUMNS, iter(()), "nothing")
    print_words(COLUMNS, iter(()), "no words")
    assert capsys.readouterr().out == "nothing\nno words\n"


def test_rows_are_taken_as_they_are_printed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Millions of packets are not held: when a block is asked for, the one before is printed."""
    monkeypatch.setattr(table, "_MEASURED", 10)
    lines = []

    def rows() -> Iterator[tuple[str, ...]]:
        for number in range(100):
            if number % 10 == 0:
                sys.stdout.flush()
                lines.append(capsys.readouterr().out.count("\n"))
            yield (str(number), "x", "y", "z")

    print_list(COLUMNS, rows(), "nothing")
    # the first block is printed with the heading; one block is read ahead of printing at most
    assert lines == [0, 11, *[10] * 8]


def test_wider_rows_that_come_later_widen_the_columns_of_a_pipe(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "_MEASURED", 2)
    rows = [("1", "a", "b", "c"), ("2", "a", "b", "c"), ("3", "a longer name", "b", "c"), ("4", "a", "b", "c")]
    print_list(COLUMNS, rows, "nothing", last=("10000", "", "", ""))
    assert capsys.readouterr().out.splitlines() == [
        "  No.  Who  Seen  Said",
        "    1  a    b     c",
        "    2  a    b     c",
        "    3  a longer name  b     c",
        "    4  a              b     c",
    ]


@pytest.mark.parametrize(
    ("room", "shown", "widths"),
    [
        (100, [0, 1, 2, 3], [3, 22, 5, 13]),
        (49, [0, 1, 2, 3], [3, 22, 5, 13]),
        (40, [0, 1, 2, 3], [3, 13, 5, 13]),  # the widest are cut first
        (28, [0, 1, 2, 3], [3, 8, 5, 6]),
        (27, [0, 1, 2], [3, 15, 5, 13]),  # no room for all at their least: the sparest goes, and others get its room
        (19, [0, 1], [3, 14, 5, 13]),
        (5, [0, 1], [3, 8, 5, 13]),  # what is left is not cut further
    ],
)
def test_columns_are_cut_then_left_out(room: int, shown: list[int], widths: list[int]) -> None:
    found = [3, 22, 5, 13]
    assert fit(COLUMNS, found, room) == shown
    assert found == widths


def test_a_terminal_gets_what_it_has_room_for(terminal: Callable[[int], None], capsys: pytest.CaptureFixture[str]) -> None:
    terminal(40)
    print_list(COLUMNS, ROWS, "nothing")
    assert printed(capsys)[2] == "  2  bob@office.e…  there  486 Busy Here"
    terminal(24)
    print_list(COLUMNS, ROWS, "nothing")
    said = capsys.readouterr()
    assert [line.rpartition("\x1b[0m")[0] or line for line in said.out.splitlines()] == [
        "\x1b[1mNo.  Who           Seen", "  1  alice         here", "  2  bob@office.…  there",
    ]  # fmt: skip
    assert said.err == "sipview: note: this terminal has no room for Said\n"


def test_numbers_are_never_cut(
    terminal: Callable[[int], None], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal(24)
    monkeypatch.setattr(table, "_MEASURED", 1)
    print_list(COLUMNS, [("1", "a", "b", "c"), ("123456789", "a", "b", "c")], "nothing")
    assert "123456789" in capsys.readouterr().out


@pytest.mark.parametrize("room", [30, 60, 120])
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("漢字" * 10, id="wide"),
        pytest.param("שלום" * 6, id="Hebrew"),
        pytest.param("مكالمة واردة " * 3, id="Arabic"),
        pytest.param("e" + "\u0301" * 40, id="marks"),
        pytest.param("\x1b[31mred\x1b[0m\n\r\b", id="escape"),
        pytest.param("\u202egnp.exe", id="override"),
        pytest.param("👩\u200d👩\u200d👧" * 2, id="joined"),
    ],
)
def test_text_leaves_the_columns_beside_it_where_they_are(
    terminal: Callable[[int], None], capsys: pytest.CaptureFixture[str], text: str, room: int
) -> None:
    terminal(room)
    columns = (Column("No.", right=True), Column("From", least=8), Column("To", least=8), Column("State"))
    print_list(columns, [("1", "alice", "bob", "busy"), ("2", text, text, "busy")], "nothing")
    heading, plain, other = printed(capsys)
    places = {wcswidth(line[: line.index(word)]) for line, word in ((heading, "State"), (plain, "busy"), (other, "busy"))}
    assert len(places) == 1
    assert max(map(wcswidth, (heading, plain, other))) <= room
    # Marks close in what is written right to left, so that a terminal that turns it round leaves the next column alone.
    turned = any(unicodedata.bidirectional(character) in {"R", "AL"} for character in text)
    assert other.count("\u200e") == (4 if turned else 0)
    assert not turned or re.fullmatch("  2  \u200e[^\u200e]+\u200e +\u200e[^\u200e]+\u200e +busy", other)


def test_one_endless_name_does_not_make_each_row_of_a_pipe_as_long(capsys: pytest.CaptureFixture[str]) -> None:
    endless = "x" * 60_000
    print_list(COLUMNS, [("1", endless, "here", "busy"), ("2", "bob", "there", "busy")], "nothing")
    heading, first, second = capsys.readouterr().out.splitlines()
    assert first == f"  1  {endless}  here   busy"
    assert second.split() == ["2", "bob", "there", "busy"]
    assert max(len(heading), len(second)) < 300


def test_words_stand_below_each_other_where_a_terminal_has_no_room_beside(
    terminal: Callable[[int], None], capsys: pytest.CaptureFixture[str]
) -> None:
    columns = (Column("Name"), Column("Label", least=8), Column("Remark", least=16))
    rows = [("eth0", "", "switch it on with: ip link set eth0 up"), ("lo", "loopback", "")]
    terminal(30)
    print_words(columns, rows, "nothing")
    assert capsys.readouterr().out.splitlines() == [
        "Name: eth0", "Remark: switch it on with: ip", "  link set eth0 up", "", "Name: lo", "Label: loopback",
    ]  # fmt: skip


def test_words_are_wrapped_on_a_terminal_and_whole_in_a_pipe(
    terminal: Callable[[int], None], capsys: pytest.CaptureFixture[str]
) -> None:
    columns = (Column("Name"), Column("Remark", least=10))
    words = "It is switched off; switch it on with: ip link set ifb0 up"
    print_words(columns, [("a-long-name", words)], "nothing")
    assert capsys.readouterr().out.splitlines()[1] == f"a-long-name  {words}"
    terminal(40)
    print_words(columns, [("a-long-name", words)], "nothing")
    lines = capsys.readouterr().out.splitlines()[1:]
    assert all(len(line) <= 40 for line in lines)
    assert " ".join(" ".join(lines).split()) == f"a-long-name {words}"
