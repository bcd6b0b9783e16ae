"""The way in: what may be refused is refused first, then one transaction stores, detects and tells."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.acting import Policy
from orchestrator.detection.failures import ExpressionFailure, count_failures
from orchestrator.detection.library import RuleLibrary
from orchestrator.detection.live import detect
from orchestrator.errors import BadInput
from orchestrator.identity.changes import Who, note_change
from orchestrator.insights.metrics import events_taken
from orchestrator.intake import dead_letters
from orchestrator.intake.arrivals import Arrival, TypeNotAllowed, arrive
from orchestrator.intake.channels import Channel
from orchestrator.intake.customers import lock_customers
from orchestrator.intake.dead_letters import Letter
from orchestrator.intake.gathering import Gatherer
from orchestrator.intake.grouping import grouped, subjects_of
from orchestrator.intake.reading import Submitted, read_letter
from orchestrator.intake.refusals import Refused
from orchestrator.intake.store import Placed, count_differing, insert_events
from orchestrator.storage.columns import Json
from orchestrator.storage.database import Database, DatabaseUnavailable

# Customers of different requests shall not wait for each other: a group that has to is taken apart by the gatherer.
_SOON = text("SET LOCAL lock_timeout = '50ms'")
LATEST = timedelta(hours=24)  # an event later than this is stored and not detected


class EventVerdict(StrEnum):
    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one event of a request. `id` and `source` are those it came with, where they could be read."""

    index: int
    id: str | None
    source: str | None
    verdict: EventVerdict
    error: BadInput | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What one caller submitted at once. `history` is stored and not detected."""

    channel: Channel | None
    submitted: Sequence[Submitted]
    history: bool = False


class Intake:
    """Takes events in. `accepted` means committed, with everything that followed from it."""

    def __init__(self, database: Database, library: RuleLibrary, policy: Policy) -> None:
        self._database, self._library, self._policy = database, library, policy
        self._gathered: Gatherer[Request, list[Answer]] = Gatherer(self._take)

    async def submit(self, channel: Channel | None, submitted: Sequence[Submitted], *, history: bool = False) -> list[Answer]:
        """Take the events of one request in and answer for each in its place. What is refused is kept as a dead letter.

        Raises `TypeNotAllowed` where the channel may report none of them, and `DatabaseUnavailable`.
        """
        answers = await self._gathered.ask(Request(channel, submitted, history), size=len(submitted))
        errors = [answer.error for answer in answers]
        if errors and all(isinstance(error, TypeNotAllowed) for error in errors):
            raise errors[0] or TypeNotAllowed("")
        return answers

    async def refuse(self, channel: Channel, error: BadInput, text: bytes) -> None:
        """Keep a request that is refused as a whole."""

        async def keep(session: AsyncSession) -> None:
            now = await self._database.clock.now(session)
            await dead_letters.keep(session, [Letter(error, text, channel)], now=now)

        await self._database.run(keep)

    async def replay(self, letter_id: UUID, mended: bytes | None = None, *, who: Who) -> list[Answer]:
        """Take a dead letter in again, as it was or `mended`. Raises `NoSuch`, or the refusal when nothing is accepted."""

        async def again(session: AsyncSession) -> tuple[list[Answer], list[ExpressionFailure]]:
            letter, channel = await dead_letters.take(session, letter_id)
            request = Request(channel, read_letter(letter.body if mended is None else mended))
            (answers,), failures = await self._process(session, [request])
            if all(answer.verdict is EventVerdict.REFUSED for answer in answers):
                raise next((answer.error for answer in answers if answer.error), BadInput("the letter holds no event"))
            letter.replayed_at = now = await self._database.clock.now(session)
            after: Json = {"mended": mended is not None, "events": [answer.verdict.value for answer in answers]}
            await note_change(
                session, who=who, what="letter.replayed", subject=str(letter_id), before=None, after=after, now=now
            )
            return answers, failures

        answers, failures = await self._database.run(again)
        await self._count(failures)
        return answers

    async def _take(self, requests: Sequence[Request]) -> list[list[Answer]]:
        async def together(session: AsyncSession) -> tuple[list[list[Answer]], list[ExpressionFailure]]:
            if len(requests) > 1:
                await (await session.connection()).execute(_SOON)
            return await self._process(session, requests)

        answers, failures = await self._database.run(together)
        for verdict, number in Counter(answer.verdict for each in answers for answer in each).items():
            events_taken(verdict, number)
        await self._count(failures)
        return answers

    async def _count(self, failures: Collection[ExpressionFailure]) -> None:
        """Count what failed, apart from the customers' transaction: all of them would wait for the row of one expression.

        That transaction is committed: a count that is lost now must not make its answer an error.
        """
        if failures:

            async def count(session: AsyncSession) -> None:
                await count_failures(session, failures, now=await self._database.clock.now(session))

            with suppress(DatabaseUnavailable):
                await self._database.run(count)

    async def _process(
        self, session: AsyncSession, requests: Sequence[Request]
    ) -> tuple[list[list[Answer]], list[ExpressionFailure]]:
        arrived_at = await self._database.clock.now(session)
        judged = [_judge(request, now=arrived_at) for request in requests]
        await dead_letters.keep(session, [letter for _, letters in judged for letter in letters], now=arrived_at)
        arrivals: dict[tuple[str, str], tuple[Arrival, bool]] = {}
        copies: list[Arrival] = []
        for request, (outcomes, _) in zip(requests, judged, strict=True):
            for arrival in (outcome for outcome in outcomes if isinstance(outcome, Arrival)):
                if arrival.key in arrivals:
                    copies.append(arrival)
                else:
                    arrivals[arrival.key] = arrival, request.history
        new, failures = await self._store(session, arrivals.values(), copies, arrived_at) if arrivals else (set(), [])
        # The first copy in the order of the requests is the one that was stored.
        return [_answers(request, outcomes, new) for request, (outcomes, _) in zip(requests, judged, strict=True)], failures

    async def _store(
        self,
        session: AsyncSession,
        arrivals: Collection[tuple[Arrival, bool]],
        copies: Iterable[Arrival],
        arrived_at: datetime,
    ) -> tuple[set[tuple[str, str]], list[ExpressionFailure]]:
        events = [arrival.event for arrival, _ in arrivals]
        customers = await lock_customers(session, subjects_of(events), now=arrived_at)
        now = await self._database.clock.now(session)
        placed = [
            Placed(arrival, customers[arrival.event.subject].id, not history and arrival.event.time >= now - LATEST)
            for arrival, history in arrivals
        ]
        new = await insert_events(session, placed, now=now)
        known = [arrival for arrival, _ in arrivals if arrival.key not in new]
        await count_differing(session, [*known, *copies])
        groups = grouped([one for one in placed if one.arrival.key in new], customers)
        return new, await detect(session, self._library, groups, self._policy, now=now) if groups else []


def _judge(request: Request, *, now: datetime) -> tuple[list[Arrival | BadInput], list[Letter]]:
    """Return each event of the request or its refusal, and the letters of those refused."""
    outcomes: list[Arrival | BadInput] = []
    letters: list[Letter] = []
    for submitted in request.submitted:
        try:
            outcomes.append(arrive(submitted, request.channel, now=now))
        except (Refused, TypeNotAllowed) as error:
            outcomes.append(error)
            letters.append(Letter(error, submitted.text, request.channel))
    return outcomes, letters


def _answers(request: Request, outcomes: Sequence[Arrival | BadInput], new: set[tuple[str, str]]) -> list[Answer]:
    """Return the answers of a request and take its accepted events out of `new`."""
    answers = []
    for index, (submitted, outcome) in enumerate(zip(request.submitted, outcomes, strict=True)):
        if isinstance(outcome, Arrival):
            verdict = EventVerdict.ACCEPTED if outcome.key in new else EventVerdict.DUPLICATE
            new.discard(outcome.key)
            answers.append(Answer(index, outcome.event.id, outcome.event.source, verdict))
        else:
            names = submitted.named("id"), submitted.named("source")
            answers.append(Answer(index, *names, EventVerdict.REFUSED, outcome))
    return answers
