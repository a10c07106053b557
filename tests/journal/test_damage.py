"""Damaged segments: no query raises, no episode is altered, what is lost is reported, the rest is
found.
"""

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firsthand.environment import Observation
from firsthand.episode import encode
from firsthand.errors import Unstorable
from firsthand.journal import Journal
from firsthand.journal.inspection import inspect
from firsthand.journal.packed import BLOCK

QUIET = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None
)


@pytest.fixture(scope="module", params=["plain", "packed", "old plain", "old packed"])
def kind(request):
    return request.param


@pytest.fixture
def written(tmp_path_factory, episode, kind):
    """Episodes, and a journal of one segment that holds them."""
    folder = tmp_path_factory.mktemp("journal")
    episodes = [episode(f"e{n}", run="r", aftermath=f"{n} " * (n % 7) * 40) for n in range(150)]
    if kind.startswith("old"):
        content = b"".join(encode(one) + b"\n" for one in episodes)
        if kind == "old packed":
            import zstandard

            (folder / "0.jsonl.zst").write_bytes(zstandard.ZstdCompressor().compress(content))
        else:
            (folder / "0.jsonl").write_bytes(content)
    else:
        with Journal(folder).writer(compress=kind == "packed") as writer:
            writer.append_many(episodes)
    (path,) = folder.glob("*.jsonl*")
    return episodes, folder, path, path.read_bytes()


def damaged(content, data):
    """Return the content, spoilt at random."""
    content = bytearray(content)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(content) - 1))
        kind = data.draw(st.sampled_from(("flip", "zeros", "noise", "cut out", "insert", "swap")))
        length = data.draw(st.integers(1, 60))
        if kind == "flip":
            content[at] ^= 1 << data.draw(st.integers(0, 7))
        elif kind == "zeros":
            content[at : at + length] = bytes(len(content[at : at + length]))
        elif kind == "noise":
            content[at : at + length] = data.draw(st.binary(min_size=length, max_size=length))
        elif kind == "cut out" and len(content) > length + 1:
            del content[at : at + length]
        elif kind == "insert":
            content[at:at] = data.draw(st.binary(min_size=1, max_size=length))
        elif kind == "swap":
            middle = content[at : at + length]
            content[at : at + length] = middle[::-1]
    return bytes(content)


def look(folder):
    """Ask everything that can be asked; none of it may raise."""
    journal = Journal(folder)
    found = list(journal.episodes())
    assert len(journal) == len(found)
    assert journal.ids("r") >= {one.id for one in found if one.run == "r"}
    assert len(list(journal.episodes(min_reward=0.5))) <= len(found)
    journal.runs()
    return found, journal.damage(), inspect(folder)


@QUIET
@given(data=st.data())
def test_damage_anywhere_is_skipped_and_reported(written, kind, data):
    episodes, folder, path, content = written
    spoilt = damaged(content, data)
    (folder / "index.sqlite").unlink(missing_ok=True)
    path.write_bytes(spoilt)
    found, damage, inspection = look(folder)
    if not kind.startswith("old"):  # without checksums a flipped letter cannot be told
        known = {one.id: one for one in episodes}
        assert all(known[one.id] == one for one in found)
        if len(found) < len(episodes):
            assert not inspection.whole
            assert damage or inspection.torn
        if kind == "packed" and spoilt != content:
            assert not inspection.whole
    assert inspection.episodes == len(found)


@QUIET
@given(share=st.floats(0, 0.9999))
def test_a_cut_is_reported(written, kind, share):
    episodes, folder, path, content = written
    cut = content[: int(share * len(content))]
    (folder / "index.sqlite").unlink(missing_ok=True)
    path.write_bytes(cut)
    found, damage, inspection = look(folder)
    assert found == episodes[: len(found)]
    if "packed" in kind:
        assert damage != [] and not inspection.whole
    elif cut and not cut.endswith(b"\n"):
        assert [end.segment for end in inspection.torn] == [path.name.removesuffix(".jsonl")]


