"""A hash of code that prose does not change: without comments, docstrings and blank lines."""

import ast
import hashlib
import io
import tokenize
from pathlib import Path


def code_sha256(folder: Path) -> str:
    """Hash all Python files below a folder."""
    sha = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        name = path.relative_to(folder).as_posix()
        sha.update(f"{name}\0{bare(path.read_text(encoding='utf-8'))}\0".encode())
    return sha.hexdigest()


def bare(source: str) -> str:
    """Return a program without comments, docstrings and blank lines.

    The text is cut, not parsed and written again, so that every version of Python agrees.
    """
    lines = source.encode().splitlines(keepends=True)
    cuts = sorted((*_strings(source), *_comments(source)), reverse=True)
    for (first, start), (last, end) in cuts:
        lines[first - 1 : last] = [lines[first - 1][:start] + lines[last - 1][end:]]
    return b"".join(line.rstrip() + b"\n" for line in lines if line.strip()).decode()


Span = tuple[tuple[int, int], tuple[int, int]]
"""Line (from 1) and byte (from 0) where a piece begins, and where it ends."""


def _strings(source: str) -> list[Span]:
    """Return where texts stand that are statements: docstrings, also of attributes."""
    return [
        ((node.lineno, node.col_offset), (node.end_lineno or 0, node.end_col_offset or 0))
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    ]


def _comments(source: str) -> list[Span]:
    found: list[Span] = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            line, column = token.start
            start = len(token.line[:column].encode())
            found.append(((line, start), (line, start + len(token.string.encode()))))
    return found
