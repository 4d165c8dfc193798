"""Two processes read one file: what comes out is what one reads alone, whatever the other one does."""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from sipview.capture import open_capture
from sipview.index import Candidate, FarHalf, PacketIndex, read
from sipview.values import Cancelled, CancelToken
from tests.support import traffic

PROGRAM = "from sipview.index.far_reader import serve; import sys; from pathlib import Path; "
SERVE = PROGRAM + "serve(Path(sys.argv[1]), float(sys.argv[2]), len_of, sys.stdout.buffer)"
DIGEST = "len_of = lambda data: (len(data),); "


@dataclass
class Read:
    index: PacketIndex
    candidates: list[Candidate]
    problems: list[str]


def length_of(data: bytes) -> tuple[int]:
    return (len(data),)


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("far") / "traffic.pcap"
    traffic.write(path, 200_000, 4_000, 3)
    return path


def far(capture: Path, share: float = 0.4, program: str = DIGEST + SERVE) -> FarHalf:
    return FarHalf([sys.executable, "-c", program, str(capture), str(share)])


def read_all(capture: Path, half: FarHalf | None) -> Read:
    file = open_capture(capture, capture.parent)
    candidates: list[Candidate] = []
    index = None
    for step in read([file], CancelToken(), digest=length_of, far=half):
        index = step.index
        candidates += step.candidates
    assert index is not None
    file.close()
    return Read(index, candidates, [problem.text for problem in file.problems])


def wait_for_start(half: FarHalf) -> None:
    """Let the other process begin before this one is through: the capture of a test is small."""
    while half.start is None and half._receiver.is_alive():
        half._receiver.join(0.01)


def assert_same(one: Read, other: Read) -> None:
    assert one.index.count == other.index.count
    for name in ("time_ns", "offset", "captured", "protocol", "source_port", "destination_port", "payload_start", "transport"):
        assert np.array_equal(getattr(one.index, name), getattr(other.index, name)), name
    for name in ("source", "destination"):  # the numbers may differ, what they stand for may not
        texts = [np.array(each.index.addresses)[getattr(each.index, name)] for each in (one, other)]
        assert np.array_equal(*texts)
    assert one.candidates == other.candidates
    assert one.problems == other.problems


@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_two_processes_read_what_one_does(capture: Path, share: float) -> None:
    half = far(capture, share)
    wait_for_start(half)
    assert half.start is not None
    assert_same(read_all(capture, half), read_all(capture, None))


def test_the_other_process_dies_at_once(capture: Path) -> None:
    half = far(capture, program="raise SystemExit(1)")
    wait_for_start(half)
    assert half.start is None
    assert_same(read_all(capture, half), read_all(capture, None))


def test_the_other_process_dies_in_the_middle(capture: Path) -> None:
    stop = "count = []; import os; len_of = lambda data: (count.append(1), len(count) > 900 and os._exit(1), (len(data),))[2]; "
    half = far(capture, program=stop + SERVE)
    wait_for_start(half)
    assert_same(read_all(capture, half), read_all(capture, None))


def test_a_start_in_the_middle_of_a_record_is_not_believed(capture: Path) -> None:
    false = "import marshal; d = marshal.dumps({'start': 20_000_001}); "
    false += "import sys; sys.stdout.buffer.write(len(d).to_bytes(8, 'little') + d); sys.stdout.buffer.flush()"
    half = far(capture, program=false)
    wait_for_start(half)
    assert half.start == 20_000_001
    assert_same(read_all(capture, half), read_all(capture, None))


def test_nonsense_in_the_pipe_costs_nothing_but_the_help(capture: Path) -> None:
    half = far(capture, program="print('a traceback, say, or anything else')")
    wait_for_start(half)
    assert_same(read_all(capture, half), read_all(capture, None))


def test_a_cut_last_record_is_told_as_ever(capture: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(capture.read_bytes()[:-30])
    half = far(cut)
    wait_for_start(half)
    alone = read_all(cut, None)
    assert "ends inside a record" in alone.problems[0]
    assert_same(read_all(cut, half), alone)


def test_cancelling_ends_the_other_process(capture: Path) -> None:
    half = far(capture)
    wait_for_start(half)
    cancel = CancelToken()
    file = open_capture(capture, capture.parent)
    steps = read([file], cancel, digest=length_of, far=half)
    next(steps)
    cancel.cancel()
    with pytest.raises(Cancelled):
        list(steps)
    assert half._process.poll() is not None
    file.close()
