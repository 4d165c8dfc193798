"""The sources of an order, opened. One that refuses does not keep the others from being captured: it is left out, and told."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

from sipview.live import permission
from sipview.live.library import PERMISSION_DENIED, PROMISCUOUS_DENIED, Library, LibraryError, LibraryMissing
from sipview.live.orders import STOPPED_BEFORE_IT_BEGAN, Order, Reason, Source, TapState
from sipview.live.piped import GivenUp, PipedTap, dumpcap_command, remote_command
from sipview.live.taps import FilterRefused, PcapTap, Tap, TapError

_ALL_BUFFERS = 256 << 20
"""Bytes of the kernel's memory for the packets of all interfaces, which it takes at once: a PBX may have dozens."""
_THE_SAME_ANYWHERE: frozenset[Reason] = frozenset({"filter", "library-missing"})  # whichever source refuses for it


class Refused(Exception):
    """The capture, or one source of it, cannot begin. ``reason`` is for programs, the text for people.

    ``title`` is the source; then the text is why it refuses, without the full stop.
    """

    def __init__(self, reason: Reason, sentence: str, title: str = "") -> None:
        super().__init__(sentence)
        self.reason: Reason = reason
        self.title = title


class ClosedTap:
    """Stands for a source that could not be opened, so that the others keep their places in the order."""

    notice = refused = ""
    packets = bytes = bytes_in_all = 0

    def __init__(self, title: str, why: str) -> None:
        self._state = TapState(title, "", 0, 0, dropped=0, dropped_by_interface=0, lost=f"{title}: {why}")

    def take(self, most: int) -> int:
        """Nothing comes."""
        del most
        raise TapError(self._state.lost)

    def begin_file(self, name: str) -> None:
        """It has no files."""

    def flush(self) -> None:
        """Nothing waits."""

    def state(self) -> TapState:
        """Why it is left out."""
        return self._state

    def finish(self) -> None:
        """Nothing to ask."""

    def close(self) -> None:
        """Nothing to close."""


def opened(order: Order, unwanted: Callable[[], bool]) -> tuple[list[Tap], str]:
    """The sources of an order, in their places, and a sentence about those that refuse ("" where none does).

    Raises `Refused` where all refuse. ``unwanted`` is asked while another computer is waited for.
    """
    taps: list[Tap] = []
    refusals: list[Refused] = []
    order = replace(order, buffer_bytes=min(order.buffer_bytes, _ALL_BUFFERS // max(1, len(order.sources))))
    for source in order.sources:
        try:
            taps.append(_opened(source, order, unwanted))
        except Refused as refused:
            refusals.append(refused)
            taps.append(ClosedTap(source.title, str(refused)))
        except GivenUp as error:
            for tap in taps:
                tap.close()
            raise Refused("asked", STOPPED_BEFORE_IT_BEGAN) from error
    told = _by_reason(refusals)
    if len(refusals) == len(taps):
        raise Refused(refusals[0].reason if refusals else "failed", _why_none(refusals))
    return taps, " ".join(f"Captured without {titles}: {why}." for why, titles in told.items())


def _by_reason(refusals: list[Refused]) -> dict[str, str]:
    """Why to which sources, as several often refuse for the same."""
    titles: dict[str, list[str]] = {}
    for refused in refusals:
        titles.setdefault(str(refused), []).append(refused.title)
    return {why: ", ".join(dict.fromkeys(names)) for why, names in titles.items()}


def _why_none(refusals: list[Refused]) -> str:
    told = _by_reason(refusals)
    if len(told) == 1 and refusals[0].reason in _THE_SAME_ANYWHERE:
        (why,) = told
        return f"{why[:1].upper()}{why[1:]}."
    return " ".join(f"{titles}: {why}." for why, titles in told.items()) or "There is nothing to capture on."


def _opened(source: Source, order: Order, unwanted: Callable[[], bool]) -> Tap:
    """One source. Raises `Refused` with its title, `GivenUp`."""
    try:
        if source.kind == "hep":
            from sipview.live.hep_tap import HepTap  # noqa: PLC0415 - numpy, which all others do without

            return HepTap(source, order)
        if source.kind == "ssh":
            return PipedTap(source, remote_command(source, order), "ssh", unwanted)
        return _local(source, order)
    except GivenUp:
        raise
    except FilterRefused as error:
        raise Refused("filter", f"the capture filter does not work: {error}", source.title) from error
    except TapError as error:
        raise Refused("failed", str(error).removeprefix(f"{source.title}: "), source.title) from error
    except LibraryError as error:
        raise Refused("failed", str(error), source.title) from error


def _local(source: Source, order: Order) -> Tap:
    try:
        return PcapTap(_library(source), source, order)
    except LibraryError as error:
        if error.code not in {PERMISSION_DENIED, PROMISCUOUS_DENIED}:
            raise
        dumpcap = permission.usable_dumpcap(source.name)
        if dumpcap is None:
            raise Refused("not-permitted", permission.how_to_permit(), source.title) from error
        return PipedTap(source, dumpcap_command(dumpcap, source, order), "dumpcap")


def _library(source: Source) -> Library:
    try:
        return _loaded()
    except LibraryMissing as error:
        raise Refused("library-missing", str(error).rstrip("."), source.title) from error


@cache
def _loaded() -> Library:
    return Library()
