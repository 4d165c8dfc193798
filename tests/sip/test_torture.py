"""The messages of RFC 4475 and RFC 5118: a valid one has no problem, an invalid one has the fitting one.

They are another project's files, so they are read beside a developer's checkout and nowhere else; `test_parser` writes the
same faults anew.
"""

import csv
from functools import cache
from pathlib import Path

import pytest

from sipview.sip import RequestLine, parse, skim
from sipview.sip.parser import cseq, name_addrs, vias
from tests.support.needs import CHECKOUT

FITTING = {
    "badinv01": {"empty-parameter", "empty-value"},
    "clerr": {"body-cut"},
    "ncl": {"bad-content-length"},
    "scalar02": {"bad-cseq", "bad-max-forwards", "bad-expires", "bad-contact-expires"},
    "scalarlg": {"bad-cseq", "bad-retry-after", "bad-warning"},
    "quotbal": {"unterminated-quote"},
    "ltgtruri": {"bracketed-request-uri"},
    "lwsruri": {"space-in-uri"},
    "lwsstart": {"space-in-start-line"},
    "trws": {"space-in-start-line"},
    "escruri": {"headers-in-request-uri"},
    "baddate": {"bad-date"},
    "regbadct": {"needs-angle-brackets"},
    "badaspec": {"space-in-uri"},
    "baddn": {"bad-display-name"},
    "badvers": {"bad-version", "bad-via-version"},
    "mismatch01": {"method-mismatch"},
    "mismatch02": {"method-mismatch"},
    "bigcode": {"bad-status"},
    "badbranch": {"bad-branch"},
    "insuf": {"no-call-id", "no-from", "no-to"},
    "multi01": {"repeated-field"},
    "mcl01": {"repeated-field"},
    "baddn (variant)": {"bad-display-name", "no-empty-line"},
    "ipv6-bad": {"bad-host"},
    "ipv6-bug-abnf-3-colons": {"three-colons"},
}
"""What must be among the problems of each invalid message."""


def _folder() -> Path:
    folder = CHECKOUT.parent / "shared" / "captures" / "torture"
    if not (folder / "manifest.tsv").is_file():
        pytest.skip("the messages of RFC 4475 and RFC 5118 are not beside this checkout")
    return folder


@cache
def _messages() -> dict[str, tuple[bytes, bool]]:
    with (_folder() / "manifest.tsv").open(newline="") as manifest:
        rows = list(csv.DictReader(manifest, delimiter="\t"))
    return {row["name"]: ((_folder() / row["file"]).read_bytes(), row["validity"] == "valid") for row in rows}


@pytest.mark.public_captures
def test_valid_messages_have_no_problem_and_invalid_ones_the_fitting_one() -> None:
    messages = _messages()
    assert len(messages) > 60
    for name, (data, valid) in messages.items():
        kinds = {problem.kind for problem in parse(data).problems}
        if valid:
            assert (name, kinds) == (name, set())
            assert (name, skim(data).problems) == (name, ())
        else:
            assert FITTING[name] <= kinds, name


@pytest.mark.public_captures
def test_the_short_tortuous_invite_is_read_whole() -> None:
    message = parse(_messages()["wsinv"][0])
    assert message.method == "INVITE"
    assert [via.host for via in vias(message)] == ["192.0.2.2", "spindle.example.com", "192.168.255.111"]
    assert [via.branch for via in vias(message)] == ["390skdjuw", "z9hG4bK9ikj8", "z9hG4bK30239"]
    number = cseq(message)
    assert number is not None
    assert (number.number, number.method) == (9, "INVITE")
    (target,), (sender,), (contact,) = (name_addrs(message, name) for name in ("To", "From", "Contact"))
    assert (target.tag, sender.tag) == ("1918181833n", "98asjd8")
    assert (sender.display_name, contact.display_name) == ('J Rosenberg \\"', 'Quoted string ""')
    assert [(parameter.name, parameter.value) for parameter in contact.parameters] == [
        ("newparam", "newvalue"),
        ("secondparam", None),
        ("q", "0.33"),
    ]
    subject = message.first("Subject")
    assert subject is not None
    assert subject.value == ""


@pytest.mark.public_captures
def test_odd_but_valid_messages_are_read_as_their_rfc_says() -> None:
    messages = {name: parse(data) for name, (data, _) in _messages().items()}
    assert messages["intmeth"].method == "!interesting-Method0123456789_*+`.%indeed'~"
    assert name_addrs(messages["intmeth"], "To")[0].display_name == "BEL:\x07 NUL:\x00 DEL:\x7f"
    assert messages["esc02"].method == "RE%47IST%45R"
    assert len(name_addrs(messages["esc02"], "Contact")) == 2
    assert [address.uri.user for address in name_addrs(messages["escnull"], "Contact")] == ["%00", "%00%00"]
    assert name_addrs(messages["lwsdisp"], "From")[0].display_name == "caller"
    assert len(vias(messages["longreq"])) == 34
    assert messages["dblreq"].data[messages["dblreq"].trailing_start :].startswith(b"\r\nINVITE ")
    line = messages["semiuri"].start_line
    assert isinstance(line, RequestLine)
    assert line.uri.user == "user;par=u%40example.net"
    assert [via.transport for via in vias(messages["transports"])] == ["UDP", "SCTP", "TLS", "UNKNOWN", "TCP"]
    assert not name_addrs(messages["cparam01"], "Contact")[0].uri.parameters
    assert name_addrs(messages["cparam02"], "Contact")[0].uri.parameters[0].name == "unknownparam"
    assert name_addrs(messages["regescrt"], "Contact")[0].uri.headers[0].name == "Route"
    assert name_addrs(messages["unksm2"], "To")[0].uri.address_of_record == "isbn:2983792873"
    received = vias(messages["via-received-param-with-delim"])[0].parameter("received")
    assert received is not None
    assert received.value == "[2001:db8::9:255]"
    assert name_addrs(messages["ipv4-mapped-ipv6"], "Contact")[0].uri.host == "[::ffff:192.0.2.2]"
