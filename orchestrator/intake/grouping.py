"""Which new events belong together: one customer's, or those of several whom an identification makes one."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from orchestrator.detection.groups import Group
from orchestrator.intake.customers import LockedCustomer
from orchestrator.intake.event import Event
from orchestrator.intake.store import Placed


def subjects_of(events: Iterable[Event]) -> set[str]:
    """Return every subject that the events name."""
    found = set()
    for event in events:
        found.add(event.subject)
        if (other := _second_id(event)) is not None:
            found.add(other)
    return found


def _second_id(event: Event) -> str | None:
    """Return the other subject that an identification names."""
    if event.type != "customer.identified" or not isinstance(event.data, dict):
        return None
    return str(event.data["anonymous_id"])


def grouped(placed: Iterable[Placed], customers: Mapping[str, LockedCustomer]) -> list[Group]:
    """Part new events by customer; customers that an identification makes one are one group from the beginning."""
    groups: dict[UUID, Group] = {}
    for one in sorted(placed, key=lambda each: each.arrival.event.position):
        event = one.arrival.event
        subjects = [event.subject] if (other := _second_id(event)) is None else [event.subject, other]
        group = _united(groups, {subject: customers[subject] for subject in subjects})
        (group.events if one.detected else group.folded).append(event)
    distinct = list({id(group): group for group in groups.values()}.values())
    for group in distinct:
        group.events.sort(key=lambda event: event.position)
        group.folded.sort(key=lambda event: event.position)
    return distinct


def _united(groups: dict[UUID, Group], subjects: Mapping[str, LockedCustomer]) -> Group:
    """Return the one group of all these subjects, joining groups where they were several."""
    group = groups.get(next(iter(subjects.values())).id) or Group({})
    for customer in subjects.values():
        other = groups.get(customer.id)
        if other is not None and other is not group:
            group.by_subject |= other.by_subject
            group.events += other.events
            group.folded += other.folded
    group.by_subject |= subjects
    for customer in group.by_subject.values():
        groups[customer.id] = group
    return group
