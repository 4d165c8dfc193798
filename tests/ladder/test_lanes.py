"""Which lanes there are, and who stands left of whom."""

from sipview.ladder import LadderOptions, lay_out
from sipview.ladder.lanes import find_lanes
from tests.support.ladders import Script, SevenWide, call_through_pbx


def order(script: Script, *, ports_apart: bool = False) -> list[str]:
    return [name.name for name in find_lanes(script.events, ports_apart, {}, {}).names]


def test_the_path_runs_from_caller_to_callee() -> None:
    script = Script()
    for number, (near, far) in enumerate((("anna", "p1"), ("p1", "p2"), ("p2", "ben"))):
        script.request(number, near, far, "INVITE 1")
    assert order(script) == ["anna", "p1", "p2", "ben"]


def test_an_invite_decides_before_a_registration_that_came_first() -> None:
    script = Script()
    script.request(0, "ben", "pbx", "REGISTER 2")
    script.request(1, "anna", "pbx", "REGISTER 1")
    script.request(2, "anna", "pbx", "INVITE 2")
    script.request(3, "pbx", "ben", "INVITE 2")
    assert order(script) == ["anna", "pbx", "ben"]


def test_forks_stand_in_the_order_of_their_invites_each_with_its_own_path() -> None:
    script = Script()
    script.request(0, "anna", "proxy", "INVITE 1")
    script.request(1, "proxy", "desk", "INVITE 1")
    script.request(2, "desk", "voicemail", "INVITE 1")
    script.request(3, "proxy", "mobile", "INVITE 1")
    assert order(script) == ["anna", "proxy", "desk", "voicemail", "mobile"]


def test_a_second_caller_stands_left_of_whom_it_calls() -> None:
    script = Script()
    script.request(0, "anna", "pbx", "INVITE 1")
    script.request(1, "pbx", "ben", "INVITE 1")
    script.request(2, "carl", "pbx", "INVITE 1")
    assert order(script) == ["anna", "carl", "pbx", "ben"]


def test_a_capture_that_begins_with_a_response() -> None:
    script = Script()
    script.response(0, "ben", "anna", "200 OK")
    script.request(1, "anna", "ben", "BYE")
    assert order(script) == ["anna", "ben"]


def test_ports_apart_and_one_host_alone() -> None:
    script = Script()
    script.request(0, "10.0.0.1:5060", "10.0.0.2:5060", "INVITE 1")
    script.request(1, "10.0.0.1:5070", "10.0.0.2:5060", "INVITE 1")
    assert order(script) == ["10.0.0.1", "10.0.0.2"]
    lanes = find_lanes(script.events, True, {"10.0.0.1:5070": "second", "10.0.0.2": "PBX"}, {})
    assert [tuple(name) for name in lanes.names] == [
        ("10.0.0.1", "port 5060"),
        ("second", "10.0.0.1:5070"),
        ("PBX", "10.0.0.2:5060"),
    ]
    alone = Script()
    alone.request(0, "127.0.0.1:5060", "127.0.0.1:5070", "INVITE 1")
    assert len(order(alone)) == 2


def test_headers_say_name_address_and_port() -> None:
    lanes = find_lanes(call_through_pbx(), False, {"10.1.1.1": "PBX"}, {"10.1.1.12": "pjsua 2.14"})
    assert [tuple(name) for name in lanes.names] == [
        ("10.1.1.11", "port 36985"),
        ("PBX", "10.1.1.1:5060"),
        ("10.1.1.12", "pjsua 2.14 · port 5060"),
    ]
    assert lanes.ports_shown == frozenset()


def test_a_lane_with_several_ports_shows_them_at_the_arrows() -> None:
    script = Script()
    script.request(0, "a:1000", "b:5060", "OPTIONS 1")
    script.request(1, "a:1001", "b:5060", "OPTIONS 1")
    script.response(2, "b:5060", "a:1001", "200 OK", "for OPTIONS")
    picture = lay_out(script.events, LadderOptions(), SevenWide())
    assert [[port.text for port in arrow.ports] for arrow in picture.arrows] == [["1000"], ["1001"], ["1001"]]
    assert picture.lanes[0].subtitle.text == "ports 1000, 1001"
    line = picture.lanes[0].x
    assert all(port.x + port.width < line for arrow in picture.arrows for port in arrow.ports)


def test_a_thousand_hosts_keep_their_order() -> None:
    script = Script()
    for number in range(1000):
        script.request(number, f"h{number:04}", f"h{number + 1:04}", "INVITE 1")
    for number in range(0, 1000, 2):
        script.request(2000 + number, f"h{number:04}", f"new{number:04}", "INVITE 1")
    names = order(script)
    assert len(names) == len(set(names)) == 1501
    assert [name for name in names if name.startswith("h")] == sorted(name for name in names if name.startswith("h"))
