"""The page holds what it shows, quotes targets harmlessly, and leads from the overview to each
target.
"""

import re

import msgspec
from audit.test_certificate import FINDING, certificate, check

from firsthand.audit.finding import Witness
from firsthand.audit.report.page import page
from firsthand.audit.targets.protocol import Facts, Play


def named(name, *checks, **more):
    return certificate(*checks, target=Facts("answer", name, "ab" * 32), **more)


def test_a_page_shows_the_finding_and_every_check():
    text = page(
        [certificate(check("FAIL"), check("PASS", "echo", upper95=0.0123), findings=(FINDING,))]
    )
    for part in (
        "grader.py",
        "Nothing pays.",
        "Reject it.",
        "n = 24",
        "0.012",
        "echo",
        "Not checked: judges",
    ):
        assert part in text


def test_an_overview_leads_to_every_target():
    text = page(
        [
            named("one.py", check("FAIL")),
            named("two.py", check("PASS")),
            named("three.py", check("NOT_RUN"), partial=True),
        ]
    )
    assert (
        re.findall(r'href="#(\w+)"', text)
        == re.findall(r'<h2 id="(\w+)"', text)
        == ["t1", "t2", "t3"]
    )
    assert "INCOMPLETE (partial)" in text


def test_it_loads_nothing_and_targets_cannot_write_markup():
    evil = "<script>alert(1)</script><img src=http://x>"
    finding = msgspec.structs.replace(
        FINDING, claim=evil, witness=Witness("pays", (Play(3, (evil,)),), 1.0, prompt=evil)
    )
    text = page([named(evil, check("FAIL"), findings=(finding,))])
    assert "<script" not in text and "<img" not in text and "default-src 'none'" in text
    assert not re.search(r'<[^>]*(?:src|href)="?https?:', text)


def test_it_is_legible_in_the_dark():
    assert "prefers-color-scheme: dark" in page([certificate(check("PASS"))])
