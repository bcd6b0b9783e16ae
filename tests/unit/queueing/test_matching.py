"""Who suits whom."""

from dataclasses import dataclass, field

import pytest

from orchestrator.queueing.matching import suits


@dataclass
class Someone:
    languages: list[str] = field(default_factory=lambda: ["en"])
    skills: list[str] = field(default_factory=list)


@dataclass
class Something:
    language: str | None = None
    skills: list[str] = field(default_factory=list)


@pytest.mark.parametrize(("spoken", "needed"), [("he", "he-IL"), ("he-IL", "he"), ("EN", "en-us"), ("pt_BR", "pt")])
def test_the_region_of_a_language_does_not_matter(spoken: str, needed: str) -> None:
    assert suits(Someone(languages=[spoken]), Something(language=needed))


def test_another_language_does_not_suit() -> None:
    assert not suits(Someone(languages=["en", "ru"]), Something(language="he"))


def test_a_task_without_a_language_suits_everybody() -> None:
    assert suits(Someone(languages=[]), Something(language=None))


def test_every_skill_is_needed() -> None:
    task = Something(skills=["cards", "loans"])

    assert suits(Someone(skills=["cards", "loans", "stocks"]), task)
    assert not suits(Someone(skills=["cards"]), task)
