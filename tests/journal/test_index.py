import os
import resource
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firsthand.errors import JournalError
from firsthand.journal import Journal


@pytest.fixture
def journal(tmp_path, episode):
    journal = Journal(tmp_path)
    for part in range(3):
        with journal.writer() as writer:
            writer.append_many(episode(f"{part}-{n}") for n in range(20))
    return journal


def test_only_new_bytes_are_scanned(journal, episode, monkeypatch):
    assert len(journal) == 60
    starts = []
    import firsthand.journal.index as index

    scan = index.scan
    monkeypatch.setattr(
        index, "scan", lambda folder, name, start: starts.append(start) or scan(folder, name, start)
    )
    with journal.writer() as writer:
        writer.append(episode("new"))
        assert len(journal) == 61
        size = writer.path.stat().st_size
        writer.append(episode("newer"))
        assert len(journal) == 62
        assert len(journal) == 62
    assert starts == [0, size]


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"",
        b"not a database at all, but long enough to look at" * 100,
        b"SQLite format 3\0" + b"\xff" * 4000,
    ],
)
def test_a_lost_or_corrupt_index_is_rebuilt(journal, content):
    before = [found.id for found in journal.episodes()]
    path = journal.path / "index.sqlite"
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    assert [found.id for found in journal.episodes()] == before
    assert len(journal) == 60


def test_an_index_of_another_layout_is_rebuilt(journal):
    path = journal.path / "index.sqlite"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE episodes (id TEXT)")
        database.execute("PRAGMA user_version = 99")
    database.close()
    assert len(journal) == 60


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None
)
@given(share=st.floats(0, 0.999))
def test_an_index_cut_at_any_byte_is_rebuilt(journal, share):
    assert len(journal) == 60
    path = journal.path / "index.sqlite"
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    assert len(list(journal.episodes())) == 60


def test_an_index_that_points_astray_is_rebuilt_in_the_middle_of_a_query(journal):
    before = [found.id for found in journal.episodes()]
    database = sqlite3.connect(journal.path / "index.sqlite")
    with database:
        database.execute("UPDATE episodes SET offset = offset + 1 WHERE id = '1-7'")
        database.execute("UPDATE episodes SET id = 'other' WHERE id = '2-3'")
        database.execute("UPDATE episodes SET segment = 'nowhere' WHERE id = '2-4'")
    database.close()
    assert [found.id for found in journal.episodes()] == before


def test_a_segment_that_was_removed_or_cut_leaves_the_index(journal):
    assert len(journal) == 60
    first, second, _ = sorted(journal.path.glob("*.jsonl"))
    first.unlink()
    assert len(journal) == 40
    second.write_bytes(b"".join(second.read_bytes().splitlines(keepends=True)[:5]))
    assert len(journal) == 25


def test_a_spoilt_line_is_counted_and_the_rest_is_found(journal):
    path = sorted(journal.path.glob("*.jsonl"))[1]
    lines = path.read_bytes().splitlines(keepends=True)
    lines[3] = b'{"id": 3}\n'
    lines[5] = b"\xff\xfe\n"
    path.write_bytes(b"".join(lines))
    assert len(journal) == 58
    first, second = journal.damage()
    assert (first.segment, first.offset) == (path.stem, sum(map(len, lines[:3])))
    assert first.problem == "its checksum is missing or does not match"
    assert second.offset == sum(map(len, lines[:5]))
    assert len(journal) == 58
    assert len(journal.damage()) == 2


def test_of_a_duplicate_the_first_in_journal_order_counts_whichever_was_scanned_first(
    tmp_path, episode
):
    journal = Journal(tmp_path)
    with journal.writer() as early:
        with journal.writer() as late:
            late.append(episode("same", aftermath="late"))
            late.append(episode("same", aftermath="later"))
        assert journal.get("same").aftermath == "late"
        early.append(episode("same", aftermath="early"))
    assert journal.get("same").aftermath == "early"
    assert len(journal) == 1
    (tmp_path / "index.sqlite").unlink()
    assert [found.aftermath for found in journal.episodes()] == ["early"]


