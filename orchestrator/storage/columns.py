"""How our columns are spelt in PostgreSQL, in one place."""

from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, DateTime, Enum, Identity, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

Json = dict[str, Any]  # `Any`: the JSON of a customer's attributes or an event's data has no shape of ours


def new_id() -> UUID:
    """Return a fresh random id; nothing about a person or an order can be read from it."""
    return uuid4()


def primary_id() -> Any:
    return Field(default_factory=new_id, primary_key=True)


def instant(**options: Any) -> Any:
    """A `timestamptz`: always aware, always UTC in our hands."""
    return Field(sa_type=DateTime(timezone=True), **options)


def optional_instant(**options: Any) -> Any:
    return Field(default=None, sa_type=DateTime(timezone=True), **options)


def json_object(**options: Any) -> Any:
    return Field(default_factory=dict, sa_type=JSONB, **options)


def json_value(**options: Any) -> Any:
    return Field(default=None, sa_type=JSONB, **options)


def json_list(**options: Any) -> Any:
    return Field(default_factory=list, sa_type=JSONB, **options)


def texts(**options: Any) -> Any:
    """A `text[]`."""
    return Field(default_factory=list, sa_type=ARRAY(Text), **options)


def code_point_text(**options: Any) -> Any:
    """Text ordered by Unicode code point, as events are (semantics, 4)."""
    return Field(sa_type=Text(collation="C"), **options)


def serial(**options: Any) -> Any:
    """A `bigint` the database counts up itself."""
    return Field(default=None, sa_type=BigInteger, nullable=False, sa_column_args=[Identity()], **options)


def one_of(values: type[StrEnum], **options: Any) -> Any:
    """Text that holds one of `values`, by value; no native enum, so that a new value needs no migration."""
    kind = Enum(
        values,
        native_enum=False,
        create_constraint=False,
        length=32,
        values_callable=lambda kinds: [k.value for k in kinds],
    )
    return Field(sa_type=kind, **options)
