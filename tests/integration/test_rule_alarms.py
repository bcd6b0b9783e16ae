"""Rules gone silent and exploding on a real database: raised once, told with their cause, taken into hands, over."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import col, select

from orchestrator.detection.tables import RuleRow, RuleState, RuleVersionRow
from orchestrator.identity.tables import ChangeRow
from orchestrator.insights.metrics_state import standing_figures
from orchestrator.insights.rule_alarms import loud_alarms
from orchestrator.insights.rule_watch import Raised, look
from orchestrator.insights.tables import RuleAlarmRow, RuleQuarterRow
from orchestrator.insights.unusual import Trouble
from orchestrator.insights.usual import quarter_of
from orchestrator.storage.database import Database
from tests.integration.console_floor import Browser, a_browser
from tests.integration.floor import RULE, a_queue, an_agent, an_escalation, some_settings
from tests.integration.intake_world import a_channel_key

NAME = "incomplete-checkout"
PAGE = f"/console/rules/{NAME}"
NOW = quarter_of(datetime.now(UTC))
MINUTE, HOUR, WEEK = timedelta(minutes=1), timedelta(hours=1), timedelta(weeks=1)

_MOMENTS = text("""
INSERT INTO moments (id, rule, version, mode, customer_id, key, at, found_at, moment, stage, purpose, priority, evidence, words,
  worth, verdict, status, expires_at, grace)
SELECT gen_random_uuid(), :rule, 1, :mode, c.id, 'k', t, t, 'm', 'purchase', 'service', 50, '[]', '[]',
  'null', 'escalate', 'expired', t, interval '0'
FROM generate_series(CAST(:since AS timestamptz), CAST(:until AS timestamptz) - interval '1 second', CAST(:every AS interval)) t
CROSS JOIN (SELECT id FROM customers LIMIT 1) c
""")
_EVENTS = text("""
INSERT INTO events (source, id, type, subject, customer_id, channel_id, time, received_at, data, digest,
  conflicting_copies, detected)
SELECT 'shop', gen_random_uuid()::text, 'checkout.abandoned', 's', c.id, (SELECT id FROM channels WHERE name = 'web'),
  t, t, 'null', '', 0, true
