"""Problems of the parser, each said at the smallest part of the message that holds its bytes."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from sipview.explain.explanation import Explanation
from sipview.explain.subject import Subject
from sipview.values import Problem


def with_problems(nodes: Sequence[Explanation], problems: Iterable[Problem], subject: Subject) -> tuple[Explanation, ...]:
    """The nodes with the problems that lie within them.

    Bytes that no node explains and that have a problem get a node of their own; what concerns no bytes in particular
    (a header field that is missing) is said of the start line, which stands for the whole message.
    """
    placed, homeless = _placed(nodes, problems)
    strays: dict[tuple[int, int], list[Problem]] = defaultdict(list)
    whole: list[str] = []
    starts = [node.start for node in placed]
    for problem in homeless:
        before = bisect_right(starts, problem.start) - 1
        clear = (before < 0 or placed[before].end <= problem.start) and (
            before + 1 >= len(placed) or problem.end <= placed[before + 1].start
        )
        if clear and problem.end > problem.start:
            strays[problem.start, problem.end].append(problem)
        else:
            whole.append(problem.text)
    if whole and placed:
        placed[0] = replace(placed[0], problems=(*placed[0].problems, *whole))
    reached = 0
    for (start, end), found in sorted(strays.items()):
        if start >= reached:
            node = subject.node("Unreadable", start, end, subject.say("message.unreadable"))
            placed.append(replace(node, problems=tuple(problem.text for problem in found)))
            reached = end
    return tuple(sorted(placed, key=lambda node: node.start))


def _placed(nodes: Sequence[Explanation], problems: Iterable[Problem]) -> tuple[list[Explanation], list[Problem]]:
    """The nodes with what lies within them, and the problems that lie within none."""
    starts = [node.start for node in nodes]
    within: dict[int, list[Problem]] = defaultdict(list)
    homeless: list[Problem] = []
    for problem in problems:
        at = bisect_right(starts, problem.start) - 1
        if at >= 0 and problem.end <= nodes[at].end and problem.start < max(nodes[at].end, nodes[at].start + 1):
            within[at].append(problem)
        else:
            homeless.append(problem)
    placed = list(nodes)
    for at, found in within.items():
        children, own = _placed(nodes[at].children, found)
        placed[at] = replace(nodes[at], children=tuple(children), problems=tuple(problem.text for problem in own))
    return placed, homeless
