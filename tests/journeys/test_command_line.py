"""What a support engineer does on the command line, with the real program."""

import gzip
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import pytest

from tests.support.captures import every_ms, pcap, sip, udp, write
from tests.support.needs import CHECKOUT
from tests.support.pictures import pdf_text, png_rows, svg_texts
from tests.support.traps import trap

DATA = CHECKOUT / "tests" / "data"
BUSY = DATA / "03_busy_486" / "03_busy_486.pcap"
CANCEL = DATA / "03_cancel_487" / "03_cancel_487.pcap"
PROGRAM = (sys.executable, "-X", "dev", "-W", "error", "-m", "sipview")

Sipview = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture
def sipview(tmp_path: Path) -> Sipview:
    """Runs the program with these words in an empty folder; no display, no colours asked for."""

    def run(*words: str | Path, env: dict[str, str] | None = None, **how: Any) -> subprocess.CompletedProcess[bytes]:
        streams: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | how
        command = [*PROGRAM, *(str(word) for word in words)]
        program = subprocess.Popen(command, cwd=tmp_path, env=env or environment(), **streams)
        out, err = program.communicate(timeout=100)
        assert b"Traceback" not in err
        return subprocess.CompletedProcess(command, program.returncode, out, err)

    return run


def environment(**more: str) -> dict[str, str]:
    """The environment of the tests, with the checkout to import from.

    Output waits in a buffer, as it does for users, and a terminal is as wide as it is.
    """
    inherited = {name: value for name, value in os.environ.items() if name not in {"PYTHONUNBUFFERED", "COLUMNS", "LINES"}}
    return {**inherited, "PYTHONPATH": str(CHECKOUT), **more}


def objects(done: subprocess.CompletedProcess[bytes]) -> list[dict[str, Any]]:
    """Standard output as JSON Lines."""
    return [json.loads(line) for line in done.stdout.split(b"\n")[:-1]]


def test_from_a_complaint_to_a_picture(sipview: Sipview, tmp_path: Path) -> None:
    """Find the call that failed, see its messages, read why, take the picture away."""
    (call,) = [found for found in objects(sipview("calls", BUSY, "--json")) if found["state"] == "busy"]
    messages = objects(sipview("messages", BUSY, "--call", str(call["id"]), "--json"))
    refusal = next(found for found in messages if found["status"] == 486)
    explained = sipview("explain", BUSY, "--frame", str(refusal["frame"]))
    assert explained.returncode == 0
    assert b"Busy Here" in explained.stdout
    for suffix in ("png", "svg", "pdf", "txt"):
        done = sipview("ladder", BUSY, "--call", str(call["id"]), "-o", f"call.{suffix}")
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout == f"call.{suffix}\n".encode()
    texts = " ".join(svg_texts(tmp_path / "call.svg"))
    plain = (tmp_path / "call.txt").read_text("utf-8")
    printed = pdf_text(tmp_path / "call.pdf")
    for said in ("INVITE", "486 Busy Here", "ACK", "10.3.0.11"):
        assert said in texts
        assert said in plain
        assert said in printed
    assert sipview("ladder", BUSY, "--call", str(call["id"])).stdout.decode() == plain
    width, height, rows = png_rows(tmp_path / "call.png")
    assert width > 400
    assert height > 300
    assert len(rows) > 30  # not one colour


def test_a_larger_scale_gives_a_larger_picture_of_the_same(sipview: Sipview, tmp_path: Path) -> None:
    for scale in ("1", "3"):
        assert sipview("ladder", BUSY, "--scale", scale, "-o", f"{scale}.png").returncode == 0
    (width, height, _), (wider, higher, _) = png_rows(tmp_path / "1.png"), png_rows(tmp_path / "3.png")
    assert (wider, higher) == (3 * width, 3 * height)


def test_two_calls_of_two_files_in_one_ladder(sipview: Sipview, tmp_path: Path) -> None:
    done = sipview("ladder", BUSY, CANCEL, "--call", "1", "--call", "2", "-o", "both.svg", "--ports", "--time", "absolute")
    assert done.returncode == 0
    texts = " ".join(svg_texts(tmp_path / "both.svg"))
    assert "486 Busy Here" in texts
    assert "487 Request Terminated" in texts


