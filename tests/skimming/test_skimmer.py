"""Messages skimmed in the process beside, against the same skimmed here, and what happens when that process goes."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sipview.capture import open_capture
from sipview.index import read
from sipview.sip import skim
from sipview.skimming import Skimmer, Skimming, skim_all
from sipview.values import Cancelled, CancelToken

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
    assert skimmer.wait_until_ready(30), "the process did not start"


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
        Skimming([b"x"], None).facts(cancel)
