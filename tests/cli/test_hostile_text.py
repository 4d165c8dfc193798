"""Text out of packets and names of files is only text: on a terminal it colours, moves and deletes nothing."""

from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.support.captures import every_ms, pcap, sip, udp, write

HOSTILE = {
    "escape": "\x1b[31mred\x1b[0m\x1b]0;title\x07",
    "markup": "[red]bold[/red][link=file:///etc/passwd]x[/link][/]",
    "emoji": ":smiley: :bomb:",
    "controls": "a\x08\x08\x7f\x00\x0bb",
    "c1": "\x9b31m\x85",
    "direction": "\u202egnp.exe\u2066",
    "wide": "\u6f22\u5b57" * 3,
    "marks": "e" + "\u0301" * 300,
    "tags": "\U000e0041\ufeff\u200b",
}
ACTING = [*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), "\u202e", "\u2066", "\u200b", "\ufeff", "\U000e0041"]


def harmless(text: str) -> None:
    """No character acts on what stands around it; lines end in LF."""
    found = {character for character in text if character in ACTING} - {"\n"}
    assert not found, sorted(map(ascii, found))


def hostile_capture(folder: Path, text: str) -> Path:
    """An INVITE and its answer with this text wherever text can stand."""
    data = text.encode()
    invite = sip("INVITE", "x").replace(b"Call-ID: x", b"Call-ID: " + data)
    invite = invite.replace(b"From: <sip:alice@", b'From: "' + data + b'" <sip:' + data + b"@")
    invite = invite.replace(b"INVITE sip:bob@", b"INVITE sip:" + data.replace(b" ", b"") + b"@", 1)
    invite = invite.replace(b"Max-Forwards: 70", b"User-Agent: " + data + b"\r\nSubject: " + data)
    answer = invite.replace(invite.split(b"\r\n")[0], b"SIP/2.0 486 " + data, 1)
    other = udp("10.0.0.1/7", "10.0.0.2/7", data)
    frames = [udp("10.0.0.1/5060", "10.0.0.2/5060", invite), udp("10.0.0.2/5060", "10.0.0.1/5060", answer), other]
    return write(folder / "hostile.pcap", pcap(every_ms(frames)))


@pytest.mark.parametrize("kind", HOSTILE)
def test_no_command_lets_text_act(sipview: Run, tmp_path: Path, kind: str) -> None:
    path = hostile_capture(tmp_path, HOSTILE[kind])
    frames = [found["frame"] for found in sipview("messages", path, "--json").objects]
    assert frames
    ran = [sipview(command, path) for command in ("calls", "messages", "packets", "ladder")]
    ran += [sipview("explain", path, "--frame", str(frame)) for frame in frames]
    for one in ran:
        assert (one.status, one.err) == (0, "") or "there is no ladder" in one.err
        harmless(one.out)


@pytest.mark.parametrize("kind", HOSTILE)
def test_json_says_what_was_sent_in_escapes(sipview: Run, tmp_path: Path, kind: str) -> None:
    """A program gets the text itself; a terminal, or a reader that ends lines at U+0085 and U+2028, sees escapes."""
    text = HOSTILE[kind] if kind != "controls" else "a\x08\x08\x7fb\u2028\u2029"
    ran = sipview("messages", hostile_capture(tmp_path, text), "--json")
    harmless(ran.out)
    assert len(ran.out.splitlines()) == len(ran.objects)
    assert ran.objects[0]["call_id"] == text


def test_markup_is_shown_as_it_stands(sipview: Run, tmp_path: Path) -> None:
    path = hostile_capture(tmp_path, HOSTILE["markup"])
    assert HOSTILE["markup"] in sipview("messages", path).out
    assert ":bomb:" in sipview("messages", hostile_capture(tmp_path, HOSTILE["emoji"])).out


@pytest.mark.parametrize("kind", ["escape", "direction", "controls", "c1"])
def test_names_of_files_are_text_too(sipview: Run, tmp_path: Path, kind: str) -> None:
    name = HOSTILE[kind].replace("/", "").replace("\0", "")
    path = hostile_capture(tmp_path, "plain").rename(tmp_path / f"{name}.pcap")
    for words in (("ladder", path), ("ladder", path, "-o", tmp_path / f"{name}.svg"), ("calls", tmp_path / f"{name}\n.pcap")):
        ran = sipview(*words)
        harmless(ran.out)
        harmless(ran.err)
        assert ran.err.count("\n") <= 1
    path.write_bytes(path.read_bytes()[:-3])
    ran = sipview("calls", path)
    assert ran.status == 1
    harmless(ran.err)


@pytest.mark.parametrize("suffix", [".svg", ".txt"])
def test_a_ladder_with_hostile_text_is_saved(sipview: Run, tmp_path: Path, suffix: str) -> None:
    for kind, text in HOSTILE.items():
        path = hostile_capture(tmp_path, text)
        if sipview("calls", path, "--json").objects:
            ran = sipview("ladder", path, "-o", tmp_path / f"{kind}{suffix}")
            assert (ran.status, ran.err) == (0, "")
            harmless((tmp_path / f"{kind}{suffix}").read_text("utf-8"))


def test_a_name_whose_bytes_are_no_text_can_be_written_to(sipview: Run, tmp_path: Path) -> None:
    """POSIX names are bytes; Python hands them on as lone surrogates, which no encoding takes."""
    path = hostile_capture(tmp_path, "plain").rename(tmp_path / "\udcff.pcap")
    ran = sipview("ladder", path, "-o", tmp_path / "\udcfe.svg")
    assert (ran.status, ran.err) == (0, "")
    assert (tmp_path / "\udcfe.svg").read_text("utf-8")
    assert sipview("ladder", path).status == 0
    assert sipview("calls", tmp_path / "\udcfd.pcap").status == 1
