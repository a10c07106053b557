"""Errors: their words, and who is to blame for a failure."""

import asyncio

import pytest

from firsthand.errors import (
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
    nearest,
)


def test_an_unknown_name_suggests_the_nearest():
    error = UnknownName(
        "environment",
        "ofice/ledger",
        ["office/ledger", "rules/triage"],
        hint="`firsthand envs` lists all 2.",
    )
    assert (
        str(error)
        == "No environment is named 'ofice/ledger'. Did you mean 'office/ledger'? `firsthand envs` lists all 2."
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


@pytest.mark.parametrize(
    "signal", [KeyboardInterrupt, SystemExit, asyncio.CancelledError, GeneratorExit]
)
def test_law_8_an_interruption_is_nobodys_failure(signal):
    with pytest.raises(signal), boundary("tool"):
        raise signal


def test_a_boundary_without_failure_is_silent():
    with boundary("model") as nothing:
        pass
    assert nothing is None
