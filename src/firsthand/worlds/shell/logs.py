"""Find intrusions in the logs of a small network, and report them in a file with a given form.

Events are generated with their truth, so every field of the report has one right value, and it can
be found by reading: logins in the authentication log, which machine had an address in the leases,
what a session read in the audit log, what left the house in the proxy log. Near-misses of the
definition (too few failures, too slow, another account) stand beside every intrusion. Left out:
clocks that disagree, and formats that change in the middle.
"""

import json
import random
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import msgspec

from firsthand.environment import Action, Observation
from firsthand.sandbox.shell import text_of, texts
from firsthand.task import Task
from firsthand.worlds.shell.terminal import HOW, Terminal, call

ACCOUNTS = (
    "amara", "bjorn", "chiara", "dmitri", "elif", "farid", "greta", "hana", "ivo", "jonas",
    "kaya", "leila", "mateo", "nadia", "oskar", "priya", "root", "backup", "deploy", "guest",
)  # fmt: skip
MACHINES = (
    "atlas", "basil", "cedar", "delta", "ember", "fjord", "grove", "heron", "inlet", "jetty",
    "knoll", "larch", "maple", "north", "otter", "perch",
)  # fmt: skip
FOLDERS = ("payroll", "contracts", "designs", "customers", "backups", "mail", "source", "minutes")
KINDS = ("summary", "draft", "list", "export", "plan", "archive", "scan", "notes")
HOSTS = ("files.example", "paste.example", "mirror.example", "news.example", "cdn.example")
ENOUGH, WINDOW = 5, 600
"""An intrusion: so many failures within so many seconds before."""
DAY = 86_400


class Shape(msgspec.Struct, frozen=True):
    """How much there is to read at a level, and what is to be reported."""

    noise: int
    decoys: int
    intrusions: int
    fields: tuple[str, ...]


_FIELDS = ("address", "account", "login", "failures", "machine", "session", "files", "bytes_out")
LEVELS = {
    1: Shape(30, 2, 1, _FIELDS[:3]),
    2: Shape(50, 4, 1, _FIELDS[:5]),
    3: Shape(60, 6, 2, _FIELDS[:6]),
    4: Shape(70, 9, 2, _FIELDS[:7]),
    5: Shape(80, 12, 3, _FIELDS),
}
MEANING = {
    "address": '"address": the address it came from',
    "account": '"account": the account that was entered',
    "login": '"login": the time of the successful login, as in the log',
    "failures": (
        '"failures": how many failed logins of that address for that account came within the ten '
        "minutes before it"
    ),
    "machine": (
        '"machine": the name of the machine that had the address at that time (leases.log tells '
        "who got an address when; a machine keeps it until another gets it)"
    ),
    "session": '"session": the session that the login opened (sessions.log)',
    "files": (
        '"files": the paths that the session read (audit.log), each once, sorted; reads that were '
        "denied do not count"
    ),
    "bytes_out": '"bytes_out": the sum of the bytes that the session sent out (PUT in proxy.log)',
}
LOGS = {
    "login": ("auth.log",), "machine": ("leases.log",), "session": ("sessions.log",),
    "files": ("audit.log", "audit.log.1"), "bytes_out": ("proxy.log",),
}  # fmt: skip


class Event(NamedTuple):
    """One line of one log."""

    second: int
    log: str
    text: str


