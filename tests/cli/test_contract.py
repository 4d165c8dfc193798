"""What other programs rely on: the keys of each command's objects, their types and their values."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.support.captures import START_NS, Packet, pcap, pcapng, sip, udp, write
from tests.support.needs import CHECKOUT
from tests.support.tshark import fields

DATA = CHECKOUT / "tests" / "data"
CAPTURES = sorted(DATA.glob("*/*.pcap"))
BUSY = DATA / "03_busy_486" / "03_busy_486.pcap"
SAMPLE = CHECKOUT / "resources" / "samples" / "call-through-pbx.pcap"

NONE = type(None)
NUMBER = (int, float)
TIME = re.compile(r"\d+(\.\d{1,9})?")
ENDPOINT = re.compile(r"\d+(\.\d+){3}:\d+|\[[0-9a-f:.]+\]:\d+")

KEYS: dict[str, Mapping[str, Any]] = {
    "messages": {
        "frame": int, "time": TIME, "source": ENDPOINT, "destination": ENDPOINT,
        "transport": {"UDP", "TCP", "TLS", "WS", "WSS", "SCTP"},
        "method": (str, NONE), "status": (int, NONE), "reason": (str, NONE), "call_id": str, "cseq": str, "from": str,
        "to": str, "retransmission_of": (int, NONE), "problems": list,
    },
    "calls": {
        "id": int, "start": TIME, "end": TIME, "from": str, "to": str,
        "state": {
            "ringing", "answered", "completed", "cancelled", "busy", "declined", "no-answer", "redirected", "failed",
            "incomplete",
        },
        "status": (int, NONE), "reason": (str, NONE), "hung_up_by": {"caller", "callee", None}, "ring_delay": (*NUMBER, NONE),
        "talk_time": (*NUMBER, NONE), "legs": list, "joined_by": list, "messages": int, "streams": list, "findings": list,
    },
    "packets": {
        "frame": int, "time": TIME, "source": str, "destination": str, "protocol": str, "length": int, "info": str,
    },
    "explain": {
        "field": str, "value": str, "explanation": str, "reference": str, "start": int, "end": int, "children": list,
    },
}  # fmt: skip
LEG = {
    "call_id": str, "source": ENDPOINT, "destination": ENDPOINT, "from": str, "to": str, "state": KEYS["calls"]["state"],
    "status": (int, NONE), "messages": int,
}  # fmt: skip


def holds(found: dict[str, Any], keys: Mapping[str, Any]) -> None:
    """Hold an object against the keys it must have (it may have more)."""
    assert keys.keys() <= found.keys()
    for key, kind in keys.items():
        value = found[key]
        if isinstance(kind, re.Pattern):
            assert isinstance(value, str)
            assert kind.fullmatch(value), (key, value)
        elif isinstance(kind, set):
            assert value in kind, (key, value)
        else:
            assert isinstance(value, kind), (key, value)
            assert not isinstance(value, bool)


@pytest.mark.parametrize("command", ["calls", "messages", "packets"])
@pytest.mark.parametrize("capture", [*CAPTURES, SAMPLE], ids=lambda path: path.stem)
def test_every_object_has_its_keys(sipview: Run, command: str, capture: Path) -> None:
    secrets = [word for key_log in capture.parent.glob("*.keylog.txt") for word in ("--key-log", key_log)]
    ran = sipview(command, capture, "--json", *secrets)
    assert (ran.status, ran.err) == (0, "")
    assert ran.objects or command == "calls"
    for found in ran.objects:
        holds(found, KEYS[command])
        for leg in found.get("legs", []):
            holds(leg, LEG)


def test_an_explanation_has_its_keys_all_the_way_down(sipview: Run) -> None:
    frame = sipview("messages", BUSY, "--json").objects[0]["frame"]
    ran = sipview("explain", BUSY, "--frame", str(frame), "--json")
    assert ran.status == 0
    waiting = ran.objects
    assert len(waiting) > 5
    while waiting:
        one = waiting.pop()
        holds(one, KEYS["explain"])
        assert one["start"] <= one["end"]
        waiting += one["children"]


def test_an_interface_has_its_keys(sipview: Run) -> None:
    """Where there is nothing to capture on, that is told."""
    ran = sipview("interfaces", "--json")
    assert ran.objects or (ran.status, ran.err.count("\n")) == (1, 1)
    for found in ran.objects:
        assert found["kind"] in {"ethernet", "wifi", "loopback", "any", "tunnel", "virtual"}
        assert all(isinstance(found[key], str) for key in ("name", "label", "why_not"))
        assert all(isinstance(address, str) for key in ("ipv4", "ipv6") for address in found[key])
        assert isinstance(found["up"], bool)
        assert found["usable"] is (found["why_not"] == "")


@pytest.mark.needs_tshark
@pytest.mark.parametrize("capture", [BUSY, DATA / "filter" / "ipv6_call.pcap"], ids=lambda path: path.stem)
def test_messages_say_what_tshark_says(sipview: Run, capture: Path) -> None:
    names = ("frame.number", "frame.time_epoch", "sip.Method", "sip.Status-Code", "sip.Call-ID", "sip.CSeq", "udp.srcport")
    theirs = fields(capture, *names, display_filter="sip && !icmp && udp")
    ours = [found for found in sipview("messages", capture, "--json").objects if found["transport"] == "UDP"]
    assert len(ours) == len(theirs)
    for found, (frame, time, method, status, call_id, cseq, port) in zip(ours, theirs, strict=True):
        assert found["frame"] == int(frame)
        assert time.startswith(found["time"])
        assert (found["method"] or "", str(found["status"] or "")) == (method, status)
        assert (found["call_id"], found["cseq"]) == (call_id, cseq)
        assert found["source"].endswith(f":{port}")


@pytest.mark.needs_tshark
def test_packets_say_what_tshark_says(sipview: Run) -> None:
    theirs = fields(BUSY, "frame.number", "frame.time_epoch", "ip.src", "ip.dst", "frame.len")
    ours = sipview("packets", BUSY, "--json").objects
    assert len(ours) == len(theirs)
    for found, (frame, time, source, destination, length) in zip(ours, theirs, strict=True):
        assert (found["frame"], found["length"]) == (int(frame), int(length))
        assert time.startswith(found["time"])
        if source:
            assert (found["source"], found["destination"]) == (source, destination)


@pytest.mark.parametrize(("digits", "nanoseconds"), [(6, False), (9, True)])
def test_times_have_just_the_digits_of_the_file(sipview: Run, tmp_path: Path, digits: int, nanoseconds: bool) -> None:
    frame = udp("10.0.0.1/5060", "10.0.0.2/5060", sip())
    path = write(tmp_path / "one.pcap", pcap([Packet(1_700_000_000_123_456_789, frame)], nanoseconds=nanoseconds))
    (found,) = sipview("messages", path, "--json").objects
    assert found["time"] == f"1700000000.{'123456789'[:digits]}"


def test_times_before_the_epoch_and_at_it(sipview: Run, tmp_path: Path) -> None:
    path = write(tmp_path / "old.pcapng", pcapng([Packet(0, udp("10.0.0.1/5060", "10.0.0.2/5060", sip()))]))
    assert sipview("messages", path, "--json").objects[0]["time"] == "0.000000000"


def test_a_retransmission_names_the_frame_it_repeats(sipview: Run, tmp_path: Path) -> None:
    frame = udp("10.0.0.1/5060", "10.0.0.2/5060", sip())
    path = write(tmp_path / "twice.pcap", pcap([Packet(START_NS, frame), Packet(START_NS + 500_000_000, frame)]))
    assert [found["retransmission_of"] for found in sipview("messages", path, "--json").objects] == [None, 1]


def test_numbers_that_no_field_can_hold_are_no_trouble(sipview: Run, tmp_path: Path) -> None:
    """Thousands of digits where a number stands: in the CSeq, the status, lengths and times."""
    huge = b"9" * 5000
    messages = [
        sip().replace(b"CSeq: 1 ", b"CSeq: " + huge + b" "),
        b"SIP/2.0 " + huge + b" OK\r\nCall-ID: a\r\nCSeq: 1 INVITE\r\n\r\n",
        sip("REGISTER").replace(b"Max-Forwards: 70", b"Expires: " + huge),
        sip("INVITE").replace(b"Content-Length: 0", b"Content-Length: " + huge),
        sip("INVITE", "b").replace(b"Via: SIP/2.0/UDP 10.0.0.1;", b"Via: SIP/2.0/UDP 10.0.0.1:" + huge + b";rport=" + huge),
    ]
    frames = [udp("10.0.0.1/5060", "10.0.0.2/5060", one) for one in messages]
    path = write(
        tmp_path / "huge.pcap", pcap([Packet(START_NS + n, frame) for n, frame in enumerate(frames)], nanoseconds=True)
    )
    for command in ("messages", "calls", "packets"):
        ran = sipview(command, path, "--json")
        assert (ran.status, ran.err) == (0, "")
        assert sipview(command, path).status == 0
    for found in sipview("messages", path, "--json").objects:
        holds(found, KEYS["messages"])
        assert sipview("explain", path, "--frame", str(found["frame"])).status == 0


def test_bytes_that_are_no_text_are_json_all_the_same(sipview: Run, tmp_path: Path) -> None:
    message = sip(call_id="x").replace(b"Call-ID: x", b"Call-ID: \xff\xfe\xed\xa0\x80\x00\x1b[31m\xe2\x80\xae")
    path = write(tmp_path / "bytes.pcap", pcap([Packet(START_NS, udp("10.0.0.1/5060", "10.0.0.2/5060", message))]))
    ran = sipview("messages", path, "--json")
    assert ran.status == 0
    assert ran.objects[0]["call_id"].startswith("\ufffd")
    assert json.loads(ran.out)["frame"] == 1
