"""What is on record about a customer's wishes, at the gates of consent and do-not-call."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from orchestrator.availability.consent import Wishes
from orchestrator.availability.decisions import decide
from orchestrator.availability.marketing_rules import (
    Listing,
    RegistryRule,
    Sector,
    country_of,
    marketing_rules,
    peace_after,
    registry_of,
)
from orchestrator.availability.permission import consent, do_not_call
from orchestrator.availability.phones import Phone
from orchestrator.availability.purposes import Medium, Purpose
from orchestrator.availability.situation import Situation
from orchestrator.availability.statements import Basis, Scope, Statement
from orchestrator.availability.verdicts import GateCode, GateState, Verdict, Wait
from tests.unit.availability.factories import NOON, a_situation

DAY = timedelta(days=1)
SALE, SERVICE, ASKED = Purpose.MARKETING, Purpose.SERVICE, Purpose.REQUESTED_CALLBACK
PERSON, RECORDED, SMS = Medium.VOICE_PERSON, Medium.VOICE_RECORDED, Medium.SMS
OPEN, CLOSED, REFUSED = GateState.OPEN, GateState.CLOSED, GateState.REFUSED
ANY_SALE = Scope(SALE)


def yes(scope: Scope, days_ago: float = 1, *, lasting: float | None = None, basis: Basis = Basis.CONSENT) -> Statement:
    at = NOON - days_ago * DAY
    return Statement(scope, True, at, None if lasting is None else at + lasting * DAY, basis)


def no(scope: Scope, days_ago: float = 1) -> Statement:
    return Statement(scope, False, NOON - days_ago * DAY)


def ask(gate: Callable[[Situation, datetime], Verdict], **changes: Any) -> tuple[GateState, str]:
    verdict = gate(a_situation(**changes), NOON)
    assert verdict.sentence  # every verdict can be said
    return verdict.state, verdict.why


@pytest.mark.parametrize(
    ("said", "topic", "verdict"),
    [
        ([yes(ANY_SALE)], "renewal", (OPEN, "consent_on_record")),
        ([yes(ANY_SALE, lasting=30)], "renewal", (OPEN, "consent_until")),
        ([yes(ANY_SALE, 1, lasting=1)], "renewal", (REFUSED, "consent_expired")),
        ([yes(ANY_SALE, 9), yes(ANY_SALE, 2, lasting=1)], "renewal", (REFUSED, "consent_expired")),
        ([yes(Scope(SALE, "renewal"))], "renewal", (OPEN, "consent_on_record")),
        ([yes(Scope(SALE, "renewal"))], "cart", (REFUSED, "consent_elsewhere")),
        ([yes(Scope(SALE, None, SMS))], "renewal", (REFUSED, "consent_elsewhere")),
        ([no(ANY_SALE)], "renewal", (REFUSED, "consent_refused_on")),
        ([no(Scope(SALE, "renewal")), yes(ANY_SALE, 0.5)], "renewal", (REFUSED, "topic_refused")),
        ([no(Scope(SALE, "renewal")), yes(ANY_SALE, 0.5)], "cart", (OPEN, "consent_on_record")),
        ([no(ANY_SALE), yes(Scope(SALE, "renewal"), 0.5)], "renewal", (OPEN, "consent_on_record")),
        ([no(ANY_SALE), yes(Scope(SALE, "renewal"), 0.5)], "cart", (REFUSED, "consent_refused_on")),
        ([yes(ANY_SALE, 2), no(ANY_SALE, 1)], "cart", (REFUSED, "consent_refused_on")),
        ([no(ANY_SALE, 2), yes(ANY_SALE, 1, lasting=0.5)], "cart", (REFUSED, "consent_refused_on")),
        ([yes(Scope(SALE, "cart"), basis=Basis.TRANSACTION)], "cart", (REFUSED, "consent_missing")),
    ],
)
def test_marketing_goes_by_the_newest_word_on_its_topic(
    said: list[Statement], topic: str, verdict: tuple[GateState, str]
) -> None:
    assert ask(consent, purpose=SALE, subject=topic, said=tuple(said)) == verdict


def test_once_a_word_is_on_record_attributes_allow_nothing_more_and_still_forbid() -> None:
    on_record = (yes(Scope(SALE, "renewal")),)
    channels_say = [Wishes(consent={"marketing": each}) for each in (True, False)]

    assert ask(consent, purpose=SALE, subject="cart", said=on_record, wishes=channels_say[0])[0] is REFUSED
    assert ask(consent, purpose=SALE, subject="renewal", said=on_record, wishes=channels_say[1]) == (REFUSED, "consent_refused")
    assert ask(consent, purpose=SALE, subject="renewal", wishes=channels_say[0])[0] is OPEN


def test_service_is_allowed_until_it_is_refused_for_its_topic() -> None:
    refused = (no(Scope(SERVICE, "bill")),)

    assert ask(consent, subject="bill", said=refused) == (REFUSED, "topic_refused")
    assert ask(consent, subject="fault", said=refused) == (OPEN, "consent_given")
    assert ask(consent, purpose=ASKED, subject="bill", said=refused) == (OPEN, "consent_not_needed")


@pytest.mark.parametrize(
    ("medium", "said", "verdict"),
    [
        (RECORDED, [], (REFUSED, "medium_missing")),
        (RECORDED, [yes(Scope(medium=RECORDED))], (OPEN, "consent_given")),
        (RECORDED, [yes(Scope(SERVICE))], (REFUSED, "medium_missing")),
        (RECORDED, [yes(Scope(SALE, None, RECORDED))], (REFUSED, "medium_missing")),
        (RECORDED, [yes(Scope(medium=RECORDED), 3, lasting=2)], (REFUSED, "medium_expired")),
        (RECORDED, [no(Scope(medium=RECORDED))], (REFUSED, "medium_refused_on")),
        (SMS, [no(Scope(medium=SMS))], (REFUSED, "medium_refused_on")),
        (SMS, [no(Scope(SALE, None, SMS))], (OPEN, "consent_given")),
        (PERSON, [no(Scope(medium=PERSON))], (REFUSED, "medium_refused_on")),
        (PERSON, [no(Scope(medium=SMS))], (OPEN, "consent_given")),
    ],
)
def test_each_medium_has_its_own_consent(medium: Medium, said: list[Statement], verdict: tuple[GateState, str]) -> None:
    assert ask(consent, medium=medium, said=tuple(said)) == verdict


def test_calls_about_a_forbidden_topic_are_refused_but_one_asked_for_since() -> None:
    forbidden = Wishes(topic_forbidden_since=NOON - DAY)

    assert ask(do_not_call, subject="cart", wishes=forbidden) == (REFUSED, "topic_blocked")
    assert ask(do_not_call, subject="cart", wishes=forbidden, purpose=ASKED, requested_at=NOON) == (OPEN, "requested_despite")
    assert ask(do_not_call, subject="cart", wishes=forbidden, purpose=ASKED, requested_at=NOON - 2 * DAY)[0] is REFUSED


def israel() -> RegistryRule:
    rule = registry_of("IL", None)
    assert rule is not None
    return rule


def registered(**changes: Any) -> Listing:
    return Listing(**{"rule": israel(), "as_of": NOON - DAY, "listed": True, **changes})


OF_CART = Scope(SALE, "cart")
DEAL = yes(OF_CART, 90, lasting=400, basis=Basis.TRANSACTION)


@pytest.mark.parametrize(
    ("listing", "said", "verdict"),
    [
        (None, [], (OPEN, "may_be_called")),
        (registered(listed=False), [], (OPEN, "not_registered")),
        (registered(), [], (REFUSED, "registered")),
        (registered(listed=False, as_of=NOON - 15 * DAY), [], (OPEN, "not_registered")),
        (registered(listed=False, as_of=NOON - 15.001 * DAY), [], (CLOSED, "registry_stale")),
        (registered(as_of=NOON - 40 * DAY), [], (REFUSED, "registered")),
        (registered(listed=False, as_of=None), [], (CLOSED, "registry_absent")),
        (registered(), [yes(ANY_SALE, 364)], (OPEN, "registry_consent")),
        (registered(), [yes(ANY_SALE, 365)], (REFUSED, "registered")),
        (registered(), [yes(ANY_SALE, 5, basis=Basis.REPORTED)], (REFUSED, "registered")),
        (registered(), [yes(Scope(SALE, "other"))], (REFUSED, "registered")),
        (registered(), [DEAL], (OPEN, "registry_transaction")),
        (registered(), [yes(Scope(SALE, "other"), lasting=400, basis=Basis.TRANSACTION)], (REFUSED, "registered")),
        (registered(), [yes(OF_CART, 90, lasting=30, basis=Basis.TRANSACTION)], (REFUSED, "registered")),
        (registered(), [DEAL, Statement(OF_CART, False, NOON - DAY, None, Basis.TRANSACTION)], (REFUSED, "registered")),
        (registered(renewal=True), [DEAL], (REFUSED, "registered_renewal")),
        (registered(renewal=True), [yes(ANY_SALE)], (OPEN, "registry_consent")),
    ],
)
def test_a_registered_number_is_called_for_marketing_only_where_the_law_lets_it(
    listing: Listing | None, said: list[Statement], verdict: tuple[GateState, str]
) -> None:
    assert ask(do_not_call, purpose=SALE, subject="cart", listing=listing, said=tuple(said)) == verdict


@pytest.mark.parametrize("changes", [{"purpose": SERVICE}, {"purpose": ASKED}, {"purpose": SALE, "medium": SMS}])
def test_a_registry_is_about_marketing_calls_alone(changes: dict[str, Any]) -> None:
    assert ask(do_not_call, listing=registered(), **changes) == (OPEN, "may_be_called")


def test_a_stale_registry_holds_the_call_until_somebody_imports_a_newer_list() -> None:
    held = a_situation(
        purpose=SALE, wishes=Wishes(consent={"marketing": True}), listing=registered(listed=False, as_of=NOON - 16 * DAY)
    )

    decision = decide(held, NOON)

    assert isinstance(decision, Wait)
    assert (decision.reasons, decision.until) == ((GateCode.DO_NOT_CALL,), NOON + held.recheck)


def test_who_declined_is_left_alone_as_long_as_the_law_of_the_country_and_the_sector_asks() -> None:
    french, insurer = peace_after(NOON, ["FR"], None), peace_after(NOON, ["IL", "FR"], Sector.INSURANCE)
    assert french is not None
    assert insurer is not None

    assert (french.until - NOON, insurer.until - NOON) == (60 * DAY, 184 * DAY)
    assert peace_after(NOON, ["IL"], Sector.RETAIL) is None
    assert peace_after(NOON, [], Sector.INSURANCE) is None
    lately = peace_after(NOON - 59 * DAY, ["FR"], None)
    assert ask(do_not_call, purpose=SALE, peace=lately) == (REFUSED, "declined_lately")
    assert ask(do_not_call, purpose=SERVICE, peace=lately) == (OPEN, "may_be_called")
    assert ask(do_not_call, purpose=SALE, peace=peace_after(NOON - 60 * DAY, ["FR"], None)) == (OPEN, "may_be_called")


def test_a_registry_binds_by_the_numbers_country_and_the_callers_sector() -> None:
    assert [country_of(Phone(each)) for each in ("+972527654321", "+14155550100", "+80012345678")] == ["IL", "US", None]
    assert [registry_of("IL", each) is not None for each in (None, Sector.RETAIL, Sector.BANK)] == [True, True, False]
    assert registry_of("FR", None) is None


def test_the_age_of_a_check_is_that_of_the_law() -> None:
    days = {country: rules.registry.max_age_days for country, rules in marketing_rules().items() if rules.registry}

    assert days == {"IL": 15, "US": 31, "CA": 31, "GB": 28}
    every = [fact for rules in marketing_rules().values() for fact in (rules.registry, *rules.refusals) if fact is not None]
    assert all(fact.source and fact.reviewed for fact in every)
