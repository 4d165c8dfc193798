"""Messages skimmed in the process beside, against the same skimmed here, and what happens when that process goes."""

import marshal
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

import pytest

from sipview.capture import open_capture
from sipview.index import read
from sipview.processes import read_frame, write_frame
from sipview.sip import Facts, skim
from sipview.sip.skimmed_message import skim_values
from sipview.skimming import Skimmer, Skimming, skim_all
from sipview.skimming.process import command, request_for
from sipview.values import Cancelled, CancelToken
from tests.support.patience import PATIENCE_S

SAMPLES = Path(__file__).parent.parent / "data"
TORTURE = [b"", b"\0" * 50, b"SIP/2.0 200 OK\r\n\r\n", b"INVITE sip:\xff\xfe SIP/2.0\r\nVia: \xc3\r\nTo: \xf0\x9f\r\n\r\nv=0"]


@pytest.fixture
def messages(tmp_path: Path) -> list[bytes]:
    """Real messages, and hostile ones between them."""
    found: list[bytes] = []
    for path in sorted(SAMPLES.rglob("*.pcap*")):
        file = open_capture(path, tmp_path)
        found += [candidate.data for step in read([file], CancelToken()) for candidate in step.candidates]
        file.close()
    assert len(found) > 200
    return [*found, *TORTURE] * 3


@pytest.fixture
def skimmer() -> Iterator[Skimmer]:
    """A skimmer whose process is there."""
    with Skimmer(processors=2) as made:
        wait_for(made)
        yield made


def wait_for(skimmer: Skimmer) -> None:
    assert skimmer.wait_until_ready(PATIENCE_S), "the process did not start"


