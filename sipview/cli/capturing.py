"""Live capture without a window: what can be captured on, and capturing it into a file."""

import argparse
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import json

from sipview import environment
from sipview.cli.command import JsonLines, OutputError, UsageError, say
from sipview.cli.hunting import Hunt, add_hunting_arguments, ring_of, trigger_of
from sipview.cli.keeping import leave, recover, save_ended, tell_recoverable
from sipview.cli.table import Column, print_words
from sipview.live import (
    PRESETS,
    Capture,
    CaptureInterface,
    Choice,
    Ended,
    InterfaceList,
    Limits,
    Notice,
    Order,
    Progress,
    Source,
    Started,
    begin,
    being_written,
    check_filter,
    list_interfaces,
)
from sipview.live.limits import amount
from sipview.live.orders import DEFAULT_FREE_DISK, DEFAULT_PACKETS, SMALLEST_RING_FILE
from sipview.live.presets import SIP_PORTS, WHOLE
from sipview.live.remote import Host
from sipview.session.call_watch import Trigger
from sipview.values import visible

_INTERFACE_COLUMNS = (
    Column("Name"), Column("Label", least=8), Column("Kind"), Column("IPv4", least=15), Column("IPv6", least=10),
    Column("State", least=6), Column("Remark", least=16),
)  # fmt: skip
_SHOW_EVERY_S = 0.25
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?", re.IGNORECASE)
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|min|h|d|)", re.IGNORECASE)
_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_SECONDS = {"": 1, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}


def interfaces(options: argparse.Namespace) -> int:
    """List what can be captured on; returns the exit status."""
    listed = list_interfaces()
    if options.json:
        lines = JsonLines()
        for interface in listed.interfaces:
            lines.add(interface)
        lines.flush()
    else:
        print_words(_INTERFACE_COLUMNS, (_row(one) for one in listed.interfaces), "There is nothing to capture on.")
    if listed.problem:
        say(listed.problem)
    return 0 if any(one.usable for one in listed.interfaces) else 1


def _row(one: CaptureInterface) -> tuple[str, ...]:
    remarks = [one.why_not, one.description]
    if one.default_route:
        remarks.append("default route")
    if one.left_out:
        remarks.append(f'not part of "all": {one.left_out}')
    state = ("up" if one.up else "down") + ("" if one.usable else ", not usable")
    return (
        one.name,
        one.label,
        one.kind,
        " ".join(one.ipv4),
        " ".join(one.ipv6),
        state,
        "; ".join(text for text in remarks if text),
    )


def capture(options: argparse.Namespace) -> int:
    """Capture into a file until a limit or Ctrl+C ends it; returns the exit status."""
    spool = environment.spool_folder()
    path = _target(options.write)
    if options.recover:
        return recover(spool, path)
    sources, descriptions = _sources(options)
    choice = _choice(options, sources)
    ring, trigger = ring_of(options), trigger_of(options)
    if path.resolve() in being_written(spool):
        raise UsageError(f"another capture is running that will be saved to {path}; choose another name")
    tell_recoverable(spool)
    try:
        copy = begin(spool)
    except OSError as error:
        raise OutputError(f"nothing can be captured into {spool}: {error.strerror or error}") from error
    try:
        order = Order(str(copy.folder), sources, choice, options.snaplen, options.promiscuous, _limits(options), ring)
        try:
            copy.describe(order, descriptions, path, json.encode(trigger).decode())
        except OSError as error:
            raise OutputError(f"nothing can be captured into {copy.folder}: {error.strerror or error}") from error
        ended = _run(order, trigger)
        copy.ended(ended)
        return save_ended(copy, path, ended)
    except OutputError as error:
        say(str(error))  # before where the packets are now
        return 1
    finally:
        leave(copy)


def _run(order: Order, trigger: Trigger | None) -> Ended:
    """Capture until it is over, by a limit, a failed call, a signal or a fault; tells about it on standard error."""
    capture = Capture(order)
    show = _ProgressLine(order)
    hunt: Hunt | None = None
    try:
        with _stopped_by_signals(capture):
            while capture.ended is None:
                event = capture.next_event(1.0)
                if isinstance(event, Started):
                    open_ones = ", ".join(visible(tap.title) for tap in event.taps if not tap.lost)
                    show.say(f"capturing {open_ones}; Ctrl+C ends it")
                    if trigger is not None:
                        show.say(f"waiting for a call that {trigger.failure}")
                        hunt = show.hunt = Hunt(capture, trigger, show.say)
                elif isinstance(event, Notice):
                    show.say(event.sentence)
                elif isinstance(event, Progress):
                    show.update(event)
    finally:
        show.clear()
        if hunt is not None:
            hunt.end()
        capture.close()
    for event in capture.events():
        if isinstance(event, Notice):
            show.say(event.sentence)
    return capture.ended


