"""Sorted by Info, packets stand in the order of their texts, though most of these are never made."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet, Raw

from sipview.gui.cross_reference import CrossReference
from sipview.gui.info_order import Rows, info_keys
from sipview.session import Analysis, packet_line
from sipview.values import Cancelled, CancelToken
from tests.support.answered_paths import SAMPLES
from tests.support.captures import every_ms, pcap, sip, write


def motley(chance: random.Random, count: int) -> list[bytes]:
    """Packets of all kinds, with few different numbers, so that many texts begin alike and some are the same."""
    numbers = [0, 1, 7, 9, 10, 11, 70, 99, 100, 5060, 65535]
    ip = IP(src="10.0.0.1", dst="10.0.0.2")

    def one() -> Packet:
        sport, dport = chance.choice(numbers[1:]), chance.choice(numbers[1:])
        size = chance.choice(numbers[:8])
        rtp = bytes([0x80, chance.choice([0, 8, 0x80, 101])]) + chance.choice(numbers).to_bytes(2, "big")
        rtp += (chance.choice(numbers) * 1000).to_bytes(4, "big") + chance.choice(numbers).to_bytes(4, "big")
        return chance.choice(
            [
                ip / UDP(sport=4000, dport=4002) / Raw(rtp + bytes(160)),
                ip / UDP(sport=sport, dport=dport) / Raw(bytes(size)),
                ip
                / TCP(
                    sport=sport, dport=dport, flags=chance.choice(["S", "SA", "A", "PA", "FA", "R"]), seq=chance.choice(numbers)
                ),
                ip
                / TCP(sport=sport, dport=dport, flags="A", ack=chance.choice(numbers), window=chance.choice(numbers))
                / Raw(bytes(size)),
                IP(src="10.0.0.1", dst="10.0.0.2", flags="MF") / UDP(sport=sport, dport=dport) / Raw(bytes(16)),
                ip / UDP(sport=5060, dport=5060) / Raw(sip()),
                ip / ICMP(),
                ARP(pdst="10.0.0.9"),
            ]
        )

    return [bytes(Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / one()) for _ in range(count)]


@contextmanager
def opened(path: Path, spool: Path) -> Iterator[tuple[CrossReference, Rows]]:
    analysis = Analysis([path], spool)
    analysis.load(CancelToken())
    yield CrossReference(analysis.snapshot), np.arange(analysis.snapshot.packets, dtype=np.int64)
    analysis.close()


def check(path: Path, spool: Path) -> list[str]:
    with opened(path, spool) as (cross, rows):
        return check_opened(cross, rows)


def check_opened(cross: CrossReference, rows: Rows) -> list[str]:
    index = cross.snapshot.index
    assert index is not None
    texts = [packet_line(index, row, cross.by_row).info.casefold() for row in rows.tolist()]
    places = {text: place for place, text in enumerate(sorted(set(texts)))}
    keys = info_keys(cross, rows, CancelToken())
    assert np.unique(keys, return_inverse=True)[1].tolist() == [places[text] for text in texts]
    return texts


@pytest.mark.parametrize("seed", range(5))
def test_packets_of_all_kinds_stand_in_the_order_of_their_texts(seed: int, tmp_path: Path) -> None:
    path = write(tmp_path / "motley.pcap", pcap(every_ms(motley(random.Random(seed), 400))))
    texts = check(path, tmp_path)
    for begin in ("payload type", "1 → ", "10 → 100 [", "options sip", "who has", "echo request"):
        assert any(text.startswith(begin) for text in texts), begin


@pytest.mark.parametrize("name", ["call-through-pbx.pcap", "small-office.pcap"])
def test_packets_of_a_capture_stand_in_the_order_of_their_texts(name: str, tmp_path: Path) -> None:
    check(SAMPLES / name, tmp_path)


def test_no_packets_have_no_order(tmp_path: Path) -> None:
    with opened(SAMPLES / "small-office.pcap", tmp_path) as (cross, rows):
        assert info_keys(cross, rows[:0], CancelToken()).tolist() == []


def test_sorting_can_be_stopped(tmp_path: Path) -> None:
    token = CancelToken()
    token.cancel()
    with opened(SAMPLES / "small-office.pcap", tmp_path) as (cross, rows), pytest.raises(Cancelled):
        info_keys(cross, rows, token)