class Logs(Terminal):
    """Find intrusions in the logs of a network and report them in a JSON file."""

    name = "shell/logs"
    version = "1"
    checks = ("report_has_the_form", "report_is_right", "logs_untouched")
    statement = (
        f"{HOW}\nThe folder logs/ holds a day of logs of a small network. Find every intrusion: a "
        "successful login from an address with at least five failed logins for the same account "
        "in the ten minutes before it. (Other failures, or five failures that took longer, are "
        'none.) Write report.json: one object with the key "intrusions", a list of objects in '
        "order of the time of the login, each with exactly the keys that you are told. Texts are "
        "strings and counts are integers. Do not change the logs."
    )

    def reset(self, task: Task) -> Observation:
        """Draw the day and what happened in it."""
        rng, self.shape = task.rng("instance"), LEVELS[task.level]
        while not task.owns(f"{task.level} {(day := rng.getrandbits(64))}"):
            pass  # drawing a day takes longer than asking whose it is
        self.truth, events = _day(random.Random(day), self.shape)
        files = _files(events, self.shape)
        self.given = self.tree = texts(files)
        told = "\n".join(f"- {MEANING[field]}" for field in self.shape.fields)
        return Observation(
            f"Logs: {', '.join(f'{p} ({t.count(chr(10))} lines)' for p, t in files.items())}.\n"
            f"For each intrusion report:\n{told}"
        )

    async def judge(self) -> Mapping[str, bool]:
        """Compare the report with what happened."""
        report = _parsed(text_of(self.tree, "report.json"))
        return {
            "report_has_the_form": _has_form(report, self.shape.fields),
            "report_is_right": _same(report, {"intrusions": self.truth}),
            "logs_untouched": all(self.tree.get(path) == file for path, file in self.given.items()),
        }

    def aftermath(self) -> str:
        """Tell what had happened."""
        told = "; ".join(
            f"{each['account']} from {each['address']} at {each['login']}" for each in self.truth
        )
        return f"The intrusions: {told}. The report should read {json.dumps(self.truth[0])}" + (
            ", ... in this form." if len(self.truth) > 1 else "."
        )

    def expert(self) -> Iterator[Action]:
        """Look at the logs, follow each intrusion, then report."""
        yield call("run", command="ls -l logs; head -n 5 logs/*")
        yield call(
            "run", command="grep Failed logs/auth.log | awk '{print $7, $9}' | sort | uniq -c"
        )
        for each in self.truth:
            yield call("run", command=f"grep '{each['account']} from' logs/auth.log")
            if "machine" in each:
                yield call("run", command=f"grep -w '{each['address']}' logs/leases.log")
            if "session" in each:
                yield call("run", command=f"grep -w {each['session']} logs/*")
        text = json.dumps({"intrusions": self.truth}, indent=1)
        yield call("write", path="report.json", content=text)
        yield call("submit")


def _parsed(text: str | None) -> object:
    try:
        return json.loads(text or "")
    except (ValueError, RecursionError):
        return None


def _has_form(report: object, fields: tuple[str, ...]) -> bool:
    try:
        form = msgspec.convert(report, dict[str, list[dict[str, object]]])
    except msgspec.ValidationError:
        return False
    return list(form) == ["intrusions"] and all(
        set(each) == set(fields) for each in form["intrusions"]
    )


def _same(report: object, truth: object) -> bool:
    """Compare as JSON, so that 1, 1.0 and true are three."""
    return json.dumps(report, sort_keys=True) == json.dumps(truth, sort_keys=True)


def _clock(second: int) -> str:
    return f"2031-02-26T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}Z"


