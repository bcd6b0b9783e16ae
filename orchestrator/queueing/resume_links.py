"""Where a customer can go on alone: the address a channel reported with an event, as `resume_url`. Pure."""

import re
from collections.abc import Iterable, Mapping

FIELD = "resume_url"
_ADDRESS = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[!-~]*)?")
_LONGEST = 500  # characters: the message has words as well


def resume_link(newest_first: Iterable[object]) -> str | None:
    """Return the latest address among events' data that may go out as it is; None where there is none."""
    for data in newest_first:
        link = data.get(FIELD) if isinstance(data, Mapping) else None
        if isinstance(link, str) and len(link) <= _LONGEST and _ADDRESS.fullmatch(link):
            return link
    return None
