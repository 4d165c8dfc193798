"""Calls of real captures against what is known to have happened.

The captures were made with real SIP software; ``truth.json`` beside each has the story that its makers know (who called
whom, how it went, who hung up, how long they talked), and what tshark counted (which frames have which Call-ID). Some of
them are in ``tests/data``; all of them lie beside a developer's checkout.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from sipview.calls import Call, CallState, ConversationKind, Conversations, Observed
from sipview.session import Analysis, Reading, Snapshot
from sipview.values import CancelToken, seconds
from tests.support.needs import CHECKOUT

LAB = CHECKOUT.parent / "shared" / "captures" / "lab"
BUNDLED = CHECKOUT / "tests" / "data"

UP = {CallState.ANSWERED, CallState.COMPLETED}
STATES_OF_WORDS = (
    (r"before the capture", {CallState.INCOMPLETE}),
    (r"^answered.*capture ends", {CallState.ANSWERED}),
    (r"^answered", {CallState.COMPLETED}),
    (r"^cancelled", {CallState.CANCELLED}),
    (r"^no answer|no response", {CallState.NO_ANSWER}),
    (r"\b486\b|\b600\b", {CallState.BUSY}),
    (r"\b603\b", {CallState.DECLINED}),
    (r"^failed \d{3}", {CallState.FAILED}),
)
"""What truth says of a call, and the states that agree; the first that fits counts."""

TIMED_OTHERWISE = {
    "09_tcp_split_coalesced": "truth counts from the callee's 200 OK; a middlebox holds that up for 0.3 s",
}
"""Captures where a call was not as long as truth says, as its caller saw it, and why."""

TOLD_OTHERWISE = {
    "03_loop_483_too_many_hops": "truth lists the first 80 messages only",
    "11_options_keepalive": "tshark counts a REGISTER that an ICMP error quotes",
    "17_starts_mid_call_snaplen": "tshark leaves out the messages that were cut by the snap length",
}
"""Captures where the messages of a conversation are not those that truth lists, and why."""

KINDS = {
    "REGISTER": ConversationKind.REGISTRATION,
    "OPTIONS": ConversationKind.KEEPALIVE,
    "SUBSCRIBE": ConversationKind.SUBSCRIPTION,
    "NOTIFY": ConversationKind.SUBSCRIPTION,
    "PUBLISH": ConversationKind.PUBLICATION,
    "MESSAGE": ConversationKind.MESSAGE,
}


def folders() -> list[Path]:
    found = {truth.parent.name: truth.parent for truth in BUNDLED.glob("*/truth.json")}
    found.update({truth.parent.name: truth.parent for truth in LAB.glob("*/truth.json")})
    return [found[name] for name in sorted(found)]


@pytest.fixture(params=folders(), ids=lambda folder: folder.name)
def folder(request: pytest.FixtureRequest) -> Path:
    chosen = request.param
    assert isinstance(chosen, Path)
    return chosen


def truth_of(folder: Path) -> dict[str, Any]:
    told = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    assert isinstance(told, dict)
    return told


def load(capture: Path, spool: Path) -> Snapshot:
    key_log = next(capture.parent.glob("*.keylog.txt"), None)
    analysis = Analysis([capture], spool, reading=Reading(key_log))
    try:
        return analysis.load(CancelToken())
    finally:
        analysis.close()


def call_with(conversations: Conversations, call_id: str) -> Call:
    (found,) = [call for call in conversations.calls if any(leg.call_id == call_id for leg in call.legs)]
    return found


def test_all_lab_captures_are_here() -> None:
    if not LAB.is_dir():
        pytest.skip("the lab captures are not beside this checkout, only those in tests/data are held against truth")
    assert len(folders()) >= 52


def test_each_known_call_went_as_known(folder: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if folder.name in TIMED_OTHERWISE:
        request.applymarker(pytest.mark.xfail(reason=TIMED_OTHERWISE[folder.name]))
    truth = truth_of(folder)
    for name in truth["captures"]:
        conversations = load(folder / name, tmp_path).conversations
        for known in truth["calls"]:
            for call_id in known["legs"][:1]:
                call = call_with(conversations, call_id)
                words = known.get("outcome") or ""
                fits = next((states for pattern, states in STATES_OF_WORDS if re.search(pattern, words)), None)
                assert fits is None or call.state in fits, words
                who = re.search(r"\b(caller|callee)\b", known.get("hung_up_by") or "")
                assert who is None or (call.hung_up_by is not None and call.hung_up_by.value == who[1])
                if known.get("duration_s"):
                    assert call.talk_time_ns is not None
                    assert seconds(call.talk_time_ns) == pytest.approx(known["duration_s"], abs=0.01)


def test_each_conversation_has_the_messages_that_tshark_counted(
    folder: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if folder.name in TOLD_OTHERWISE:
        request.applymarker(pytest.mark.xfail(reason=TOLD_OTHERWISE[folder.name]))
    for name, counted in truth_of(folder)["captures"].items():
        snapshot = load(folder / name, tmp_path)
        calls = {leg.call_id: leg.messages for call in snapshot.conversations.calls for leg in call.legs}
        others = {other.call_id: other for other in snapshot.conversations.others}
        for dialog in counted["dialogs"]:
            call_id = dialog["call_id"]
            positions = others[call_id].messages if call_id in others else calls[call_id]
            assert [in_short(snapshot.messages[position]) for position in positions] == [
                re.sub(r"^\S+ #\d+ ", "", message) for message in dialog["msgs"]
            ]
            assert call_id not in others or others[call_id].kind == KINDS[dialog["first_method"]]


def in_short(observed: Observed) -> str:
    """A message as truth writes it: ``10.0.0.1:5060>10.0.0.2:5060 200 (INVITE) cseq1``."""
    facts = observed.facts
    what = facts.method or f"{facts.status} ({facts.cseq_method})"
    source, destination = (f"{end.address}:{end.port}" for end in (observed.source, observed.destination))
    return f"{source}>{destination} {what} cseq{facts.cseq_number}"
