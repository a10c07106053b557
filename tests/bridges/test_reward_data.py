"""Data files of rewards: what is read, and what is said of what cannot be."""

import json

import pytest

from firsthand.bridges.reward_data import MOST, filled, read
from firsthand.errors import MissingExtra, UnknownName, UserError


def written(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_columns_may_be_nested(tmp_path):
    row = {"prompt": "1 + 1?", "reward_model": {"style": "rule", "ground_truth": "2"}}
    rows = read(written(tmp_path / "train.jsonl", [row]))
    assert rows.columns == [
        "prompt",
        "reward_model",
        "reward_model.style",
        "reward_model.ground_truth",
    ]
    assert rows.usual(None, ("answer", "reward_model.ground_truth")) == "reward_model.ground_truth"
    assert filled("\\boxed{{reward_model.ground_truth}}", row, rows.columns) == "\\boxed{2}"


def test_a_wrong_column_suggests_the_nearest(tmp_path):
    rows = read(written(tmp_path / "train.jsonl", [{"question": "q", "answer": "a"}]))
    with pytest.raises(
        UnknownName, match="column of train.jsonl is named 'anwser'. Did you mean 'an"
    ):
        rows.column("anwser")


def test_every_row_has_the_column(tmp_path):
    rows = read(written(tmp_path / "train.jsonl", [{"q": 1, "a": 2}, {"q": 1}]))
    with pytest.raises(UserError, match="train.jsonl: row 2 of 2 has no 'a'"):
        rows.column("a")


def test_of_a_long_file_the_same_sample_is_kept(tmp_path):
    path = written(tmp_path / "long.jsonl", [{"n": n} for n in range(MOST + 500)])
    rows = read(path)
    assert (len(rows.rows), rows.total) == (MOST, MOST + 500)
    assert rows.rows == read(path).rows


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.jsonl", '{"a": 1}\n{"a"\n', "a.jsonl, line 2 is not JSON"),
        ("a.jsonl", "[1]\n", "a.jsonl, row 1: expected an object, got '\\[1\\]'"),
        ("a.jsonl", "\n", "a.jsonl has no rows"),
        ("a.json", "{}", "a.json: expected a list of objects"),
        ("a.csv", "a,b", "a.csv: a data file ends in .jsonl"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path, name, content, said):
    (tmp_path / name).write_text(content)
    with pytest.raises(UserError, match=said):
        read(tmp_path / name)
    with pytest.raises(UserError, match="There is no file"):
        read(tmp_path / f"no-{name}")


def test_parquet_is_read_where_its_extra_is_installed(tmp_path):
    path = tmp_path / "train.parquet"
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        path.write_bytes(b"PAR1")
        with pytest.raises(MissingExtra, match=r"pip install 'firsthand\[parquet\]'"):
            read(path)
        return
    pyarrow.parquet.write_table(pyarrow.table({"q": ["a", "b"], "m": [{"g": 1}, {"g": 2}]}), path)
    assert read(path).rows == [{"q": "a", "m": {"g": 1}}, {"q": "b", "m": {"g": 2}}]
