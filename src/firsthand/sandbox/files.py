"""Files of an episode as a value in this process: what all sandboxes with files have in common."""

from typing import Any

from firsthand.errors import ToolError, nearest
from firsthand.sandbox.protocol import File, Link, Tree


def encodable(word: str) -> bool:
    """Say whether a text can be a name or an argument of a program."""
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return True


class Files:
    """One episode's files in this process, as every sandbox with files keeps them."""

    def __init__(self, tree: Tree | None = None) -> None:
        self.tree: Tree = dict(sorted((tree or {}).items()))

    def read(self, path: str) -> bytes:
        """Return a file's content. Raises `ToolError`."""
        node = self.tree.get(path)
        if not isinstance(node, File):
            close = nearest(path, self.tree)
            raise ToolError(f"No file {path!r}.{f' Did you mean {close!r}?' if close else ''}")
        return node.content

    def write(self, path: str, content: bytes) -> None:
        """Write a file, with the folders above it. Raises `ToolError` for a path outside."""
        parts = path.split("/")
        if {"", ".", ".."} & set(parts) or "\0" in path or not encodable(path):
            raise ToolError(f"A path is relative and stays inside, like 'a/b.txt'; got {path!r}.")
        above = {"/".join(parts[:i]) for i in range(1, len(parts))}
        if any(isinstance(self.tree.get(folder), File | Link) for folder in above):
            raise ToolError(f"{path!r} is below something that is not a folder.")
        if any(other.startswith(f"{path}/") for other in self.tree):
            raise ToolError(f"{path!r} is a folder.")
        old = self.tree.get(path)
        executable = isinstance(old, File) and old.executable
        kept = {each: node for each, node in self.tree.items() if each not in above}
        self.tree = dict(sorted({**kept, path: File(content, executable)}.items()))

    def list(self, folder: str = "") -> list[str]:
        """Return the paths of everything below a folder, sorted."""
        start = f"{folder.rstrip('/')}/" if folder else ""
        return sorted(path for path in self.tree if path.startswith(start))

    def snapshot(self) -> Any:
        """Return the tree, a value."""
        return self.tree

    def restore(self, state: Any) -> None:
        """Go back to a tree."""
        self.tree = state

    async def close(self) -> None:
        """Hold nothing."""
