"""The hash of code changes with what it does, and not with what is said about it."""

import pytest

from firsthand.audit.code_hash import bare, code_sha256

CODE = '''"""A module."""

X = "# no comment"  # a comment
"""What X is."""


def f(a):  # é
    """Say it."""
    return f"{a}é" + """two
lines"""
'''


def test_prose_does_not_count():
    assert (
        bare(CODE)
        == '''X = "# no comment"
def f(a):
    return f"{a}é" + """two
lines"""
'''
    )


@pytest.mark.parametrize(
    ("was", "becomes", "same"),
    [
        ("Say it.", "Say something else.", True),
        ("# a comment", "# another", True),
        ("def f", "\n\ndef f", True),
        ("two", "three", False),
        ("# no comment", "# still none", False),
    ],
)
def test_only_code_changes_the_hash(tmp_path, was, becomes, same):
    (tmp_path / "a.py").write_text(CODE)
    before = code_sha256(tmp_path)
    assert was in CODE
    (tmp_path / "a.py").write_text(CODE.replace(was, becomes))
    assert (code_sha256(tmp_path) == before) is same
