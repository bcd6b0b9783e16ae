"""Rules to begin with, one for each way to detect: whole, so that whoever changes them has a rule that works at every step."""

from orchestrator.detection.editing.scalars import written

_HEAD = """rule: {name}
title: {{en: {title}}}
moment: {moment}
stage: service
purpose: service
detect:
"""
_TAIL = """steps:
  - callback: {{queue: {queue}, due: {due}}}
expires: {expires}
cooldown: 7d
"""
_DETECT = {
    "occurrence": """  occurrence:
    on:
      - {type: survey.answered, where: has(event.data.csat) && event.data.csat <= 2}
""",
    "absence": """  absence:
    start:
      - {type: checkout.started}
    touch:
      - {type: checkout.updated}
    until:
      - {type: checkout.completed}
    within: 20m
""",
    "date": """  absence:
    start:
      - {type: contract.started, where: has(event.data.ends_at)}
    until:
      - {type: contract.renewed}
    due: {at: event.data.ends_at, before: 30d}
""",
    "score": """  score:
    events:
      - {type: help.searched}
      - {type: help.repeated, weight: 2}
    until:
      - {type: contact.inbound}
    within: 30m
    threshold: 5
""",
}
_TIMES = {"occurrence": ("1d", "3d"), "absence": ("30m", "24h"), "date": ("8h", "21d"), "score": ("30m", "12h")}


def begun(way: str, *, name: str, queue: str) -> str:
    """Return a rule to begin with, for one of `WAYS`."""
    due, expires = _TIMES[way]
    title = written(name.replace("-", " ").capitalize())
    head = _HEAD.format(name=written(name), title=title, moment=written(name.replace("-", "_")))
    return head + _DETECT[way] + _TAIL.format(queue=written(queue), due=due, expires=expires)
