"""A call in which everything tells who it was: numbers, names, hosts, addresses, Call-IDs, phrases and reasons."""

from pathlib import Path

from tests.support.captures import every_ms, pcap, udp
from tests.support.sip_messages import message

PEOPLE = ("+49 30 4711", "0049304711", "Anna", "Brandt", "8842", "weeps", "Feierabend")
HOSTS = ("pbx.brandt-optik.example", "phone7.brandt.example", "198.51.100.23", "203.0.113.9", "2001:db8::77", "brandt")
CALL_IDS = ("c4ll-9f3a", "7781-zz")
_A, _B = "198.51.100.23/5060", "203.0.113.9/5060"
_SDP = (
    "v=0\r\no=Anna 1 1 IN IP6 2001:db8::77\r\ns=Anna Brandt\r\nc=IN IP6 2001:db8::77\r\nt=0 0\r\n"
    "m=audio 4000 RTP/AVP 0\r\nm=video 4002 RTP/AVP 99\r\nc=IN IP4 phone7.brandt.example\r\na=rtpmap:99 VP8/90000\r\n"
)


def telling_capture(folder: Path) -> Path:
    """A capture of that call, under a name that tells it too."""
    call_id = "c4ll-9f3a@198.51.100.23"
    caller = '"Anna Brandt" <sip:+49%2030%204711@pbx.brandt-optik.example>;tag=a'
    both = {"From": '"Anna Brandt" <sip:0049304711@pbx.brandt-optik.example>;tag=a', "Call-ID": call_id}
    callee = "<sip:8842@pbx.brandt-optik.example>"
    via = "SIP/2.0/UDP phone7.brandt.example:5060;branch=z9hG4bKa"
    frames = [
        udp(_A, _B, message(
            start="INVITE sip:8842@pbx.brandt-optik.example SIP/2.0", body=_SDP, CSeq="1 INVITE", Via=via, To=callee,
            Content_Type="application/sdp", User_Agent="Phone/1", From=both["From"], Call_ID=call_id,
        )),
        udp(_B, _A, message(
            start="SIP/2.0 180 Anna weeps", CSeq="1 INVITE", Via=via, To=f"{callee};tag=b", From=both["From"], Call_ID=call_id,
        )),
        udp(_B, _A, message(
            start="SIP/2.0 486 Frau Brandt hat Feierabend", CSeq="1 INVITE", Via=via, To=f"{callee};tag=b", From=both["From"],
            Call_ID=call_id, Reason='Q.850;cause=17;text="Anna Brandt 8842 Feierabend"',
        )),
        udp(_A, _B, message(
            start="ACK sip:8842@pbx.brandt-optik.example SIP/2.0", CSeq="1 ACK", Via=via, To=f"{callee};tag=b",
            From=both["From"], Call_ID=call_id,
        )),
        udp(_A, _B, message(
            start="REGISTER sip:pbx.brandt-optik.example SIP/2.0", CSeq="7 REGISTER", Via=via.replace("Ka", "Kb"), From=caller,
            To=caller.partition(";")[0], Call_ID="7781-zz@phone7.brandt.example", Contact="<sip:8842@198.51.100.23>",
        )),
        udp(_B, _A, message(
            start="SIP/2.0 403 Anna Brandt weeps", CSeq="7 REGISTER", Via=via.replace("Ka", "Kb"), From=caller,
            To=f"{caller.partition(';')[0]};tag=c", Call_ID="7781-zz@phone7.brandt.example",
        )),
    ]  # fmt: skip
    path = folder / "brandt-optik-4711.pcap"
    path.write_bytes(pcap(every_ms(frames)))
    return path
