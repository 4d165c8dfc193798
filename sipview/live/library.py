"""libpcap (Npcap on Windows) through ctypes: the few functions that capturing takes, with their right types.

scapy's bindings know where the library lies on each system, and its structures; its prototypes want a Python function as the
callback of ``pcap_dispatch``, so this room declares its own. Loading costs 0.05 s, and on Windows may ask for elevation: only
the processes of this room load it (`engine`, `answering`), never a front end.
"""

import ctypes
import sys
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

_WHERE_TO_GET_IT = {
    "win32": "Npcap is not installed, so nothing can be captured here. Install it from https://npcap.com (1.87 or newer)",
    "darwin": "libpcap, a part of macOS, does not load, so nothing can be captured here. With Homebrew: brew install libpcap",
}
WHERE_TO_GET_IT = _WHERE_TO_GET_IT.get(
    sys.platform,
    "libpcap is not installed, so nothing can be captured here. Install the package libpcap0.8 (on Fedora: libpcap)",
)
NO_SUCH_DEVICE, PERMISSION_DENIED, NOT_UP, PROMISCUOUS_DENIED = -5, -8, -9, -11
ACTIVATION_ERRORS = {
    NO_SUCH_DEVICE: "there is no such interface",
    PERMISSION_DENIED: "capturing is not permitted",
    NOT_UP: "the interface is switched off",
    PROMISCUOUS_DENIED: "promiscuous mode is not permitted",
}
IF_LOOPBACK, IF_UP, IF_WIRELESS = 1, 2, 8
_ERROR_SIZE = 256
_UTF_8 = 1  # PCAP_CHAR_ENC_UTF_8
_RETURN, _JUMP = 0x06, 0x05  # BPF_RET | BPF_K, BPF_JMP | BPF_JA

_address, _int, _text = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p
_PROTOTYPES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "pcap_create": (_address, (_text, _text)),
    "pcap_set_snaplen": (_int, (_address, _int)),
    "pcap_set_promisc": (_int, (_address, _int)),
    "pcap_set_timeout": (_int, (_address, _int)),
    "pcap_set_buffer_size": (_int, (_address, _int)),
    "pcap_activate": (_int, (_address,)),
    "pcap_setnonblock": (_int, (_address, _int, _text)),
    "pcap_datalink": (_int, (_address,)),
    "pcap_snapshot": (_int, (_address,)),
    "pcap_open_dead": (_address, (_int, _int)),
    "pcap_compile": (_int, (_address, _address, _text, _int, ctypes.c_uint)),
    "pcap_setfilter": (_int, (_address, _address)),
    "pcap_freecode": (None, (_address,)),
    "pcap_offline_filter": (_int, (_address, _address, _text)),
    "pcap_dispatch": (_int, (_address, _int, _address, _address)),
    "pcap_stats": (_int, (_address, _address)),
    "pcap_geterr": (_text, (_address,)),
    "pcap_close": (None, (_address,)),
    "pcap_dump_open": (_address, (_address, _text)),
    "pcap_dump_ftell": (ctypes.c_long, (_address,)),
    "pcap_dump_flush": (_int, (_address,)),
    "pcap_dump_close": (None, (_address,)),
    "pcap_findalldevs": (_int, (_address, _text)),
    "pcap_freealldevs": (None, (_address,)),
    "pcap_lib_version": (_text, ()),
}


class LibraryMissing(Exception):
    """The capture library is not there, or does not load; the text says what to install."""


class LibraryError(Exception):
    """libpcap refuses; the text is its own. ``code`` is its (negative) status, -1 where it has none."""

    def __init__(self, text: str, code: int = -1) -> None:
        super().__init__(text)
        self.code = code


class Instruction(NamedTuple):
    """One instruction of the BSD packet filter (<net/bpf.h>): operation, relative jumps, operand."""

    code: int
    jump_true: int
    jump_false: int
    operand: int


def linked(programs: Sequence[Sequence[Instruction]]) -> list[Instruction]:
    """Programs as one: what the first does not take goes to the second, and so on; who takes it says how much is kept.

    A program refuses a packet by returning 0; those places become jumps to the beginning of the next program.
    """
    made: list[Instruction] = []
    for number, program in enumerate(programs):
        end = len(made) + len(program)
        for instruction in program:
            if instruction[0] == _RETURN and instruction.operand == 0 and number + 1 < len(programs):
                made.append(Instruction(_JUMP, 0, 0, end - len(made) - 1))
            else:
                made.append(instruction)
    return made


class Program:
    """A compiled filter. Close it when it is not needed any more."""

    def __init__(self, library: "Library", program: Any, instructions: Any = None) -> None:  # noqa: ANN401 - of ctypes
        self.address = ctypes.addressof(program)
        self._library, self._program = library, program
        self._instructions = instructions  # memory of ours that the program points into; else it is libpcap's

    def __len__(self) -> int:
        return int(self._program.bf_len)

    def instructions(self) -> list[Instruction]:
        """The program, instruction by instruction."""
        return [Instruction(one.code, one.jt, one.jf, one.k) for one in self._program.bf_insns[: len(self)]]

    def keeps(self, frame: bytes) -> int:
        """How many bytes of this frame the filter wants to have kept, 0 for none, judged outside of the kernel."""
        header = self._library.structures.pcap_pkthdr(caplen=len(frame), len=len(frame))
        return int(self._library.pcap_offline_filter(self.address, ctypes.addressof(header), frame))

    def close(self) -> None:
        """Free its instructions."""
        if self._instructions is None:
            self._library.pcap_freecode(self.address)


