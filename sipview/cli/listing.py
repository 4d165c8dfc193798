"""The lists: calls, messages, packets."""

import argparse
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING

import msgspec

from sipview.calls import Call, Observed
from sipview.cli.command import Command, JsonLines, UsageError, add_captures, loaded, status_of
from sipview.cli.table import Column, print_list
from sipview.index import PacketIndex
from sipview.session import Analysis, Snapshot, Taken, message_word
from sipview.session.call_object import call_object
from sipview.session.wording import duration_words
from sipview.sip import Facts
from sipview.values import Transport, epoch_text, seconds

if TYPE_CHECKING:
    from sipview.filter import BooleanArray

_CALL_COLUMNS = (
    Column("#", right=True), Column("Start", right=True), Column("From", least=16), Column("To", least=16), Column("State"),
    Column("Status", least=16), Column("Rang after", right=True, spare=2), Column("Talked", right=True, spare=1),
    Column("Hung up by", spare=3), Column("Messages", right=True, spare=4),
)  # fmt: skip
_MESSAGE_COLUMNS = (
    Column("Frame", right=True), Column("Time", right=True), Column("Source", least=21), Column("Destination", least=21),
    Column("Transport", spare=5), Column("Message", least=24), Column("CSeq", least=14, spare=2),
    Column("From", least=17, spare=3), Column("To", least=17, spare=4), Column("Call-ID", least=12, spare=1),
)  # fmt: skip


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="JSON Lines: one object a line")