def test_the_other_process_gives_what_skimming_here_gives(messages: list[bytes], skimmer: Skimmer) -> None:
    halves = messages[: len(messages) // 2], messages[len(messages) // 2 :]
    asked = [skimmer.begin(half) for half in halves]
    assert all(skimming.beside for skimming in asked)
    facts = [one for skimming in asked for one in skimming.facts(CancelToken())]
    assert facts == [skim(data) for data in messages]
    assert all(type(one) is type(skim(b"")) for one in facts)


def test_few_messages_are_skimmed_here(messages: list[bytes], skimmer: Skimmer) -> None:
    skimming = skimmer.begin(messages[:3])
    assert not skimming.beside
    assert skimming.facts(CancelToken()) == [skim(data) for data in messages[:3]]


def test_requests_larger_than_a_pipe_holds_do_not_block(skimmer: Skimmer) -> None:
    many = [b"OPTIONS sip:a@b SIP/2.0\r\nCall-ID: %d\r\n\r\n" % number + b" " * 2000 for number in range(3000)]
    asked = [skimmer.begin(many) for _ in range(4)]
    for skimming in asked:
        assert [facts.call_id for facts in skimming.facts(CancelToken())] == [str(number) for number in range(3000)]


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
def test_messages_of_a_process_that_was_killed_are_skimmed_here(messages: list[bytes], skimmer: Skimmer) -> None:
    process = skimmer.process_number
    assert process is not None
    os.kill(process, signal.SIGSTOP)
    asked = [skimmer.begin(messages) for _ in range(3)]
    os.kill(process, signal.SIGKILL)
    expected = [skim(data) for data in messages]
    assert [skimming.facts(CancelToken()) for skimming in asked] == [expected] * 3
    assert skimmer.begin(messages).facts(CancelToken()) == expected


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGSTOP there")
def test_waiting_ends_when_nobody_wants_the_answer(messages: list[bytes], skimmer: Skimmer) -> None:
    process, cancel = skimmer.process_number, CancelToken()
    assert process is not None
    os.kill(process, signal.SIGSTOP)
    skimming = skimmer.begin(messages)
    cancel.cancel()
    with pytest.raises(Cancelled):
        skimming.facts(cancel)


@pytest.mark.skipif(sys.platform == "win32", reason="no descriptor is inherited there")
def test_messages_are_read_from_a_file_where_they_lie(messages: list[bytes], tmp_path: Path) -> None:
    path = tmp_path / "messages"
    path.write_bytes(b"".join(messages) + b"!")
    lengths = [len(data) for data in messages]
    places = [sum(lengths[:number]) for number in range(len(lengths))]
    with path.open("rb") as file:
        started = subprocess.Popen(
            command(file.fileno()), stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=(file.fileno(),)
        )
        with started as process:
            assert process.stdin is not None
            assert process.stdout is not None
            assert read_frame(process.stdout) == b""
            blanks = [b" " * length for length in lengths]  # so what comes back was read there
            write_frame(process.stdin, request_for(blanks, places))
            reply = read_frame(process.stdout)
            process.stdin.close()
    assert reply is not None
    assert marshal.loads(reply) == [skim_values(data) for data in messages]


@pytest.mark.skipif(sys.platform == "win32", reason="no descriptor is inherited there")
@pytest.mark.parametrize("astray", [None, 3])
def test_with_a_file_it_is_the_same(messages: list[bytes], tmp_path: Path, astray: int | None) -> None:
    path = tmp_path / "messages"
    path.write_bytes(b"".join(messages) + b"!")
    lengths = [len(data) for data in messages]
    places: list[int | None] = [sum(lengths[:number]) for number in range(len(lengths))]
    if astray is not None:
        places[astray] = None  # it was put together, so it must be sent
    with path.open("rb") as file, Skimmer(file.fileno(), processors=2) as skimmer:
        wait_for(skimmer)
        assert skimmer.begin(messages, places).facts(CancelToken()) == [skim(data) for data in messages]


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGSTOP there")
def test_who_would_wait_skims_later_messages_meanwhile(skimmer: Skimmer, monkeypatch: pytest.MonkeyPatch) -> None:
    many = [b"OPTIONS sip:a@b SIP/2.0\r\nCall-ID: %d\r\n\r\n" % number for number in range(5000)]
    process, skimmed_here, handed_over = skimmer.process_number, [], threading.Event()
    assert process is not None

    def note(messages: Sequence[bytes], cancel: CancelToken) -> list[Facts]:
        skimmed_here.append(messages[0])
        if len(skimmed_here) == 3:
            os.kill(process, signal.SIGCONT)
        return skim_all(messages, cancel)

    def hand_over(stream: IO[bytes], frame: bytes) -> None:
        handed_over.set()
        write_frame(stream, frame)

    monkeypatch.setattr("sipview.skimming.skimmer.skim_all", note)
    monkeypatch.setattr("sipview.skimming.skimmer.write_frame", hand_over)
    os.kill(process, signal.SIGSTOP)
    skimming = skimmer.begin(many)
    assert handed_over.wait(PATIENCE_S)
    assert [facts.call_id for facts in skimming.facts(CancelToken())] == [str(number) for number in range(5000)]
    assert skimmed_here[0] == many[5000 // 512 * 512]  # the last part first: the other process comes from the front
    assert many[0] not in skimmed_here


@pytest.mark.skipif(sys.platform == "win32", reason="it is told otherwise there")
def test_the_process_of_a_window_comes_after_others() -> None:
    mine = os.getpriority(os.PRIO_PROCESS, 0)
    found = []
    for behind in (False, True):
        with Skimmer(processors=2, behind=behind) as skimmer:
            wait_for(skimmer)
            assert skimmer.process_number is not None
            found.append(os.getpriority(os.PRIO_PROCESS, skimmer.process_number))
    assert found[0] == mine
    assert found[1] == min(mine + 10, 19)


def test_work_that_is_behind_waits_for_the_other_process(messages: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(messages: Sequence[bytes], cancel: CancelToken) -> list[Facts]:
        raise AssertionError(f"{len(messages)} messages were skimmed here")

    with Skimmer(processors=2, behind=True) as skimmer:
        wait_for(skimmer)
        monkeypatch.setattr("sipview.skimming.skimmer.skim_all", refuse)
        many = messages * 4
        assert skimmer.begin(many).facts(CancelToken()) == [skim(data) for data in many]


def test_one_processor_needs_no_other_process(messages: list[bytes]) -> None:
    with Skimmer(processors=1) as skimmer:
        assert skimmer.process_number is None
        assert skimmer.begin(messages).facts(CancelToken()) == [skim(data) for data in messages]


def test_no_process_and_no_thread_is_left(messages: list[bytes]) -> None:
    before = threading.active_count()
    with Skimmer(processors=2) as skimmer:
        wait_for(skimmer)
        process = skimmer.process_number
        skimmer.begin(messages)  # nobody asks for the answer
    skimmer.join()
    assert process is not None
    assert threading.active_count() == before
    if sys.platform != "win32":
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


def test_skimming_here_stops_when_asked() -> None:
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        skim_all([b"x"], cancel)
    with pytest.raises(Cancelled):
        Skimming([b"x"]).facts(cancel)
