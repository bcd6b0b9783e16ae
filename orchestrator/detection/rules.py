"""The rule as a document: the same model for files, the console and the JSON Schema that editors use."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Annotated, Self

from pydantic import AfterValidator, Field, StringConstraints, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from orchestrator.availability.purposes import Purpose
from orchestrator.detection.documents import Cel, Duration, Name, Pause, Share, Strict, Zone
from orchestrator.detection.durations import parse_pause, parse_share
from orchestrator.detection.steps import Step
from orchestrator.detection.yaml_files import Path

Finite = Annotated[float, Field(allow_inf_nan=False)]
Number = int | Finite
RuleName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,64}$")]
Title = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Language = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")]
NO_TIME, NOBODY = parse_pause("0s"), parse_share("0%")


class PatternDocument(Strict):
    """`type` is a glob over the whole event type; `where` a condition."""

    type: Annotated[str, StringConstraints(min_length=1, max_length=1024)]
    where: Cel | None = None


class WeightedPattern(PatternDocument):
    weight: Number | Cel | None = None


Patterns = Annotated[list[PatternDocument], Field(min_length=1)]


class OccurrenceDocument(Strict):
    """Every event that matches `on` is a moment."""

    on: Patterns
    key: Cel | None = None


class Due(Strict):
    """A deadline by date: `at` yields a date, a date-time or a timestamp, and the deadline is `before` that."""

    at: Cel
    before: Pause = NO_TIME


class AbsenceDocument(Strict):
    """`start` happened and `until` did not, `within` a time or by a `due` date."""

    start: Patterns
    touch: list[PatternDocument] = Field(default_factory=list)
    until: list[PatternDocument] = Field(default_factory=list)
    within: Duration | None = None
    due: Due | None = None
    key: Cel | None = None

    @model_validator(mode="after")
    def _have_one_deadline(self) -> Self:
        if (self.within is None) == (self.due is None):
            raise PydanticCustomError("one_of", "An absence has exactly one of within and due.")
        if self.due is not None and self.touch:
            raise PydanticCustomError("touch_with_due", "An absence with due has no touch: only a start moves its date.")
        return self


class ScoreDocument(Strict):
    """Weights of matching events in the last `within` reach `threshold`. A pattern's own `weight` goes before the score's."""

    events: Annotated[list[WeightedPattern], Field(min_length=1)]
    until: list[PatternDocument] = Field(default_factory=list)
    within: Duration
    threshold: Number
    weight: Number | Cel | None = None
    key: Cel | None = None


class Detect(Strict):
    """Exactly one of the three detectors."""

    occurrence: OccurrenceDocument | None = None
    absence: AbsenceDocument | None = None
    score: ScoreDocument | None = None

    @model_validator(mode="after")
    def _be_one(self) -> Self:
        if len([part for part in (self.occurrence, self.absence, self.score) if part is not None]) != 1:
            raise PydanticCustomError("one_of", "Detect is exactly one of occurrence, absence, score.")
        return self


class Worth(Strict):
    """A moment is refused when value times chance is under the cost of a call, all in one currency."""

    value: Number | Cel
    chance: Annotated[Number, Field(ge=0, le=1)]
    call_cost: Annotated[Number, Field(ge=0)]


def _of_some(share: Fraction) -> Fraction:
    if not 0 < share < 1:
        raise PydanticCustomError(
            "split_share", "A split parts customers in two: its share is more than 0% and less than 100%, like 20%."
        )
    return share


class Split(Strict):
    """Two plans: `share` of the rule's customers take these steps, plan B, instead of the rule's own, plan A."""

    share: Annotated[Share, AfterValidator(_of_some)]
    steps: Annotated[list[Step], Field(min_length=1)]


def _of_one(confidence: Number | str) -> Number | str:
    if not isinstance(confidence, str) and not 0 <= confidence <= 1:
        raise PydanticCustomError("confidence", "A confidence lies between 0 and 1, like 0.8.")
    return confidence


Confidence = Annotated[
    Number | Cel,
    AfterValidator(_of_one),
    WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"type": "string", "minLength": 1}]}),
]


class RuleDocument(Strict):
    """What a supervisor configures. `confidence`, how sure the rule is of its moments, is told and never keeps from calling."""

    rule: RuleName
    title: Title | Mapping[Language, Title] | None = None
    moment: Name
    stage: Name = "service"
    purpose: Annotated[Purpose, Field(strict=False)] = Purpose.SERVICE
    detect: Detect
    resolve: list[PatternDocument] = Field(default_factory=list)
    grace: Pause = NO_TIME
    priority: Annotated[int, Field(ge=0, le=100)] = 50
    worth: Worth | None = None
    confidence: Confidence = 1
    steps: list[Step]
    split: Split | None = None
    expires: Duration
    cooldown: Duration | None = None
    holdout: Share = NOBODY
    zone: Zone = "UTC"

    def title_in(self, language: str) -> str:
        """Return the title in a language (BCP 47), else in English, else any, else the rule's name."""
        if not isinstance(self.title, Mapping):
            return self.title or self.rule
        wanted = (language, language.partition("-")[0], "en")
        return next((self.title[tag] for tag in wanted if tag in self.title), next(iter(self.title.values()), self.rule))

    def plans(self) -> Iterator[tuple[Path, Sequence[Step]]]:
        """Yield the steps of each plan, with their place in the document."""
        yield ("steps",), self.steps
        if self.split is not None:
            yield ("split", "steps"), self.split.steps

    def every_step(self) -> Iterator[tuple[Path, Step]]:
        """Yield each step of each plan, with its place in the document."""
        for path, steps in self.plans():
            for index, step in enumerate(steps):
                yield (*path, index), step
