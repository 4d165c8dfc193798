"""What the code of `sipview.explain` may ask of the catalogue, read from the code itself."""

import ast
from pathlib import Path
from typing import NamedTuple

import sipview.explain


class Asked(NamedTuple):
    """One call of ``say`` or ``say_of``: the entries or tables that it names, and the values that it gives."""

    place: str
    entries: frozenset[str]
    tables: frozenset[str]
    values: frozenset[str]


def _texts(node: ast.expr) -> frozenset[str]:
    """The texts that an expression can be: a literal, or either side of a condition."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return frozenset({node.value})
    if isinstance(node, ast.IfExp):
        return _texts(node.body) | _texts(node.orelse)
    raise AssertionError(f"a name of the catalogue that no reader can find: {ast.unparse(node)}")


def _keys(function: ast.FunctionDef, name: str) -> frozenset[str]:
    """The keys of the mapping that a function assigns to ``name``, which must be written out and the same each time."""
    found = {
        frozenset(key.value for key in node.value.keys if isinstance(key, ast.Constant) and isinstance(key.value, str))
        for node in ast.walk(function)
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, ast.Dict)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name) and target.id == name
    }
    assert len(found) == 1, f"{function.name} passes on {name}, whose keys cannot be read"
    return found.pop()


def _values(call: ast.Call, function: ast.FunctionDef) -> frozenset[str]:
    named = frozenset(keyword.arg for keyword in call.keywords if keyword.arg)
    for keyword in call.keywords:
        if keyword.arg is None:
            assert isinstance(keyword.value, ast.Name)
            keys = _keys(function, keyword.value.id)
            assert not keys & named, f"line {call.lineno} gives {keys & named} twice"
            named |= keys
    return named


def everything_asked() -> list[Asked]:
    """All calls of ``say`` and ``say_of`` in the room."""
    found = []
    for path in sorted(Path(sipview.explain.__path__[0]).glob("*.py")):
        if path.name == "catalogue.py":
            continue
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(function, ast.FunctionDef):
                continue
            for call in ast.walk(function):
                if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
                    continue
                place = f"{path.name}:{call.lineno}"
                if call.func.attr == "say":
                    found.append(Asked(place, _texts(call.args[0]), frozenset(), _values(call, function)))
                elif call.func.attr == "say_of":
                    tables = frozenset() if isinstance(call.args[0], ast.Name) else _texts(call.args[0])
                    found.append(Asked(place, _texts(call.args[2]), tables, _values(call, function)))
                elif call.func.attr == "parameters" and len(call.args) == 2:
                    found.append(Asked(place, frozenset(), _texts(call.args[1]), frozenset({"name", "value"})))
    return found