def test_an_encrypted_call_is_read_with_its_secrets(sipview: Sipview, tmp_path: Path) -> None:
    encrypted = trap("TLS 1.3 with key log")
    path, log = write(tmp_path / "tls.pcap", encrypted.pcap), write(tmp_path / "keys.log", encrypted.key_log)
    assert objects(sipview("calls", path, "--json")) == []
    (call,) = objects(sipview("calls", path, "--key-log", log, "--json"))
    assert (call["from"], call["to"], call["state"], call["messages"]) == ("alice", "bob", "completed", 6)


def test_through_a_pipe_from_a_compressed_file(sipview: Sipview, tmp_path: Path) -> None:
    path = write(tmp_path / "busy.pcap.gz", gzip.compress(BUSY.read_bytes()))
    with path.open("rb") as source:
        done = sipview("calls", "-", "--json", stdin=source)
    assert objects(done) == objects(sipview("calls", BUSY, "--json"))


def test_the_window_without_a_display_says_what_else_there_is(sipview: Sipview) -> None:
    bare = {name: value for name, value in environment().items() if name != "QT_QPA_PLATFORM"}
    done = sipview(BUSY, env=bare)
    if sys.platform.startswith("linux"):
        assert done.returncode == 2
        assert b"sipview calls" in done.stderr


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A capture whose list is longer than what a pipe holds."""
    frames = [udp("10.0.0.1/5060", "10.0.0.2/5060", sip(call_id=f"{number}@{'x' * 60}")) for number in range(2000)]
    return write(tmp_path / "large.pcap", pcap(every_ms(frames)))


posix = pytest.mark.skipif(not hasattr(signal, "SIGPIPE"), reason="pipes that nobody reads and signals as POSIX has them")
ANY_OUTPUT = (
    ("--help",), ("calls", "--help"), ("calls", BUSY), ("messages", BUSY, "--json"), ("packets", BUSY), ("ladder", BUSY),
    ("explain", BUSY, "--frame", "3"), ("package", BUSY, "--list"), ("interfaces",), ("where",),
)  # fmt: skip


@posix
@pytest.mark.parametrize("words", [("messages",), ("packets", "--json")])
def test_a_reader_that_has_had_enough_is_no_trouble(large: Path, words: tuple[str, ...]) -> None:
    """As ``sipview messages F | head -1``."""
    command = [*PROGRAM, words[0], str(large), *words[1:]]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        assert program.stdout.readline()
        program.stdout.close()
        said = program.stderr.read()
        status = program.wait(100)
    assert (status, said) == (0, b"")


@posix
@pytest.mark.parametrize("words", ANY_OUTPUT, ids=lambda words: words[0])
def test_a_reader_that_reads_nothing_is_no_trouble(sipview: Sipview, words: tuple[str | Path, ...]) -> None:
    """As ``sipview where | true``: what was printed still waits in the buffer when the program ends."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = sipview(*words, stdout=writing)
    finally:
        os.close(writing)
    assert done.returncode in {0, 1} if words == ("interfaces",) else done.returncode == 0
    assert b"Error" not in done.stderr


@pytest.mark.parametrize("words", ANY_OUTPUT, ids=lambda words: words[0])
def test_a_full_disk_is_told(sipview: Sipview, words: tuple[str | Path, ...]) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("only Linux has a device that is always full")
    with full.open("wb") as nowhere:
        done = sipview(*words, stdout=nowhere)
    assert (done.returncode, done.stderr) == (1, b"sipview: output: No space left on device\n")


@posix
@pytest.mark.parametrize(
    ("closed", "words", "status", "out", "err"),
    [
        (1, ("calls", BUSY), 1, b"", b"sipview: standard output is closed\n"),
        (2, ("calls", "absent.pcap"), 1, b"", b""),
        (0, ("calls", "-"), 1, b"", b"sipview: standard input: byte 0: the file is empty.\n"),
    ],
)
def test_a_closed_stream_is_no_trouble(
    sipview: Sipview, closed: int, words: tuple[str | Path, ...], status: int, out: bytes, err: bytes
) -> None:
    """As ``sipview calls F >&-``; what is for standard error does not come on standard output."""
    done = sipview(*words, preexec_fn=lambda: os.close(closed))
    assert (done.returncode, done.stdout, done.stderr) == (status, out, err)


