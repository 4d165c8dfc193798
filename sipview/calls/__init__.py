"""Who talked to whom, and how it went: transactions, dialogs, calls and other conversations (RFC 3261 12 to 17).

In: messages as observed (facts, time, endpoints). Out: calls with their legs and states, registrations and other
conversations, retransmissions, transactions. Knows nothing of packets, files or bytes: a row is a number to it.

A message's way: `tracker` puts it under its Call-ID, `transactions` into its transaction. When somebody asks, `attempts`
finds the INVITEs that were the caller's, `verdict` judges them (by the tables of `states`), `dialogs` tells the dialogs,
`legs` makes a leg of it all and `joining` calls of the legs. `others` judges what is no call.
"""

from sipview.calls.model import (
    Call,
    CallState,
    Conversation,
    ConversationKind,
    Conversations,
    DialogState,
    Leg,
    Observed,
    Side,
)
from sipview.calls.tracker import Tracker

__all__ = [
    "Call",
    "CallState",
    "Conversation",
    "ConversationKind",
    "Conversations",
    "DialogState",
    "Leg",
    "Observed",
    "Side",
    "Tracker",
]
