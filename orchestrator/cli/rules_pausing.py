"""`ringback rules pause`: what becomes of the open cases, as said on the command line or asked where somebody sits there."""

import sys
from enum import StrEnum
from typing import Annotated

import typer

from orchestrator.errors import BadInput

_LONGEST = 200


class Fate(StrEnum):
    """What becomes of the open cases that stand on a paused rule alone."""

    FINISH = "finish"
    WITHDRAW = "withdraw"


OpenCases = Annotated[
    Fate | None,
    typer.Option(help="What becomes of the cases that stand on this rule alone; asked on a terminal, finished elsewhere."),
]
PauseReason = Annotated[str | None, typer.Option(help="Why they are withdrawn: it stays with each case and in the audit.")]


def demand_reason(fate: Fate | None, reason: str | None) -> None:
    """Raise `BadInput` where cases are to be withdrawn and nobody says why: before anything is changed."""
    if fate is Fate.WITHDRAW:
        _reason(reason or "")


def what_becomes(left: int, fate: Fate | None, reason: str | None) -> tuple[Fate, str]:
    """Return what becomes of so many open cases, and why; ask where it was not said and somebody can answer."""
    if fate is None and left and sys.stdin.isatty():
        question = f"{left} open cases stand on this rule alone. finish or withdraw?"
        answer = typer.prompt(question, default=Fate.FINISH.value, value_proc=_fate, err=True)
        fate = Fate(answer)
        if fate is Fate.WITHDRAW and reason is None:
            reason = typer.prompt("Why?", value_proc=_asked_reason, err=True)
    return fate or Fate.FINISH, (reason or "").strip()


def _fate(answer: str) -> Fate:
    try:
        return Fate(answer.strip().lower())
    except ValueError:
        raise typer.BadParameter("finish or withdraw") from None


def _asked_reason(answer: str) -> str:
    try:
        return _reason(answer)
    except BadInput as error:
        raise typer.BadParameter(str(error)) from None


def _reason(text: str) -> str:
    if not 1 <= len(text.strip()) <= _LONGEST:
        raise BadInput(f"a reason has 1 to {_LONGEST} characters", field="--reason", fix="say in a few words why")
    return text.strip()
