"""What the call list can show beyond the call itself: it is looked up in the call's messages."""

from collections.abc import Callable, Iterator

from sipview.calls import Call, Conversation
from sipview.gui import wording
from sipview.gui.requests import Loaded
from sipview.gui.row_table import Column
from sipview.session import Analysis, Snapshot
from sipview.sip import session_description

_MOST_AGENTS = 4


class CallDetails:
    """Looks things up in the messages of the capture that is shown; "" while there is none."""

    def __init__(self) -> None:
        self._held: tuple[Analysis, Snapshot] | None = None

    def follow(self, loaded: Loaded | None) -> None:
        """There is another snapshot, or no capture any more."""
        self._held = None if loaded is None else (loaded.analysis, loaded.snapshot)

    def read(self, subject: Call | Conversation) -> Iterator[bytes]:
        """The bytes of all messages, one after the other."""
        if self._held is not None:
            analysis, snapshot = self._held
            for position in subject.messages:
                if position < len(snapshot.messages):
                    yield analysis.message_data(position)

    def agents(self, call: Call) -> str:
        """The programs that took part, in the order in which they were heard first."""
        if self._held is None:
            return ""
        messages = self._held[1].messages
        names = dict.fromkeys(messages[position].facts.user_agent for position in call.messages if position < len(messages))
        heard = [name for name in names if name]
        more = f", and {len(heard) - _MOST_AGENTS} more" if len(heard) > _MOST_AGENTS else ""
        return ", ".join(heard[:_MOST_AGENTS]) + more

    def codecs(self, call: Call) -> str:
        """The codecs of the last session description that answered an INVITE with 2xx, as they stand in it."""
        if self._held is None:
            return ""
        analysis, snapshot = self._held
        for position in reversed(call.messages):
            if position >= len(snapshot.messages):
                continue
            facts = snapshot.messages[position].facts
            if facts.sdp and facts.status is not None and 200 <= facts.status < 300 and facts.cseq_method == "INVITE":
                description = session_description(analysis.message(position))
                media = description.media if description is not None else ()
                return ", ".join(dict.fromkeys(codec.encoding for one in media if one.port for codec in one.codecs))
        return ""


def detail_columns(details: CallDetails) -> tuple[Column[Call], ...]:
    """Columns that the user can choose."""
    return (
        Column(
            "duration", "Duration", "From the first message of the call to its last", 8,
            lambda call: wording.duration(call.end_ns - call.start_ns), lambda call: call.end_ns - call.start_ns,
            numeric=True, shown=False,
        ),
        Column(
            "legs", "Legs", "How many legs (Call-IDs) the call has", 5,
            lambda call: str(len(call.legs)), lambda call: len(call.legs), numeric=True, shown=False,
        ),
        _text_column("codec", "Codecs", "What was agreed on, from the session description of the answer", 16, details.codecs),
        _text_column("agents", "User agents", "User-Agent and Server of the call's messages", 24, details.agents),
        _text_column("call-id", "Call-ID", "The Call-IDs of the call's legs", 28, _call_ids),
        _text_column("source", "Source", "The address that sent the INVITE", 16, _source),
        _text_column("destination", "Destination", "The address that got the INVITE", 16, _destination),
        Column(
            "number", "No.", "The number of the call, from 1 in order of start", 5,
            lambda call: str(call.number), lambda call: call.number, numeric=True, shown=False,
        ),
    )  # fmt: skip


def _text_column(name: str, title: str, hint: str, width: int, text: Callable[[Call], str]) -> Column[Call]:
    return Column(
        name, title, hint, width, lambda call: wording.cell(text(call)), lambda call: text(call).casefold(),
        tip=lambda call: wording.tip(text(call)), shown=False,
    )  # fmt: skip


def _call_ids(call: Call) -> str:
    return ", ".join(leg.call_id for leg in call.legs)


def _source(call: Call) -> str:
    return str(call.legs[0].source) if call.legs else ""


def _destination(call: Call) -> str:
    return str(call.legs[0].destination) if call.legs else ""
