"""What is typed: help with examples, wrong usage told in one sentence, and the choice of what is shown."""

import errno
import gzip
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from sipview import app
from sipview.cli import COMMANDS
from sipview.environment import version
from tests.cli.conftest import Run
from tests.support.captures import START_NS, Packet, pcap, pcapng, sip, udp, write
from tests.support.needs import CHECKOUT
from tests.support.telling import CALL_IDS, HOSTS, PEOPLE, telling_capture

DATA = CHECKOUT / "tests" / "data"
BUSY = DATA / "03_busy_486" / "03_busy_486.pcap"
CANCEL = DATA / "03_cancel_487" / "03_cancel_487.pcap"
NEEDED = {"calls", "messages", "packets", "ladder", "explain", "where"}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_help_has_an_example_of_the_command(sipview: Run, command: object) -> None:
    name = getattr(command, "name", "")
    ran = sipview(name, "--help")
    assert (ran.status, ran.err) == (0, "")
    assert f"example: sipview {name}" in ran.out
    said = " ".join(ran.out.split())
    assert getattr(command, "description", "?") in said


def test_all_commands_are_there_and_named_in_the_help(sipview: Run) -> None:
    assert {command.name for command in COMMANDS} >= NEEDED
    ran = sipview("--help")
    assert ran.status == 0
    for one in COMMANDS:  # each on a line of its own, beside what it does
        assert re.search(rf"^    {one.name} +{re.escape(one.summary)}$", ran.out, re.MULTILINE)


