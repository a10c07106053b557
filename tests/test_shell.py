"""The synchronous shell."""

import asyncio
import threading

import pytest

import firsthand as fh


async def place() -> str:
    await asyncio.sleep(0)
    return threading.current_thread().name


async def broken() -> None:
    raise ValueError("x")


def test_it_runs_a_coroutine_to_its_end():
    assert fh.run(place()) == "MainThread"
    with pytest.raises(ValueError, match="^x$"):
        fh.run(broken())


async def test_it_works_where_a_loop_is_running_already():
    """As in a notebook."""
    assert fh.run(place()) != "MainThread"
    with pytest.raises(ValueError, match="^x$"):
        fh.run(broken())


async def test_even_an_interruption_comes_back_to_the_caller():
    async def stopped() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fh.run(stopped())