FROM generate_series(CAST(:since AS timestamptz), CAST(:until AS timestamptz) - interval '1 second', CAST(:every AS interval)) t
CROSS JOIN (SELECT id FROM customers LIMIT 1) c
""")


class Shop:
    """A rule that has run for weeks, and what it found."""

    def __init__(self, database: Database, database_url: str) -> None:
        self.database, self.settings = database, some_settings(database_url).changed(alarm_calls_an_hour=1000)

    async def found(self, since: datetime, until: datetime, *, an_hour: float, **more: Any) -> None:
        await self._fill(_MOMENTS, since, until, an_hour, rule=NAME, mode=more.get("mode", "live"))

    async def reported(self, since: datetime, until: datetime, *, an_hour: float) -> None:
        await self._fill(_EVENTS, since, until, an_hour)

    async def _fill(self, statement: Any, since: datetime, until: datetime, an_hour: float, **more: str) -> None:
        wanted = {"since": since, "until": until, "every": HOUR / an_hour, **more}
        async with self.database.transaction() as session:
            await (await session.connection()).execute(statement, wanted)

    async def weeks_before(self, number: int = 5, *, an_hour: float = 40) -> None:
        """The rule found so many an hour in the hours around this one, in each of the weeks before, and until six hours ago."""
        for week in range(1, number + 1):
            await self.found(NOW - week * WEEK - 12 * HOUR, NOW - week * WEEK + 6 * HOUR, an_hour=an_hour)
        await self.found(NOW - 12 * HOUR, NOW - 6 * HOUR, an_hour=an_hour)

    async def look(self, at: datetime = NOW, **settings: Any) -> Raised:
        async with self.database.transaction() as session:
            return await look(session, settings=self.settings.changed(**settings), now=at)

    async def alarms(self) -> list[RuleAlarmRow]:
        async with self.database.transaction() as session:
            return list((await session.exec(select(RuleAlarmRow).order_by(col(RuleAlarmRow.raised_at)))).all())

    async def change(self, **values: Any) -> None:
        async with self.database.transaction() as session:
            row = await session.get(RuleRow, NAME)
            assert row is not None
            for name, value in values.items():
                setattr(row, name, value)
            session.add(row)


@pytest.fixture
async def shop(database: Database, database_url: str) -> Shop:
    async with database.transaction() as session:
        await a_queue(session)
        await an_agent(session)
        await an_escalation(session)  # brings the rule's version and a customer
        since = NOW - 30 * WEEK
        session.add(RuleRow(name=NAME, state=RuleState.PUBLISHED, version=1, changed_at=since, since=since))
    return Shop(database, database_url)


async def test_a_rule_that_goes_on_as_usual_raises_nothing(shop: Shop) -> None:
    await shop.weeks_before()
    await shop.found(NOW - 6 * HOUR, NOW, an_hour=40)

    assert (await shop.look()).raised == []


async def test_a_rule_gone_silent_is_told_once_with_its_figures_and_the_flow_that_stopped(shop: Shop) -> None:
    await a_channel_key(shop.database, "web")
    await shop.weeks_before()
    await shop.found(NOW - 6 * HOUR, NOW - HOUR, an_hour=40)
    for week in range(5):
        await shop.reported(
            NOW - week * WEEK - 8 * HOUR, NOW - week * WEEK - (timedelta(0) if week else 75 * MINUTE), an_hour=120
        )

    first, second = await shop.look(), await shop.look(NOW + HOUR / 12)

    (alarm,) = await shop.alarms()
    assert (first.raised, second.raised) == ([alarm.id], [])
    assert (alarm.trouble, alarm.length, alarm.moments, alarm.expected) == (Trouble.SILENT, HOUR, 0, 40)
    assert alarm.looked_at == NOW + HOUR / 12
    (flow,) = alarm.flows
    assert (flow.type, flow.channel, flow.an_hour) == ("checkout.abandoned", "web", 120)
    assert flow.last is not None
    assert abs(flow.last - (NOW - 75 * MINUTE)) <= MINUTE


async def test_the_silence_is_over_as_soon_as_the_rule_finds_moments_again(shop: Shop) -> None:
    await shop.weeks_before()
    await shop.look()
    await shop.found(NOW, NOW + HOUR, an_hour=40)

    done = await shop.look(NOW + HOUR)

    assert done.over == 1
    assert [each.over_at for each in await shop.alarms()] == [NOW + HOUR]


async def test_an_explosion_says_since_which_version(shop: Shop) -> None:
    await shop.weeks_before()
    await shop.found(NOW - 6 * HOUR, NOW - HOUR, an_hour=40)
    await shop.found(NOW - HOUR, NOW, an_hour=400)
    async with shop.database.transaction() as session:
        session.add(RuleVersionRow(rule=NAME, version=2, document=RULE, digest="2", author="dana", created_at=NOW))
    await shop.change(version=2, changed_at=NOW - HOUR / 2)

    await shop.look(alarm_calls_an_hour=12)

    (alarm,) = await shop.alarms()
    assert (alarm.trouble, alarm.moments, alarm.expected) == (Trouble.EXPLODING, 200, 20)
    assert (alarm.version, alarm.version_since, alarm.calls) == (2, NOW - HOUR / 2, 6)


async def test_a_young_rule_is_measured_by_what_the_staff_can_call_and_by_nothing_else(shop: Shop) -> None:
    await shop.change(since=NOW - 3 * HOUR)
    await shop.found(NOW - 3 * HOUR, NOW, an_hour=60)

    calm, loud = await shop.look(alarm_calls_an_hour=60), await shop.look(alarm_calls_an_hour=12)

    (alarm,) = await shop.alarms()
    assert (calm.raised, loud.raised) == ([], [alarm.id])
    assert (alarm.trouble, alarm.cases, alarm.calls, alarm.expected) == (Trouble.EXPLODING, 30, 6, None)


async def test_weeks_in_which_a_rule_was_held_do_not_count_and_a_held_rule_is_not_silent(shop: Shop) -> None:
    await shop.weeks_before(4)
    held = [[(NOW - 29 * WEEK).isoformat(), (NOW - WEEK - 15 * HOUR).isoformat()]]

    await shop.change(pauses=held)  # one week is left of them: too few to tell
    young = await shop.look()
    await shop.change(pauses=[], state=RuleState.PAUSED)
    paused = await shop.look()

    assert (young.raised, paused.raised) == ([], [])


async def test_a_rule_in_shadow_is_watched_by_what_it_found_in_shadow(shop: Shop) -> None:
    await shop.change(state=RuleState.SHADOW)
    for week in range(1, 6):
        await shop.found(NOW - week * WEEK - 12 * HOUR, NOW - week * WEEK, an_hour=40, mode="shadow")
    await shop.found(NOW - 12 * HOUR, NOW, an_hour=40)  # live ones of before tell nothing

    await shop.look()

    (alarm,) = await shop.alarms()
    assert (alarm.trouble, alarm.mode) == (Trouble.SILENT, "shadow")


async def test_what_is_counted_stays_the_same_however_often_and_late(shop: Shop) -> None:
    await shop.found(NOW - 2 * HOUR, NOW, an_hour=40)
    await shop.look()
    await shop.found(NOW - HOUR / 4, NOW, an_hour=40)  # written late

    await shop.look(NOW + HOUR / 12)
    await shop.look(NOW + HOUR / 6)

    async with shop.database.transaction() as session:
        rows = (await session.exec(select(RuleQuarterRow).order_by(col(RuleQuarterRow.quarter)))).all()
    assert [row.moments for row in rows if row.quarter < NOW] == [10] * 7 + [20]


async def test_the_alarm_stands_on_now_on_the_rules_in_the_figures_and_in_the_answer(shop: Shop, database_url: str) -> None:
    await shop.weeks_before()
    await shop.look()

    async with a_browser(database_url, shop.database) as browser:
        now, rules, rule = [(await browser.open(path)).text for path in ("/console", "/console/rules", PAGE)]
    async with shop.database.transaction() as session:
        figures = (await standing_figures(session)).decode()

    assert "Checkout left unfinished</bdi>: Gone silent" in now
    assert f'href="{PAGE}#alarms"' in now
    assert 'data-announce="Rule Checkout left unfinished: Gone silent"' in now
    assert ">Gone silent</span>" in rules
    assert "Usual at this time of the week: 40." in rule
    assert 'role="img"' in rules
    assert 'role="img"' in rule
    assert f'ringback_rule_alarms{{rule="{NAME}",trouble="silent"}} 1.0' in figures


@pytest.fixture
async def raised(shop: Shop, database_url: str) -> AsyncIterator[tuple[Browser, RuleAlarmRow]]:
    await shop.weeks_before()
    await shop.look()
    (alarm,) = await shop.alarms()
    async with a_browser(database_url, shop.database) as browser:
        yield browser, alarm


async def test_who_takes_an_alarm_into_their_hands_quiets_it_for_a_while(
    shop: Shop, raised: tuple[Browser, RuleAlarmRow]
) -> None:
    browser, alarm = raised

    answer = await browser.send(f"{PAGE}/alarms/{alarm.id}", quiet="hour")
    page = (await browser.open(PAGE)).text

    assert answer.headers["location"] == f"{PAGE}?done=alarm_seen"
    assert f"{browser.viewer.login}</bdi> takes care of it" in page
    async with shop.database.transaction() as session:
        at = datetime.now(UTC)
        assert await loud_alarms(session, now=at) == []
        assert [each.id for each in await loud_alarms(session, now=at + 2 * HOUR)] == [alarm.id]
        line = (await session.exec(select(ChangeRow).where(ChangeRow.what == "rule.alarm_seen"))).one()
    assert line.before is not None
    assert line.after is not None
    assert (line.subject, line.before["quiet_until"], bool(line.after["quiet_until"])) == (NAME, None, True)


async def test_what_is_the_new_usual_raises_no_alarm_again(shop: Shop, raised: tuple[Browser, RuleAlarmRow]) -> None:
    browser, alarm = raised

    await browser.send(f"{PAGE}/alarms/{alarm.id}", quiet="usual")
    again = await shop.look(NOW + HOUR / 4)

    assert again.raised == []
    assert [each.over_at is not None for each in await shop.alarms()] == [True]


@pytest.mark.parametrize("length", ["", "forever"])
async def test_a_length_that_is_none_quiets_nothing(shop: Shop, raised: tuple[Browser, RuleAlarmRow], length: str) -> None:
    browser, alarm = raised

    answer = await browser.send(f"{PAGE}/alarms/{alarm.id}", quiet=length)

    assert answer.headers["location"] == f"{PAGE}?done=unsaid#alarms"
    assert [each.quiet_by for each in await shop.alarms()] == [None]
