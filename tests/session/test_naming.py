"""What hosts are called: by what they do in scripted calls, and in captures of real ones."""

import pytest
from msgspec import structs

from sipview.session import Analysis
from sipview.session.naming import HostNames, HostNaming, name_hosts
from sipview.values import CancelToken
from tests.support.needs import CHECKOUT
from tests.support.script_calls import Script

SAMPLES = CHECKOUT / "resources" / "samples"


def names(script: Script) -> HostNames:
    return name_hosts(script.messages, script.conversations())


def test_phones_are_called_by_their_users() -> None:
    script = Script()
    anna, ben = script.phone("anna"), script.phone("ben")
    anna.calls(ben).invite().answered(200)
    assert names(script).of(anna.at.address) == "anna"
    assert names(script).of(ben.at.address) == "ben"


def test_who_passes_an_invite_on_is_a_server() -> None:
    script = Script()
    anna, proxy, ben = script.phone("anna"), script.phone("proxy"), script.phone("ben")
    anna.calls(ben, through=[proxy]).invite().answered(200)
    assert names(script).of(proxy.at.address) == "Server"
    assert names(script).of(anna.at.address) == "anna"


def test_several_ends_on_one_host_have_no_name() -> None:
    script = Script()
    anna, ben = script.phone("anna", "127.0.0.1", 5060), script.phone("ben", "127.0.0.1", 5070)
    anna.calls(ben).invite().answered(200)
    assert names(script).of("127.0.0.1") == "127.0.0.1"


def test_names_of_a_growing_capture_are_those_of_a_fresh_look() -> None:
    script = Script()
    anna, proxy, ben = script.phone("anna"), script.phone("proxy"), script.phone("ben")
    anna.asks(proxy).request("REGISTER").answered(200)
    anna.calls(ben, through=[proxy]).invite().answered(200)
    ben.calls(anna).invite().answered(486)
    naming, found = HostNaming(), []
    for count in range(len(script.messages) + 1):
        messages = script.messages[:count]
        found.append(naming.names(messages, script.conversations()))
        assert found[-1] == name_hosts(messages, script.conversations())
    assert len({len(hosts.names) for hosts in found}) > 2


def test_a_host_that_was_never_seen_is_called_by_its_address() -> None:
    assert HostNames().of("192.0.2.1") == "192.0.2.1"


def test_a_user_cannot_act_on_the_drawing() -> None:
    script = Script()
    anna, ben = script.phone("anna"), script.phone("ben")
    invite = anna.calls(ben).invite()
    del invite
    script.messages = [
        structs.replace(one, facts=structs.replace(one.facts, from_uri="sip:\u202eevil" + "A" * 60_000 + "@pbx"))
        for one in script.messages
    ]
    name = names(script).of(anna.at.address)
    assert len(name) < 60
    assert "\u202e" not in name


@pytest.mark.parametrize(
    ("capture", "expected"),
    [
        ("call-through-pbx.pcap", {"10.1.1.11": "1001", "10.1.1.1": "Asterisk", "10.1.1.12": "1002"}),
        ("small-office.pcap", {"10.160.0.1": "Asterisk", "10.160.0.11": "201", "10.160.0.15": "205"}),
    ],
)
def test_real_captures(capture: str, expected: dict[str, str]) -> None:
    analysis = Analysis([SAMPLES / capture])
    try:
        snapshot = analysis.load(CancelToken())
        hosts = name_hosts(snapshot.messages, snapshot.conversations)
        assert {address: hosts.of(address) for address in expected} == expected
        assert hosts.subtitles["10.1.1.11" if "10.1.1.11" in expected else "10.160.0.11"].endswith(" PJSUA")
    finally:
        analysis.close()
