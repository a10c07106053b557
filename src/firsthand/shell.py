"""The thin synchronous shell over the asynchronous core."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")

LEAVE_SECONDS = 1.0
"""How long tasks that are left over may take to end; what refuses is left behind."""


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end and return its result, also in a notebook's running loop."""
    if not _inside_loop():
        return _run(work)
    with ThreadPoolExecutor(max_workers=1) as elsewhere:
        return elsewhere.submit(_run, work).result()


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Do as `asyncio.run`, which would wait for ever for a task that refuses to end, or for a stuck
    thread.
    """
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        threads = ThreadPoolExecutor(thread_name_prefix="firsthand")
        loop.set_default_executor(threads)
        try:
            return runner.run(work)
        finally:
            loop.run_until_complete(_leave())
            threads.shutdown(wait=False, cancel_futures=True)
            loop.set_default_executor(ThreadPoolExecutor(1))  # has no thread to wait for


async def _leave() -> None:
    """Cancel what is left over, wait a little, and forget what refuses to end."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    if tasks:
        _, stubborn = await asyncio.wait(tasks, timeout=LEAVE_SECONDS)
        for task in stubborn:
            task._log_destroy_pending = False  # pyright: ignore[reportAttributeAccessIssue] - it is known
            asyncio.tasks._unregister_task(task)  # pyright: ignore - else the runner waits for it


def _inside_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
