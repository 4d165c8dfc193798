"""Large captures, made quickly: whole SIP calls and their RTP, the same bytes for the same seed.

    python -m tests.support.traffic OUT.pcap --packets 2000000 --sip 33000 --seed 1

With as many SIP packets as packets there is nothing but SIP. The file is a microsecond pcap of Ethernet frames. Of the calls
most are answered and end by BYE, some are busy, some cancelled; each answered call has two RTP streams of G.711, as its SDP
says.
"""

import argparse
import random
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

EPOCH_NS = 1_700_000_000_000_000_000
PROXY = "10.0.0.1"
_PIECE = 1 << 16
_RTP_PAYLOAD = 160
_RTP_FRAME = 14 + 20 + 8 + 12 + _RTP_PAYLOAD
_RTP_RECORD = 16 + _RTP_FRAME
_RING_NS, _PACKET_NS = 400_000_000, 20_000_000
_MESSAGES = {"answered": 7, "busy": 4, "cancelled": 7}


@dataclass(frozen=True, slots=True)
class Call:
    """One call: when it starts, how it ends, and who takes part. ``packets`` is how many RTP packets each side sends."""

    number: int
    start_ns: int
    outcome: str
    packets: int

    @property
    def caller(self) -> str:
        return f"10.1.{self.number // 200 % 250}.{self.number % 200 + 1}"

    @property
    def callee(self) -> str:
        return f"10.2.{self.number // 200 % 250}.{self.number % 200 + 1}"

    @property
    def rtp_port(self) -> int:
        return 16384 + 2 * (self.number % 20000)

    @property
    def talk_ns(self) -> int:
        return self.start_ns + _RING_NS + 50_000_000

    @property
    def call_id(self) -> str:
        return f"{self.number:08x}-{self.start_ns // 1000 % 10**10:010d}@{self.caller}"

    def messages(self) -> list[tuple[int, str, str, bytes]]:
        """(time, source, destination, message) of the whole call."""
        invite, bye = self._request("INVITE", 1, self._sdp(self.caller)), self._request("BYE", 2, "")
        ack = self._request("ACK", 1, "")
        ringing = [
            (self.start_ns, "caller", invite),
            (self.start_ns + 2_000_000, "callee", self._response("100 Trying", "INVITE", 1, "")),
            (self.start_ns + 90_000_000, "callee", self._response("180 Ringing", "INVITE", 1, "")),
        ]
        if self.outcome == "busy":
            story = [
                *ringing[:2],
                (self.start_ns + 80_000_000, "callee", self._response("486 Busy Here", "INVITE", 1, "")),
                (self.start_ns + 85_000_000, "caller", ack),
            ]
        elif self.outcome == "cancelled":
            given_up = self.start_ns + _RING_NS
            story = [
                *ringing,
                (given_up, "caller", self._request("CANCEL", 1, "")),
                (given_up + 1_000_000, "callee", self._response("200 OK", "CANCEL", 1, "")),
                (given_up + 2_000_000, "callee", self._response("487 Request Terminated", "INVITE", 1, "")),
                (given_up + 4_000_000, "caller", ack),
            ]
        else:
            end = self.talk_ns + (self.packets + 1) * _PACKET_NS
            story = [
                *ringing,
                (self.start_ns + _RING_NS, "callee", self._response("200 OK", "INVITE", 1, self._sdp(self.callee))),
                (self.start_ns + _RING_NS + 8_000_000, "caller", ack),
                (end, "caller", bye),
                (end + 5_000_000, "callee", self._response("200 OK", "BYE", 2, "")),
            ]
        sides = {"caller": (self.caller, self.callee), "callee": (self.callee, self.caller)}
        return [(time_ns, *sides[side], text.encode()) for time_ns, side, text in story]

    def _request(self, method: str, cseq: int, body: str) -> str:
        to = f"<sip:{2000 + self.number % 1000}@{PROXY}>" + (f";tag=callee{self.number}" if method in {"BYE", "ACK"} else "")
        return (
            f"{method} sip:{2000 + self.number % 1000}@{self.callee}:5060 SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {self.caller}:5060;rport;branch={self._branch(method)}\r\n"
            f"Max-Forwards: 70\r\n"
            f'From: "User {1000 + self.number % 1000}" <sip:{1000 + self.number % 1000}@{PROXY}>;tag=caller{self.number}\r\n'
            f"To: {to}\r\n"
            f"Call-ID: {self.call_id}\r\n"
            f"CSeq: {cseq} {method}\r\n"
            f"Contact: <sip:{1000 + self.number % 1000}@{self.caller}:5060;transport=udp>\r\n"
            f"User-Agent: Desk phone 4.2 (build {self.number % 7})\r\n"
            f"Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE, REFER, NOTIFY, PRACK\r\n"
            f"Supported: replaces, timer, 100rel\r\n" + self._end(body)
        )

    def _response(self, status: str, method: str, cseq: int, body: str) -> str:
        tag = "" if status.startswith("100") else f";tag=callee{self.number}"
        return (
            f"SIP/2.0 {status}\r\n"
            f"Via: SIP/2.0/UDP {self.caller}:5060;rport=5060;received={self.caller}"
            f";branch={self._branch(method)}\r\n"
            f'From: "User {1000 + self.number % 1000}" <sip:{1000 + self.number % 1000}@{PROXY}>;tag=caller{self.number}\r\n'
            f"To: <sip:{2000 + self.number % 1000}@{PROXY}>{tag}\r\n"
            f"Call-ID: {self.call_id}\r\n"
            f"CSeq: {cseq} {method}\r\n"
            f"Contact: <sip:{2000 + self.number % 1000}@{self.callee}:5060;transport=udp>\r\n"
            f"Server: Office PBX 18.20\r\n"
            f"Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE, REFER, NOTIFY, PRACK\r\n" + self._end(body)
        )

    def _branch(self, method: str) -> str:
        """One a transaction; that of the INVITE also for its CANCEL and for the ACK to a refusal (RFC 3261 9.1, 17.1.1.3)."""
        own = method == "BYE" or (method == "ACK" and self.outcome == "answered")
        return f"z9hG4bK{self.number:08x}{method if own else 'INVITE'}"

    @staticmethod
    def _end(body: str) -> str:
        kind = "Content-Type: application/sdp\r\n" if body else ""
        return f"{kind}Content-Length: {len(body)}\r\n\r\n{body}"

    def _sdp(self, address: str) -> str:
        return (
            f"v=0\r\no=- {self.number} 1 IN IP4 {address}\r\ns=call\r\nc=IN IP4 {address}\r\nt=0 0\r\n"
            f"m=audio {self.rtp_port} RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
            f"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=sendrecv\r\na=ptime:20\r\n"
        )


