"""What to say where there are no calls or no packets: why, and what to do next."""

import numpy as np

from sipview.gui import wording
from sipview.gui.cross_reference import CrossReference
from sipview.index import Protocol
from sipview.session import Snapshot
from sipview.session.quality import unread_words

_KEY_LOG_BUTTON = "Choose a TLS key log…"
_NOTHING_CAPTURED = (
    "The capture file is well-formed, but nothing was captured: it ends after its header. "
    "Was it the right interface, and did the capture filter let anything pass?"
)


def what_instead(snapshot: Snapshot) -> str:
    """What the capture holds."""
    conversations = snapshot.conversations
    said = [wording.counted(snapshot.packets, "packet"), wording.counted(len(snapshot.messages), "SIP message")]
    if conversations.calls:
        said.append(wording.counted(len(conversations.calls), "call"))
    if conversations.others:
        said.append(f"{len(conversations.others):,} registrations and other conversations")
    return "The capture holds " + ", ".join(said) + "."


def why_empty(cross: CrossReference | None) -> tuple[str, str, str]:
    """A headline and a sentence for a capture in which there is no SIP, with the next step; and what its button says."""
    snapshot = cross.snapshot if cross else None
    if snapshot is None or snapshot.index is None or not snapshot.packets:
        return "No packets", _NOTHING_CAPTURED, ""
    if snapshot.messages:
        return "No calls", what_instead(snapshot), ""
    counts = np.bincount(snapshot.index.protocol[: snapshot.packets], minlength=len(Protocol))
    held = ", ".join(
        f"{int(counts[protocol]):,} {Protocol(protocol).label}" for protocol in np.argsort(-counts)[:4] if counts[protocol]
    )
    encrypted = bool(counts[Protocol.TLS])
    unread = snapshot.index.unread_connections
    next_step = (
        unread_words(snapshot.index, unread[0])
        if unread
        else "SIP may be in the TLS packets: it can only be read with the keys."
        if encrypted
        else "Was the capture taken where the SIP server or the phone is, and while somebody called?"
    )
    headline = f"{wording.counted(snapshot.packets, 'packet')}, no SIP messages"
    return headline, f"It holds {held}. {next_step}", _KEY_LOG_BUTTON if encrypted else ""
