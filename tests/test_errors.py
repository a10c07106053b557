"""Errors: their words, and who is to blame for a failure."""

import asyncio
import os
import pickle
import re

import pytest

import firsthand as fh
from firsthand import errors
from firsthand.episode import Failure
from firsthand.errors import (
    EXHAUSTED,
    Failed,
    FirsthandError,
    InvalidScore,
    LimitReached,
    MissingExtra,
    ModelError,
    SandboxError,
    ToolError,
    UnknownName,
    UserError,
    boundary,
    message_of,
    nearest,
)


def test_an_unknown_name_suggests_the_nearest():
    error = UnknownName(
        "environment",
        "ofice/ledger",
        ["office/ledger", "rules/triage"],
        hint="`firsthand envs` lists all 2.",
    )
    assert str(error) == (
        "No environment is named 'ofice/ledger'. Did you mean 'office/ledger'? `firsthand "
        "envs` lists all 2."
    )
    assert isinstance(error, UserError) and isinstance(error, FirsthandError)
    assert str(UnknownName("model", "zzz", ["llama", "human"])) == "No model is named 'zzz'."


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("rules/triag", "rules/triage"),
        ("shop_desk", "interfaces/shop_desk"),
        ("other/shop_desk", "interfaces/shop_desk"),
        ("quantum", None),
        ("", None),
    ],
)
def test_nearest(name, found):
    assert nearest(name, ["rules/triage", "interfaces/shop_desk"]) == found


def test_a_missing_extra_says_what_to_install():
    assert (
        str(MissingExtra("xllamacpp", extra="local"))
        == "xllamacpp is not installed. Install it with: pip install 'firsthand[local]'"
    )


@pytest.mark.parametrize(
    ("error", "owner"),
    [
        (ValueError("x"), "tool"),
        (ToolError("x"), "tool"),
        (FirsthandError("x"), "tool"),
        (SandboxError("x"), "sandbox"),
        (ModelError("x"), "model"),
        (LimitReached("x"), "limits"),
        (InvalidScore("x"), "environment"),
        (TimeoutError("x"), "tool"),
    ],
)
def test_law_8_a_boundary_attributes_what_escapes_it(error, owner):
    with pytest.raises(Failed, match=f"^{type(error).__name__}: x$") as caught, boundary("tool"):
        raise error
    assert caught.value.owner == owner
    assert caught.value.cause is error and caught.value.__cause__ is error


def test_law_8_the_innermost_boundary_wins():
    with (
        pytest.raises(Failed) as caught,
        boundary("environment"),
        boundary("model"),
        boundary("tool"),
    ):
        raise ValueError("x")
    assert caught.value.owner == "tool"


@pytest.mark.parametrize("signal", [KeyboardInterrupt, asyncio.CancelledError, GeneratorExit])
def test_law_8_an_interruption_is_nobodys_failure(signal):
    with pytest.raises(signal), boundary("tool"):
        raise signal


async def test_law_8_a_cancellation_that_nobody_asked_for_is_a_failure():
    with pytest.raises(Failed, match="^CancelledError: $") as caught, boundary("environment"):
        raise asyncio.CancelledError
    assert caught.value.owner == "environment"


async def test_law_8_a_cancellation_that_was_asked_for_is_nobodys_failure():
    asyncio.current_task().cancel()
    with pytest.raises(asyncio.CancelledError), boundary("environment"):
        await asyncio.sleep(1)
    asyncio.current_task().uncancel()


@pytest.mark.parametrize("ending", [SystemExit(3), BaseException("x"), GeneratorExit()])
async def test_law_8_ending_the_program_is_a_failure_like_any_other(ending):
    with pytest.raises(Failed) as caught, boundary("environment", "calling act"):
        raise ending
    assert (caught.value.owner, caught.value.doing) == ("environment", "calling act")


class Mute(Exception):
    def __str__(self):
        raise ZeroDivisionError("no words")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (Mute(), "(its text cannot be shown: __str__ raised ZeroDivisionError)"),
        (ValueError("x" * 10_000), "x" * 2000),
        (ValueError("a\ud800b"), "a\\ud800b"),
        (KeyError("gone"), "'gone'"),
    ],
)
def test_every_error_has_a_text_that_can_be_stored(error, text):
    assert message_of(error) == text
    with pytest.raises(Failed) as caught, boundary("tool"):
        raise error
    assert Failure.of(caught.value).message == text


@pytest.mark.parametrize("number", sorted(EXHAUSTED))
def test_law_8_what_the_machine_refuses_is_the_hosts_failure(number):
    """Also when a library wraps it in an error of its own, or keeps no more than its words."""
    refusal = OSError(number, os.strerror(number))
    with pytest.raises(Failed) as caught, boundary("environment"):
        raise refusal
    assert caught.value.owner == "host"
    with pytest.raises(Failed) as caught, boundary("model"):
        try:
            raise refusal
        except OSError as error:
            raise ModelError("no connection") from error
    assert caught.value.owner == "host"


def test_law_8_too_many_open_files_is_known_by_its_words():
    with pytest.raises(Failed) as caught, boundary("model"):
        raise ModelError("Cannot connect to 127.0.0.1:80 [Too many open files]")
    assert caught.value.owner == "host"
    with pytest.raises(Failed) as caught, boundary("tool"):
        raise FileNotFoundError(2, "No such file or directory")
    assert caught.value.owner == "tool"


def test_a_boundary_without_failure_is_silent():
    with boundary("model") as nothing:
        pass
    assert nothing is None


def test_errors_say_in_attributes_what_they_say_in_words():
    unknown = UnknownName("model", "lama", ["llama", "human"])
    assert (unknown.kind, unknown.name, unknown.known, unknown.nearest) == (
        "model",
        "lama",
        ("human", "llama"),
        "llama",
    )
    missing = MissingExtra("zstandard", extra="zstd")
    assert (missing.package, missing.extra) == ("zstandard", "zstd")
    assert LimitReached("x", seconds=2.0).seconds == 2.0
    for error in (unknown, missing):
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))


def test_the_hierarchy_is_the_one_that_is_drawn_and_all_of_it_is_exported():
    drawn = re.findall(r"^ .*?([A-Z]\w+)(?= |$)", errors.__doc__, re.MULTILINE)
    assert {name for name in drawn if hasattr(errors, name)} == {
        name
        for name, found in vars(errors).items()
        if isinstance(found, type) and issubclass(found, FirsthandError)
    }
    for name in drawn:
        assert getattr(fh, name) is getattr(errors, name)
