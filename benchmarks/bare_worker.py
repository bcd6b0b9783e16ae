"""The worker of the bare workflows. `python -m benchmarks.bare_worker HOST:PORT`, until it is ended."""

import asyncio
import sys

from temporalio.client import Client
from temporalio.worker import Worker

from benchmarks.bare_workflow import QUEUE, Bare, nothing


async def work(address: str) -> None:
    client = await Client.connect(address)
    await Worker(client, task_queue=QUEUE, workflows=[Bare], activities=[nothing], build_id="bare").run()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1]))
