"""The API's documentation as a page of ours: drawn from `/openapi.json`, under the same strict policy as every other page."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import Response

from api.pages.frame import page

router = APIRouter(include_in_schema=False)

Schema = Mapping[str, Any]  # OpenAPI's own JSON


@dataclass(frozen=True, slots=True)
class Given:
    """One value a request takes; `where` is `path`, `query`, `header` or `body`."""

    name: str
    where: str
    kind: str
    required: bool
    says: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One endpoint. `example` is a body as JSON text; `answers` are pairs of status and meaning."""

    method: str
    path: str
    summary: str
    says: str
    given: Sequence[Given]
    example: str | None
    answers: Sequence[tuple[str, str]]


@router.get("/docs")
async def show_reference(request: Request) -> Response:
    app: FastAPI = request.app
    document = app.openapi()
    return page(request, "reference.html", about=document["info"], groups=operations_of(document))


def operations_of(document: Schema) -> dict[str, list[Operation]]:
    """Return the operations of an OpenAPI document by their first tag, in the document's order."""
    groups: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            group = next(iter(told.get("tags", ())), "")
            groups.setdefault(group, []).append(_operation(document, method, path, told))
    return groups


def _operation(document: Schema, method: str, path: str, told: Schema) -> Operation:
    content = told.get("requestBody", {}).get("content", {})
    body: Schema = next(iter(content.values()), {})
    examples = [each["example"] for each in content.values() if "example" in each]
    return Operation(
        method=method.upper(),
        path=path,
        summary=told.get("summary", ""),
        says=_plain(told.get("description", "")),
        given=[*_parameters(document, told), *_fields(document, body.get("schema", {}))],
        example=json.dumps(examples[0], indent=2, ensure_ascii=False) if examples else None,
        answers=[(status, answer["description"]) for status, answer in told["responses"].items()],
    )


def _parameters(document: Schema, told: Schema) -> Iterator[Given]:
    for each in told.get("parameters", ()):
        yield Given(
            each["name"], each["in"], kind_of(document, each["schema"]), each["required"], _plain(each.get("description", ""))
        )


def _fields(document: Schema, schema: Schema) -> Iterator[Given]:
    resolved = _resolved(document, schema)
    for name, each in resolved.get("properties", {}).items():
        required = name in resolved.get("required", ())
        yield Given(name, "body", kind_of(document, each), required, _plain(each.get("description", "")))


def kind_of(document: Schema, schema: Schema) -> str:
    """Return a schema in a few words: `integer`, `array of string`, `one of a, b`."""
    known = _resolved(document, schema)
    if "enum" in known:
        return f"one of {', '.join(map(str, known['enum']))}"
    if "anyOf" in known:
        return " or ".join(kind_of(document, each) for each in known["anyOf"])
    if known.get("type") == "array":
        return f"array of {kind_of(document, known.get('items', {}))}"
    return str(known.get("format") or known.get("type") or "any")


def _plain(text: str) -> str:
    return text.strip().replace("`", "")


def _resolved(document: Schema, schema: Schema) -> Schema:
    """Return what a reference names; nothing where that stands outside the document's own components."""
    found = document if "$ref" in schema else schema
    for part in schema.get("$ref", "#").split("/")[1:]:
        found = found.get(part, {})
    return found
