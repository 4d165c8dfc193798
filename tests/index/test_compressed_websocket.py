"""SIP in compressed WebSocket messages (RFC 7692), as tshark reads it, and where there is nothing for tshark to read."""

import tracemalloc
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from sipview.index.reading import Candidate, read
from sipview.streams.deflated import LONGEST_UNPACKED
from sipview.values import CancelToken
from tests.support.captures import every_ms, open_file, pcap, sip, write
from tests.support.traps import COMPRESSED_TEXT, DIALOGUE, Connection, Deflating, Said, upgrade, websocket_frame
from tests.support.tshark import fields

Sides = tuple[Callable[[], Deflating], Callable[[], Deflating]]
_FIRST_PART, _LAST_PART = 0x41, 0x80  # of a compressed text; the bit for compression stands in the first frame only


def found(path: Path) -> list[Candidate]:
    """The messages of a capture, in order."""
    return [candidate for step in read([open_file(path)], CancelToken()) for candidate in step.candidates]


def words(path: Path) -> list[str]:
    """What is said of gaps in streams."""
    *_, last = read([open_file(path)], CancelToken())
    return [one.gap.why for one in last.index.stream_gaps]


def framed(said: Said, packed: bytes, first: int = COMPRESSED_TEXT) -> bytes:
    """A frame as that side sends it: a browser masks, a server does not."""
    return websocket_frame(packed, masked=said.side == 0, first=first)


def conversation(agreed: str, sides: Sides) -> list[bytes]:
    """The dialogue behind an upgrade."""
    connection, packing = Connection(ports=(40000, 8088)), [make() for make in sides]
    frames = upgrade(connection, agreed)
    return frames + [connection.send(said.side, framed(said, packing[said.side].pack(said.data))) for said in DIALOGUE]


AGREED: list[tuple[str, Sides]] = [
    ("permessage-deflate", (Deflating, Deflating)),
    (
        "permessage-deflate; client_no_context_takeover; server_no_context_takeover",
        (partial(Deflating, takeover=False), partial(Deflating, takeover=False)),
    ),
    (
        "permessage-deflate; client_max_window_bits=9; server_max_window_bits=10",
        (partial(Deflating, 9), partial(Deflating, 10)),
    ),
]


@pytest.mark.needs_tshark
@pytest.mark.parametrize(("agreed", "sides"), AGREED, ids=[agreed for agreed, _ in AGREED])
def test_whatever_was_agreed_the_messages_are_those_that_tshark_reads(tmp_path: Path, agreed: str, sides: Sides) -> None:
    path = write(tmp_path / "ws.pcap", pcap(every_ms(conversation(agreed, sides))))
    seen = [(str(one.row + 1), one.data) for one in found(path)]
    assert [data for _, data in seen] == [said.data for said in DIALOGUE]
    assert [number for number, _ in seen] == [number for (number,) in fields(path, "frame.number", display_filter="sip")]
    assert {str(one.transport) for one in found(path)} == {"WS"}
    assert words(path) == []


@pytest.mark.parametrize("alone", [0, 1])
def test_one_side_lets_each_message_stand_alone(tmp_path: Path, alone: int) -> None:
    # No comparison: tshark 4.0 takes the agreement of one side for the other's.
    agreed = f"permessage-deflate; {('client', 'server')[alone]}_no_context_takeover"
    sides: Sides = (partial(Deflating, takeover=alone != 0), partial(Deflating, takeover=alone != 1))
    path = write(tmp_path / "ws.pcap", pcap(every_ms(conversation(agreed, sides))))
    assert [one.data for one in found(path)] == [said.data for said in DIALOGUE]


def test_a_message_in_fragments_with_a_ping_and_a_plain_message_between(tmp_path: Path) -> None:
    connection, stream = Connection(ports=(40000, 8088)), Deflating()
    frames = upgrade(connection, "permessage-deflate")
    packed = stream.pack(DIALOGUE[0].data)
    for part, first in ((packed[:100], _FIRST_PART), (packed[100:], _LAST_PART)):
        frames.append(connection.send(0, websocket_frame(part, masked=True, first=first)))
        frames.append(connection.send(0, b"\x89\x80\x01\x02\x03\x04"))
    frames.append(connection.send(0, websocket_frame(DIALOGUE[3].data, masked=True)))
    frames.append(connection.send(0, framed(DIALOGUE[4], stream.pack(DIALOGUE[4].data))))
    cuts = found(write(tmp_path / "ws.pcap", pcap(every_ms(frames))))
    assert [one.data for one in cuts] == [DIALOGUE[at].data for at in (0, 3, 4)]
    assert cuts[0].rows == (5, 7)


def test_a_message_over_many_segments(tmp_path: Path) -> None:
    connection = Connection(ports=(40000, 8088))
    frames = upgrade(connection, "permessage-deflate")
    stream = Deflating()
    sent = b"".join(framed(said, stream.pack(said.data)) for said in DIALOGUE if said.side == 0)
    frames += [connection.send(0, sent[at : at + 7]) for at in range(0, len(sent), 7)]
    cuts = found(write(tmp_path / "ws.pcap", pcap(every_ms(frames))))
    assert [one.data for one in cuts] == [said.data for said in DIALOGUE if said.side == 0]