@QUIET
@given(share=st.floats(0, 0.9999), bit=st.integers(0, 7))
def test_a_flipped_bit_costs_one_line_or_one_block(written, kind, share, bit):
    episodes, folder, path, content = written
    if kind.startswith("old"):
        return
    spoilt = bytearray(content)
    spoilt[int(share * len(content))] ^= 1 << bit
    (folder / "index.sqlite").unlink(missing_ok=True)
    path.write_bytes(bytes(spoilt))
    found, damage, _ = look(folder)
    lost = [one for one in episodes if one.id not in {other.id for other in found}]
    longest = max(len(encode(one)) for one in episodes)
    room = BLOCK + longest if kind == "packed" else longest
    assert sum(len(encode(one)) for one in lost) <= room
    assert all(one in episodes for one in found)
    assert damage or len(lost) <= 1  # the last newline alone may be lost without damage


def test_damage_after_indexing_is_noticed(written, kind):
    episodes, folder, path, content = written
    if kind.startswith("old"):
        return
    assert len(Journal(folder)) == len(episodes)
    spoilt = bytearray(content)
    spoilt[len(content) // 2] ^= 4
    path.write_bytes(bytes(spoilt))
    found, damage, inspection = look(folder)
    assert len(found) < len(episodes) and len(damage) == len(inspection.damage) == 1


def test_a_plain_segment_that_was_cut_between_two_lines_is_reported_if_it_was_indexed(
    written, kind
):
    episodes, folder, path, content = written
    if "packed" in kind:
        return
    assert len(Journal(folder)) == len(episodes)
    path.write_bytes(b"".join(content.splitlines(keepends=True)[:100]))
    journal = Journal(folder)
    assert len(journal) == 100
    (cut,) = journal.damage()
    assert cut.problem.startswith(f"the file was cut from {len(content)} to ")


def test_a_packed_segment_is_an_ordinary_zstd_file(written, kind):
    if "packed" not in kind:
        return
    import zstandard

    episodes, _folder, path, _content = written
    with path.open("rb") as file:
        plain = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True).read()
    assert plain.count(b"\n") == len(episodes)


def test_a_segment_that_cannot_be_opened_is_reported_and_tried_again(written, kind, monkeypatch):
    episodes, folder, path, content = written
    (folder / "index.sqlite").unlink(missing_ok=True)
    path.unlink()
    path.symlink_to(folder)  # a folder where a file should be
    assert look(folder)[0] == []
    path.unlink()
    path.write_bytes(content)
    assert len(Journal(folder)) == len(episodes)


@pytest.mark.parametrize(
    "changes",
    [
        {"aftermath": ["a", "list"]},
        {"final": Observation(7)},
        {"reward": float("nan")},
        {"final": Observation(results=[])},
        {"tags": {"a": 1}},
        {"final": Observation("\ud800")},
        {"checks": {"x": object()}},
        {"seconds": "long"},
    ],
    ids=["aftermath", "number", "nan", "list", "tags", "surrogate", "object", "seconds"],
)
def test_what_cannot_be_read_back_is_refused_before_it_is_acknowledged(tmp_path, episode, changes):
    journal = Journal(tmp_path)
    with journal.writer() as writer:
        writer.append(episode("a"))
        size = writer.path.stat().st_size
        with pytest.raises(Unstorable, match=r"^Episode b of control/null.* cannot be stored: "):
            writer.append(msgspec.structs.replace(episode("b"), **changes))
        assert writer.path.stat().st_size == size
        writer.append(episode("c"))
    assert [one.id for one in journal.episodes()] == ["a", "c"]


def test_a_writer_that_closes_without_an_episode_does_not_disturb_readers(tmp_path, episode):
    journal = Journal(tmp_path)
    with journal.writer() as first:
        first.append(episode("a"))
    idle = journal.writer()
    assert len(journal) == 1
    episodes = journal.episodes()
    idle.close()
    assert [one.id for one in episodes] == ["a"]
    assert len(journal) == 1 and journal.damage() == []


def test_packing_that_fails_leaves_the_plain_segment_and_no_litter(tmp_path, episode, monkeypatch):
    from firsthand.journal import segments

    def full(_lines, _target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(segments, "write", full)
    journal = Journal(tmp_path)
    with journal.writer(compress=True) as writer:
        writer.append(episode("a"))
    assert len(journal) == 1
    assert list(tmp_path.glob("*.partial")) == []


def test_partial_files_of_processes_that_died_are_removed(tmp_path, episode):
    import os

    old, new = tmp_path / "old.partial", tmp_path / "new.partial"
    for path in (old, new):
        path.write_text("x")
    os.utime(old, (1, 1))
    Journal(tmp_path).writer().close()
    assert not old.exists() and new.exists()
