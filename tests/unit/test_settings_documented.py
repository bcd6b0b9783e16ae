"""`docs/settings.md` says of every setting what the code does, and of nothing else."""

import re
from datetime import timedelta
from pathlib import Path

from pydantic.fields import FieldInfo

from orchestrator.settings import Settings, variable

DOCUMENT = Path(__file__).parents[2] / "docs" / "settings.md"
ROW = re.compile(r"^\| `(RINGBACK_\w+)` \| (\*required\*|`[^`]+`) \| (.+) \|$", re.MULTILINE)
UNITS = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1))


def in_words(default: timedelta) -> str:
    """Write a duration in the largest unit that fits; a minute and less in seconds, as people say it."""
    count = default // timedelta(milliseconds=1)
    fitting = [(unit, size) for unit, size in UNITS if count % size == 0 and count // size and (unit, count) != ("m", 60_000)]
    unit, size = fitting[0] if fitting else ("s", 1)
    return f"{count // size}{unit}"


def shown(field: FieldInfo) -> str:
    if field.is_required():
        return "*required*"
    match field.default:
        case None | () | "":
            return "`–`"
        case bool(flag):
            return f"`{str(flag).lower()}`"
        case tuple(several):
            return f"`{','.join(several)}`"
        case timedelta() as duration:
            return f"`{in_words(duration)}`"
        case other:
            return f"`{other}`"


def test_every_setting_stands_in_the_table_with_its_default() -> None:
    documented = {name: default for name, default, _ in ROW.findall(DOCUMENT.read_text())}
    in_code = {variable(name): shown(field) for name, field in Settings.model_fields.items()}

    missing = [f"| `{name}` | {default} | … |" for name, default in in_code.items() if name not in documented]
    assert not missing, "add to docs/settings.md:\n" + "\n".join(missing)
    assert documented.keys() - in_code.keys() == set(), "docs/settings.md names settings that do not exist"
    assert documented == in_code


def test_no_row_of_the_table_escapes_the_reader() -> None:
    text = DOCUMENT.read_text()

    assert len(ROW.findall(text)) == sum(line.startswith("| `RINGBACK_") for line in text.splitlines())
