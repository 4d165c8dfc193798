"""Whether RTP can pass a capture filter, told before the capture starts: whoever waits for lost sound must see sound.

A compiled filter is a small program without loops that looks at bytes of a frame. It is walked with frames of RTP of which only
that is fixed which makes them RTP: what a filter asks of the rest (addresses, ports, tags) is granted, so the question is
whether any RTP can pass, not whether some example does. What cannot be followed counts as passing: a filter is called deaf only
where it certainly is.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from operator import add, and_, mul, or_, sub, xor
from typing import NamedTuple

from sipview.live.library import Instruction
from sipview.live.presets import SIP_PORTS

# <net/bpf.h>: classes of instructions, and their parts
_LOAD, _LOAD_X, _STORE, _STORE_X, _RECKON, _JUMP, _RETURN = range(7)
_SIZES = {0x00: 4, 0x08: 2, 0x10: 1}
_IMMEDIATE, _INDIRECT, _MEMORY, _LENGTH, _HEADER_LENGTH = 0x00, 0x40, 0x60, 0x80, 0xA0
_ALWAYS, _EQUAL, _GREATER, _AT_LEAST, _BIT_SET = 0x00, 0x10, 0x20, 0x30, 0x40
_BY_X, _RETURN_A, _TO_A = 0x08, 0x10, 0x80
_AND, _LEFT, _RIGHT = 0x50, 0x60, 0x70
_ARITHMETIC: dict[int, Callable[[int, int], int]] = {0x00: add, 0x10: sub, 0x20: mul, 0x40: or_, 0x50: and_, 0xA0: xor}
_COMPARED: dict[int, Callable[[int, int], bool]] = {
    _EQUAL: lambda one, other: one == other,
    _GREATER: lambda one, other: one > other,
    _AT_LEAST: lambda one, other: one >= other,
    _BIT_SET: lambda one, other: one & other != 0,
}
_WORD, _SHORTS = 0xFFFFFFFF, 0xFFFF
_MOST_STATES = 20_000
_BYTES = 400  # of a frame; voice has 214 and more of them

_SIGNALLING = range(5060, 5100)
_REGISTERED = range(1024)  # of the system's services: no RTP goes there
_RTCP = range(192, 224)  # RFC 5761 4: the second octet
_USUAL_PORTS = (1024, 4000, 5100, 10_000, 16_384, 20_000, 30_000, 49_152, 65_534)

_ETHERTYPES = {4: b"\x08\x00", 6: b"\x86\xdd"}
_TAGS = (b"\x81\x00", b"\x88\xa8", b"\x91\x00")
_TUNNELS = (4, 41, 47, 115)  # IP in IP, IPv6 in IP, GRE, L2TPv3; those in UDP have a port as RTP has


class _Frame(NamedTuple):
    """A frame of which the bits in ``mask`` are known. ``ports_at``: where the UDP ports lie, and -1 where there are none."""

    value: int
    mask: int
    ports_at: int

    def asked(self, at: int, size: int) -> tuple[int, int]:
        """``size`` bytes from ``at`` on, and which of their bits are known."""
        shift, bits = 8 * (_BYTES - at - size), (1 << 8 * size) - 1
        return self.value >> shift & bits, self.mask >> shift & bits

    def granted(self, at: int, size: int, value: int, mask: int) -> "_Frame":
        """The frame with these bits known too."""
        shift = 8 * (_BYTES - at - size)
        return self._replace(value=self.value | (value & mask) << shift, mask=self.mask | mask << shift)

    def may_be_rtp(self, sip_ports: Collection[int]) -> bool:
        """Whether what is known lets it be RTP: no port of signalling, no RTCP."""
        if self.ports_at < 0:
            return True
        for at in (self.ports_at, self.ports_at + 2):
            port, known = self.asked(at, 2)
            if known == _SHORTS and (port in sip_ports or port in _SIGNALLING or port in _REGISTERED):
                return False
        octet, known = self.asked(self.ports_at + 9, 1)
        return known != 0xFF or octet not in _RTCP


class _Number(NamedTuple):
    """What a register holds: a number that is known, or ``size`` bytes of the frame ``at`` a place, shifted right and masked.

    With neither, any number.
    """

    value: int | None
    at: int = 0
    size: int = 0
    shift: int = 0
    mask: int = _WORD


_ANY = _Number(None)


class _State(NamedTuple):
    """Where a walk stands: the next instruction, what is known of the frame, the registers, the memory by its places."""

    place: int
    frame: _Frame
    a: _Number = _ANY
    x: _Number = _ANY
    memory: frozenset[tuple[int, _Number]] = frozenset()


def sound_passes(program: Sequence[Instruction], sip_ports: Collection[int] = SIP_PORTS) -> bool:
    """Whether a filter for Ethernet takes any RTP, bare or in a tunnel, that goes between other ports than those of signalling.

    True also where that cannot be told.
    """
    walked: set[_State] = set()
    waiting = [_State(0, frame) for frame in _frames()]
    while waiting:
        state = waiting.pop()
        if state in walked or not state.frame.may_be_rtp(sip_ports):
            continue
        walked.add(state)
        if len(walked) > _MOST_STATES or state.place >= len(program):
            return True
        instruction = program[state.place]
        instruction = instruction._replace(operand=instruction.operand & _WORD)  # ctypes may tell them with a sign
        if instruction.code & 7 != _RETURN:
            waiting += _next(state, instruction)
        elif instruction.code & 0x18 == _RETURN_A or instruction.operand:
            return True
    return False


def _frames() -> Iterator[_Frame]:
    """RTP over IPv4 and IPv6, and tunnels of IP, on Ethernet: bare, behind one tag or two, in PPPoE, behind an MPLS label."""
    for version, ethertype in _ETHERTYPES.items():
        ppp = b"\x00\x21" if version == 4 else b"\x00\x57"
        heads: list[tuple[bytes | int, ...]] = [(12, ethertype), (12, b"\x88\x64\x11\x00", 4, ppp), (12, b"\x88\x47", 4)]
        for tag in _TAGS:
            heads += (12, tag, 2, ethertype), (12, tag, 2, _TAGS[0], 2, ethertype)
        for head in heads:
            for protocol in (17, *_TUNNELS):
                yield _frame(head, version, protocol)


def _frame(head: Sequence[bytes | int], version: int, protocol: int) -> _Frame:
    """Bytes that are fixed, and numbers of bytes that are free."""
    frame, at = _Frame(0, 0, -1), 0
    for part in head:
        if isinstance(part, bytes):
            frame = frame.granted(at, len(part), int.from_bytes(part, "big"), (1 << 8 * len(part)) - 1)
        at += part if isinstance(part, int) else len(part)
    if version == 4:
        frame = frame.granted(at, 1, 0x45, 0xFF).granted(at + 6, 2, 0, 0x3FFF).granted(at + 9, 1, protocol, 0xFF)
        at += 20
    else:
        frame = frame.granted(at, 1, 0x60, 0xF0).granted(at + 6, 1, protocol, 0xFF)
        at += 40
    return frame.granted(at + 8, 1, 0x80, 0xC0)._replace(ports_at=at) if protocol == 17 else frame


def _next(state: _State, instruction: Instruction) -> Iterator[_State]:
    """Where it goes on from here, if it does."""
    code, operand = instruction.code, instruction.operand
    on = state._replace(place=state.place + 1)
    kind = code & 7
    if kind == _JUMP:
        yield from _jumps(on, instruction)
    elif kind in {_LOAD, _LOAD_X}:
        number = _loaded(state, code, operand)
        yield on._replace(a=number) if kind == _LOAD else on._replace(x=number)
    elif kind in {_STORE, _STORE_X}:
        others = frozenset(one for one in state.memory if one[0] != operand)
        yield on._replace(memory=others | {(operand, state.a if kind == _STORE else state.x)})
    elif kind == _RECKON:
        yield on._replace(a=_reckoned(state, code, operand))
    else:
        yield on._replace(a=state.x) if code & _TO_A else on._replace(x=state.a)


def _loaded(state: _State, code: int, operand: int) -> _Number:
    """What a load gives. Behind the bytes that are followed may be any: a frame can be longer; the kernel's own numbers, such
    as a tag, have places below zero.
    """
    mode, size = code & 0xE0, _SIZES[code & 0x18]
    if mode == _IMMEDIATE:
        return _Number(operand)
    if mode == _MEMORY:
        return dict(state.memory).get(operand, _ANY)
    if mode == _LENGTH or (mode == _INDIRECT and state.x.value is None):
        return _ANY
    at = operand + (state.x.value or 0 if mode == _INDIRECT else 0)
    if at + size > _BYTES:
        return _ANY
    if mode == _HEADER_LENGTH:
        value, known = state.frame.asked(at, 1)
        return _Number(4 * (value & 15)) if known & 15 == 15 else _ANY
    return _Number(None, at, size, 0, (1 << 8 * size) - 1)


def _reckoned(state: _State, code: int, operand: int) -> _Number:
    a, operation = _settled(state.frame, state.a), code & 0xF0
    other = _settled(state.frame, state.x).value if code & _BY_X else operand
    if other is None:
        return _ANY
    if a.value is None:
        if a.size and operation == _AND:
            return a._replace(mask=a.mask & other)
        if a.size and operation == _RIGHT and other < 32:
            return a._replace(shift=a.shift + other, mask=a.mask >> other)
        return _ANY
    if operation in {_LEFT, _RIGHT}:
        return _Number((a.value << other if operation == _LEFT else a.value >> other) & _WORD) if other < 32 else _ANY
    reckon = _ARITHMETIC.get(operation)
    return _ANY if reckon is None else _Number(reckon(a.value, other) & _WORD)


def _settled(frame: _Frame, number: _Number) -> _Number:
    """The number itself where all bits that it is made of are known."""
    if number.value is not None or not number.size:
        return number
    value, known = frame.asked(number.at, number.size)
    wanted = number.mask << number.shift
    return _Number(value >> number.shift & number.mask) if known & wanted == wanted else number


def _jumps(on: _State, instruction: Instruction) -> Iterator[_State]:
    kind, operand = instruction.code & 0xF0, instruction.operand
    if kind == _ALWAYS:
        yield on._replace(place=on.place + operand)
        return
    holds, fails = on._replace(place=on.place + instruction.jump_true), on._replace(place=on.place + instruction.jump_false)
    a = _settled(on.frame, on.a)
    other = _settled(on.frame, on.x).value if instruction.code & _BY_X else operand
    if other is None or (a.value is None and not a.size):
        yield holds
        yield fails
    elif a.value is not None:
        yield holds if _COMPARED[kind](a.value, other) else fails
    elif kind == _EQUAL:
        yield fails
        yield from _granted(holds, a, other, a.mask)
    elif kind == _BIT_SET:
        yield from _granted(fails, a, 0, a.mask & other)
        yield from (one for bit in range(32) if other >> bit & 1 for one in _granted(holds, a, 1 << bit, 1 << bit))
    else:
        for value in (other - 1, other, other + 1, *_USUAL_PORTS):
            yield from _granted(holds if _COMPARED[kind](value, other) else fails, a, value, a.mask)


def _granted(state: _State, number: _Number, value: int, mask: int) -> Iterator[_State]:
    """The state with these bits of a number as they are wanted; none where it cannot have them."""
    if value & ~number.mask or value < 0 or not mask & number.mask:
        return
    value, mask = value << number.shift, mask << number.shift
    known_value, known = state.frame.asked(number.at, number.size)
    if (known_value ^ value) & known & mask:
        return
    yield state._replace(frame=state.frame.granted(number.at, number.size, value, mask & ~known))
