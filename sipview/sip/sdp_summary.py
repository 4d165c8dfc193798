"""A session description in few words, as a label on an arrow of the ladder."""

from sipview.sip.sdp import Media, SessionDescription

_NO_ADDRESS = ("0.0.0.0", "::")  # RFC 2543's way to put a call on hold


def sdp_summary(description: SessionDescription) -> str:
    """What is offered or answered, media by media: ``PCMU PCMA telephone-event 10.1.1.11:4016``.

    The kind of media stands before it unless it is the only one and audio. Behind it: ``sendonly``, ``recvonly`` or
    ``inactive``; ``on hold`` where the address is 0.0.0.0; ``refused`` for port 0 (RFC 3264 6, 8.4).
    """
    only_audio = [media.kind for media in description.media] == ["audio"]
    return ", ".join(_media_summary(media, with_kind=not only_audio) for media in description.media)


def _media_summary(media: Media, *, with_kind: bool) -> str:
    words = [media.kind] if with_kind else []
    if media.port == 0:
        return " ".join([*(words or ["audio"]), "refused"])
    protected = _protection(media)
    if protected:
        words.append(protected)
    if media.codecs:
        words += dict.fromkeys(codec.encoding or str(codec.payload_type) for codec in media.codecs)
    else:
        words += media.formats
    words.append(_transport_address(media))
    if media.address in _NO_ADDRESS:
        words.append("on hold")
    if media.direction != "sendrecv":
        words.append(media.direction)
    return " ".join(word for word in words if word)


def _protection(media: Media) -> str:
    """SRTP by keys in the description (RFC 4568) or by DTLS (RFC 5763)."""
    profile = media.profile.upper()
    if "SAVP" not in profile:
        return ""
    return "DTLS-SRTP" if "TLS" in profile else "SRTP"


def _transport_address(media: Media) -> str:
    host = f"[{media.address}]" if ":" in media.address else media.address
    return host if media.port < 0 else f"{host}:{media.port}"