def _add_filter(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--filter", metavar="TEXT", help="only what this display filter lets through, written as in Wireshark")


def _mask(options: argparse.Namespace, analysis: Analysis) -> "BooleanArray | None":
    """Which packets the filter lets through, or None where there is no filter. Raises `FilterError`."""
    if options.filter is None:
        return None
    # Brings the grammar, which a list without a filter does without.
    from sipview.filter import FilterError, parse  # noqa: PLC0415

    try:
        return parse(options.filter).evaluate(analysis.fields())
    except FilterError as error:
        raise UsageError(f"--filter: {error.sentence} (at character {error.start + 1})") from error


# calls


def _calls(options: argparse.Namespace) -> int:
    with loaded(options) as (_, snapshot):
        if options.json:
            lines = JsonLines()
            for call in snapshot.conversations.calls:
                lines.add(call_object(call, snapshot))
            lines.flush()
        else:
            calls = snapshot.conversations.calls
            print_list(
                _CALL_COLUMNS,
                (_call_row(call, snapshot) for call in calls),
                f"No calls among {len(snapshot.messages):,} SIP messages in {snapshot.packets:,} packets.",
                _call_row(calls[-1], snapshot) if calls else None,
            )
        return status_of(snapshot)


def _call_row(call: Call, snapshot: Snapshot) -> tuple[str, ...]:
    if call.status is not None:
        status = f"{call.status} {call.reason or ''}".strip()
    else:
        status = f"without {call.missing}" if call.missing else ""
    return (
        str(call.number), f"{seconds(call.start_ns - _first_ns(snapshot)):.3f}", call.caller, call.callee, call.state, status,
        _duration(call.ring_delay_ns), _duration(call.talk_time_ns), call.hung_up_by or "", str(len(call.messages)),
    )  # fmt: skip


def _duration(duration_ns: int | None) -> str:
    return "" if duration_ns is None else duration_words(duration_ns)


# messages


def _messages(options: argparse.Namespace) -> int:
    needs_calls = options.call is not None or options.filter is not None
    if options.json and not needs_calls:
        return _all_messages_as_json(options)
    with loaded(options, judge_calls=needs_calls) as (analysis, snapshot):
        chosen = snapshot.messages
        if needs_calls:
            chosen = list(_chosen_messages(options, analysis, snapshot))
        if options.json:
            lines = JsonLines()
            for observed in chosen:
                assert snapshot.index is not None, "where there is a message there is an index"
                original = snapshot.conversations.retransmission_of[observed.position]
                lines.add(message_object(observed, snapshot.messages[original] if original >= 0 else None, snapshot.index))
            lines.flush()
        else:
            print_list(
                _MESSAGE_COLUMNS,
                (_message_row(observed, snapshot) for observed in chosen),
                f"No SIP messages to show among {snapshot.packets:,} packets.",
                _message_row(chosen[-1], snapshot) if chosen else None,
            )
        return status_of(snapshot)


def _chosen_messages(options: argparse.Namespace, analysis: Analysis, snapshot: Snapshot) -> Iterator[Observed]:
    if options.filter is not None:
        analysis.know_packets()
    positions = None
    if options.call is not None:
        positions = set(find_call(snapshot, options.call).messages)
    mask = _mask(options, analysis)
    for observed in snapshot.messages:
        if (positions is None or observed.position in positions) and (mask is None or mask[observed.row]):
            yield observed


def _all_messages_as_json(options: argparse.Namespace) -> int:
    """Print the messages while others are still read: printing is a fifth of the work."""
    lines = JsonLines()

    def taken(index: PacketIndex, messages: Iterable[Taken]) -> None:
        for observed, original in messages:
            lines.add(message_object(observed, original, index))

    with loaded(options, judge_calls=False, taken=taken) as (_, snapshot):
        lines.flush()
        return status_of(snapshot)


class MessageObject(msgspec.Struct, gc=False, rename={"from_uri": "from", "to_uri": "to"}):
    """One message with the keys of the command line's contract."""

    frame: int
    time: str
    source: str
    destination: str
    transport: Transport
    method: str | None
    status: int | None
    reason: str | None
    call_id: str
    cseq: str
    from_uri: str
    to_uri: str
    retransmission_of: int | None
    problems: tuple[str, ...]


def message_object(observed: Observed, original: Observed | None, index: PacketIndex) -> MessageObject:
    """One message as it is told, and the one that it repeats."""
    row, facts = observed.row, observed.facts
    return MessageObject(
        row + 1,
        epoch_text(observed.time_ns, index.time_digits(row)),
        str(observed.source),
        str(observed.destination),
        observed.transport,
        facts.method,
        facts.status,
        facts.reason,
        facts.call_id,
        _cseq(facts),
        facts.from_uri,
        facts.to_uri,
        None if original is None else original.row + 1,
        facts.problems,
    )


def _cseq(facts: Facts) -> str:
    number = facts.cseq_number
    return facts.cseq_method if number is None else f"{number} {facts.cseq_method}".rstrip()


def _message_row(observed: Observed, snapshot: Snapshot) -> tuple[str, ...]:
    facts = observed.facts
    repeated = " (repeated)" if snapshot.conversations.retransmission_of[observed.position] >= 0 else ""
    relative = epoch_text(observed.time_ns - _first_ns(snapshot))
    ends = (str(observed.source), str(observed.destination), observed.transport)
    said = (message_word(observed) + repeated, _cseq(facts), facts.from_uri, facts.to_uri, facts.call_id)
    return (str(observed.row + 1), relative, *ends, *said)


def _first_ns(snapshot: Snapshot) -> int:
    return int(snapshot.index.time_ns[0]) if snapshot.index is not None and snapshot.packets else 0


def find_call(snapshot: Snapshot, text: str) -> Call:
    """The call of that number, or else of that Call-ID. Raises `UsageError` where there is none."""
    calls = snapshot.conversations.calls
    numbered = (call for call in calls if str(call.number) == text)
    named = (call for call in calls if any(leg.call_id == text for leg in call.legs))
    found = next(chain(numbered, named), None)
    if found is not None:
        return found
    count = len(calls)
    known = f"the calls are numbered 1 to {count}" if count else "there are no calls"
    raise UsageError(f"no call {text} in this capture: {known}")


# packets


def _packets(options: argparse.Namespace) -> int:
    # Makes its lines of tables that the other lists do without.
    from sipview.cli.packet_list import Packets, print_packets, print_packets_as_json  # noqa: PLC0415

    with loaded(options) as (analysis, snapshot):
        index = snapshot.index
        if index is None:
            return status_of(snapshot)
        analysis.know_packets()
        packets = Packets(index, {observed.row: observed for observed in snapshot.messages}, analysis.quoted)
        (print_packets_as_json if options.json else print_packets)(packets, packets.rows(_mask(options, analysis)))
        return status_of(snapshot)


def _add_calls_arguments(parser: argparse.ArgumentParser) -> None:
    add_captures(parser)
    _add_json(parser)


def _add_messages_arguments(parser: argparse.ArgumentParser) -> None:
    add_captures(parser)
    parser.add_argument("--call", metavar="ID", help="only the messages of that call: its number, or a Call-ID")
    _add_filter(parser)
    _add_json(parser)


def _add_packets_arguments(parser: argparse.ArgumentParser) -> None:
    add_captures(parser)
    _add_filter(parser)
    _add_json(parser)


COMMANDS = (
    Command(
        "calls", "the calls, one a line",
        "The calls of a capture: who called whom and what became of it, after what time it rang, how long they talked, who "
        "hung up. Start is in seconds from the first packet. The number of a call is what other commands take (--call).",
        "sipview calls office.pcap --json", _add_calls_arguments, _calls,
    ),
    Command(
        "messages", "the SIP messages, one a line",
        "The SIP messages of a capture. Frame is the number of the packet that completes a message, which sipview explain "
        "--frame takes; Time is in seconds from the first packet.",
        "sipview messages office.pcap --call 3", _add_messages_arguments, _messages,
    ),
    Command(
        "packets", "the packets, one a line", "The packets of a capture. Time is in seconds from the first packet.",
        'sipview packets office.pcap --filter "sip || icmp"', _add_packets_arguments, _packets,
    ),
)  # fmt: skip
