"""Questions to the capture library, asked in a process of their own with a time limit (see `answering`)."""

import subprocess
from typing import TypeVar

import msgspec

from sipview.live.answering import AskFilter, AskInterfaces, FilterAnswer
from sipview.live.interfaces import InterfaceList
from sipview.live.presets import SIP_PORTS
from sipview.live.processes import ANSWERING, command_of, no_window

PATIENCE_S = 15.0
"""How long a question may take; on Windows a user may have to say Yes to it."""

_Answer = TypeVar("_Answer")


def list_interfaces(timeout_s: float = PATIENCE_S) -> InterfaceList:
    """What can be captured on here. Never raises: what is wrong stands in ``problem``, with what to do about it."""
    answer = _ask(AskInterfaces(), InterfaceList, timeout_s)
    return answer if isinstance(answer, InterfaceList) else InterfaceList(problem=answer)


def check_filter(
    expression: str, link_type: int = 1, timeout_s: float = PATIENCE_S, *, sip_ports: tuple[int, ...] = SIP_PORTS
) -> FilterAnswer:
    """Whether a capture filter compiles for a link type (1: Ethernet), and if not, what is wrong where.

    For Ethernet also whether RTP can pass it, which goes to and from other ports than ``sip_ports``.
    """
    answer = _ask(AskFilter(expression, link_type, sip_ports), FilterAnswer, timeout_s)
    return answer if isinstance(answer, FilterAnswer) else FilterAnswer(problem=answer)


def _ask(request: AskInterfaces | AskFilter, answered_by: type[_Answer], timeout_s: float) -> _Answer | str:
    """The answer, or a sentence why there is none."""
    try:
        done = subprocess.run(
            command_of(ANSWERING),
            input=msgspec.json.encode(request) + b"\n",
            capture_output=True,
            timeout=timeout_s,
            check=False,
            creationflags=no_window(),
        )
        return msgspec.json.decode(done.stdout, type=answered_by)
    except subprocess.TimeoutExpired:
        return f"The capture library has not answered for {timeout_s:.0f} seconds. Restart the computer, and try again"
    except OSError as error:
        return f"The process that asks the capture library cannot be started: {error.strerror or error}"
    except msgspec.DecodeError:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        said = f" ({last[0]})" if last else ""
        return f"The capture library ended the process that asked it, with status {done.returncode}{said}"
