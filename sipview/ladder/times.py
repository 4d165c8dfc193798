"""The time column and the pauses: moments and durations as texts."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from statistics import median_low
from typing import Literal

from sipview.values import NANOSECONDS, epoch_text

TimeMode = Literal["absolute", "start", "delta"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STEPS_TO_JUDGE = 4
_TIMES_THE_USUAL = 4


def signed_seconds(duration_ns: int, digits: int) -> str:
    """A duration in seconds, rounded to ``digits`` digits: ``1.689``."""
    return f"{duration_ns / NANOSECONDS:.{digits}f}"


def wall_clock(time_ns: int, zone: tzinfo | None, digits: int) -> str:
    """The time of day, ``14:13:22.685``, cut and not rounded; a moment outside of the calendar as seconds since the epoch.

    ``zone`` None is the time zone of this machine.
    """
    calendar = _calendar(time_ns, zone)
    return epoch_text(time_ns, digits) if calendar is None else f"{calendar[11:19]}{_fraction(time_ns, digits)}"


def date_and_time(time_ns: int, zone: tzinfo | None) -> str:
    """Date, time with all nine digits and zone: ``2024-05-03 14:13:22.685798000 +02:00``."""
    calendar = _calendar(time_ns, zone)
    return epoch_text(time_ns, 9) if calendar is None else f"{calendar[:19]}{_fraction(time_ns, 9)} {calendar[19:]}"


def _calendar(time_ns: int, zone: tzinfo | None) -> str | None:
    """``2024-05-03 14:13:22+02:00``, or None: hostile files name years that no calendar has."""
    try:
        return (_EPOCH + timedelta(seconds=time_ns // NANOSECONDS)).astimezone(zone).isoformat(" ")
    except (OverflowError, ValueError, OSError):
        return None


def _fraction(time_ns: int, digits: int) -> str:
    return f".{time_ns % NANOSECONDS:09d}"[: digits + 1] if digits else ""


def time_texts(times_ns: Sequence[int], mode: TimeMode, zone: tzinfo | None, digits: int) -> list[str]:
    """What the time column says of each moment."""
    if mode == "absolute":
        return [wall_clock(time_ns, zone, digits) for time_ns in times_ns]
    if mode == "start":
        return [signed_seconds(time_ns - times_ns[0], digits) for time_ns in times_ns]
    return [
        f"{(now - before) / NANOSECONDS:+.{digits}f}" for before, now in zip([*times_ns[:1], *times_ns], times_ns, strict=False)
    ]


def find_pauses(times_ns: Sequence[int], at_least_ns: int) -> dict[int, str]:
    """Which moments follow a pause worth a break in the drawing, and its length in words.

    It lasts ``at_least_ns`` and is large against what is usual in this drawing: four times the median step.
    """
    steps = [now - before for before, now in pairwise(times_ns)]
    threshold_ns = at_least_ns
    if len(steps) >= _STEPS_TO_JUDGE:
        threshold_ns = max(at_least_ns, _TIMES_THE_USUAL * median_low(steps))
    return {number: duration_words(step) for number, step in enumerate(steps, start=1) if step >= threshold_ns}


def duration_words(duration_ns: int) -> str:
    """A pause for people: ``1.7 s``, ``32 s``, ``2 min 05 s``, ``3 h 20 min``, ``2 d 4 h``."""
    tenths = round(duration_ns / (NANOSECONDS // 10))
    if tenths < 100:
        return f"{tenths / 10:.1f} s"
    total = round(duration_ns / NANOSECONDS)
    if total < 60:
        return f"{total} s"
    minutes, second = divmod(total, 60)
    if minutes < 60:
        return f"{minutes} min {second:02d} s"
    hours, minute = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minute:02d} min"
    days, hour = divmod(hours, 24)
    return f"{days} d {hour} h"