class Library:
    """The library, loaded; its functions are attributes by their C names. Raises `LibraryMissing`."""

    def __init__(self) -> None:
        try:
            from scapy.libs import structures, winpcapy  # noqa: PLC0415 - loads the library, which may be missing
        except (OSError, ImportError, AttributeError, KeyError) as error:  # KeyError: Windows without the variable WINDIR
            raise LibraryMissing(f"{WHERE_TO_GET_IT} ({error}).") from error
        self.structures: Any = winpcapy
        self._instruction: Any = structures.bpf_insn
        # a second handle of the same library: its prototypes are ours alone
        loaded: Any = ctypes.CDLL(winpcapy._lib._name)
        try:
            for name, (result, arguments) in _PROTOTYPES.items():
                getattr(loaded, name).restype, getattr(loaded, name).argtypes = result, arguments
        except AttributeError as error:
            raise LibraryMissing(f"The capture library is too old. {WHERE_TO_GET_IT} ({error}).") from error
        self._loaded = loaded
        self._tell: Any = loaded.pcap_dump_ftell
        if hasattr(loaded, "pcap_dump_ftell64"):  # "long" has 32 bits on Windows
            self._tell = loaded.pcap_dump_ftell64
            self._tell.restype, self._tell.argtypes = ctypes.c_int64, (_address,)
        self.encoding = self._use_utf_8()
        self.dump_callback = ctypes.cast(loaded.pcap_dump, ctypes.c_void_p)
        """``pcap_dump`` itself as the callback of ``pcap_dispatch``: a packet goes to the file without passing Python."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - a function of ctypes
        if name not in _PROTOTYPES:
            raise AttributeError(name)
        return getattr(self._loaded, name)

    @property
    def version(self) -> str:
        """What it says that it is: ``libpcap version 1.10.3 (with TPACKET_V3)``."""
        return str(self.pcap_lib_version().decode("ascii", "replace"))

    def _use_utf_8(self) -> str:
        """Ask for UTF-8 texts, which only libpcap 1.10 and Npcap know; elsewhere they are in the system's own encoding."""
        if sys.platform == "win32":
            error = ctypes.create_string_buffer(_ERROR_SIZE)
            if not hasattr(self._loaded, "pcap_init") or self._loaded.pcap_init(_UTF_8, error) != 0:
                return "mbcs"
        return "utf-8"

    def text(self, raw: bytes | None) -> str:
        """A text of the library."""
        return "" if raw is None else raw.decode(self.encoding, "replace")

    def open(self, name: str, *, snap_length: int, promiscuous: bool, buffer_bytes: int, timeout_ms: int) -> int:
        """The address of an active, non-blocking handle. Raises `LibraryError`."""
        error = ctypes.create_string_buffer(_ERROR_SIZE)
        handle = self.pcap_create(name.encode(self.encoding, "replace"), error)
        if not handle:
            raise LibraryError(self.text(error.value))
        self.pcap_set_snaplen(handle, snap_length)
        self.pcap_set_promisc(handle, int(promiscuous))
        self.pcap_set_timeout(handle, timeout_ms)
        self.pcap_set_buffer_size(handle, buffer_bytes)
        status = self.pcap_activate(handle)
        if status >= 0 and self.pcap_setnonblock(handle, 1, error) == 0:
            return int(handle)
        said = self.text(self.pcap_geterr(handle)) or self.text(error.value)
        self.pcap_close(handle)
        known = ACTIVATION_ERRORS.get(status)
        raise LibraryError(f"{known} ({said})" if known and said else known or said, status)

    def written(self, dump: int | None) -> int:
        """How many bytes of a dump file are written, those in its buffer included."""
        return int(self._tell(dump))

    def compile(self, handle: int, expression: str) -> Program:
        """A filter compiled for the link type and snap length of a handle. Raises `LibraryError` with libpcap's sentence."""
        program = self.structures.bpf_program()
        try:
            encoded = expression.encode("ascii")
        except UnicodeEncodeError as error:
            raise LibraryError(f"illegal character '{expression[error.start]}'") from None
        if "\0" in expression:
            raise LibraryError("illegal character NUL")
        if self.pcap_compile(handle, ctypes.addressof(program), encoded, 1, 0xFFFFFFFF) != 0:
            raise LibraryError(self.text(self.pcap_geterr(handle)))
        return Program(self, program)

    def compile_for(self, link_type: int, expression: str, snap_length: int = 262144) -> Program:
        """A filter compiled for frames of a link type (the number that ``pcap_datalink`` gives), without an interface."""
        handle = self.pcap_open_dead(link_type, snap_length)
        try:
            return self.compile(handle, expression)
        finally:
            self.pcap_close(handle)

    def link(self, link_type: int, classes: Sequence[tuple[str, int]]) -> Program:
        """Filters as one program, each with the number of bytes that it keeps; the first that takes a packet decides.

        Raises `LibraryError`.
        """
        programs = [self.compile_for(link_type, expression, kept) for expression, kept in classes]
        try:
            instructions = linked([program.instructions() for program in programs])
        finally:
            for program in programs:
                program.close()
        memory = (self._instruction * len(instructions))(*instructions)
        program = self.structures.bpf_program(bf_len=len(instructions), bf_insns=memory)
        return Program(self, program, memory)

    def interfaces(self) -> Iterator[Any]:
        """The ``pcap_if`` structures, each valid until the next is asked for. Raises `LibraryError`."""
        error = ctypes.create_string_buffer(_ERROR_SIZE)
        first = ctypes.POINTER(self.structures.pcap_if)()
        if self.pcap_findalldevs(ctypes.addressof(first), error) != 0:
            raise LibraryError(self.text(error.value))
        try:
            node = first
            while node:
                yield node.contents
                node = node.contents.next
        finally:
            self.pcap_freealldevs(first)
