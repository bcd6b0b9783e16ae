"""What rules are called, in the languages of an answer."""

from sqlmodel.ext.asyncio.session import AsyncSession

from api.task_views import Titles
from orchestrator.detection.library import RuleLibrary
from orchestrator.detection.tables import MomentRow
from orchestrator.escalations.words import Language
from orchestrator.insights.stories import Story


async def titles_of(session: AsyncSession, rules: RuleLibrary, story: Story) -> Titles:
    """Return the titles of every rule version that the story's moments were found by, by language."""
    known = {}
    for name, version in {(row.rule, row.version) for row in story.moments}:
        document = await rules.version(session, name, version)
        known[name, version] = {language.value: document.title_in(language) for language in Language}

    def titles(moment: MomentRow) -> dict[str, str]:
        return known[moment.rule, moment.version]

    return titles
