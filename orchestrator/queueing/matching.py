"""Which agent suits which task, as a pure rule."""

from collections.abc import Sequence
from typing import Protocol


class Able(Protocol):
    """What a person brings: languages (BCP 47) and skills."""

    @property
    def languages(self) -> Sequence[str]: ...
    @property
    def skills(self) -> Sequence[str]: ...


class Needing(Protocol):
    """What a task asks for; `language` None: any will do."""

    @property
    def language(self) -> str | None: ...
    @property
    def skills(self) -> Sequence[str]: ...


def primary(language: str) -> str:
    """Return the language of a BCP 47 tag without script and region, in small letters: `he` for `he-IL`."""
    return language.replace("_", "-").partition("-")[0].strip().lower()


def speaks(languages: Sequence[str], language: str | None) -> bool:
    """Tell whether somebody with these languages can speak with a customer in `language`; regions do not matter."""
    return language is None or primary(language) in {primary(spoken) for spoken in languages}


def has_skills(skills: Sequence[str], needed: Sequence[str]) -> bool:
    """Tell whether every skill needed is there."""
    return set(needed) <= set(skills)


def suits(agent: Able, task: Needing) -> bool:
    return speaks(agent.languages, task.language) and has_skills(agent.skills, task.skills)