def plan(packets: int, sip: int, seed: int, at_once: int = 50) -> list[Call]:
    """Calls that make exactly ``sip`` messages (a last few are busy or cut off) and ``packets - sip`` RTP packets.

    About ``at_once`` of them are up at a time.
    """
    chance = random.Random(seed)
    outcomes: list[str] = []
    room = sip
    while room > 0:
        outcome = chance.choices(("answered", "busy", "cancelled"), (90, 6, 4))[0]
        outcomes.append(outcome)
        room -= _MESSAGES[outcome]
    if "answered" not in outcomes and packets > sip:
        outcomes[:1] = ["answered"]
    answered = max(outcomes.count("answered"), 1)
    each, extra = divmod(max(packets - sip, 0), 2 * answered)
    share = -(-max(packets - sip, 0) // (2 * answered))
    spacing_ns = max((share * _PACKET_NS + 1_000_000_000) // at_once, 1_000_000)
    calls = []
    for number, outcome in enumerate(outcomes):
        start = EPOCH_NS + number * spacing_ns + chance.randrange(spacing_ns // 1000) * 1000
        talk = each + (1 if extra else 0) if outcome == "answered" else 0
        calls.append(Call(number, start, outcome, talk))
    return calls


def write(path: Path, packets: int, sip: int, seed: int = 1, at_once: int = 50) -> None:
    """Write a capture of ``packets`` packets, ``sip`` of them SIP messages, with about ``at_once`` calls up at a time."""
    calls = plan(packets, sip, seed, at_once)
    messages = sorted(message for call in calls for message in call.messages())[:sip]
    rtp_time, rtp_call, rtp_side, rtp_number = _rtp_order(calls, packets - len(messages))
    texts = [_record(*message) for message in messages]
    at = np.searchsorted(rtp_time, np.array([message[0] for message in messages], np.int64))
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        _interleave(file, texts, at, _Streams(calls, rtp_time, rtp_call, rtp_side, rtp_number))


def write_one_call(path: Path, messages: int) -> None:
    """Write a capture of one call of so many messages: after it is answered, one INFO after the other."""
    call = Call(0, EPOCH_NS, "answered", 0)
    *begin, bye, end = call.messages()
    story = list(begin)
    for number in range(2, messages // 2 - 2):
        sent = EPOCH_NS + 1_000_000_000 + number * 30_000_000
        story.append((sent, call.caller, call.callee, call._request("INFO", number, "").encode()))
        story.append((sent + 4_000_000, call.callee, call.caller, call._response("200 OK", "INFO", number, "").encode()))
    later = story[-1][0] - bye[0] + 1_000_000_000
    story += [(time_ns + later, source, destination, message) for time_ns, source, destination, message in (bye, end)]
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        file.writelines(_record(*message) for message in story)


def _rtp_order(calls: list[Call], count: int) -> tuple[npt.NDArray[np.int64], ...]:
    """Time, call, side and number of each RTP packet, in the order of time."""
    talking = [call for call in calls if call.packets]
    sizes = np.array([call.packets for call in talking], np.int64)
    total = int(sizes.sum())
    call = np.repeat(np.array([one.number for one in talking], np.int64), sizes)
    start = np.repeat(np.array([one.talk_ns for one in talking], np.int64), sizes)
    number = np.arange(total) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    time_ns = start + number * _PACKET_NS
    call, number = np.tile(call, 2), np.tile(number, 2)
    side = np.repeat(np.array([0, 1]), total)
    time_ns = np.concatenate((time_ns, time_ns + 3_000_000))
    order = np.argsort(time_ns, kind="stable")[:count]
    return time_ns[order], call[order], side[order], number[order]


class _Streams:
    """The RTP records, made a piece at a time."""

    def __init__(self, calls: list[Call], *columns: npt.NDArray[np.int64]) -> None:
        self._time, self._call, self._side, self._number = columns
        self._addresses = np.array([[_ipv4(call.caller), _ipv4(call.callee)] for call in calls], np.uint32).reshape(-1, 2)
        self._ports = np.array([call.rtp_port for call in calls], np.uint16)
        self._template = np.zeros(_RTP_RECORD, np.uint8)
        noise = np.random.default_rng(7).integers(0, 256, _RTP_PAYLOAD, np.uint8)
        self._template[:] = np.frombuffer(
            struct.pack("<IIII", 0, 0, _RTP_FRAME, _RTP_FRAME)
            + bytes.fromhex("020000000001 020000000002 0800")
            + struct.pack(">BBHHHBBHII", 0x45, 0xB8, _RTP_FRAME - 14, 0, 0x4000, 64, 17, 0, 0, 0)
            + struct.pack(">HHHH", 0, 0, _RTP_FRAME - 34, 0)
            + struct.pack(">BBHII", 0x80, 8, 0, 0, 0)
            + noise.tobytes(),
            np.uint8,
        )
        self.count = self._time.size

    def records(self, first: int, last: int) -> npt.NDArray[np.uint8]:
        """The records ``first`` to ``last`` as rows of bytes."""
        part = slice(first, last)
        call, side, number, time_us = self._call[part], self._side[part], self._number[part], self._time[part] // 1000
        rows = np.tile(self._template, (call.size, 1))

        def put(at: int, kind: str, values: npt.NDArray[np.int64]) -> None:
            width = np.dtype(kind).itemsize
            rows[:, at : at + width] = values.astype(kind).view(np.uint8).reshape(-1, width)

        put(0, "<u4", time_us // 1_000_000)
        put(4, "<u4", time_us % 1_000_000)
        ends = self._addresses[call].astype(np.int64)
        everyone = np.arange(call.size)
        put(30 + 4, ">u2", number & 0xFFFF)
        put(30 + 12, ">u4", ends[everyone, side])
        put(30 + 16, ">u4", ends[everyone, 1 - side])
        put(50, ">u2", self._ports[call].astype(np.int64))
        put(52, ">u2", self._ports[call].astype(np.int64))
        put(58 + 2, ">u2", (number + call * 7) & 0xFFFF)
        put(58 + 4, ">u4", (number * _RTP_PAYLOAD + call) & 0xFFFFFFFF)
        put(58 + 8, ">u4", 0x10000000 + call * 2 + side)
        rows[:, 58 + 1] = np.where(number == 0, 0x88, 0x08)
        words = rows[:, 30:50].reshape(-1, 10, 2)
        total = (words[:, :, 0].astype(np.int64) * 256 + words[:, :, 1]).sum(axis=1)
        total = (total & 0xFFFF) + (total >> 16)
        put(30 + 10, ">u2", ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF)
        return rows


def _interleave(file: BinaryIO, texts: list[bytes], at: npt.NDArray[np.int64], streams: _Streams) -> None:
    """Write the messages, each before the RTP packet at its position in ``at``, and the RTP packets between."""
    positions = at.tolist()
    done = 0
    for first in range(0, streams.count, _PIECE):
        last = min(first + _PIECE, streams.count)
        data = streams.records(first, last).tobytes()
        written = first
        while done < len(texts) and positions[done] < last:
            file.write(data[(written - first) * _RTP_RECORD : (positions[done] - first) * _RTP_RECORD])
            file.write(texts[done])
            written, done = positions[done], done + 1
        file.write(data[(written - first) * _RTP_RECORD :])
    file.writelines(texts[done:])


def _record(time_ns: int, source: str, destination: str, message: bytes) -> bytes:
    """A pcap record of a UDP datagram from port 5060 to 5060."""
    size = 14 + 20 + 8 + len(message)
    seconds, rest = divmod(time_ns, 1_000_000_000)
    header = struct.pack(">BBHHHBBHII", 0x45, 0x68, size - 14, 0, 0x4000, 64, 17, 0, _ipv4(source), _ipv4(destination))
    total = sum(struct.unpack(">10H", header))
    total = (total & 0xFFFF) + (total >> 16)
    header = header[:10] + struct.pack(">H", ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF) + header[12:]
    return (
        struct.pack("<IIII", seconds, rest // 1000, size, size)
        + bytes.fromhex("020000000001 020000000002 0800")
        + header
        + struct.pack(">HHHH", 5060, 5060, 8 + len(message), 0)
        + message
    )


def _ipv4(text: str) -> int:
    return int.from_bytes(bytes(int(part) for part in text.split(".")), "big")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--packets", type=int, default=2_000_000)
    parser.add_argument("--sip", type=int, default=33_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--at-once", type=int, default=50, help="calls up at a time")
    chosen = parser.parse_args()
    write(chosen.path, chosen.packets, min(chosen.sip, chosen.packets), chosen.seed, chosen.at_once)


if __name__ == "__main__":
    main()
