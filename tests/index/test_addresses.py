"""Addresses as numbers, against Python's own texts of them."""

import threading
from ipaddress import IPv4Address, IPv6Address

import numpy as np
import numpy.typing as npt
import pytest

from sipview.index.addresses import AddressBook


def octets(pairs: list[tuple[int, int]]) -> npt.NDArray[np.uint64]:
    """The ends of IPv4 headers as they stand in the packets."""
    return np.array(pairs, ">u4").reshape(-1).view(np.uint64)


@pytest.mark.parametrize(("count", "hosts"), [(1, 1), (5000, 3), (5000, 200), (60_000, 60_000)])
def test_pairs_have_the_texts_of_their_addresses(count: int, hosts: int) -> None:
    """Also where there are far more pairs than are remembered."""
    chance = np.random.default_rng(count + hosts)
    addresses = chance.integers(0, 1 << 32, hosts).tolist()
    book = AddressBook()
    for _ in range(3):
        pairs = [(addresses[one], addresses[other]) for one, other in chance.integers(0, hosts, (count, 2)).tolist()]
        source, destination = book.ipv4_pairs(octets(pairs))
        assert [book.texts[number] for number in source.tolist()] == [str(IPv4Address(one)) for one, _ in pairs]
        assert [book.texts[number] for number in destination.tolist()] == [str(IPv4Address(other)) for _, other in pairs]
    assert len(book.texts) == len(set(book.texts))


def test_pairs_of_nobody_and_everybody() -> None:
    book = AddressBook()
    source, destination = book.ipv4_pairs(octets([(0, 0), (0, 0xFFFFFFFF), (0xFFFFFFFF, 0), (0, 0)]))
    assert [book.texts[number] for number in source.tolist()] == ["0.0.0.0", "0.0.0.0", "255.255.255.255", "0.0.0.0"]
    assert [book.texts[number] for number in destination.tolist()] == ["0.0.0.0", "255.255.255.255", "0.0.0.0", "0.0.0.0"]


def test_two_threads_may_ask_at_once() -> None:
    book = AddressBook()
    wrong: list[str] = []

    def ask(seed: int) -> None:
        chance = np.random.default_rng(seed)
        for _ in range(30):
            numbers = chance.integers(0, 1 << 16, 2000).astype(np.uint32)
            pairs = octets([(int(one), int(one) ^ 1) for one in numbers])
            given = [book.ipv4(numbers), book.ipv4_pairs(pairs)[0], book.ipv6(numbers.astype(np.uint64), pairs)]
            expected = [
                [str(IPv4Address(int(one))) for one in numbers],
                [str(IPv4Address(int(one))) for one in numbers],
                [str(IPv6Address(int(high) << 64 | int(low))) for high, low in zip(numbers, pairs, strict=True)],
            ]
            for found, texts in zip(given, expected, strict=True):
                wrong.extend(text for number, text in zip(found.tolist(), texts, strict=True) if book.texts[number] != text)

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(book.texts) == len(set(book.texts))
