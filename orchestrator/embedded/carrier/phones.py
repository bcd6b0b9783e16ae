"""Phones that behave by script. All their seconds are simulated ones (`pace.py`)."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

LONGEST_CALL = 600.0


class Behaviour(StrEnum):
    """What a phone does when it is called."""

    ANSWER = "answer"
    MACHINE = "machine"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    FAILED = "failed"
    INVALID = "invalid"


class Press(BaseModel):
    """Keys pressed at one Gather, `after` seconds from the moment it begins to listen."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    digits: str = Field(pattern=r"^[0-9*#]+$")
    after: float = Field(default=1.0, ge=0)


class Phone(BaseModel):
    """One phone's script."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    behaviour: Behaviour = Behaviour.ANSWER
    answer_after: float = Field(default=2.0, ge=0, description="Seconds of ringing.")
    talk: float | None = Field(default=None, ge=0, description="Hangs up so long after being connected to a person.")
    hang_up_after: float | None = Field(default=None, ge=0, description="Hangs up so long after answering, come what may.")
    press: str | list[Press | str | None] = Field(
        default_factory=list,
        description="A string is pressed at every Gather; a list holds one entry per Gather in turn, null for none.",
    )
    answered_by: str | None = Field(default=None, description="The detector's verdict, where not the usual one.")
    verdict_after: float | None = Field(default=None, ge=0, description="Seconds from the answer to the verdict.")
    greeting: float = Field(default=6.0, ge=0, description="Length of a machine's greeting.")
    sms: Literal["delivered", "undelivered", "failed", "sent"] = "delivered"
    sms_error: int = Field(default=30003, description="ErrorCode of a message that does not arrive.")
    reply_sms: str | list[str] | None = Field(default=None, description="Answers to messages; a list: one each, in turn.")
    reply_after: float = Field(default=1.0, ge=0, description="Seconds from the delivery to the answer.")

    @property
    def stays(self) -> float:
        """Seconds after answering at which this phone hangs up whatever happens, so that no call is endless."""
        return LONGEST_CALL if self.hang_up_after is None else self.hang_up_after

    def pressed(self, gather: int) -> Press | None:
        """Return what is pressed at the call's Gather number `gather` (from 0); machines press nothing."""
        if self.behaviour is Behaviour.MACHINE:
            return None
        presses: Sequence[Press | str | None] = [self.press] * (gather + 1) if isinstance(self.press, str) else self.press
        chosen = presses[gather] if gather < len(presses) else None
        return Press(digits=chosen) if isinstance(chosen, str) and chosen else chosen or None

    def reply(self, message: int) -> str | None:
        """Return the answer to message number `message` (from 0)."""
        if not isinstance(self.reply_sms, list):
            return self.reply_sms
        return self.reply_sms[message] if message < len(self.reply_sms) else None


class PhoneBook:
    """The scripts by number. A number with several scripts uses the next at each call; the last one stays."""

    def __init__(self) -> None:
        self._scripts: dict[str, list[Phone]] = {}
        self._messages: dict[str, int] = {}

    def put(self, number: str, scripts: Sequence[Phone]) -> None:
        self._scripts[number] = list(scripts)
        self._messages.pop(number, None)

    def remove(self, number: str) -> None:
        self._scripts.pop(number, None)

    def clear(self) -> None:
        self._scripts.clear()
        self._messages.clear()

    def all(self) -> dict[str, list[Phone]]:
        return dict(self._scripts)

    def current(self, number: str) -> Phone:
        """Return the script in force; a number nobody wrote one for answers after 2 s and stays on the line."""
        return self._scripts.get(number, [Phone()])[0]

    def ring(self, number: str) -> Phone:
        """Return the script for a new call, and turn to the next one."""
        scripts = self._scripts.get(number, [Phone()])
        return scripts.pop(0) if len(scripts) > 1 else scripts[0]

    def next_message(self, number: str) -> int:
        """Return which message to this number this is, counted from 0."""
        count = self._messages.get(number, 0)
        self._messages[number] = count + 1
        return count
