"""A stream cut into SIP messages by their Content-Length (RFC 3261 18.3), from any point of the stream on."""

import re

from sipview.streams.assembly import Cut, Island

# RFC 3261 25.1: token SP Request-URI SP SIP-Version, or SIP-Version SP Status-Code. The URI is anything without white
# space here: what is wrong with it is for the parser to say.
_TOKEN = rb"[A-Za-z0-9\-.!%*_+`'~]"
_START_LINE = re.compile(
    rb"(?:SIP/\d\.\d [1-6]\d\d[ \r\n]|" + _TOKEN + rb"{1,32}[ \t]+[^\s]{1,2048}[ \t]+SIP/\d\.\d[ \t]*\r?\n)", re.IGNORECASE
)
# In the middle of a stream a token is not enough: the end of a cut method ("NVITE") is one too.
_KNOWN_START = re.compile(
    rb"(?:SIP/2\.0 [1-6]\d\d |(?:ACK|BYE|CANCEL|INFO|INVITE|"
    rb"MESSAGE|NOTIFY|OPTIONS|PRACK|PUBLISH|REFER|REGISTER|SUBSCRIBE|UPDATE)"
    rb" [^\s]{1,2048} SIP/2\.0\r?\n)"
)
_NEXT_START_LINE = re.compile(rb"(?<=\n)" + _START_LINE.pattern, re.IGNORECASE)
# A prefix of a start line: all that is there could still become one.
_MAYBE_START = re.compile(
    rb"(?:SIP/(?:\d(?:\.(?:\d(?: \d{0,3})?)?)?)?"
    rb"|" + _TOKEN + rb"{1,32}(?:[ \t]+(?:[^\s]{0,2048}(?:[ \t]+[SIP/\d.]{0,7}[ \t]*\r?)?)?)?)\Z",
    re.IGNORECASE,
)
_HEADER_END = re.compile(rb"\r?\n\r?\n")
_SPACE = rb"[ \t]*(?:\r?\n[ \t]+)?"  # LWS of RFC 3261 25.1: a header field may be folded
_CONTENT_LENGTH = re.compile(rb"\n(?:Content-Length|l)[ \t]*:" + _SPACE + rb"(\d{1,9})[ \t]*(?=\r?\n)", re.IGNORECASE)
# Of a session description no line begins like that (RFC 4566 9); other bodies may hold messages.
_SDP = re.compile(rb"\n(?:Content-Type|c)[ \t]*:" + _SPACE + rb"application/sdp\b", re.IGNORECASE)
_DESCRIPTION = re.compile(rb"(?:[a-z]=[^\r\n]*\r?\n)*")
_BEGINS_DESCRIPTION = re.compile(rb"(?:v(?:=[^\r\n]*\r?)?)?\Z|v=[^\r\n]*\r?\n")
_KNOWN_START_LINE = re.compile(rb"(?<=\n)" + _KNOWN_START.pattern)
_LONGEST_START_LINE = 4096
_LONGEST_OPEN_LINE = 512  # of a description whose length nobody stated: each look at it begins with the header
_LONGEST_HEADER_PART = 256 << 10
_LONGEST_BODY = 4 << 20


def begins_message(data: bytes | bytearray) -> bool:
    """Whether bytes from the middle of a stream surely begin a SIP message: with a start line of a known method or version."""
    return _KNOWN_START.match(data) is not None


