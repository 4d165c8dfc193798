"""When a capture, and a file of a ring, is over: plain arithmetic, without a clock of its own."""

from sipview.live.orders import Limits, Reason, Ring

_ENDLESS = 1 << 62


def amount(size: int) -> str:
    """A size for people, in the units of 1024."""
    value = float(size)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if value < 1024:
            return f"{value:,.0f} {unit}" if unit == "bytes" or value >= 100 else f"{value:,.1f} {unit}"
        value /= 1024
    return f"{value:,.1f} TiB"


class Watch:
    """Watches limits and ring. ``longest`` is how many bytes one packet can take in a file."""

    def __init__(self, limits: Limits, ring: Ring | None, longest: int) -> None:
        self._limits, self._ring, self._longest = limits, ring, longest
        self._file_begun = 0.0

    def room(self, file_bytes: int, all_bytes: int) -> int:
        """How many packets can be written before a size has to be looked at again, 1 at least."""
        rooms = [_ENDLESS]
        if self._ring is not None and self._ring.size is not None:
            rooms.append((self._ring.size - file_bytes) // self._longest)
        if self._limits.size is not None:
            rooms.append((self._limits.size - all_bytes) // self._longest)
        return max(1, min(rooms))

    def packets_left(self, packets: int) -> int:
        """How many packets may still be written."""
        return _ENDLESS if self._limits.packets is None else max(0, self._limits.packets - packets)

    def file_begun(self, now: float) -> None:
        """A file of the ring begins at this monotonic time."""
        self._file_begun = now

    def file_is_full(self, file_bytes: int, now: float) -> bool:
        """Whether another packet could make the file larger than the ring allows, or it is old enough."""
        if self._ring is None:
            return False
        if self._ring.size is not None and file_bytes + self._longest > self._ring.size:
            return True
        return self._ring.seconds is not None and now - self._file_begun >= self._ring.seconds

    def over(self, elapsed_s: float, packets: int, size: int, free_disk: int | None) -> tuple[Reason, str] | None:
        """The reason and a sentence where a limit is reached.

        ``size`` is what was written in all; ``free_disk`` None: it is not looked at.
        """
        limits = self._limits
        if limits.packets is not None and packets >= limits.packets:
            return "packets", f"The limit of {limits.packets:,} packets is reached."
        if limits.size is not None and size >= limits.size:
            return "size", f"The limit of {amount(limits.size)} is reached."
        if limits.duration_s is not None and elapsed_s >= limits.duration_s:
            unit = "second" if limits.duration_s == 1 else "seconds"
            return "duration", f"The limit of {limits.duration_s:g} {unit} is reached."
        if free_disk is not None and free_disk < limits.free_disk:
            return (
                "free-disk",
                f"Only {amount(free_disk)} are free on the disk; the capture leaves {amount(limits.free_disk)} to others.",
            )
        return None
