"""Whom a plan may reach: consent for each medium, and renewals that sell."""

from collections.abc import Iterator, Sequence

from orchestrator.availability.marketing_rules import CONTRACT_EVENTS
from orchestrator.availability.purposes import Medium, Purpose
from orchestrator.detection.lint.conditions import Compared, Sign, alternatives
from orchestrator.detection.lint.findings import Code, Finding, LintedRule
from orchestrator.detection.patterns import type_matcher
from orchestrator.detection.rule_patterns import triggers_of
from orchestrator.detection.steps import Step
from orchestrator.detection.yaml_files import Path
from orchestrator.sayings import saying

_RECORDED = f"customer.consent.{Medium.VOICE_RECORDED}"


def missing_consent(linted: LintedRule) -> Iterator[Finding]:
    """Yield a finding for each `call` step: it opens with a recording, which nobody has agreed to who did not say so."""
    if linted.document.purpose is Purpose.REQUESTED_CALLBACK or _asks_for_recorded(linted):
        return
    for path, steps in linted.document.plans():
        for index, step in enumerate(steps):
            if step.call is not None:
                yield _of_call(linted, (*path, index, "call"), steps)


def _of_call(linted: LintedRule, path: Path, steps: Sequence[Step]) -> Finding:
    message = saying("A call opens with a recording, for which a customer must have agreed to voice_recorded; most never did.")
    if any(other.call is None for other in steps):
        fix = saying("Know that it is skipped for them, or make it a callback.")
        return linted.warning(Code.MISSING_CONSENT, path, message, fix)
    fix = saying("Make it a callback, add one after it, or ask {field} == true where the rule begins.", field=_RECORDED)
    alone = saying("{message} Nothing else reaches them.", message=message)
    return linted.warning(Code.MISSING_CONSENT, path, alone, fix)


def marketing_renewals(linted: LintedRule) -> Iterator[Finding]:
    """Yield a finding for a rule that calls to sell the renewal of a contract: registered numbers may not be called so."""
    document = linted.document
    if document.purpose is not Purpose.MARKETING or not any(step.queue for _, step in document.every_step()):
        return
    if not any(type_matcher(pattern.type)(each) for _, pattern in triggers_of(document) for each in CONTRACT_EVENTS):
        return
    message = saying("A marketing call about a contract's end may not go to numbers on the register, contract or not.")
    fix = saying(
        "Send a message instead, make it purpose: service without any offer, or know that each customer agreed to marketing."
    )
    yield linted.warning(Code.MARKETING_RENEWAL, ("purpose",), message, fix)


def _asks_for_recorded(linted: LintedRule) -> bool:
    """Say whether every event that leads to a moment is that of a customer who agreed."""
    agreed = Compared(_RECORDED, Sign.EQUAL, True)
    return all(agreed in facts for _, pattern in triggers_of(linted.document) for facts in alternatives(pattern.where))
