"""The words of the pages of settings that depend on what is shown, and how their lists are typed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.errors import BadInput
from orchestrator.intake.channels import ChannelKind
from orchestrator.queueing.removal import Hold


def _(text: str) -> str:
    """Mark a text for the catalogue; the template translates it."""
    return text


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown this once: whose it is, and the secret."""

    name: str
    secret: str


def listed(typed: str) -> tuple[str, ...]:
    """Return what was typed between commas or on lines of its own, each once."""
    parts = (part.strip() for part in re.split(r"[,\n]", typed))
    return tuple(dict.fromkeys(part for part in parts if part))


def faults_of(refused: BadInput | None, words: Mapping[str, str], fields: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return what to say of all that does not fit, by the form's field, in the order of `words`."""
    named = set() if refused is None else {each.field for each in (refused, *refused.others)}
    return {(fields or {}).get(field, field): text for field, text in words.items() if field in named}


QUEUE_FAULTS = {
    "queue": _("Use letters, digits, dot, dash and underscore, at most 64, as rules will name it."),
    "taken": _("There is a queue of this name. Open it in the list to change it."),
    "calendar": _("There is no such calendar any more. Choose another one, or none."),
    "skills": _("Give each skill in at most 64 characters, with commas between them."),
    "caller_id": _("Give the number with its country, such as +14155550100, or leave it empty."),
    "pace_per_minute": _("Give a whole number from 1 to 100000, or leave it empty."),
    "callback_within": _("Give a whole number with s, m, h or d, such as 3h, from 1m to 30d, or leave it empty."),
    "callback_cutoff": _("Give a whole number with s, m or h, such as 2h, up to 24h, or leave it empty."),
    "service_percent": _("Give a whole number from 50 to 99, or leave it empty."),
    "service_within": _("Give a whole number with s, m or h, such as 5m, from 10s to 24h, or leave it empty."),
    "outcomes": _("Tick at least one of solved, one of not solved and one of declined, or none at all."),
}
QUEUE_FIELDS = {
    "queue": "name",
    "taken": "name",
    "pace_per_minute": "pace",
    "callback_within": "within",
    "callback_cutoff": "cutoff",
    "service_percent": "percent",
    "service_within": "begun",
}
HOLDS = {
    Hold.CASES.value: _("Cases are open that it is for. Wait until they are over, or move their tasks."),
    Hold.RULES.value: _("Rules call by it. Publish them with another queue, or retire them."),
    Hold.AGENTS.value: _("Agents serve it. Take it off them first."),
    Hold.PAST.value: _("Tasks of the past are counted by it, so it is kept with its results."),
}
AGENT_FAULTS = {
    "name": _("Give a name that no agent has yet: letters, digits, dot, dash and underscore, at most 64."),
    "language": _("Give at least one language as a tag such as en or he-IL, with commas between them."),
    "queue": _("Choose at least one of the queues."),
    "skills": QUEUE_FAULTS["skills"],
    "phone": _("Give the number with its country, such as +14155550100, or an address that begins with sip: or client:."),
}
AGENT_FIELDS = {"queue": "queues", "language": "languages"}
CHANNEL_FAULTS = {
    "name": _("Give a name that no channel has yet: letters, digits, dot, dash and underscore, at most 64."),
    "kind": _("Choose one of the kinds."),
    "types": _("Give event types such as checkout.*, one on a line."),
    "minutes": _("Give whole minutes from 1 to 10080 (a week), or leave both empty."),
    "percent": _("Give a whole number from 1 to 100, or leave both empty."),
}
KINDS = {
    ChannelKind.WEB.value: _("Website"),
    ChannelKind.APP.value: _("App"),
    ChannelKind.BOT.value: _("Chat bot"),
    ChannelKind.IVR.value: _("Telephone menu"),
    ChannelKind.EMAIL.value: _("E-mail"),
    ChannelKind.SOCIAL.value: _("Social network"),
    ChannelKind.STORE.value: _("Shop"),
    ChannelKind.REP.value: _("Representative"),
    ChannelKind.SURVEY.value: _("Survey"),
    ChannelKind.PARTNER.value: _("Partner"),
}
