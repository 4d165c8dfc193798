"""The part of a context menu that makes a filter from what was pointed at."""

from collections.abc import Callable
from functools import partial

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu

from sipview.gui import wording
from sipview.gui.filter_words import Join

_LONGEST_SHOWN = 60
_WAYS = (
    (Join.ONLY, "&This only"),
    (Join.NOT, "&Not this"),
    (Join.AND, "… &and this"),
    (Join.OR, "… &or this"),
    (Join.AND_NOT, "… and not t&his"),
)


def fill_filter_menu(menu: QMenu, term: str, wanted: Callable[[str, Join], object]) -> QMenu:
    """Add “Filter on this” and “Copy as filter” to a menu; ``wanted`` is called with the term and how to join it.

    Where there is no term (no field has this value) both are there and cannot be chosen.
    """
    shown = wording.cell(term)
    shown = shown if len(shown) <= _LONGEST_SHOWN else f"{shown[: _LONGEST_SHOWN - 1]}…"
    filtering = menu.addMenu("&Filter on this")
    filtering.setEnabled(bool(term))
    if term:
        filtering.addAction(shown.replace("&", "&&")).setEnabled(False)
        filtering.addSeparator()
    for how, words in _WAYS:
        filtering.addAction(words).triggered.connect(partial(_choose, wanted, term, how))
    copy = menu.addAction("Copy as fi&lter")
    copy.setEnabled(bool(term))
    copy.triggered.connect(lambda: QGuiApplication.clipboard().setText(term))
    return filtering


def _choose(wanted: Callable[[str, Join], object], term: str, how: Join, _checked: bool = False) -> None:
    wanted(term, how)
