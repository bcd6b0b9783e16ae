"""Words that were written over the shipped ones, or beside them: a row per name and language."""

from datetime import datetime

from sqlmodel import SQLModel

from orchestrator.escalations.words import Language
from orchestrator.storage.columns import code_point_text, instant, one_of


class ScriptRow(SQLModel, table=True):
    """What a step's script says: to the customer it is `about`, and how the agent opens."""

    __tablename__ = "scripts"

    name: str = code_point_text(primary_key=True)
    language: Language = one_of(Language, primary_key=True)
    about: str
    opening: str
    changed_at: datetime = instant()


class TemplateRow(SQLModel, table=True):
    """The words of a message, or of what is promised."""

    __tablename__ = "message_templates"

    name: str = code_point_text(primary_key=True)
    language: Language = one_of(Language, primary_key=True)
    body: str
    changed_at: datetime = instant()
