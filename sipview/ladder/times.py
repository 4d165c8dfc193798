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


def time_text(time_ns: int, first_ns: int, before_ns: int, mode: TimeMode, zone: tzinfo | None, digits: int) -> str:
    """What the time column says of a moment: the first one of the drawing and that of the row before are known."""
    if mode == "absolute":
        return wall_clock(time_ns, zone, digits)
    if mode == "start":
        return signed_seconds(time_ns - first_ns, digits)
    return f"{(time_ns - before_ns) / NANOSECONDS:+.{digits}f}"


def longest_time_text(times_ns: Sequence[int], mode: TimeMode, zone: tzinfo | None, digits: int) -> str:
    """The longest of all texts of the time column, without making them all."""
    first = times_ns[0]
    if mode == "delta":
        steps = [now - before for before, now in pairwise(times_ns)] or [0]
        extremes = [(first + min(steps), first), (first + max(steps), first)]
    else:
        extremes = [(min(times_ns), first), (max(times_ns), first)]
    return max((time_text(now, first, before, mode, zone, digits) for now, before in extremes), key=len)


def find_pauses(steps_ns: Sequence[int], at_least_ns: int) -> dict[int, int]:
    """Which rows follow a pause worth a break in the drawing, and how long it is; ``steps_ns[0]`` is before the second row.

    It lasts ``at_least_ns`` and is large against what is usual in this drawing: four times the median step.
    """
    threshold_ns = at_least_ns
    if len(steps_ns) >= _STEPS_TO_JUDGE:
        threshold_ns = max(at_least_ns, _TIMES_THE_USUAL * median_low(steps_ns))
    return {number: step for number, step in enumerate(steps_ns, start=1) if step >= threshold_ns}


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
