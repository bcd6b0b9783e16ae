"""A registry's file is read whole or refused by its line."""

import tracemalloc
from collections.abc import Iterator

import pytest

from orchestrator.permissions.registry_lines import BadRegistryFile, NationalForm, RegistryLines

ISRAEL, AMERICA = NationalForm.of("IL"), NationalForm.of("US")


def read(*blocks: bytes, form: NationalForm = ISRAEL, count: int | None = None) -> list[int]:
    lines = RegistryLines(blocks, form=form, count=count)
    found = [int(each) for block in lines for each in block.split()]
    assert lines.read == len(found)
    return found


@pytest.mark.parametrize(
    "written", ["+972527654321", "0527654321", "052-765-4321", "527654321", "972527654321", "052 7654321\r"]
)
def test_a_number_is_one_however_it_is_written_at_home(written: str) -> None:
    assert read(f"{written}\nEND 1\n".encode()) == [972527654321]


@pytest.mark.parametrize("written", ["415,5550100", "(415) 555-0100", "14155550100", "+14155550100"])
def test_an_american_list_may_part_the_area_code(written: str) -> None:
    assert read(f"{written}\nEND 1\n".encode(), form=AMERICA) == [14155550100]


def test_lines_may_be_cut_anywhere_between_blocks() -> None:
    text = b"0521111111\n0522222222\nEND 2\n"

    assert [read(text[:at], text[at:]) for at in range(len(text))] == [[972521111111, 972522222222]] * len(text)


def test_a_count_stands_for_the_last_line() -> None:
    assert read(b"0521111111\n", count=1) == [972521111111]
    assert read(b"0521111111\nEND 1\n", count=1) == [972521111111]


@pytest.mark.parametrize(
    ("text", "count", "line"),
    [
        (b"0521111111\n0522222222\n", None, 3),  # no END line
        (b"0521111111\n05222", None, 2),  # cut off in the middle of a line
        (b"0521111111\n0522222222\nEND 2", None, 3),  # not even the last line end came through
        (b"0521111111\nEND 2\n", None, 2),  # numbers are missing
        (b"0521111111\n", 2, 1),
        (b"0521111111\nEND 1\n", 2, 2),
        (b"0521111111\nEND 1\n0522222222\n", None, 3),  # text after the end
        (b"0521111111\n\nEND 1\n", None, 2),
        (b"number\n0521111111\nEND 1\n", None, 1),
        (b"0521111111\n05211111111111\nEND 2\n", None, 2),
        (b"+0521111111\nEND 1\n", None, 1),
        ("٠٥٢١١١١١١١\nEND 1\n".encode(), None, 1),
        (b"", None, 1),
    ],
)
def test_a_file_that_is_not_whole_is_refused_by_its_line(text: bytes, count: int | None, line: int) -> None:
    with pytest.raises(BadRegistryFile) as refused:
        read(text, count=count)

    assert str(refused.value).startswith(f"line {line}: ")
    assert (refused.value.field, bool(refused.value.fix)) == ("FILE", True)


def test_no_number_of_the_file_stands_in_the_refusal() -> None:
    with pytest.raises(BadRegistryFile) as refused:
        read(b"0521111111 Noa Levi\nEND 1\n")

    assert "Noa" not in str(refused.value)


def test_a_long_file_is_read_in_constant_memory() -> None:
    def peak(blocks: int) -> int:
        block = b"0521111111\n" * 1000

        def file() -> Iterator[bytes]:
            for _ in range(blocks):
                yield block
            yield b"END %d\n" % (1000 * blocks)

        tracemalloc.start()
        for _ in RegistryLines(file(), form=ISRAEL):
            pass
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    assert peak(40) < 2 * peak(2)