class _Writer:
    """Draws what happens on one day."""

    def __init__(self, rng: random.Random, shape: Shape) -> None:
        self.rng, self.shape, self.events = rng, shape, list[Event]()
        most = shape.noise + shape.decoys + shape.intrusions
        self.sessions = rng.sample(range(10_000, 99_999), most)
        self.addresses = [f"10.{rng.randint(0, 9)}.{rng.randint(0, 30)}.{host}"
                          for host in rng.sample(range(2, 250), 24)]  # fmt: skip
        self.leases: dict[str, list[tuple[int, str]]] = {}
        for address in self.addresses:
            times = [0, *sorted(rng.sample(range(DAY // 6, DAY), rng.randint(0, 2)))]
            names = rng.sample(MACHINES, len(times))
            self.leases[address] = list(zip(times, names, strict=True))

    def auth(self, second: int, word: str, account: str, address: str) -> None:
        """Write a line of the authentication log."""
        line = f"sshd[{300 + self._below(9000)}] login: {word} for user {account} from {address}"
        self.events.append(Event(second, "auth.log", line))

    def failures(self, account: str, address: str, end: int, count: int, span: int) -> int:
        """Write failures in the `span` seconds before `end`."""
        for second in self.rng.sample(range(max(1, end - span), end), count) if count else ():
            self.auth(second, "Failed", account, address)
        return count

    def login(self, account: str, address: str, second: int) -> dict[str, object]:
        """Write a successful login and what its session does, and tell it."""
        session = f"s{self.sessions.pop()}"
        self.auth(second, "Accepted", account, address)
        self.events.append(
            Event(second, "sessions.log", f"open {session} user={account} address={address}")
        )
        read = self._reads(session, second) if "files" in self.shape.fields else set[str]()
        sent = self._sends(session, second) if "bytes_out" in self.shape.fields else 0
        machine = [name for start, name in self.leases[address] if start <= second][-1]
        return {
            "address": address, "account": account, "login": _clock(second), "failures": 0,
            "machine": machine, "session": session, "files": sorted(read), "bytes_out": sent,
        }  # fmt: skip

    def _reads(self, session: str, second: int) -> set[str]:
        read: set[str] = set()
        for _ in range(2 + self._below(3)):
            folder, kind = FOLDERS[self._below(len(FOLDERS))], KINDS[self._below(len(KINDS))]
            path = f"/{folder}/{kind}-{1 + self._below(40)}.txt"
            denied = self._below(10) < 3
            line = f"{session} {'denied' if denied else 'read'} {path}"
            for _ in range(1 + self._below(4) // 3):
                self.events.append(Event(self._later(second), "audit.log", line))
            if not denied:
                read.add(path)
        return read

    def _sends(self, session: str, second: int) -> int:
        sent = 0
        for _ in range(1 + self._below(4)):
            size = 200 + self._below(90_000)
            host = HOSTS[self._below(len(HOSTS))]
            if out := self._below(5) < 3:
                sent += size
            line = f"{session} {'PUT' if out else 'GET'} {host} {size}"
            self.events.append(Event(self._later(second), "proxy.log", line))
        return sent

    def _below(self, most: int) -> int:
        """Draw below `most`: there are thousands of draws in a day, and this is the quick way."""
        return int(self.rng.random() * most)

    def _later(self, second: int) -> int:
        return second + 1 + self._below(1500)


def _day(rng: random.Random, shape: Shape) -> tuple[list[dict[str, object]], list[Event]]:
    """Draw a day: intrusions, what looks like one, and ordinary logins.

    Each pair of an account and an address is used once, so that no two stories mix.
    """
    writer = _Writer(rng, shape)
    pairs = rng.sample(
        [(a, b) for a in ACCOUNTS for b in writer.addresses],
        shape.intrusions + shape.decoys + shape.noise,
    )
    times = sorted(rng.sample(range(2000, DAY - 3000, 7), len(pairs)))
    rng.shuffle(times)
    truth: list[tuple[int, dict[str, object]]] = []
    for i, ((account, address), second) in enumerate(zip(pairs, times, strict=True)):
        if i < shape.intrusions:
            near = writer.failures(
                account, address, second, rng.randint(ENOUGH, ENOUGH + 4), WINDOW - 20
            )
            before = second - WINDOW - 30
            writer.failures(account, address, before, rng.randint(0, 3), 900)
            truth.append((second, {**writer.login(account, address, second), "failures": near}))
        elif i < shape.intrusions + shape.decoys:
            _decoy(writer, i % 3, account, address, second)
        else:
            writer.failures(account, address, second, rng.choice((0, 0, 0, 1, 2)), 300)
            writer.login(account, address, second)
    told = [{field: each[field] for field in shape.fields} for _, each in sorted(truth, key=_first)]
    leases = [
        Event(start, "leases.log", f"lease {address} to {name}")
        for address, given in writer.leases.items()
        for start, name in given
    ]
    return told, [*writer.events, *leases]


def _first(pair: tuple[int, object]) -> int:
    return pair[0]


def _decoy(writer: _Writer, kind: int, account: str, address: str, second: int) -> None:
    """Write what is nearly an intrusion: without an entry, too slow, or with too few failures."""
    if kind == 0:
        writer.failures(account, address, second, writer.rng.randint(6, 12), WINDOW)
    elif kind == 1:
        early = second - WINDOW - 60
        writer.failures(account, address, early, writer.rng.randint(4, 8), 1200)
        writer.failures(account, address, second, 2, 300)
        writer.login(account, address, second)
    else:
        writer.failures(account, address, second, ENOUGH - 1, WINDOW - 20)
        writer.login(account, address, second)


def _files(events: list[Event], shape: Shape) -> dict[str, str]:
    """Write the logs that the level asks about; the first half of the audit log is rotated away."""
    wanted = [log for field in shape.fields for log in LOGS.get(field, ())]
    lines: dict[str, list[str]] = {log: [] for log in wanted}
    for event in sorted(events):
        log = event.log
        if log == "audit.log" and event.second < DAY // 2:
            log = "audit.log.1"
        if log in lines:
            lines[log].append(f"{_clock(event.second)} {event.text}\n")
    return {f"logs/{log}": "".join(text) for log, text in sorted(lines.items())}