@pytest.mark.parametrize("command", sorted(NEEDED - {"where"}))
def test_the_examples_work_as_they_are_typed(
    sipview: Run, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With any capture in place of the one that they name."""
    monkeypatch.chdir(tmp_path)
    (example,) = [one.example for one in COMMANDS if one.name == command]
    words = shlex.split(example)
    assert words[:2] == ["sipview", command]
    words = [str(BUSY) if word == "office.pcap" else word for word in words]
    words = [{"3": "1", "16": "18", "call.png": "call.svg"}.get(word, word) for word in words]
    ran = sipview(*words[1:])
    assert ran.status == 0, ran.err
    assert ran.out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("calls",), "CAPTURE"),
        (("messages", BUSY, "--call", "7"), "no call 7 in this capture: the calls are numbered 1 to 1"),
        (("messages", BUSY, "--call", "nobody@nowhere"), "no call nobody@nowhere"),
        (("messages", BUSY, "--frame", "7"), "unrecognized arguments: --frame 7"),
        (("explain", BUSY), "--frame N"),
        (("explain", BUSY, "--frame", "0"), "there is no packet 0: the capture has"),
        (("explain", BUSY, "--frame", "-3"), "there is no packet -3"),
        (("explain", BUSY, "--frame", "99999"), "there is no packet 99999"),
        (("explain", BUSY, "--frame", "1"), "the nearest that does is 3"),
        (("explain", BUSY, "--frame", "three"), "invalid int value"),
        (("explain", "-"), "standard input is empty"),
        (("ladder", BUSY, "-o", "ladder.docx"), ".png, .svg, .pdf, .html, .txt"),
        (("ladder", BUSY, "--call", "9"), "no call 9"),
        (("ladder", BUSY, "--scale", "1000"), "from 0.25 to 8"),
        (("ladder", BUSY, "--scale", "nan"), "from 0.25 to 8"),
        (("ladder", BUSY, "--scale", "big"), "scale"),
        (("ladder", BUSY, "--time", "never"), "invalid choice"),
        (("calls", BUSY, "--decode-as", "nonsense"), "udp:5070=sip"),
        (("calls", BUSY, "--decode-as", "tcp:70000=sip"), "udp:5070=sip"),
        (("--nonsense",), "--nonsense"),
        (("calls", BUSY, "--nonsense"), "usage: sipview calls"),
        (("cals", BUSY), "invalid choice: 'cals' (choose from"),
        (("streams",), "invalid choice: 'streams' (choose from"),
    ],
)
def test_wrong_usage_is_told_and_nothing_is_printed(sipview: Run, words: tuple[str | Path, ...], sentence: str) -> None:
    ran = sipview(*words)
    assert (ran.status, ran.out) == (2, "")
    assert sentence in ran.err


@pytest.mark.parametrize("command", ["messages", "packets"])
@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("sip.Metod == INVITE", 1, "sip.Method"),
        ("sip &&", 7, "end"),
        ("udp.port == high", 13, "high"),
        ('sip.Call-ID matches "("', 22, ""),
        ("ip.addr == 10.0.0.1/99", 21, ""),
        ("\udcff", 1, ""),
        ('sip.Call-ID matches "\udcff\udcff("', 21, ""),
        ("(" * 5000, 0, ""),
    ],
)
def test_a_wrong_filter_is_located(sipview: Run, command: str, text: str, place: int, words: str) -> None:
    ran = sipview(command, BUSY, "--filter", text)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith("sipview: --filter: ")
    assert f"(at character {place or ''}" in ran.err
    assert words in ran.err
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize("text", ['sip.Call-ID matches "\udcff"', 'sip.Call-ID contains "\udcff"', 'sip.Call-ID == "\udc80"'])
def test_a_filter_with_bytes_that_are_no_text_finds_nothing(sipview: Run, text: str) -> None:
    ran = sipview("messages", BUSY, "--filter", text, "--json")
    assert (ran.status, ran.out, ran.err) == (0, "", "")


def test_an_empty_filter_lets_all_through(sipview: Run) -> None:
    assert sipview("packets", BUSY, "--filter", "").out == sipview("packets", BUSY).out


def test_a_filter_chooses_packets_and_messages(sipview: Run) -> None:
    packets = sipview("packets", BUSY, "--filter", 'sip.CSeq.method == "INVITE"', "--json").objects
    messages = sipview("messages", BUSY, "--filter", 'sip.CSeq.method == "INVITE"', "--json").objects
    assert {found["frame"] for found in packets} == {found["frame"] for found in messages}
    assert {found["cseq"].split()[1] for found in messages} == {"INVITE"}
    assert len(messages) < len(sipview("messages", BUSY, "--json").objects)


def test_a_call_is_chosen_by_number_or_by_call_id(sipview: Run) -> None:
    (call,) = sipview("calls", BUSY, "--json").objects
    by_number = sipview("messages", BUSY, "--call", str(call["id"]), "--json").objects
    assert len(by_number) == call["messages"]
    assert {found["call_id"] for found in by_number} <= {leg["call_id"] for leg in call["legs"]}
    for leg in call["legs"]:
        assert sipview("messages", BUSY, "--call", leg["call_id"], "--json").objects == by_number


def test_a_number_means_the_call_of_that_number_even_where_a_call_id_is_that_number(sipview: Run, tmp_path: Path) -> None:
    frames = [udp("10.0.0.1/5060", "10.0.0.2/5060", sip("INVITE", name)) for name in ("2", "1")]
    path = write(tmp_path / "numbers.pcap", pcap([Packet(START_NS + n * 10**9, frame) for n, frame in enumerate(frames)]))
    assert [found["call_id"] for found in sipview("messages", path, "--call", "2", "--json").objects] == ["1"]


def test_several_files_are_merged_by_time(sipview: Run, tmp_path: Path) -> None:
    frames = [udp("10.0.0.1/5060", "10.0.0.2/5060", sip(call_id=f"{n}@x")) for n in range(10)]
    packets = [Packet(START_NS + n * 1_000_000, frame) for n, frame in enumerate(frames)]
    even, odd = write(tmp_path / "a.pcap", pcap(packets[::2])), write(tmp_path / "b.pcapng", pcapng(packets[1::2], ">"))
    for files in ((even, odd), (odd, even)):
        objects = sipview("messages", *files, "--json").objects
        assert [found["call_id"] for found in objects] == [f"{n}@x" for n in range(10)]
        assert [found["frame"] for found in objects] == list(range(1, 11))
        # each time with the digits of its own file
        assert [len(found["time"].partition(".")[2]) for found in objects] == [6, 9] * 5


@pytest.mark.parametrize("packed", [False, True])
def test_standard_input_is_a_capture(sipview: Run, packed: bool) -> None:
    data = BUSY.read_bytes()
    ran = sipview("messages", "-", "--json", stdin=gzip.compress(data) if packed else data)
    assert ran.status == 0
    assert ran.objects == sipview("messages", BUSY, "--json").objects


def test_standard_input_can_stand_between_files(sipview: Run) -> None:
    both = sipview("calls", BUSY, "-", "--json", stdin=CANCEL.read_bytes()).objects
    assert sorted(found["state"] for found in both) == ["busy", "cancelled"]


def test_pasted_text_is_explained(sipview: Run) -> None:
    text = sip("INVITE").replace(b"\r\n", b"\n")
    ran = sipview("explain", "-", stdin=b"\n  \n" + text)
    assert ran.status == 0
    assert "INVITE" in ran.out
    assert "[RFC 3261" in ran.out
    assert sipview("explain", "-", "--json", stdin=text).objects[0]["field"]


@pytest.mark.parametrize("data", [b"hello", b"\x00\xff" * 500, b"INVITE", b"SIP/2.0", b": :\n\n:", "Grüße\n".encode("utf-16")])
def test_anything_pasted_is_answered(sipview: Run, data: bytes) -> None:
    ran = sipview("explain", "-", stdin=data)
    assert ran.status == 0
    assert ran.out


def test_the_version_is_told(sipview: Run) -> None:
    ran = sipview("--version")
    assert (ran.status, ran.out, ran.err) == (0, f"sipview {version()}\n", "")


def test_a_word_that_is_no_command_but_a_file_is_a_capture(
    sipview: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "cals", BUSY.read_bytes())
    write(tmp_path / "-x.pcap", BUSY.read_bytes())
    opened: list[list[Path]] = []

    def open_window(paths: list[Path], *, follow: bool = False) -> int:
        assert not follow
        opened.append(paths)
        return 7

    monkeypatch.setattr(app, "open_window", open_window)
    assert [sipview("cals").status, sipview("--", "-x.pcap").status, sipview("absent.pcap").status] == [7, 7, 7]
    assert opened == [[Path("cals")], [Path("-x.pcap")], [Path("absent.pcap")]]


def test_following_takes_captures(sipview: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[tuple[list[Path], bool]] = []

    def open_window(paths: list[Path], *, follow: bool = False) -> int:
        opened.append((paths, follow))
        return 7

    monkeypatch.setattr(app, "open_window", open_window)
    assert sipview("--follow", "a.pcap", "b.pcap").status == 7
    assert opened == [([Path("a.pcap"), Path("b.pcap")], True)]
    ran = sipview("--follow")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == "sipview: --follow takes the captures that another program still writes, one or more\n"


def test_where_tells_versions_and_folders(sipview: Run) -> None:
    ran = sipview("where")
    assert ran.status == 0
    assert all(word in ran.out for word in ("sipview", "Python", "numpy", "PySide6", "Settings"))


def test_a_capture_without_calls_says_so(sipview: Run, tmp_path: Path) -> None:
    path = write(tmp_path / "none.pcap", pcap([Packet(START_NS, udp("10.0.0.1/1", "10.0.0.2/2", b"nothing"))]))
    assert sipview("calls", path).out == "No calls among 0 SIP messages in 1 packets.\n"
    assert sipview("calls", path, "--json").out == ""
    assert sipview("messages", path).status == 0
    assert sipview("ladder", path).status == 2


def test_a_call_of_which_too_little_was_captured_says_what_is_missing(sipview: Run, tmp_path: Path) -> None:
    frames = [
        udp("10.0.0.1/5060", "10.0.0.2/5060", sip("BYE", "x").replace(b"To: <sip:bob@10.0.0.2>", b"To: <sip:bob@x>;tag=2"))
    ]
    path = write(tmp_path / "end.pcap", pcap([Packet(START_NS, frame) for frame in frames]))
    (call,) = sipview("calls", path, "--json").objects
    assert call["state"] == "incomplete"
    assert call["missing"]
    assert call["missing"] in sipview("calls", path).out


def test_a_ladder_tells_what_is_wanted_of_who_it_was(sipview: Run, tmp_path: Path) -> None:
    path = telling_capture(tmp_path)
    for words, gone, kept in (
        (("--anonymous",), (*PEOPLE, *HOSTS, *CALL_IDS), ("INVITE callee", "host 2:5060")),
        (("--hide", "numbers"), ("8842", "weeps"), ("203.0.113.9:5060",)),
        (("--hide", "addresses", "--hide", "call-ids"), (*HOSTS[:5], *CALL_IDS), ("8842",)),
    ):
        for written in (None, "page.html", "drawing.svg"):
            output = () if written is None else ("-o", tmp_path / written)
            ran = sipview("ladder", *words, path, *output)
            assert ran.status == 0, ran.err
            said = ran.out if written is None else (tmp_path / written).read_text(encoding="utf-8")
            for secret in gone:
                assert secret.lower() not in said.lower(), (words, written, secret)
            for text in kept:
                assert text in said, (words, written, text)


@pytest.mark.parametrize("number", [errno.EPIPE, errno.EINVAL])
def test_a_reader_that_has_had_enough_is_no_fault(number: int) -> None:
    """On Windows writing to a closed pipe is an invalid argument."""
    program = (
        "import sys\nfrom sipview.cli import running\n"
        f"def closed():\n    del sys.stdout.flush\n    raise OSError({number}, 'no more')\n"
        "running._write_any_text = lambda: setattr(sys.stdout, 'flush', closed)\n"
        "sys.exit(running.main(['calls', '--json', sys.argv[1]], None))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, CHECKOUT / "resources/samples/call-through-pbx.pcap"], capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
