"""What holds for all tests."""

import signal

import pytest


@pytest.fixture(autouse=True, scope="session")
def signals_as_in_a_terminal():
    """Programs that are started here end by signals, also when the tests run under nohup."""
    for number, usual in (
        (signal.SIGINT, signal.default_int_handler),
        (signal.SIGHUP, signal.SIG_DFL),
    ):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, usual)


@pytest.fixture
def untraced(no_cover, monkeypatch):
    """Run without measuring coverage, here and in processes that are started: five times faster
    where worlds are played often. What it covers is covered by other tests.
    """
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
