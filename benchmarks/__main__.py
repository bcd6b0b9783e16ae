"""`python -m benchmarks [NAME…]`: measure all, or those named, and print one table. Exit 1 when one cannot run."""

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from importlib import import_module

from benchmarks.figures import Figure, table
from benchmarks.place import Place
from orchestrator.settings import PREFIX

NAMES = ("detection", "claims", "intake", "latency", "escalations", "pages", "desks", "registries", "gates")

Bench = Callable[[Place], Awaitable[list[Figure]]]


async def measure(names: Sequence[str]) -> int:
    """Run the benchmarks one after another; one that cannot run says why, and the others still do."""
    figures: list[Figure] = []
    failed = 0
    async with Place.make() as place:
        for name in names:
            began = time.perf_counter()
            bench: Bench = import_module(f"benchmarks.{name}").run
            try:
                figures += await bench(place)
            except Exception as error:  # whatever stops one, the others have something to show
                failed += 1
                print(f"{name} cannot run: {type(error).__name__}: {error}", file=sys.stderr)
            print(f"{name}: {time.perf_counter() - began:.0f} s", file=sys.stderr)
    if figures:
        print(table(figures))
    return 1 if failed else 0


def main() -> None:
    wanted = sys.argv[1:] or list(NAMES)
    if unknown := [name for name in wanted if name not in NAMES]:
        sys.exit(f"there is no benchmark {unknown[0]}; there are {', '.join(NAMES)}")
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        del os.environ[name]  # whatever servers the machine has otherwise, nothing here may reach them
    sys.exit(asyncio.run(measure(wanted)))


if __name__ == "__main__":
    main()
