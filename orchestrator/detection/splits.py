"""A rule's two plans: which one a customer's moments take is fixed by a hash, as the holdout is, and apart from it. Pure."""

from enum import StrEnum
from fractions import Fraction
from hashlib import sha256

from orchestrator.detection.rules import RuleDocument
from orchestrator.detection.steps import Step


class Plan(StrEnum):
    """Stored: never renamed."""

    A = "a"  # the rule's own steps
    B = "b"  # those of its split


def plan_for(document: RuleDocument, customer: str, *, salt: str = "") -> Plan | None:
    """Return the plan of a customer's moments of this rule, never another one; None where the rule has one plan only.

    `customer` is the subject. The hash begins with a word of its own: who takes plan B says nothing about who is held out.
    """
    if document.split is None:
        return None
    digest = sha256(f"split\0{salt}\0{document.rule}\0{customer}".encode()).digest()
    return Plan.B if Fraction(int.from_bytes(digest[:8]), 2**64) < document.split.share else Plan.A


def first_message(document: RuleDocument, plan: Plan | None) -> int | None:
    """Return where the first message stands among the plan's steps; None where there is none."""
    return next((index for index, step in enumerate(steps_of(document, plan)) if step.message is not None), None)


def steps_of(document: RuleDocument, plan: Plan | None) -> list[Step]:
    """Return the steps that a moment on this plan takes."""
    return document.split.steps if plan is Plan.B and document.split is not None else document.steps
