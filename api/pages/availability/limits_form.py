"""The form of the limits: a row for each cap and each budget as it was typed, and what it asks for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.availability.limits import LimitsDocument, as_values
from orchestrator.errors import BadInput

Row = dict[str, str]

CAP = ("limit", "within", "media", "per", "subject", "rule")
BUDGET = ("limit", "kind", "per", "of")
COSTS = ("call", "message", "currency")
MOST = 51  # rows of a kind that are read: one more than a document may have, so that too many are told
_PLACE = re.compile(r"(caps|budgets|costs)(?:\[(\d+)\])?(?:\.(\w+))?.*")


def _(text: str) -> str:
    """Mark a text for the catalogue; the template translates it."""
    return text


FAULTS = {
    "caps": _("Keep at most 50 caps."),
    "caps.limit": _("Give the number of contacts as a whole number from 1."),
    "caps.within": _("Give a stretch of time such as 24h, 7d or 30d, at most 366d."),
    "caps.media": _("Choose one of the ways of contact."),
    "caps.per": _("Choose whose contacts are counted."),
    "caps.subject": _("Choose one of the two."),
    "caps.rule": _("There is no such rule any more. Choose another one, or all rules."),
    "budgets": _("Keep at most 50 budgets."),
    "budgets.limit": _("Give a whole number of calls from 1, or money that pays for at least one call."),
    "budgets.kind": _("There is such a budget already. Change that one, or remove one of the two."),
    "budgets.per": _("Choose an hour or a day."),
    "budgets.queue": _("There is no such queue any more. Choose another one."),
    "budgets.rule": _("There is no such rule any more. Choose another one, or all rules."),
    "costs.call": _("Give what a call costs, such as 0.4: budgets of money are counted by it."),
    "costs.message": _("Give what a message costs, such as 0.06, or leave it empty."),
    "costs.currency": _("Give the currency in three capital letters, such as EUR, or leave it empty."),
}
_FIELDS = {"queue": "of"}  # what the form asks in one field with something else


@dataclass(frozen=True, slots=True)
class LimitsForm:
    """What is typed. `seen` is the tag of the limits it began with."""

    seen: str
    caps: tuple[Row, ...]
    budgets: tuple[Row, ...]
    costs: Row

    @classmethod
    def of(cls, document: LimitsDocument, seen: str) -> "LimitsForm":
        known = as_values(document)
        caps = tuple(_typed_cap(cap) for cap in known.get("caps", []))
        budgets = tuple(_typed_budget(budget) for budget in known.get("budgets", []))
        return cls(seen, caps, budgets, {name: _written(known.get("costs", {}).get(name)) for name in COSTS})

    @classmethod
    def sent(cls, given: Mapping[str, str]) -> "LimitsForm":
        """Return a form as it was sent; rows that say nothing, or are to be removed, are left out."""
        costs = {name: given.get(f"costs-{name}", "").strip() for name in COSTS}
        return cls(given.get("seen", ""), _rows(given, "caps", CAP), _rows(given, "budgets", BUDGET), costs)

    def values(self) -> dict[str, Any]:
        """Return what was asked for as the plain values of a document, unchecked."""
        costs = {name: text if name == "currency" else _number(text) for name, text in self.costs.items() if text}
        return {"caps": [_cap(row) for row in self.caps], "budgets": [_budget(row) for row in self.budgets], "costs": costs}


def faults_of(refused: BadInput | None) -> dict[str, str]:
    """Return what to say of all that does not fit, by the form's field."""
    named = [] if refused is None else [each.field or "" for each in (refused, *refused.others)]
    told: dict[str, str] = {}
    for part, place, name in (found.groups() for found in map(_PLACE.fullmatch, named) if found):
        field = _FIELDS.get(name or "", "of" if part == "budgets" and name == "rule" else name or "limit")
        middle = "" if part == "costs" else f"{place or 0}-"
        told.setdefault(f"{part}-{middle}{field}", FAULTS.get(f"{part}.{name}" if name else part, FAULTS["caps.limit"]))
    return told


def _rows(given: Mapping[str, str], part: str, names: tuple[str, ...]) -> tuple[Row, ...]:
    rows = ({name: given.get(f"{part}-{place}-{name}", "").strip() for name in names} for place in range(MOST))
    kept = (row for place, row in enumerate(rows) if f"{part}-{place}-remove" not in given)
    return tuple(row for row in kept if row["limit"] or row.get("within"))


def _typed_cap(cap: dict[str, Any]) -> Row:
    return {name: ",".join(cap.get("media", [])) if name == "media" else _written(cap.get(name)) for name in CAP}


def _typed_budget(budget: dict[str, Any]) -> Row:
    target = f"queue:{budget['queue']}" if "queue" in budget else f"rule:{budget['rule']}" if "rule" in budget else ""
    return {**{name: _written(budget.get(name)) for name in BUDGET}, "of": target}


def _cap(row: Row) -> dict[str, Any]:
    told = {name: text for name, text in row.items() if text}
    if "media" in told:
        return {**told, "limit": _number(row["limit"]), "media": row["media"].split(",")}
    return {**told, "limit": _number(row["limit"])}


def _budget(row: Row) -> dict[str, Any]:
    what, _colon, name = row["of"].partition(":")
    target = {what: name} if what in ("queue", "rule") else {}
    return {"kind": row["kind"], "per": row["per"], "limit": _number(row["limit"]), **target}


def _number(text: str) -> object:
    """Return the number that is written; what is none stays as it was typed, and fits nowhere."""
    if text.isascii() and text.isdigit() and len(text) < 15:
        return int(text)
    return float(text) if re.fullmatch(r"[0-9]{1,15}\.[0-9]{1,6}", text) else text


def _written(value: object) -> str:
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else str(value)
    return "" if value is None else str(value)
