"""A package that declares entry points, as pip would leave it, for one test."""

from firsthand import registry


def install(folder, monkeypatch, name, entry_points):
    """Put the metadata of a package where Python finds it; its modules are the caller's."""
    metadata = folder / f"{name}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(entry_points)
    monkeypatch.syspath_prepend(folder)
    registry._declared.cache_clear()
