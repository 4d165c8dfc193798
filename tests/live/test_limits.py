"""Limits and rings as arithmetic, and the preset of minutes."""

import pytest

from sipview.live import Limits, Ring
from sipview.live.limits import Watch, amount
from sipview.live.orders import SMALLEST_RING_FILE, Reason

NONE = Limits(packets=None, free_disk=0)


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(packets=100, free_disk=0), "packets"),
        (Limits(packets=None, size=5000, free_disk=0), "size"),
        (Limits(packets=None, duration_s=9.5, free_disk=0), "duration"),
        (Limits(packets=None, free_disk=1000), "free-disk"),
        (Limits(packets=101, size=5001, duration_s=9.6, free_disk=999), None),
        (NONE, None),
    ],
)
def test_each_limit_ends_it_when_it_is_reached_and_not_before(limits: Limits, reason: Reason | None) -> None:
    over = Watch(limits, None, 100).over(9.5, 100, 5000, 999)
    assert (over[0] if over else None) == reason


@pytest.mark.parametrize(("seconds", "words"), [(1.0, "1 second"), (0.5, "0.5 seconds"), (90.0, "90 seconds")])
def test_a_duration_is_told_in_its_number(seconds: float, words: str) -> None:
    over = Watch(Limits(duration_s=seconds, free_disk=0), None, 100).over(seconds, 0, 0, None)
    assert over == ("duration", f"The limit of {words} is reached.")


def test_two_million_packets_are_the_limit_unless_another_is_set() -> None:
    assert Limits().packets == 2_000_000
    assert Watch(Limits(), None, 100).packets_left(1_999_999) == 1
    assert Watch(Limits(), None, 100).packets_left(2_000_001) == 0


def test_the_disk_is_not_looked_at_when_it_is_not_told() -> None:
    assert Watch(Limits(free_disk=1 << 60), None, 100).over(0, 0, 0, None) is None


@pytest.mark.parametrize(("file_bytes", "room"), [(0, 10), (500, 5), (901, 1), (5000, 1)])
def test_no_more_packets_are_taken_at_once_than_surely_fit(file_bytes: int, room: int) -> None:
    assert Watch(NONE, Ring(3, size=1000), 100).room(file_bytes, 0) == room
    assert Watch(Limits(packets=None, size=1000, free_disk=0), None, 100).room(0, file_bytes) == room


def test_a_file_of_a_ring_is_full_before_a_packet_could_make_it_too_large() -> None:
    watch = Watch(NONE, Ring(3, size=1000), 100)
    assert not watch.file_is_full(900, 0)
    assert watch.file_is_full(901, 0)


def test_a_file_of_a_ring_gets_old() -> None:
    watch = Watch(NONE, Ring(3, seconds=10), 100)
    watch.file_begun(100.0)
    assert not watch.file_is_full(1 << 40, 109.9)
    assert watch.file_is_full(0, 110.0)


def test_without_a_ring_no_file_is_full() -> None:
    assert not Watch(NONE, None, 100).file_is_full(1 << 40, 1e9)


def test_a_ring_of_minutes_holds_them_always() -> None:
    ring = Ring.of_minutes(5, size=110 << 20)
    assert ring.seconds is not None
    assert (ring.files - 1) * ring.seconds == 300  # the newest file may have just begun
    assert ring.size == 10 << 20
    assert Ring.of_minutes(5).size is None
    assert Ring.of_minutes(5, size=1).size == SMALLEST_RING_FILE


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (1023, "1,023 bytes"),
        (1024, "1.0 KiB"),
        (150 << 20, "150 MiB"),
        (5 << 30, "5.0 GiB"),
        (1 << 41, "2.0 TiB"),
    ],
)
def test_sizes_are_told_in_units_that_people_read(size: int, text: str) -> None:
    assert amount(size) == text