@contextmanager
def _stopped_by_signals(capture: Capture) -> Iterator[None]:
    """While this lasts, Ctrl+C, a closed terminal and a polite kill end the capture, and what was captured is saved."""
    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)]
    before = {number: signal.signal(number, lambda *_: capture.stop()) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _ProgressLine:
    """One line on a terminal that is written over; where standard error is no terminal, only what is said."""

    def __init__(self, order: Order) -> None:
        self._limits = order.limits
        self._terminal = sys.stderr.isatty()
        self._shown_at = 0.0
        self._width = 0
        self._last: Progress | None = None
        self.hunt: Hunt | None = None

    def say(self, sentence: str) -> None:
        self.clear()
        say(sentence)

    def update(self, progress: Progress) -> None:
        now = time.monotonic()
        if not self._terminal or now - self._shown_at < _SHOW_EVERY_S:
            return
        last, self._last, self._shown_at = self._last, progress, now
        rate = 0.0
        if last is not None and progress.elapsed_s > last.elapsed_s:
            rate = (progress.packets - last.packets) / (progress.elapsed_s - last.elapsed_s)
        of = f" of {self._limits.packets:,}" if self._limits.packets is not None else ""
        minutes, seconds = divmod(int(progress.elapsed_s), 60)
        load = 100 * progress.cpu_s / max(progress.elapsed_s, 1.0)  # it has begun before its clock
        text = (
            f"{minutes:02d}:{seconds:02d}  {progress.packets:,}{of} packets  {rate:,.0f}/s  {progress.dropped:,} dropped  "
            f"{amount(progress.kept_bytes)}  {load:.0f}% CPU"
        )
        if self.hunt is not None:
            text += f"  {self.hunt.remark}"
        print(f"\r{text:<{self._width}}", end="", file=sys.stderr, flush=True)
        self._width = len(text)

    def clear(self) -> None:
        if self._width:
            print(f"\r{'':<{self._width}}\r", end="", file=sys.stderr, flush=True)
            self._width = 0


def _target(text: str) -> Path:
    path = Path(text)
    if text == "-":
        raise UsageError("a capture is saved to a file, as it is put in order at the end; to pipe packets, use tcpdump -w -")
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} is no file")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"there is no folder {path.absolute().parent}")
    return path


def _sources(options: argparse.Namespace) -> tuple[tuple[Source, ...], list[str]]:
    """Where to capture, and what people call it."""
    if options.hep is not None:
        if options.interface or options.ssh:
            raise UsageError("--hep takes what agents send; it goes without -i and --ssh")
        host, port = options.hep
        return (Source("hep", host=host, port=port),), ["HEP"]
    if options.ssh is not None:
        names = options.interface or ["any"]
        if "all" in names:
            raise UsageError("with --ssh, name the interfaces, or any (which is the default)")
        other: Host = options.ssh
        return tuple(Source("ssh", name, other.address, other.port) for name in names), ["by ssh"] * len(names)
    if not options.interface:
        raise UsageError("say where to capture: -i NAME (see sipview interfaces), -i all, --ssh user@host, or --hep PORT")
    unique = _chosen(options.interface, list_interfaces())
    return tuple(Source("local", one.name, label="" if one.kind == "any" else one.label) for one in unique), [
        one.label if one.label != one.name else one.description for one in unique
    ]


def _chosen(names: list[str], listed: InterfaceList) -> list[CaptureInterface]:
    """The interfaces that are meant; tells of those among them that are left out.

    Raises `UsageError` for a name that there is not, `OutputError` where none is left: what was typed is right then, but a
    right is missing, or the interface is switched off.
    """
    named = [_named(name, listed) for name in names if name != "all"]
    found = [one for one in named if one.usable]
    left_out = {one.name: f"{one.label} ({one.why_not.rstrip('.')})" for one in named if not one.usable}
    if "all" in names:
        found += listed.all
        for one in listed.interfaces:
            why = one.why_not if one.in_all else one.left_out
            if one not in found and one.kind != "any":
                left_out.setdefault(one.name, f"{one.label} ({why.rstrip('.')})")
    if not found:
        why = "; ".join(left_out.values()) or "there is no interface"
        raise OutputError(listed.problem or f"nothing can be captured on: {visible(why, 2000)}")
    if left_out:
        say(f"left out: {visible('; '.join(left_out.values()), 2000)}")
    return list(dict.fromkeys(found))


def _named(name: str, listed: InterfaceList) -> CaptureInterface:
    one = listed.find(name)
    if one is None:
        if not listed.interfaces:
            raise OutputError(listed.problem or "there is nothing to capture on")
        there = (one.label if one.name.startswith("\\Device") else one.name for one in listed.interfaces)
        raise UsageError(f"there is no interface {name}; there are: {', '.join(there)}")
    return one


