"""How captures are read where the user knows more than they say: a TLS key log, and rules for ports. Remembered."""

import json
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from sipview.gui.decode_as import DecodeAsDialog, Rule, rules_of
from sipview.gui.jobs import Jobs
from sipview.gui.key_log import CheckKeyLog, KeyLogDialog, taken_words
from sipview.gui.path_chooser import PathChooser
from sipview.gui.preferences import Preferences
from sipview.gui.theme import Theme
from sipview.session import Reading

_KEY_LOG, _RULES = "reading/key-log", "reading/decode-as"
_PURPOSE = "looking at the key log"
NEW_RULE = Rule("udp", 4000, "rtp")


class ReadingChoice(QObject):
    """Belongs to one window. ``changed``: what is shown has to be read again; ``said(words)``: for the status bar;
    ``refused(sentence)``: a file is no key log.
    """

    changed = Signal()
    said = Signal(str)
    refused = Signal(str)

    def __init__(self, window: QWidget, theme: Theme, preferences: Preferences, jobs: Jobs, chooser: PathChooser) -> None:
        super().__init__(window)
        self._window = window
        self._theme = theme
        self._preferences = preferences
        self._jobs = jobs
        self._chooser = chooser
        self.dialog: DecodeAsDialog | KeyLogDialog | None = None

    @property
    def reading(self) -> Reading:
        """How to read the next capture."""
        return Reading(self.key_log, tuple(map(str, self.rules)))

    @property
    def key_log(self) -> Path | None:
        """The file of TLS secrets."""
        text = self._preferences.text(_KEY_LOG)
        return Path(text) if text else None

    @property
    def rules(self) -> tuple[Rule, ...]:
        """What ports carry, by the user's word."""
        try:
            texts = json.loads(self._preferences.text(_RULES) or "[]")
        except ValueError:
            return ()
        return rules_of(map(str, texts)) if isinstance(texts, list) else ()

    def set_rules(self, rules: Sequence[Rule]) -> None:
        """Take these rules in place of the former ones."""
        if tuple(rules) != self.rules:
            self._preferences.remember_text(_RULES, json.dumps([str(rule) for rule in rules]))
            self.changed.emit()

    def turn_rule(self, rule: Rule) -> None:
        """Make a rule, or drop it where there is one."""
        rules = [other for other in self.rules if other != rule]
        self.set_rules(rules if len(rules) < len(self.rules) else [*rules, rule])

    def ask_rules(self, suggested: Rule = NEW_RULE) -> None:
        """Show the table of rules."""
        dialog = DecodeAsDialog(self._window, self._theme, self.rules, suggested)
        dialog.chosen.connect(self.set_rules)
        self._show(dialog)

    def ask_key_log(self) -> None:
        """Show which key log is used."""
        dialog = KeyLogDialog(self._window, self.key_log)
        dialog.choosing.connect(self.choose_key_log)
        dialog.forgetting.connect(self._forget_key_log)
        self._show(dialog)

    def choose_key_log(self) -> None:
        """Ask for a file, look whether it is a key log, and take it."""
        former = self.key_log
        folder = str(former.parent) if former is not None else self._preferences.last_folder
        path = self._chooser.open_key_log(self._window, folder)
        if path is not None:
            self._jobs.ask(_PURPOSE, CheckKeyLog(path), lambda answer: self._checked(path, *answer))

    def _checked(self, path: Path, secrets: int, problem: str) -> None:
        if problem:
            self.refused.emit(problem)
            return
        self._preferences.remember_text(_KEY_LOG, str(path.absolute()))
        self.said.emit(taken_words(path, secrets))
        self.changed.emit()

    def _forget_key_log(self) -> None:
        self._preferences.remember_text(_KEY_LOG, "")
        self.changed.emit()

    def _show(self, dialog: DecodeAsDialog | KeyLogDialog) -> None:
        self.dialog = dialog
        dialog.finished.connect(self._closed)
        dialog.open()

    def _closed(self) -> None:
        self.dialog = None
