"""Pieces: a context file taken apart into items that can be left out, and put together again.

Joined, all pieces are the file byte for byte. An item is a top-level bullet with what is nested in
it, a paragraph with the code block that follows it, or (`by="section"`) a heading with its text.
What only frames items (headings, the line that introduces a list, tags around a part) is shown
where any item in it is. Left out: a full parser of Markdown; text that it would read differently
still comes back unchanged.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence, Set
from typing import Literal

import msgspec

By = Literal["item", "section"]
"""How fine a file is taken apart."""

_LINES = re.compile(r"[^\n]*\n|[^\n]+")
_HEADING = re.compile(r" {0,3}(#{1,6})(\s|$)")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)\s*$")
_BULLET = re.compile(r" {0,3}([-*+]|\d{1,9}[.)])(\s|$)")
_FENCE = re.compile(r"\s*(`{3,}|~{3,})")
_RULE = re.compile(r" {0,3}([-*_])(\s*\1){2,}\s*$")
_GAP = re.compile(r"\n(\r?\n)\Z")
_TAG = re.compile(r"\s*<(/?)([A-Za-z][\w.:-]*)(\s[^<>]*)?>\s*$")


class Piece(msgspec.Struct, frozen=True):
    """A stretch of a file: an item when `item` is its id, else a frame.

    A frame is shown where any item among the pieces `frames` is; one that frames nothing, always.
    """

    text: str
    kind: str
    """Of an item: bullet, paragraph, code, section, skill or placebo; of a frame: heading, lead,
    tag, blank or front."""
    item: str = ""
    frames: tuple[int, int] = (0, 0)
    """Of a frame: from which piece to before which."""
    name: str = ""
    """Of a skill: its folder."""


class _Block(msgspec.Struct):
    """Lines that belong together, while a file is read."""

    kind: str
    text: str
    level: int = 0
    """Of a heading."""
    tag: str = ""
    """Of a line that is only a tag: its name; `/name` closes."""


def split(text: str, *, by: By = "item") -> list[Piece]:
    """Take a text apart. Ids are those of `item_id`; equal items are not told apart yet."""
    blocks = list(_blocks(text))
    if by == "section":
        blocks = _sections(blocks)
    pieces = [_piece(blocks, index) for index in range(len(blocks))]
    pieces = [_alone(pieces, piece) for piece in pieces]
    pieces = [_always(pieces, piece) for piece in pieces]
    assert "".join(piece.text for piece in pieces) == text
    return pieces


def item_id(text: str) -> str:
    """Return an id that only the words of an item decide, so that it survives edits around it."""
    return hashlib.sha256(" ".join(text.split()).encode("utf-8", "replace")).hexdigest()[:8]


def distinct(pieces: Sequence[Piece], taken: Set[str] = frozenset()) -> list[Piece]:
    """Give items with the same words ids of their own: the second gets `-2`."""
    seen, found = set(taken), list[Piece]()
    for piece in pieces:
        name, number = piece.item, 1
        while name and name in seen:
            number += 1
            name = f"{piece.item}-{number}"
        seen.add(name)
        found.append(msgspec.structs.replace(piece, item=name))
    return found


def join(pieces: Sequence[Piece], shown: Set[str]) -> str:
    """Put a text together from the items that are shown and the frames around them.

    The blank line behind a hidden item stays where the text would otherwise run together.
    """
    found, between = "", ""
    for piece in pieces:
        if _shows(pieces, piece, shown):
            found += between + piece.text
            between = ""
        elif found and (gap := _GAP.search(piece.text)) and not _GAP.search(found):
            between = gap[1]
    return found


def _shows(pieces: Sequence[Piece], piece: Piece, shown: Set[str]) -> bool:
    if piece.item:
        return piece.item in shown
    first, end = piece.frames
    return first == end or any(inner.item in shown for inner in pieces[first:end] if inner.item)


def _alone(pieces: Sequence[Piece], piece: Piece) -> Piece:
    """Make an item of a heading without anything below it."""
    first, end = piece.frames
    if piece.kind in ("heading", "lead") and not any(p.item for p in pieces[first:end]):
        own = item_id(piece.text)
        return msgspec.structs.replace(piece, item=own, kind="paragraph", frames=(0, 0))
    return piece


def _always(pieces: Sequence[Piece], piece: Piece) -> Piece:
    """Show a frame always where there is no item in it."""
    first, end = piece.frames
    if any(inner.item for inner in pieces[first:end]):
        return piece
    return msgspec.structs.replace(piece, frames=(0, 0))


def _piece(blocks: Sequence[_Block], index: int) -> Piece:
    block = blocks[index]
    if block.kind in ("blank", "front"):
        return Piece(block.text, block.kind)
    if block.kind == "heading":
        return Piece(block.text, "heading", frames=(index + 1, _section_end(blocks, index)))
    if block.kind == "tag":
        return Piece(block.text, "tag", frames=_tagged(blocks, index))
    if block.kind == "paragraph" and _introduces(blocks, index):
        return Piece(block.text, "lead", frames=(index + 1, _list_end(blocks, index + 1)))
    return Piece(block.text, block.kind, item_id(block.text))


def _section_end(blocks: Sequence[_Block], index: int) -> int:
    """Return before which block the section of a heading ends."""
    for later in range(index + 1, len(blocks)):
        if blocks[later].kind == "heading" and blocks[later].level <= blocks[index].level:
            return later
    return len(blocks)


def _tagged(blocks: Sequence[_Block], index: int) -> tuple[int, int]:
    """Return the blocks between a tag and its other end; (0, 0) without one."""
    closes, name = blocks[index].tag.startswith("/"), blocks[index].tag.lstrip("/")
    depth, step = 0, -1 if closes else 1
    at = index
    while 0 <= at < len(blocks):
        if blocks[at].tag.lstrip("/") == name:
            depth += 1 if blocks[at].tag.startswith("/") == closes else -1
            if not depth:
                return (at + 1, index) if closes else (index + 1, at)
        at += step
    return (0, 0)


def _introduces(blocks: Sequence[_Block], index: int) -> bool:
    says = blocks[index].text.rstrip().rstrip("*_")
    return says.endswith(":") and index + 1 < len(blocks) and blocks[index + 1].kind == "bullet"


def _list_end(blocks: Sequence[_Block], index: int) -> int:
    while index < len(blocks) and blocks[index].kind == "bullet":
        index += 1
    return index


def _sections(blocks: Sequence[_Block]) -> list[_Block]:
    """Join a heading and the text up to the next heading; headings with no text stay frames."""
    found: list[_Block] = []
    for block in blocks:
        last = found[-1] if found else None
        if block.kind in ("heading", "blank", "front") or last is None:
            found.append(_Block(block.kind, block.text, block.level, block.tag))
        elif last.kind in ("heading", "section"):
            last.kind, last.text = "section", last.text + block.text
        elif last.kind in ("blank", "front"):
            found.append(_Block("section", block.text))
        else:
            last.kind, last.text, last.tag = "section", last.text + block.text, ""
    for block in found:
        if block.kind not in ("heading", "blank", "front"):
            block.kind, block.tag = "section", ""
    return found


def _blocks(text: str) -> Iterator[_Block]:
    """Read a text block by block; blank lines belong to the block before them."""
    lines = _LINES.findall(text)
    at = 0
    last: _Block | None = None
    while at < len(lines):
        end = _block_end(lines, at)
        block = _block("".join(lines[at:end]), lines[at])
        at = end
        if last and _belongs(last, block):
            last.text += block.text
            continue
        if last:
            yield last
        last = block
    if last:
        yield last


def _belongs(last: _Block, block: _Block) -> bool:
    """Say whether a block goes with the one before: blank lines, rules, code that it explains."""
    if block.kind in ("blank", "rule"):
        return True
    indented = block.kind == "paragraph" and re.match(r" {4}|\t", block.text)
    return bool(block.kind == "code" or indented) and last.kind in ("paragraph", "bullet", "code")


def _block(text: str, first: str) -> _Block:
    if not first.strip():
        return _Block("blank", text)
    if heading := _HEADING.match(first):
        return _Block("heading", text, len(heading[1]))
    if _FENCE.match(first):
        return _Block("code", text)
    if first.rstrip() == "---" and text.rstrip().endswith("\n---") and text.count("\n") > 1:
        return _Block("front", text)
    if _RULE.match(first):
        return _Block("rule", text)
    if tag := _TAG.match(first):
        return _Block("tag", text, tag=tag[1] + tag[2])
    if _BULLET.match(first):
        return _Block("bullet", text)
    lines = text.splitlines()
    if len(lines) == 2 and (under := _UNDERLINE.match(lines[1])):
        return _Block("heading", text, 1 if under[1].startswith("=") else 2)
    return _Block("paragraph", text)


def _block_end(lines: Sequence[str], at: int) -> int:
    """Return before which line the block that begins here ends."""
    first = lines[at]
    if not first.strip():
        return at + 1
    if at == 0 and first.rstrip() == "---":
        closing = (i for i in range(1, len(lines)) if lines[i].rstrip() in ("---", "..."))
        return next(closing, 0) + 1
    if _HEADING.match(first) or _RULE.match(first) or _TAG.match(first):
        return at + 1
    if _FENCE.match(first):
        return _fence_end(lines, at)
    if first.lstrip().startswith("<!--"):
        closed = (i for i in range(at, len(lines)) if "-->" in lines[i])
        return next(closed, at) + 1
    return _bullet_end(lines, at) if _BULLET.match(first) else _paragraph_end(lines, at)


def _fence_end(lines: Sequence[str], at: int) -> int:
    fence = _FENCE.match(lines[at])
    assert fence is not None
    for later in range(at + 1, len(lines)):
        line = lines[later].strip()
        if line.startswith(fence[1]) and not line.strip(fence[1][0]):
            return later + 1
    return len(lines)


def _starts(line: str) -> bool:
    """Say whether a line begins a block wherever it stands."""
    found = (_HEADING, _FENCE, _BULLET, _RULE, _TAG)
    return any(pattern.match(line) for pattern in found) or line.lstrip().startswith("<!--")


def _paragraph_end(lines: Sequence[str], at: int) -> int:
    end = at + 1
    while end < len(lines) and lines[end].strip():
        if end == at + 1 and _UNDERLINE.match(lines[end]):
            return end + 1
        if _starts(lines[end]):
            break
        end += 1
    return end


def _bullet_end(lines: Sequence[str], at: int) -> int:
    """Go on over indented lines, blank lines before such, and lines that begin nothing."""
    margin = len(lines[at]) - len(lines[at].lstrip(" "))
    end = at + 1
    while end < len(lines):
        line = lines[end]
        indented = len(line) - len(line.lstrip(" \t")) > margin
        if not line.strip():
            after = next((i for i in range(end, len(lines)) if lines[i].strip()), len(lines))
            deeper = after < len(lines) and re.match(rf" {{{margin + 2},}}|\t", lines[after])
            if not deeper:
                return end
            end = after
        elif indented and _FENCE.match(line):
            end = _fence_end(lines, end)
        elif indented or not _starts(line):
            end += 1
        else:
            return end
    return end
