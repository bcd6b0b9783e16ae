"""A task as it is shown: in lists, and as the card an agent reads before calling."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ConfigDict

from api.schemas import View
from orchestrator.detection.tables import MomentRow, MomentStatus
from orchestrator.escalations.outcome import Disposition
from orchestrator.escalations.states import Outcome, PromiseState, State
from orchestrator.escalations.sub_dispositions import SUB_DISPOSITIONS
from orchestrator.identity.hidden_fields import Veil
from orchestrator.identity.hiding import Hide, hidden
from orchestrator.insights.stories import Story
from orchestrator.intake.tables import CustomerRow
from orchestrator.queueing.tables import TaskKind, TaskRow, TaskState
from orchestrator.telephony.tables import AttemptState, Ending, Leg

SUBS: Mapping[str, tuple[str, ...]] = {each.value: subs for each, subs in SUB_DISPOSITIONS.items()}
DISPOSITIONS = tuple(each for each in Disposition if each is not Disposition.NOT_STATED)


class TaskView(View):
    """`fence` goes with everything done to the task. `due_at` is what the customer was told when `promised`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "0b0f6a52-6f0f-4c1e-8f0d-6d1f6f1f8b11",
                    "escalation_id": "5a3f3f0e-2f64-4b53-9a51-0d9f3d8a7c21",
                    "queue": "sales",
                    "kind": "callback",
                    "state": "reserved",
                    "fence": 1,
                    "priority": 50,
                    "language": "en",
                    "queued_at": "2026-03-02T09:00:00Z",
                    "due_at": "2026-03-02T09:30:00Z",
                    "promised": True,
                    "lease_until": "2026-03-02T09:05:20Z",
                    "offers": 1,
                }
            ]
        }
    )

    id: UUID
    escalation_id: UUID
    queue: str
    kind: TaskKind
    state: TaskState
    fence: int
    priority: int
    language: str | None
    script: str | None
    queued_at: datetime
    not_before: datetime | None
    due_at: datetime | None
    promised: bool
    agent_id: UUID | None
    lease_until: datetime | None
    offers: int
    accepted_at: datetime | None
    call_requested_at: datetime | None
    wrap_since: datetime | None
    wrap_extensions: int
    disposition: str | None
    sub_disposition: str | None
    worth_calling: bool | None
    help_asked_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None


class EvidenceView(View):
    """An event that the moment was recognised by. `data` as the channel reported it."""

    source: str
    type: str
    time: datetime
    data: Any


class MomentView(View):
    """One reason to call. `title` is the rule's, in English and the customer's language; `confidence`, 0 to 1, is how sure
    the rule is, null where it could not tell.
    """

    rule: str
    version: int
    title: dict[str, str]
    moment: str
    stage: str
    purpose: str
    key: str
    at: datetime
    expires_at: datetime
    status: MomentStatus
    verdict: str
    confidence: float | None
    words: list[Any]
    evidence: list[EvidenceView]


class PromiseView(View):
    words: str
    medium: str
    due_at: datetime
    said_at: datetime | None
    state: PromiseState
    cause: str | None


class AttemptView(View):
    leg: Leg
    flow: str
    state: AttemptState
    ending: Ending | None
    prepared_at: datetime
    answered_at: datetime | None
    joined_at: datetime | None
    ended_at: datetime | None
    answered_by: str | None
    pressed: str | None


class CustomerCard(View):
    """Whom to call. Shown to who holds the task, and to supervisors."""

    id: UUID
    name: str | None
    phone: str | None
    email: str | None
    language: str | None
    zone: str | None
    country: str | None

    @classmethod
    def of_row(cls, row: CustomerRow, veil: Veil) -> "CustomerCard":
        about = veil.data(row.attributes)
        known = {name: about.get(name) for name in ("name", "phone", "email", "language", "zone", "country")}
        return cls(id=row.id, **{name: value if isinstance(value, str) else None for name, value in known.items()})


class TaskCard(TaskView):
    """All that is needed to open the call well: why, what was said and tried, and whom it concerns."""

    escalation_state: State
    outcome: Outcome | None
    moments: list[MomentView]
    promises: list[PromiseView]
    attempts: list[AttemptView]
    customer: CustomerCard | None
    suggested_disposition: str | None
    dispositions: tuple[str, ...] = DISPOSITIONS
    sub_dispositions: Mapping[str, tuple[str, ...]] = SUBS
    notes: str | None


Titles = Callable[[MomentRow], dict[str, str]]


OPEN = Veil.over((), ())  # hides nothing


def card(
    task: TaskRow, story: Story, titles: Titles, *, personal: bool, hide: Hide | None = None, veil: Veil = OPEN
) -> TaskCard:
    """Return the card; without `personal`, nothing that tells who the customer is; with `hide`, no number in it.

    `veil` hides fields.
    """
    whole = _card(task, story, titles, veil, personal=personal)
    if hide is None:
        return whole
    told = ("moments", "promises", "customer", "notes")
    return TaskCard.model_validate(whole.model_dump() | hidden(whole.model_dump(include=set(told)), hide))


def _card(task: TaskRow, story: Story, titles: Titles, veil: Veil, *, personal: bool) -> TaskCard:
    return TaskCard(
        **TaskView.model_validate(task).model_dump(),
        escalation_state=story.state,
        outcome=story.escalation.outcome,
        moments=moment_views(story, titles, personal=personal, veil=veil),
        promises=[PromiseView.model_validate(row) for row in story.promises],
        attempts=[AttemptView.model_validate(row) for row in story.attempts],
        customer=CustomerCard.of_row(story.customer, veil) if personal else None,
        suggested_disposition=task.suggested,
        notes=veil.text(task.notes) if personal and task.notes is not None else None,
    )


def moment_views(story: Story, titles: Titles, *, personal: bool, veil: Veil = OPEN) -> list[MomentView]:
    return [
        MomentView(
            **{name: getattr(row, name) for name in _OF_MOMENT},
            key=veil.part(row.key),
            title=titles(row),
            words=[veil.part(str(word)) for word in row.words] if personal else [],
            evidence=list(_evidence(row, story, veil, personal=personal)),
        )
        for row in story.moments
    ]


_OF_MOMENT = ("rule", "version", "moment", "stage", "purpose", "at", "expires_at", "status", "verdict", "confidence")


def _evidence(row: MomentRow, story: Story, veil: Veil, *, personal: bool) -> Iterable[EvidenceView]:
    named = set(row.evidence)
    for event in story.evidence:
        if f"{event.source} {event.id}" in named:
            data = veil.data(event.data) if personal else None
            yield EvidenceView(source=event.source, type=event.type, time=event.time, data=data)