class SipCutter:
    """Cuts messages from an island as it grows."""

    __slots__ = ("_awaited", "_header_scanned")
    held = 0  # all that waits is in the island

    def __init__(self) -> None:
        self._header_scanned = 0
        self._awaited = 0  # bytes that must be there before it is worth looking again

    def read(self, island: Island, *, ended: bool) -> list[Cut]:
        """The messages that are whole now; their bytes are consumed.

        ``ended`` says that no more will come: what is left of a message with its start line is given as it is, and bytes
        that wait for more to become a start line are passed over.
        """
        cuts: list[Cut] = []
        while island.data and (ended or len(island.data) >= self._awaited):
            length, whole = self._next_length(island, ended=ended)
            if length == 0:
                break
            self._awaited = 0
            if whole is None:  # these bytes belong to no message
                if island.data[0] in b"\r\n":
                    island.consume(length)
                else:
                    island.pass_over(length)
                continue
            cuts.append(Cut(bytes(island.data[:length]), island.rows(0, length), whole))
            island.consume(length)
        return cuts

    def _next_length(self, island: Island, *, ended: bool) -> tuple[int, bool | None]:
        """How many bytes to take, and as what: a whole message (True), a part (False), no message (None); 0 is: wait."""
        data = island.data
        blank = 0
        while blank < len(data) and data[blank] in b"\r\n":  # keep-alives (RFC 5626 4.4.1), and RFC 3261 7.5
            blank += 1
        if blank:
            return blank, None
        if not _START_LINE.match(data):
            return self._out_of_step(data, ended=ended)
        header_end = _HEADER_END.search(data, max(self._header_scanned - 3, 0))
        if header_end is None:
            self._header_scanned = len(data)
            if len(data) > _LONGEST_HEADER_PART:
                return self._resynchronise(data, 1)
            return (len(data), False) if ended else (0, None)
        self._header_scanned = 0
        stated = _CONTENT_LENGTH.search(data, 0, header_end.end())
        if stated is None and _SDP.search(data, 0, header_end.end()):
            return self._end_of_description(data, header_end.end(), ended=ended)
        body = int(stated.group(1)) if stated else 0
        length = header_end.end() + body
        if body > _LONGEST_BODY:
            return header_end.end(), True
        if len(data) >= length or ended:
            return self._end_of_body(data, header_end.end(), length)
        self._awaited = length
        return 0, None

    @staticmethod
    def _end_of_description(data: bytearray, start: int, *, ended: bool) -> tuple[int, bool | None]:
        """Where a message ends that says nothing of its length, as it must, but that its body is a session description.

        The lines of one are told from all that may follow, so it ends with the last that is there. It is waited for while none
        is, and for the rest of a line.
        """
        if not _BEGINS_DESCRIPTION.match(data, start):
            return start, True
        lines = _DESCRIPTION.match(data, start)
        end = start if lines is None else lines.end()
        behind = bytes(data[end : end + 2])
        open_line = (not behind and end == start) or (behind[:1].islower() and behind[1:] in (b"", b"="))
        if not open_line or len(data) - end > _LONGEST_OPEN_LINE:
            return end, True
        return (len(data), True) if ended else (0, None)

    @staticmethod
    def _end_of_body(data: bytearray, start: int, claimed: int) -> tuple[int, bool]:
        """Where the message ends whose body begins at ``start``, and whether it is whole.

        A gateway that rewrites addresses in a body is known to leave the Content-Length as it was. So the next message may
        begin before the claimed end: its start line reaches across that, or stands where a session description cannot have it.
        """
        if claimed == start:
            return claimed, True
        described = _SDP.search(data, 0, start) is not None
        for following in _KNOWN_START_LINE.finditer(data, start, claimed + _LONGEST_START_LINE):
            if following.start() >= claimed:
                break
            if described or following.end() > claimed:
                return following.start(), True
        return (claimed, True) if len(data) >= claimed else (len(data), False)

    def _out_of_step(self, data: bytearray, *, ended: bool) -> tuple[int, bool | None]:
        """The bytes are no start line: in the middle of something, or too few to say."""
        if len(data) < _LONGEST_START_LINE and not ended and _MAYBE_START.match(data):
            return 0, None
        return self._resynchronise(data, 0)

    def _resynchronise(self, data: bytearray, after: int) -> tuple[int, None]:
        found = _NEXT_START_LINE.search(data, after)
        if found:
            return found.start(), None
        # What follows the last line end may become a start line with the bytes to come.
        last_line = data.rfind(b"\n") + 1
        if 0 < last_line < len(data) and len(data) - last_line < _LONGEST_START_LINE:
            return last_line, None
        return len(data), None
