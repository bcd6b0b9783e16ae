"""`ringback rules compare`: what the version in shadow finds beside the published one."""

from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from sqlmodel.ext.asyncio.session import AsyncSession

from api.routes.comparison import comparison_view
from orchestrator.availability.zones import UnknownZone
from orchestrator.availability.zones import zone as zone_named
from orchestrator.cli.arguments import Data, instant
from orchestrator.cli.one_transaction import in_transaction
from orchestrator.cli.rules_naming import Name, known
from orchestrator.detection.library import RuleLibrary
from orchestrator.errors import BadInput
from orchestrator.escalations.words import Language
from orchestrator.insights.comparing.comparison import Comparison
from orchestrator.insights.comparing.comparison import compare as compare_versions
from orchestrator.insights.comparing.counting import Side
from orchestrator.settings import Settings

_WEEK = timedelta(days=7)


def compare(
    name: Name,
    since: Annotated[str | None, typer.Option("--from", help="RFC 3339 with offset; else a week back.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="RFC 3339 with offset; else now.")] = None,
    language: Annotated[Language, typer.Option(help="The language of the sentences.")] = Language.ENGLISH,
    zone: Annotated[str, typer.Option(help="The zone whose days are counted, and whose clock is told.")] = "UTC",
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
    data: Data = None,
) -> None:
    """Say what the version in shadow found beside the published one, and why one found what the other did not."""
    begin = None if since is None else instant(since, field="--from")
    end, clock = None if until is None else instant(until, field="--until"), _zone(zone)

    async def work(session: AsyncSession, now: datetime, _: Settings) -> Comparison | None:
        last = end or now
        first = begin or last - _WEEK
        return await compare_versions(session, RuleLibrary(), name, since=first, until=last, zone=clock.key, now=now)

    found = in_transaction(known(work), data=data)
    if found is None:
        raise BadInput(f"no version of {name} runs in shadow", field="NAME", fix="save a draft and try it in shadow")
    print(comparison_view(found, clock).model_dump_json() if as_json else _told(found, language, clock))


def _told(found: Comparison, language: Language, zone: ZoneInfo) -> str:
    trial, both = found.trial, found.overlap
    lines = [f"{found.rule}, from {found.span.since:%Y-%m-%dT%H:%M:%SZ} to {found.span.until:%Y-%m-%dT%H:%M:%SZ}"]
    if found.live is not None:
        lines.append(_side(f"version {trial.beside}, published", found.live))
    lines.append(_side(f"version {trial.version}, in shadow", found.shadow))
    if found.live is not None:
        lines.append(
            f"both found {both.both}, {both.differing} of them judged differently;"
            f" only the published one {both.only_live}, only the shadow {both.only_shadow}"
        )
    lines += [
        f"  {each.customer.id} {each.live.key} {each.live.at:%Y-%m-%dT%H:%M:%SZ}: published {each.live.verdict},"
        f" in shadow {each.shadow.verdict}"
        for each in found.judged
    ]
    lines += [
        f"  {each.customer.id} {each.moment.key} {each.moment.at:%Y-%m-%dT%H:%M:%SZ}: {each.sentence(language, zone)}"
        for each in found.samples
    ]
    return "\n".join(lines)


def _side(name: str, side: Side) -> str:
    verdicts = ", ".join(f"{verdict} {count}" for verdict, count in side.verdicts.items())
    return (
        f"{name}: {side.moments} moments, {side.calls} calls ({verdicts or 'none'}); value {side.value:g}, cost {side.cost:g}"
    )


def _zone(name: str) -> ZoneInfo:
    try:
        return zone_named(name)
    except UnknownZone as error:
        raise BadInput(error.detail, field="--zone", fix=error.fix) from None