def test_the_upgrade_was_not_captured_and_each_message_stands_alone(tmp_path: Path) -> None:
    path = write(
        tmp_path / "ws.pcap",
        pcap(every_ms(conversation("", AGREED[1][1])[5:])),
    )
    assert [one.data for one in found(path)] == [said.data for said in DIALOGUE]
    assert words(path) == []


@pytest.mark.parametrize("lead", [0, 600])
def test_a_connection_that_was_idle_for_long_is_known_by_its_compressed_frames(tmp_path: Path, lead: int) -> None:
    connection = Connection(ports=(40000, 8088), at=[70_000, 90_000])
    frames = [connection.send(0, b"\x89\x80\x01\x02\x03\x04") for _ in range(lead)]
    frames += [connection.send(said.side, framed(said, Deflating(takeover=False).pack(said.data))) for said in DIALOGUE]
    path = write(tmp_path / "ws.pcap", pcap(every_ms(frames)))
    assert [one.data for one in found(path)] == [said.data for said in DIALOGUE]


def test_what_repeats_messages_before_the_capture_is_told_and_not_invented(tmp_path: Path) -> None:
    whole = conversation(*AGREED[0])
    path = write(tmp_path / "ws.pcap", pcap(every_ms(whole[6:])))  # the INVITE is missing
    assert [one.data.split(b"\r\n")[0] for one in found(path)] == [b"SIP/2.0 180 Ringing", b"SIP/2.0 200 OK", b"SIP/2.0 200 OK"]
    assert [word for word in words(path) if "repeat earlier messages" in word]


def test_a_lost_segment_makes_unreadable_what_repeats_it_and_nothing_else(tmp_path: Path) -> None:
    connection, stream = Connection(ports=(40000, 8088)), Deflating()
    frames = upgrade(connection, "permessage-deflate")
    messages = [sip("MESSAGE", f"{number}@x", bytes(range(97, 122)) * number) for number in range(6)]
    for number, message in enumerate(messages):
        frames.append(connection.send(0, websocket_frame(stream.pack(message), masked=True, first=COMPRESSED_TEXT)))
        if number == 2:
            frames.pop()
    path = write(tmp_path / "ws.pcap", pcap(every_ms(frames)))
    assert [one.data for one in found(path)] == messages[:2]
    assert any("repeat earlier messages" in word for word in words(path))


def test_final_blocks_within_a_message_as_the_rfc_shows_them(tmp_path: Path) -> None:
    packing = zlib.compressobj(9, zlib.DEFLATED, -15)
    final = packing.compress(DIALOGUE[0].data) + packing.flush()  # ends with a final block
    connection = Connection(ports=(40000, 8088))
    frames = upgrade(connection, "permessage-deflate")
    frames.append(connection.send(0, framed(DIALOGUE[0], final + b"\x00")))
    following = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=DIALOGUE[0].data)  # what was said before may be repeated
    packed = following.compress(DIALOGUE[4].data) + following.flush(zlib.Z_SYNC_FLUSH)
    frames.append(connection.send(0, framed(DIALOGUE[4], packed[:-4])))
    cuts = found(write(tmp_path / "ws.pcap", pcap(every_ms(frames))))
    assert [one.data for one in cuts] == [DIALOGUE[0].data, DIALOGUE[4].data]


def bomb() -> bytes:
    """A message of 100 MB that begins as a request."""
    packing = zlib.compressobj(9, zlib.DEFLATED, -15)
    parts = [packing.compress(DIALOGUE[0].data)] + [packing.compress(bytes(1 << 20)) for _ in range(100)]
    return b"".join((*parts, packing.flush(zlib.Z_SYNC_FLUSH)))[:-4]


def test_a_message_that_unpacks_to_too_much_is_a_problem_with_its_packet(tmp_path: Path) -> None:
    connection = Connection(ports=(40000, 8088))
    frames = upgrade(connection, "permessage-deflate")
    packed = bomb()
    sent = b"\xc1\x7f" + len(packed).to_bytes(8, "big") + packed
    frames += [connection.send(1, sent[at : at + 1400]) for at in range(0, len(sent), 1400)]
    frames += [connection.send(0, framed(DIALOGUE[0], Deflating().pack(DIALOGUE[0].data)))]
    path = write(tmp_path / "bomb.pcap", pcap(every_ms(frames)))
    tracemalloc.start()
    *_, last = read([open_file(path)], CancelToken())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 24 << 20
    (gap,) = last.index.stream_gaps
    assert gap.gap.row == 5  # the first packet of the message
    assert f"more than {LONGEST_UNPACKED:,} bytes" in gap.gap.why
    assert [one.data for one in found(path)] == [DIALOGUE[0].data]  # the other side can be read


def test_bytes_that_are_no_deflate_are_told(tmp_path: Path) -> None:
    connection = Connection(ports=(40000, 8088))
    frames = upgrade(connection, "permessage-deflate")
    frames.append(connection.send(0, framed(DIALOGUE[0], DIALOGUE[0].data[:100])))
    frames.append(connection.send(1, framed(DIALOGUE[1], Deflating().pack(DIALOGUE[1].data))))
    path = write(tmp_path / "ws.pcap", pcap(every_ms(frames)))
    assert [one.data for one in found(path)] == [DIALOGUE[1].data]
    assert words(path) == ["they are compressed, and damaged"]
