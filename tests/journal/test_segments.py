import os
import resource
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firsthand import secrets
from firsthand.episode import decode, encode
from firsthand.errors import JournalError, MissingExtra
from firsthand.journal import Journal
from firsthand.journal.segments import names, scan


def segments(journal):
    return sorted(path.name for path in journal.path.iterdir() if ".jsonl" in path.name)


def test_append_hands_the_line_to_the_system_before_it_returns(tmp_path, episode):
    with Journal(tmp_path).writer() as writer:
        writer.append(episode("a"))
        line = writer.path.read_bytes()
        assert decode(line) == episode("a") and line.startswith(encode(episode("a"))[:-1])
        writer.append_many([episode("b"), episode("c")])
        assert writer.path.read_bytes().count(b"\n") == 3


def test_writers_never_share_a_segment(tmp_path, episode):
    journal = Journal(tmp_path)
    with journal.writer() as first, journal.writer() as second:
        for n in range(5):
            first.append(episode(f"a{n}"))
            second.append(episode(f"b{n}"))
    assert len(segments(journal)) == 2
    assert [found.id for found in journal.episodes()] == [f"a{n}" for n in range(5)] + [
        f"b{n}" for n in range(5)
    ]


def test_an_empty_segment_leaves_no_file(tmp_path):
    journal = Journal(tmp_path / "deep" / "down")
    with journal.writer() as writer:
        writer.append_many([])
    assert segments(journal) == []
    writer.close()


def test_a_closed_writer_says_so(tmp_path, episode):
    with Journal(tmp_path).writer() as writer:
        writer.append(episode("a"))
    with pytest.raises(JournalError, match=r"is closed: open another with `journal.writer\(\)`"):
        writer.append(episode("b"))


def test_durable_waits_for_the_disk(tmp_path, episode, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", synced.append)
    with Journal(tmp_path).writer(durable=True) as writer:
        assert len(synced) == 1  # the folder, so that the new name survives too
        writer.append(episode("a"))
        assert len(synced) == 2


def test_a_refused_write_keeps_nothing_of_the_line(tmp_path, episode):
    journal = Journal(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with journal.writer() as writer:
        writer.append(episode("a"))
        size = writer.path.stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 40, hard))  # room for part of a line
        try:
            with pytest.raises(
                JournalError,
                match=r"cannot be written: .*File too large.* Nothing of this append was kept",
            ):
                writer.append(episode("b"))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert writer.path.stat().st_size == size
        writer.append(episode("c"))
    assert [found.id for found in journal.episodes()] == ["a", "c"]
    assert journal.damage() == []


def test_secrets_are_never_stored(tmp_path, episode):
    secrets.register("sk-journal-0123456789")
    with Journal(tmp_path).writer() as writer:
        writer.append(
            episode(
                "a", tags={"note": "key=sk-journal-0123456789!"}, aftermath="sk-journal-0123456789"
            )
        )
        writer.append_many([episode("b", agent="sk-journal-0123456789")])
    assert b"sk-journal" not in writer.path.read_bytes()
    assert Journal(tmp_path).get("a").tags["note"].startswith("key=[")


def test_a_packed_segment_replaces_the_plain_one(tmp_path, episode):
    journal = Journal(tmp_path)
    with journal.writer(compress=True) as writer:
        writer.append_many(episode(f"e{n}", aftermath="x" * 3000) for n in range(1000))
        assert len(journal) == 1000
        plain = writer.path.stat().st_size
    (packed,) = segments(journal)
    assert packed.endswith(".jsonl.zst")
    assert (tmp_path / packed).stat().st_size < plain / 20
    assert len(journal) == 1000
    assert [found.id for found in journal.episodes()] == [f"e{n}" for n in range(1000)]
    assert journal.get("e997") == episode("e997", aftermath="x" * 3000)


def test_while_both_forms_are_there_each_episode_counts_once(tmp_path, episode):
    journal = Journal(tmp_path)
    with journal.writer(compress=True) as writer:
        writer.append(episode("a"))
        plain = writer.path.read_bytes()
    writer.path.write_bytes(plain)  # as a kill between replacing and unlinking leaves it
    assert len(segments(journal)) == 2
    assert [found.id for found in journal.episodes()] == ["a"]


def test_without_zstandard_the_message_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(MissingExtra, match=r"pip install 'firsthand\[zstd\]'"):
        Journal(tmp_path).writer(compress=True)
    assert segments(Journal(tmp_path)) == []


def test_a_folder_that_is_not_there_holds_no_segments(tmp_path):
    assert names(tmp_path / "nowhere") == {}


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None
)
@given(share=st.floats(0, 1), sizes=st.lists(st.integers(0, 300), min_size=1, max_size=6))
def test_cut_at_any_byte_every_whole_line_before_is_found(tmp_path_factory, episode, share, sizes):
    journal = Journal(tmp_path_factory.mktemp("cut"))
    with journal.writer() as writer:
        for n, size in enumerate(sizes):
            writer.append(episode(f"e{n}", aftermath="é" * size))
    content = writer.path.read_bytes()
    cut = content[: round(share * len(content))]
    writer.path.write_bytes(cut)
    whole = cut.count(b"\n")
    assert [found.id for found in journal.episodes()] == [f"e{n}" for n in range(whole)]
    assert journal.damage() == []
    assert len(list(scan(journal.path, writer.path.stem))) == whole
    with journal.writer() as another:  # and the journal goes on
        another.append(episode("later"))
    assert len(journal) == whole + 1
