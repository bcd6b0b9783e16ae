"""Documents people write in YAML, checked against a model; every refusal names the field, its line and column, and a fix."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, RootModel, ValidationError
from pydantic_core import ErrorDetails

from orchestrator.detection.yaml_files import BadYaml, Path, YamlFile, read_yaml

Model = TypeVar("Model", bound=BaseModel)

# The validator's own words name classes of ours and no fix: by its kinds of refusal, what is wrong and what to write.
_WORDS = {
    "string_type": ("is not a text", "write a text, in quotes where it looks like a number"),
    "bool_type": ("is neither true nor false", "write true or false"),
    "int_type": ("is not a whole number", "write a whole number"),
    "float_type": ("is not a number", "write a number"),
    "list_type": ("is not a list", "write a list such as [one, two]"),
    "dict_type": ("is not a set of keys with values", "write keys with values, such as {key: value}, or leave it out"),
    "model_type": ("is not a set of keys with values", "write keys with values, such as {key: value}, or leave it out"),
}
_PATTERNS = {
    "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$": "use A-Z, a-z, 0-9, dots, _ and -, 64 at most, the first a letter or a digit",
    "^[a-z0-9-]{1,64}$": "use 1 to 64 small letters, digits and hyphens",
    "^[A-Z]{2}$": "write two capitals such as IL",
    "^[A-Z]{3}$": "write three capitals such as ILS",
}


def read_document(raw: bytes, model: type[Model], *, name: str) -> Model:
    """Return the YAML document `raw` as a `model`. Raises `BadYaml` for its first fault; `name` is what it calls the file."""
    file = read_yaml(raw, name=name)
    try:
        return model.model_validate(file.value)
    except ValidationError as error:
        raise _refusal(error.errors(include_url=False, include_input=False)[0], file, model) from None


def dotted(path: Sequence[int | str]) -> str:
    """Return a path as people write it: `weekly.sun[0]`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def nearest(name: str, known: Sequence[str]) -> str | None:
    """Return the known word that looks most like `name`, None where none does."""
    return next(iter(get_close_matches(name, known, n=1, cutoff=0.6)), None)


def _refusal(error: ErrorDetails, file: YamlFile, model: type[BaseModel]) -> BadYaml:
    path: Path = tuple(part for part in error["loc"] if part != "[key]")
    field = dotted(path)
    if error["type"] == "extra_forbidden":
        known = _keys_at(model, path[:-1])
        near = nearest(str(path[-1]), known)
        fix = f"Did you mean {near}?" if near else f"Known keys are {', '.join(known)}."
        return BadYaml(file.name, file.spot(path, of_key=True), f"There is no key {field}.", fix=fix, field=field)
    if error["type"] == "missing":
        return BadYaml(file.name, file.spot(path), f"{field} is missing.", fix=f"Add {path[-1]}.", field=field)
    reason, fix = _told(error)
    spot = file.spot(path, of_key="[key]" in error["loc"])
    return BadYaml(file.name, spot, f"{field or 'The document'}: {reason}.", fix=_as_sentence(fix), field=field or None)


def _told(error: ErrorDetails) -> tuple[str, str]:
    """Return what is wrong and the fix, in our words where the validator's would not help whoever wrote the document."""
    if error["type"] in _WORDS:
        return _WORDS[error["type"]]
    known = error.get("ctx", {})
    if (fix := _PATTERNS.get(str(known.get("pattern")))) is not None:
        return "has characters that do not fit", fix
    return error["msg"].removeprefix("Value error, ").rstrip("."), str(known.get("fix", ""))


def _as_sentence(text: str) -> str:
    return text if not text else text[0].upper() + text[1:] + ("" if text[-1] in ".?!" else ".")


def _keys_at(model: type[BaseModel], path: Path) -> list[str]:
    for part in path:
        if isinstance(part, int):
            continue  # what stands in a list is what the list is of
        known = model.model_fields.get("root" if issubclass(model, RootModel) else str(part))
        inner = next(_models_in(known.annotation), None) if known is not None else None
        if inner is None:
            return []
        model = inner
    return list(model.model_fields)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:  # Any: annotations have no type of their own
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)