def _choice(options: argparse.Namespace, sources: tuple[Source, ...]) -> Choice:
    if options.filter is None:
        return Choice(options.preset, tuple(options.port or SIP_PORTS))
    if options.preset != "everything" or options.port:
        raise UsageError("--filter stands alone: without --preset and --port")
    here = any(source.kind == "local" for source in sources)
    if here or options.stop_on_one_way is not None:
        checked = check_filter(options.filter)
        if here and checked.fault is not None:
            fault = checked.fault
            raise UsageError(f"--filter: {fault.sentence.rstrip('.')} (at character {fault.start + 1})")
        if options.stop_on_one_way is not None and not checked.takes_sound:
            raise UsageError("--stop-on-one-way needs RTP, and none passes this --filter; let it take UDP of other ports too")
    return Choice(expression=options.filter)


def _limits(options: argparse.Namespace) -> Limits:
    ring = ring_of(options) is not None
    packets = options.packets if options.packets is not None else None if ring else DEFAULT_PACKETS
    return Limits(packets or None, options.size, options.duration, options.free_disk)


def _size(text: str) -> int:
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no size; write it like 500M or 2G")
    return int(float(match.group(1)) * _UNITS[match.group(2).lower()])


def _ring_size(text: str) -> int:
    size = _size(text)
    if size < SMALLEST_RING_FILE:
        raise argparse.ArgumentTypeError(f"a file of a ring has at least {amount(SMALLEST_RING_FILE)}")
    return size


def _duration(text: str) -> float:
    match = _DURATION.fullmatch(text.strip())
    if match is None or not float(match.group(1)):
        raise argparse.ArgumentTypeError(f"{text!r} is no duration; write it like 90s, 15m or 2h")
    return float(match.group(1)) * _SECONDS[match.group(2).lower()]


def _whole_number(least: int, most: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number from {least:,} to {most:,}")
        return int(text)

    return number


def _ssh(text: str) -> Host:
    user, at, host = text.rpartition("@")
    found = re.fullmatch(r"\[(.+)\](?::(\d+))?", host) or re.fullmatch(r"([^:]+):(\d+)", host)
    name, port = found.groups() if found is not None else (host, None)
    if not name or (port is not None and not 1 <= int(port) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is no host; write it like user@pbx, user@pbx:2222 or user@[2001:db8::1]")
    return Host(f"{user}{at}{name}", int(port or 0))


def _hep(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or not 1 <= int(port) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; write it like 9060 or 192.0.2.1:9060")
    return host.removeprefix("[").removesuffix("]"), int(port)


def add_interfaces_arguments(parser: argparse.ArgumentParser) -> None:
    """What ``sipview interfaces`` takes."""
    parser.add_argument("--json", action="store_true", help="JSON Lines: one object a line")


def add_capture_arguments(parser: argparse.ArgumentParser) -> None:
    """What ``sipview capture`` takes."""
    where = parser.add_argument_group("where")
    where.add_argument(
        "-i", "--interface", metavar="NAME", action="append", default=[], help="an interface, several, all, or any"
    )
    where.add_argument(
        "-w", "--write", metavar="FILE", required=True, help="save to this file: .pcap as pcap, others as pcapng"
    )
    where.add_argument("--promiscuous", action="store_true", help="also frames that are meant for other computers")
    where.add_argument(
        "--ssh",
        metavar="USER@HOST",
        type=_ssh,
        help="capture on that computer, by its tcpdump or dumpcap (USER@HOST:PORT where ssh's settings do not know the port)",
    )
    where.add_argument(
        "--hep", metavar="PORT", type=_hep, help="take what HEP agents send to this UDP and TCP port (or ADDRESS:PORT)"
    )
    where.add_argument("--recover", action="store_true", help="save a capture that a crash left behind, instead of capturing")
    which = parser.add_argument_group("which packets")
    which.add_argument(
        "--preset",
        choices=tuple(PRESETS),
        default="everything",
        help="; ".join(f"{name}: {text}" for name, text in PRESETS.items()),
    )
    which.add_argument(
        "--port",
        metavar="N",
        type=_whole_number(1, 65535),
        action="append",
        help="a SIP port for the presets (default: 5060, 5061)",
    )
    which.add_argument("--filter", metavar="BPF", help="a capture filter of your own, as tcpdump has it")
    which.add_argument(
        "--snaplen",
        metavar="BYTES",
        type=_whole_number(64, WHOLE),
        default=WHOLE,
        help="keep only the beginning of each packet",
    )
    until = parser.add_argument_group("until when")
    until.add_argument(
        "--packets",
        metavar="N",
        type=_whole_number(0, 1 << 40),
        help=f"stop after N packets (default: {DEFAULT_PACKETS:,}, with a ring 0: no limit)",
    )
    until.add_argument("--size", metavar="SIZE", type=_size, help="stop at this size, such as 500M")
    until.add_argument("--duration", metavar="TIME", type=_duration, help="stop after this time, such as 90s, 15m, 2h")
    until.add_argument(
        "--free-disk",
        metavar="SIZE",
        type=_size,
        default=DEFAULT_FREE_DISK,
        help=f"stop when less of the disk is free (default: {amount(DEFAULT_FREE_DISK)})",
    )
    add_hunting_arguments(parser, size=_ring_size, duration=_duration, number=_whole_number)
