"""Faults on the wire, switched while the simulator runs. Their seconds are real ones."""

import asyncio
from collections.abc import Collection
from enum import StrEnum
from fnmatch import fnmatchcase
from random import Random
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator


class FaultKind(StrEnum):
    """What goes wrong: with a REST request (the first eight), or with a callback."""

    SLOW = "slow"
    TOO_MANY_REQUESTS = "429"
    SERVER_ERROR = "500"
    UNAVAILABLE = "503"
    DROP_BEFORE = "drop_before"
    ACCEPT_AND_DROP = "accept_and_drop"
    HOLD = "hold"
    BEFORE_RESPONSE = "before_response"
    LATE = "late"
    TWICE = "twice"
    OUT_OF_ORDER = "out_of_order"
    NEVER = "never"


CALLBACK_FAULTS = frozenset({FaultKind.LATE, FaultKind.TWICE, FaultKind.OUT_OF_ORDER, FaultKind.NEVER})
REQUEST_FAULTS = frozenset(FaultKind) - CALLBACK_FAULTS


class Fault(BaseModel):
    """One fault, and which requests or callbacks it strikes; without a filter, every one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: FaultKind
    seconds: float = Field(default=1.0, ge=0, description="How slow (before the work is done), or how late.")
    processed: bool = Field(default=False, description="A 500 or 503 that comes after the work was done.")
    times: int | None = Field(default=None, ge=0, description="Strikes so many times, then never again.")
    probability: float = Field(default=1.0, ge=0, le=1, description="Strikes by a seeded die.")
    path: str | None = Field(
        default=None, description="A part of the path of the request or of the callback's URL, or a glob over all of it."
    )
    method: str | None = Field(default=None, description="HTTP method of the request.")
    to: str | None = Field(default=None, description="The number called or written to.")


class FaultPlan(BaseModel):
    """All faults in force. `{"500": {"times": 2}}` is short for `{"faults": [{"kind": "500", "times": 2}]}`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int = 0
    faults: list[Fault] = Field(default_factory=list)

    @model_validator(mode="before")
    @classmethod
    def _spell_out(cls, given: Any) -> Any:  # whatever was sent
        if not isinstance(given, dict):
            return given
        short = {kind: given[kind] for kind in FaultKind if isinstance(given.get(kind), dict)}
        rest = {name: value for name, value in given.items() if name not in short}
        spelled = [{**fields, "kind": kind} for kind, fields in short.items()]
        return {**rest, "faults": [*rest.get("faults", []), *spelled]} if spelled else rest


class Struck(dict[FaultKind, Fault]):
    """The faults that strike one request or callback, by kind."""


class Faults:
    """The plan in force, what is left of it, and the answers being held."""

    def __init__(self) -> None:
        self.held = 0
        self._release = asyncio.Event()
        self.put(FaultPlan())

    def put(self, plan: FaultPlan) -> None:
        """Replace the whole plan; the counts and the die begin anew."""
        self._plan = plan
        self._struck = [0] * len(plan.faults)
        self._die = Random(plan.seed)  # a repeatable die, not a secret

    def strike(self, kinds: Collection[FaultKind], *, path: str, to: str | None, method: str | None = None) -> Struck:
        """Return the faults of `kinds` that strike here, and count them."""
        struck = Struck()
        for index, fault in enumerate(self._plan.faults):
            wanted = fault.kind in kinds and fault.kind not in struck
            if wanted and _fits(fault, path, to, method) and self._falls(index, fault):
                self._struck[index] += 1
                struck[fault.kind] = fault
        return struck

    def state(self) -> dict[str, object]:
        """Return the plan with how often each fault struck, and how many answers are held now."""
        faults = [
            fault.model_dump(mode="json") | {"struck": struck}
            for fault, struck in zip(self._plan.faults, self._struck, strict=True)
        ]
        return {"seed": self._plan.seed, "faults": faults, "held": self.held}

    async def hold(self) -> None:
        """Wait until the next release."""
        self.held += 1
        try:
            await self._release.wait()
        finally:
            self.held -= 1

    def release(self) -> int:
        """Let every held answer go; return how many there were."""
        self._release.set()
        self._release = asyncio.Event()
        return self.held

    def _falls(self, index: int, fault: Fault) -> bool:
        if fault.times is not None and self._struck[index] >= fault.times:
            return False
        return fault.probability >= 1 or self._die.random() < fault.probability


def _fits(fault: Fault, path: str, to: str | None, method: str | None) -> bool:
    return (
        (fault.path is None or fault.path in path or fnmatchcase(path, fault.path))
        and (fault.to is None or fault.to == to)
        and (fault.method is None or fault.method == method)
    )
