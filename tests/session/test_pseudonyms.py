"""Names in the place of numbers: everywhere the same, and nowhere forgotten."""

from sipview.session.pseudonyms import Pseudonyms
from sipview.values import visible

NAMES = Pseudonyms({"1001": "caller", "+4930 1002": "callee", "5060": "party 1", "200": "party 2", "ann": "party 3"})


def test_a_name_is_replaced_where_it_is_a_word() -> None:
    assert NAMES.hide("1001 calls +4930 1002 (ann)") == "caller calls callee (party 3)"
    assert NAMES.hide("call-1001.pcap, 10012, annex") == "call-caller.pcap, 10012, annex"


def test_addresses_ports_and_statuses_are_nobody() -> None:
    assert (
        NAMES.hide("PCMU 10.0.0.1:5060, [2001:db8::1]:5060, port 5060") == "PCMU 10.0.0.1:5060, [2001:db8::1]:5060, port 5060"
    )
    assert NAMES.hide("12:50:60 failed: 200 Fine, rang 200 ms, 200") == "12:50:60 failed: 200 Fine, rang 200 ms, party 2"


def test_a_long_name_is_found_where_it_was_cut() -> None:
    name = "x" * 60_000
    names = Pseudonyms({name: "caller"})
    assert names.hide(f"INVITE {name}") == "INVITE caller"
    assert names.hide(f"{visible(name, 60)} calls") == "caller calls"


def test_the_longest_name_wins() -> None:
    names = Pseudonyms({"1001@pbx": "id 1", "1001": "caller", "+1001": "callee", "Ann Bo": "party"})
    assert names.hide("1001@pbx, 1001, +1001, Ann Bo, Ann Bob") == "id 1, caller, callee, party, Ann Bob"


def test_addresses_get_numbers_in_the_order_in_which_they_are_met() -> None:
    names = Pseudonyms({}, addresses=["10.0.0.2", "pbx.example"])
    assert names.hide("10.0.0.1:5060 → 10.0.0.2 via PBX.example, pbx.example:5061") == (
        "host 3:5060 → host 1 via host 2, host 2:5061"
    )
    assert names.hide("[2001:db8::1]:4000 2001:DB8:0::1 12:34:56 1.2.3") == "host 4:4000 host 4 12:34:56 1.2.3"


def test_without_names_nothing_changes() -> None:
    assert Pseudonyms({}).hide("1001") == "1001"
