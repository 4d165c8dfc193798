"""Names in the place of numbers: everywhere the same, and nowhere forgotten."""

from sipview.ladder import LadderOptions
from sipview.session.pseudonyms import Pseudonyms
from tests.support.ladders import Script as LadderScript

NAMES = Pseudonyms({"1001": "caller", "+4930 1002": "callee", "5060": "party 1", "200": "party 2", "ann": "party 3"})


def test_a_name_is_replaced_where_it_is_a_word() -> None:
    assert NAMES.hide("1001 calls +4930 1002 (ann)") == "caller calls callee (party 3)"
    assert NAMES.hide("call-1001.pcap, 10012, annex") == "call-caller.pcap, 10012, annex"


def test_addresses_ports_and_statuses_are_nobody() -> None:
    assert (
        NAMES.hide("PCMU 10.0.0.1:5060, [2001:db8::1]:5060, port 5060") == "PCMU 10.0.0.1:5060, [2001:db8::1]:5060, port 5060"
    )
    script = LadderScript()
    script.request(0, "a", "b", "INVITE 1001", "1001")
    script.response(1, "b", "a", "200 OK for 1001")
    first, second = NAMES.hide_in_events(script.events)
    assert (first.title, first.detail, second.title) == ("INVITE caller", "caller", "200 OK for caller")


def test_lanes_and_heading_are_hidden_too() -> None:
    hidden = NAMES.hide_in_options(LadderOptions(title="1001 calls", subtitle="1001.pcap", lane_names={"10.0.0.1": "1001"}))
    assert (hidden.title, hidden.subtitle, dict(hidden.lane_names)) == ("caller calls", "caller.pcap", {"10.0.0.1": "caller"})


def test_without_names_nothing_changes() -> None:
    assert Pseudonyms({}).hide("1001") == "1001"
