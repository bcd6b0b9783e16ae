"""What most request and response models share."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints
from pydantic_core import PydanticCustomError


def _without_nul(text: str) -> str:
    if "\0" in text:  # PostgreSQL keeps none
        raise PydanticCustomError("nul", "holds a NUL character")
    return text


Text = Annotated[str, AfterValidator(_without_nul)]
Reason = Annotated[Text, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class Body(BaseModel):
    """A request's body: nothing that it does not know."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class View(BaseModel):
    """A part of an answer, read from rows of ours."""

    model_config = ConfigDict(from_attributes=True)


class Because(Body):
    """Why a person does something to somebody else's work."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "the agent's line is down"}]})

    reason: Reason