@posix
@pytest.mark.parametrize(
    "words",
    [("calls", "-"), ("messages", "-"), ("packets", "-", "--json"), ("ladder", "-", "-o", "x.svg"), ("explain", "-"),
     ("explain", "-", "--frame", "1"), ("package", "-", "-o", "x.zip")],
    ids=" ".join,
)  # fmt: skip
def test_ctrl_c_ends_it_without_a_word(tmp_path: Path, words: tuple[str, ...]) -> None:
    """While it waits for more of what it reads; it ends by the signal, which a shell tells as status 130."""
    streams: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([*PROGRAM, *words], cwd=tmp_path, env=environment(), **streams) as program:
        assert program.stdin is not None
        program.stdin.write(BUSY.read_bytes() + bytes(1 << 20))  # more than a pipe holds: it has begun to read
        program.stdin.flush()
        program.send_signal(signal.SIGINT)
        out, err = program.communicate(timeout=100)
    assert (program.returncode, out, err) == (-signal.SIGINT, b"", b"")
    assert list(tmp_path.iterdir()) == []


def test_a_pipe_gets_utf_8_whatever_the_system_speaks(sipview: Sipview) -> None:
    done = sipview("ladder", BUSY, env=environment(PYTHONIOENCODING="ascii"))
    assert (done.returncode, done.stderr) == (0, b"")
    assert "│" in done.stdout.decode("utf-8")


def on_terminal(*words: str | Path, columns: int = 80, encoding: str = "utf-8", typed: bytes = b"") -> tuple[int, bytes]:
    """Run the program on a terminal of that width; its status and all that it wrote there, with what is typed."""
    pty = pytest.importorskip("pty", reason="pseudo-terminals are POSIX")
    fcntl, struct, termios = (pytest.importorskip(name) for name in ("fcntl", "struct", "termios"))
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    said: IO[bytes]
    env = environment(TERM="xterm", PYTHONIOENCODING=encoding)
    with subprocess.Popen([*PROGRAM, *map(str, words)], stdin=theirs, stdout=theirs, stderr=theirs, env=env) as program:
        os.close(theirs)
        seen = bytearray()
        os.write(ours, typed)
        with os.fdopen(ours, "rb", buffering=0) as said:
            while True:
                try:
                    piece = said.read(4096)
                except OSError:  # EIO: the other end is closed
                    break
                if not piece:
                    break
                seen += piece
    return program.returncode, bytes(seen)


def test_who_is_to_paste_a_message_is_told_how() -> None:
    status, seen = on_terminal("explain", "-", typed=b"BYE sip:bob@example.com SIP/2.0\n\x04")
    assert status == 0
    assert seen.count(b"sipview: paste a message, then press Ctrl+D") == 1
    assert b"BYE ends a call" in seen


def test_a_terminal_gets_what_fits_and_no_codes_of_ours_left_behind() -> None:
    status, seen = on_terminal("messages", BUSY, columns=80)
    assert status == 0
    lines = seen.decode().replace("\r\n", "\n").rpartition("\x1b")[2].splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert b"\xe2\x80\xa6" in seen  # something was cut
    piped = subprocess.run([*PROGRAM, "messages", str(BUSY)], capture_output=True, check=True, env=environment()).stdout
    assert b"\x1b" not in piped
    assert max(map(len, piped.splitlines())) > 80


def test_an_explanation_is_wrapped_at_words_on_a_terminal_and_whole_in_a_pipe(sipview: Sipview) -> None:
    status, seen = on_terminal("explain", BUSY, "--frame", "3", columns=60)
    assert status == 0
    lines = seen.decode().replace("\r\n", "\n").rpartition("\x1b")[2].splitlines()
    whole = sipview("explain", BUSY, "--frame", "3").stdout.decode()
    assert max(map(len, whole.splitlines())) > 150
    words = [line for line in lines if line.startswith("    ") and ": " not in line]
    assert len(words) > 20
    assert all(len(line) <= 60 for line in words)
    assert " ".join(" ".join(lines).split()).endswith(" ".join(whole.split()))


def test_a_terminal_that_knows_few_characters_is_no_trouble() -> None:
    status, seen = on_terminal("ladder", BUSY, encoding="ascii")
    assert status == 0
    assert b"INVITE" in seen
    assert b"Traceback" not in seen


def test_progress_is_gone_when_the_answer_comes(large: Path) -> None:
    status, seen = on_terminal("calls", large)
    assert status == 0
    assert b"No calls among 2,000 SIP messages in 2,000 packets." in seen


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="an administrator may read everything")
def test_a_capture_that_somebody_may_not_read_is_told(sipview: Sipview, tmp_path: Path) -> None:
    path = write(tmp_path / "secret.pcap", BUSY.read_bytes())
    path.chmod(0)
    done = sipview("calls", path)
    assert done.returncode == 1
    assert done.stderr == b"sipview: secret.pcap: byte 0: cannot be read: permission denied.\n"