def test_a_segment_packed_between_two_queries_is_not_read_twice(tmp_path, episode):
    journal = Journal(tmp_path)
    with journal.writer(compress=True) as writer:
        writer.append_many(episode(f"a{n}") for n in range(10))
        assert len(journal) == 10
        writer.append_many(episode(f"b{n}") for n in range(10))
    assert len(journal) == 20
    assert len(journal) == 20


def test_many_may_refresh_and_delete_at_once(journal):
    count = (
        f"from firsthand.journal import Journal; [print(len(Journal({str(journal.path)!r}))) "
        "for _ in range(20)]"
    )
    others = [
        subprocess.Popen([sys.executable, "-c", count], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    with ThreadPoolExecutor(4) as pool:
        counted = list(pool.map(lambda _: len(journal), range(40)))
    assert counted == [60] * 40
    for other in others:
        assert other.communicate()[0].split() == ["60"] * 20


def test_where_no_index_can_be_written_one_is_built_in_memory(journal, episode):
    path = journal.path / "index.sqlite"
    path.unlink(missing_ok=True)
    path.mkdir()
    (path / "x").touch()
    assert len(journal) == 60
    with journal.writer() as writer:
        writer.append(episode("new"))
    assert len(journal) == 61
    assert journal.get("1-7").id == "1-7"


def test_reading_works_on_a_full_disk(journal, monkeypatch):
    """Files may have 100 bytes more than nothing: the index cannot grow."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        assert len(journal) == 60
        assert len(list(Journal(journal.path).episodes())) == 60
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert len(journal) == 60
    assert len(Journal(journal.path)) == 60


def test_too_many_open_files_are_no_damage(journal):
    assert len(journal) == 60
    held = []
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
    try:
        with pytest.raises(OSError, match="Too many open files"):
            while True:
                held.append(open(os.devnull))  # noqa: SIM115
        with pytest.raises(JournalError, match="cannot be read now: .*Too many open files"):
            list(journal.episodes())
    finally:
        for file in held:
            file.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert len(list(journal.episodes())) == 60 and journal.damage() == []


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None
)
@given(data=st.data())
def test_a_damaged_index_is_never_silently_wrong(journal, data):
    """Flipped, overwritten, cut: the answers are those of a fresh index."""
    expected = (len(journal), journal.runs(), journal.ids(""), [e.id for e in journal.episodes()])
    path = journal.path / "index.sqlite"
    content = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    kind = data.draw(st.sampled_from(("flip", "zeros", "noise", "cut", "sum")))
    if kind == "flip":
        content[at] ^= 1 << data.draw(st.integers(0, 7))
    elif kind == "zeros":
        content[at : at + 100] = bytes(len(content[at : at + 100]))
    elif kind == "noise":
        noise = data.draw(st.binary(min_size=1, max_size=50))
        content[at : at + len(noise)] = noise
    elif kind == "cut":
        del content[at:]
    else:
        (journal.path / "index.crc32").write_bytes(data.draw(st.binary(max_size=10)))
    path.write_bytes(bytes(content))
    again = Journal(journal.path)
    assert (len(again), again.runs(), again.ids(""), [e.id for e in again.episodes()]) == expected
    assert again.damage() == []


def test_entries_survive_a_round_trip_of_odd_tags(tmp_path, episode):
    journal = Journal(tmp_path)
    tags = {'a"b': "c'd", "$.x": "%", "é": "\u2028"}
    with journal.writer() as writer:
        writer.append(episode("a", tags=tags))
        writer.append(episode("b"))
    for key, value in tags.items():
        assert [found.id for found in journal.episodes(tags={key: value})] == ["a"]
    assert msgspec.json.decode(msgspec.json.encode(journal.get("a").tags)) == tags
