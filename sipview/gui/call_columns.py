"""What the lists of calls and of other conversations show of each: their columns, what is searched, what names one."""

from sipview.calls import Call, Conversation
from sipview.gui import wording
from sipview.gui.row_table import Column
from sipview.gui.tokens import Tone
from sipview.session import describe_call, state_words

CALL_COLUMNS: tuple[Column[Call], ...] = (
    Column(
        "start", "Start", "When the INVITE was sent, on this computer's clock", 9,
        lambda call: wording.clock(call.start_ns), lambda call: call.start_ns,
        tip=lambda call: wording.tip(wording.day_and_clock(call.start_ns)), gives_way=3,
    ),
    Column(
        "from", "From", "The caller: user part of From", 12,
        lambda call: wording.party(call.caller), lambda call: call.caller.casefold(),
        tip=lambda call: wording.tip(call.legs[0].from_uri if call.legs else call.caller), strong=True,
    ),
    Column(
        "to", "To", "Who was called: user part of To", 12,
        lambda call: wording.party(call.callee), lambda call: call.callee.casefold(),
        tip=lambda call: wording.tip(call.legs[0].to_uri if call.legs else call.callee), strong=True,
    ),
    Column(
        "result", "Result", "How the call went, as its caller saw it", 21,
        lambda call: wording.cell(state_words(call)), lambda call: call.state.value,
        tone=wording.state_tone, tip=lambda call: wording.tip(describe_call(call)), marked=True,
    ),
    Column(
        "talk", "Talk", "From the 200 OK to the BYE", 8,
        lambda call: wording.duration(call.talk_time_ns), lambda call: call.talk_time_ns or -1, numeric=True,
        gives_way=2,
    ),
    Column(
        "ring", "Ring", "From the INVITE to the first ringing", 8,
        lambda call: wording.duration(call.ring_delay_ns), lambda call: call.ring_delay_ns or -1, numeric=True,
        gives_way=1,
    ),
    Column(
        "messages", "Msgs", "How many SIP messages", 6,
        lambda call: f"{len(call.messages):,}", lambda call: len(call.messages), numeric=True, shown=False,
    ),
    Column(
        "status", "Status", "The final status of the INVITE", 7,
        lambda call: "" if call.status is None else str(call.status), lambda call: call.status or 0, numeric=True,
        shown=False,
    ),
)  # fmt: skip

CONVERSATION_COLUMNS: tuple[Column[Conversation], ...] = (
    Column(
        "start", "Start", "When the first message was sent, on this computer's clock", 9,
        lambda one: wording.clock(one.start_ns), lambda one: one.start_ns,
        tip=lambda one: wording.tip(wording.day_and_clock(one.start_ns)), gives_way=2,
    ),
    Column(
        "kind", "Kind", "What the conversation is for", 13, wording.conversation_kind, wording.conversation_kind,
    ),
    Column(
        "from", "By", "Who asks, subscribes or sends: user part of From", 11,
        lambda one: wording.address_user(one.from_uri), lambda one: one.from_uri.casefold(),
        tip=lambda one: wording.tip(one.from_uri), strong=True, gives_way=3,
    ),
    Column(
        "to", "For", "Whom it is about, or who gets it: user part of To", 11,
        lambda one: wording.address_user(one.to_uri), lambda one: one.to_uri.casefold(),
        tip=lambda one: wording.tip(one.to_uri), strong=True,
    ),
    Column(
        "result", "Result", "How it ended", 24,
        lambda one: wording.cell(one.outcome), lambda one: one.outcome,
        tone=lambda one: Tone.FAILURE if one.failed else Tone.SUCCESS, tip=lambda one: wording.tip(one.outcome), marked=True,
    ),
    Column(
        "messages", "Msgs", "How many SIP messages", 6,
        lambda one: f"{len(one.messages):,}", lambda one: len(one.messages), numeric=True,
        gives_way=1,
    ),
)  # fmt: skip


def searched_call(call: Call) -> str:
    """The text of a call that the search field looks through."""
    legs = (
        part for leg in call.legs for part in (leg.call_id, leg.from_uri, leg.to_uri, str(leg.source), str(leg.destination))
    )
    return " ".join((call.caller, call.callee, call.state.value, state_words(call), str(call.status or ""), *legs))


def searched_conversation(one: Conversation) -> str:
    """The text of a conversation that the search field looks through."""
    return " ".join(
        (
            wording.conversation_kind(one),
            one.from_uri,
            one.to_uri,
            one.call_id,
            one.outcome,
            str(one.source),
            str(one.destination),
        )
    )


def call_identity(call: Call) -> object:
    """What names a call in every snapshot: the position of its first message."""
    return call.messages[0]


def conversation_identity(one: Conversation) -> object:
    """What names a conversation in every snapshot."""
    return one.messages[0]
