"""Every capture there is, real and broken, through every question that can be asked: each is answered, nothing raises."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import pytest

from sipview.export.fonts import FontTableMeasure
from sipview.export.palette import LIGHT
from sipview.export.svg import svg
from sipview.export.text import text_ladder
from sipview.filter import parse
from sipview.ladder import LadderOptions
from sipview.session import Analysis, Reading
from sipview.values import CancelToken
from tests.cli.conftest import Run
from tests.support.captures import every_ms, pcap, udp, write
from tests.support.needs import CHECKOUT, require_public_captures

SHARED = CHECKOUT.parent / "shared" / "captures"
SUFFIXES = {".pcap", ".pcapng", ".cap"}
OURS = [
    path for folder in ("tests/data", "resources/samples") for path in sorted((CHECKOUT / folder).rglob("*.pcap"))
]  # fmt: skip
OTHERS = sorted(path for path in SHARED.rglob("*") if SUFFIXES & set(path.suffixes)) if SHARED.is_dir() else [SHARED]
MOST = 40  # messages and calls of a capture that are opened; all are read
FILTERS = (
    "sip && !icmp || rtp.ssrc > 7",
    'frame.number < 500 && (sip.Via contains "1" or sdp.media.port > 0) or vlan.id',
    "call.duration > 1",
)

One = TypeVar("One")


def some(all_of_them: Sequence[One]) -> Sequence[One]:
    """All, or of very many some, evenly spread."""
    return all_of_them[:: len(all_of_them) // MOST + 1]


def key_log_of(path: Path) -> Path | None:
    """The key log that lies beside a capture."""
    logs = path.parent.glob("*.keylog.txt")
    return next((log for log in logs if path.name.startswith(log.name.removesuffix(".keylog.txt"))), None)


def ask(path: Path, spool: Path) -> None:
    """What a user could ask of a capture in the window."""
    analysis = Analysis([path], spool, reading=Reading(key_log=key_log_of(path)))
    try:
        snapshot = analysis.load(CancelToken())
        assert snapshot.complete
        for seen in some(snapshot.messages):
            assert 0 <= seen.row < snapshot.packets
            data = analysis.message_data(seen.position)
            assert analysis.message(seen.position).data == data
            for part in analysis.explain(seen.position):
                assert 0 <= part.start <= part.end <= len(data)
        for call in some(snapshot.conversations.calls):
            title, subtitle = analysis.heading([call])
            picture = analysis.ladder([call], LadderOptions(title=title, subtitle=subtitle), FontTableMeasure())
            assert text_ladder(picture)
            assert svg(picture, LIGHT)
        for text in FILTERS:
            assert parse(text).evaluate(analysis.fields()).size == snapshot.packets
        for found in snapshot.problems:
            assert 0 <= found.problem.start <= found.problem.end
    finally:
        analysis.close()


def commands_answer(sipview: Run, path: Path) -> None:
    """What a script could ask."""
    log = key_log_of(path)
    options = ("--key-log", str(log)) if log else ()
    packets = sipview("packets", path, *options, "--json")
    calls, messages = (sipview(name, path, *options, "--json").objects for name in ("calls", "messages"))
    assert packets.status in {0, 1}
    assert sum(not line.startswith("sipview: note: ") for line in packets.err.split("\n")[:-1]) == packets.status
    last = 0
    for line in packets.out.split("\n")[:-1:97]:
        frame = json.loads(line)["frame"]
        assert frame > last
        last = frame
    assert sum(call["messages"] for call in calls) <= len(messages)


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_our_captures(sipview: Run, tmp_path: Path, path: Path) -> None:
    ask(path, tmp_path)
    commands_answer(sipview, path)


@pytest.mark.public_captures
@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.name)
def test_captures_of_others(sipview: Run, tmp_path: Path, path: Path) -> None:
    require_public_captures()
    ask(path, tmp_path)
    if path.stat().st_size < 300_000:
        commands_answer(sipview, path)


@pytest.mark.public_captures
def test_torture_messages_in_a_capture(sipview: Run, tmp_path: Path) -> None:
    """RFC 4475 and RFC 5118: each in a datagram of its own; what no reader can take for SIP is an ordinary packet."""
    require_public_captures()
    folder = SHARED / "torture"
    messages = [
        path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix not in {".tsv", ".md"}
    ]
    assert len(messages) > 50
    frames = [udp(f"10.0.{number // 250}.{number % 250 + 1}/5060", "10.1.0.1/5060", one) for number, one in enumerate(messages)]
    path = write(tmp_path / "torture.pcap", pcap(every_ms(frames)))
    ask(path, tmp_path)
    commands_answer(sipview, path)
    found = sipview("messages", path, "--json").objects
    assert len(found) >= len(messages) - 2
    for one in found:
        ran = sipview("explain", path, "--frame", str(one["frame"]))
        assert (ran.status, ran.err) == (0, "")
        assert sipview("explain", "-", stdin=messages[one["frame"] - 1]).status == 0
