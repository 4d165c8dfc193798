"""The whole window on an imitated Windows: interfaces by name, a capture of loopback that is shown, saved and deleted."""

import os
import subprocess
import sys
from pathlib import Path

from tests.support import tshark
from tests.support.capturing_user import busy, invite
from tests.support.imitated_windows import FOUND, WITH_QT, imitated_windows
from tests.support.needs import CHECKOUT
from tests.support.network import private_network, require_capture_rights

WINDOW = """
import socket
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QFileDialog
from sipview.gui import starting
from sipview.gui.capture_control import CaptureState
from sipview.gui.main_window import MainWindow
from sipview.gui.save_capture import SaveDialog

target = Path(sys.argv[1])
QFileDialog.getSaveFileName = lambda *_: (str(target), "")  # what the user answers

def steps():
    window = next(one for one in QApplication.topLevelWidgets() if isinstance(one, MainWindow))
    rows, control, page = window.live.card.interfaces, window.live.control, window.page
    yield lambda: len(rows.rows) == int(sys.argv[2])
    print("listed", ascii([row.interface.label for row in rows.rows]))
    print("chosen", ascii([one.label for one in rows.chosen]))
    yield lambda: any(row.line.isVisible() for row in rows.rows)
    print("counted", ascii([row.interface.label for row in rows.rows if row.line.isVisible()]))
    for row in rows.rows:
        row.box.setChecked(row.interface.label == "Loopback")
    window.live.card.start.click()
    yield lambda: control.state is CaptureState.RUNNING
    print("headline", window.live.bar.headline.text())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for said in sys.argv[3:]:
            sender.sendto(bytes.fromhex(said), ("127.0.0.1", 5060))
    yield lambda: page.loaded is not None and len(page.loaded.snapshot.conversations.calls) == 1
    window.live.bar.stop.click()
    yield lambda: control.state is CaptureState.UNSAVED and not control.jobs.busy
    folder = control.copy.folder
    window.live.bar.save.click()
    for dialog in window.findChildren(SaveDialog):
        dialog.accept()
    yield lambda: not window.live.there and not folder.exists()
    print("status", ascii(window.status.currentMessage()))
    window.close()

application = starting.make_application()
walk = None
condition = None

def go_on():
    global walk, condition
    if walk is None:
        walk = steps()
        condition = next(walk)
    while condition():
        condition = next(walk, lambda: False)

timer = QTimer()
timer.timeout.connect(go_on)
timer.start(20)
sys.exit(starting.run([]))
"""


def test_a_capture_in_the_window(tmp_path: Path) -> None:
    require_capture_rights()
    folder = tmp_path / "Пользователь Иван"
    folder.mkdir()
    target = folder / "звонок 1.pcapng"
    with imitated_windows(folder) as windows, private_network():
        windows.install_npcap()
        command = [sys.executable, "-c", WINDOW, str(target), str(len(FOUND)), invite(1).hex(), busy(1).hex()]
        done = subprocess.run(
            command, cwd=CHECKOUT, env=os.environ | {WITH_QT: "1"}, capture_output=True, text=True, timeout=90, check=False
        )
        assert done.returncode == 0, done.stderr
    said = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    assert said["chosen"] == "['Ethernet 2']"
    assert said["counted"] == "['Loopback']"  # the others do not exist on Linux
    assert said["headline"].startswith("Capturing on Loopback")
    assert "The working copy is deleted" in said["status"]
    assert len(tshark.fields(target, "frame.number", display_filter="sip && !icmp")) == 2
    assert {"start sc.exe", "locking", "pcap_freealldevs"} <= set(windows.notes())
