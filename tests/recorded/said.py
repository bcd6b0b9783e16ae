"""What customers wrote, in English and Hebrew, as messages of a day: who writes again does so hours later."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain, zip_longest
from typing import Any

from tests.recorded.material import rows

_WRITERS = 30


def events(*, ending: datetime, count: int) -> list[dict[str, Any]]:
    """Return so many messages, evenly over the eighteen hours before `ending`."""
    english = rows("support_requests_en_half.csv")[::3]
    hebrew = rows("comments_he_train.tsv", delimiter="\t")
    said = [
        text
        for text in chain.from_iterable(zip_longest((row["instruction"] for row in english), _comments(hebrew)))
        if text is not None
    ]
    step = timedelta(hours=18) / count
    return [_event(number, text, ending - number * step) for number, text in enumerate(said[:count])]


def _comments(table: list[dict[str, str]]) -> Iterator[str]:
    return (row["comment"] for row in table if row["label"] == "1")


def _event(number: int, text: str, at: datetime) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"said-{number}",
        "source": "/mail",
        "type": "message.received",
        "subject": f"writer-{number % _WRITERS}",
        "time": at.isoformat(),
        "data": {"text": text},
    }
