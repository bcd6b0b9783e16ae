"""A rule's document as a form shows it: every single value by its path, lists by their length, conditions as rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from orchestrator.detection.editing.fields import path_of, text_of
from orchestrator.detection.editing.reading import read_rows
from orchestrator.detection.editing.typed_rows import TypedRow
from orchestrator.detection.yaml_files import Path, YamlFile, YamlValue, read_yaml

KINDS = ("occurrence", "absence", "score")
WAYS = ("occurrence", "absence", "date", "score")
STEPS = ("callback", "call", "message")


@dataclass(frozen=True, slots=True)
class Form:
    """Shows what it can of a document that need not be right: where something else stands than expected, the field is empty."""

    file: YamlFile

    @classmethod
    def read(cls, text: str) -> Self:
        """Raises `BadYaml`."""
        return cls(read_yaml(text.encode("utf-8", "replace"), name="rule"))

    def at(self, path: Path) -> YamlValue:
        found: YamlValue = self.file.value
        for part in path:
            if isinstance(found, dict) and isinstance(part, str):
                found = found.get(part)
            elif isinstance(found, list) and isinstance(part, int) and part < len(found):
                found = found[part]
            else:
                return None
        return found

    def text(self, dotted: str) -> str:
        if dotted == "title.en" and isinstance(title := self.at(("title",)), str):
            return title
        return text_of(self.at(path_of(dotted)))

    def has(self, dotted: str) -> bool:
        return self.at(path_of(dotted)) is not None

    def count(self, dotted: str) -> int:
        found = self.at(path_of(dotted))
        return len(found) if isinstance(found, list) else 0

    def rows(self, dotted: str) -> Sequence[TypedRow] | None:
        """Return a condition as rows, none where there is no condition, None where only an expression can say it."""
        where = self.at(path_of(dotted))
        if where is None:
            return ()
        rows = read_rows(where) if isinstance(where, str) else None
        return [TypedRow.of(row) for row in rows] if rows is not None else None

    @property
    def kind(self) -> str:
        """How the rule detects: one of `KINDS`, or nothing where the document does not say."""
        return self._one_of("detect", KINDS)

    @property
    def way(self) -> str:
        """How the rule detects in a person's words: one of `WAYS`, or nothing."""
        return "date" if self.kind == "absence" and self.has("detect.absence.due") else self.kind

    def step(self, dotted: str) -> str:
        """Return what kind the step at `steps.0` or `split.steps.0` is: one of `STEPS`, or nothing."""
        return self._one_of(dotted, STEPS)

    def _one_of(self, dotted: str, kinds: Sequence[str]) -> str:
        found = self.at(path_of(dotted))
        return next((kind for kind in kinds if isinstance(found, dict) and kind in found), "")
