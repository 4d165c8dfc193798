"""Bytes: marked by hand or through a field, and copied in the forms that Wireshark offers."""

import base64
import shutil
import subprocess
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from sipview.gui.byte_forms import BYTE_FORMS
from sipview.gui.hex_view import HexView
from sipview.gui.theme import Theme
from tests.support.needs import require_tool

DATA = bytes(range(256)) + b"INVITE sip:1001@pbx SIP/2.0\r\n"


@pytest.fixture
def view(qtbot: QtBot, theme: Theme) -> HexView:
    view = HexView(theme)
    qtbot.addWidget(view)
    view.resize(900, 600)
    view.show_bytes(DATA)
    with qtbot.waitExposed(view):
        view.show()
    return view


def place_of(view: HexView, offset: int) -> QPoint:
    for y in range(0, view.viewport().height(), 4):
        for x in range(0, view.viewport().width(), 4):
            if view.byte_at(QPoint(x, y)) == offset:
                return QPoint(x + 2, y + 2)
    raise AssertionError(f"byte {offset} is not in sight")


def copied(view: HexView, words: str, *, menu: QMenu | None = None) -> str:
    menu = menu or view.copy_menu()
    (action,) = (action for action in menu.actions() if action.text().replace("&", "") == words)
    action.trigger()
    return QGuiApplication.clipboard().text()


def test_the_menu_copies_what_is_marked(view: HexView, qtbot: QtBot) -> None:
    view.mark(256, 262)
    with qtbot.waitSignal(view.copied) as told:
        assert copied(view, "Hex stream") == b"INVITE".hex()
    assert told.args == ["6 bytes copied as Hex stream"]
    assert copied(view, "Printable text") == "INVITE"
    assert base64.b64decode(copied(view, "Base64 string")) == b"INVITE"
    assert copied(view, "Escaped string") == '"\\x49\\x4e\\x56\\x49\\x54\\x45"'
    assert copied(view, "C array") == "static const unsigned char bytes[] = {\n  0x49, 0x4e, 0x56, 0x49, 0x54, 0x45\n};\n"
    assert copied(view, "Hex dump") == "0000  49 4e 56 49 54 45"


def test_all_bytes_are_one_menu_further(view: HexView) -> None:
    view.mark(256, 262)
    (whole,) = (action.menu() for action in view.copy_menu().actions() if action.text().startswith("All "))
    assert isinstance(whole, QMenu)
    assert bytes.fromhex(copied(view, "Hex stream", menu=whole)) == DATA


def test_without_a_mark_all_is_copied_and_of_nothing_nothing(view: HexView) -> None:
    assert bytes.fromhex(copied(view, "Hex stream")) == DATA
    view.show_bytes(b"")
    assert view.copy_menu().isEmpty()


def test_dragging_marks_bytes(view: HexView) -> None:
    viewport = view.viewport()
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, pos=place_of(view, 5))
    QTest.mouseMove(viewport, place_of(view, 40))
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=place_of(view, 40))
    assert view.marked == (5, 41)
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, place_of(view, 2))
    assert view.marked == (2, 6)


def test_shift_and_arrows_mark_and_ctrl_c_copies(view: HexView) -> None:
    view.mark(0, 1)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Down):
        QTest.keyClick(view, key, Qt.KeyboardModifier.ShiftModifier)
    assert view.marked == (0, 19)
    QTest.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text().startswith("0000  00 01 02")
    QTest.keyClick(view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert view.marked == (0, len(DATA))


def test_a_program_reads_what_was_written(tmp_path: Path) -> None:
    texts = {form.text.replace("&", ""): form.write(DATA) for form in BYTE_FORMS}
    require_tool("text2pcap")
    dump = tmp_path / "dump.txt"
    dump.write_text(texts["Hex + ASCII dump"] + "\n")
    made = subprocess.run(["text2pcap", "-F", "pcap", dump, tmp_path / "dump.pcap"], capture_output=True, check=True)
    assert made.returncode == 0
    assert DATA in (tmp_path / "dump.pcap").read_bytes()
    compiler = shutil.which("cc")
    if compiler is not None:
        source = "#include <stdio.h>\n" + texts["C array"] + "const char s[] = " + texts["Escaped string"]
        source += ";\nint main(void){fwrite(bytes,1,sizeof bytes,stdout);fwrite(s,1,sizeof s-1,stdout);return 0;}\n"
        (tmp_path / "a.c").write_text(source)
        subprocess.run([compiler, "-o", tmp_path / "a", tmp_path / "a.c"], check=True)
        assert subprocess.run([tmp_path / "a"], capture_output=True, check=True).stdout == DATA * 2
