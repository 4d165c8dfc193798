"""Moments as integer nanoseconds, and their texts with just the digits that the file had."""

NANOSECONDS = 1_000_000_000


def epoch_text(time_ns: int, digits: int = 6) -> str:
    """Seconds since the epoch as a decimal text with ``digits`` fractional digits (0 to 9), cut and not rounded.

    Cutting is exact: a file with microseconds has zeros in the digits that are left out.
    """
    if digits == 6 and time_ns >= NANOSECONDS:  # nearly all files, and each line of a list: cutting is quicker than reckoning
        text = str(time_ns)
        return f"{text[:-9]}.{text[-9:-3]}"
    if time_ns < 0:
        return "-" + epoch_text(-time_ns, digits)
    whole, fraction = divmod(time_ns, NANOSECONDS)
    if digits <= 0:
        return str(whole)
    return f"{whole}.{fraction:09d}"[: len(str(whole)) + 1 + min(digits, 9)]


def seconds(duration_ns: int) -> float:
    """A duration in seconds."""
    return duration_ns / NANOSECONDS
