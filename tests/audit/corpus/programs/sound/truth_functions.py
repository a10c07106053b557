"""Functions of truth values, read as a syntax tree and computed here on every row of the truth
table; nothing submitted is executed."""

import ast
import itertools
import warnings

KATA = [
    (
        "majority(p, q, r)",
        "whether at least two of the three are true",
        "p and q or r and (p or q)",
    ),
    (
        "only_one(p, q, r)",
        "whether exactly one of the three is true",
        "(p != q and not r) or (r and not p and not q)",
    ),
    ("implies(p, q)", "whether q holds whenever p does", "not p or q"),
    ("chosen(p, q, r)", "q where p is true, and r where it is not", "q if p else r"),
    ("parity(p, q, r, s)", "whether an odd number of the four is true", "(p != q) != (r != s)"),
    (
        "access(p, q, r)",
        "whether the door opens: with a key (p), or with a code (q) while the alarm (r) is off",
        "p or q and not r",
    ),
    ("mixed(p, q, r)", "whether the three are not all the same", "not (p == q and q == r)"),
    (
        "pairs(p, q, r, s)",
        "whether p is the same as q while r is another than s",
        "p == q and r != s",
    ),
    ("neither(p, q)", "whether both are false", "not (p or q)"),
]


def _value(node: ast.AST, names: dict[str, bool]) -> bool:
    match node:
        case ast.Constant(value=bool(value)):
            return value
        case ast.Name(id=name) if name in names:
            return names[name]
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return not _value(inner, names)
        case ast.BoolOp(op=op, values=parts):
            return (all if isinstance(op, ast.And) else any)(
                [_value(part, names) for part in parts]
            )
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
            return _value(left, names) == _value(right, names)
        case ast.Compare(left=left, ops=[ast.NotEq()], comparators=[right]):
            return _value(left, names) != _value(right, names)
        case ast.IfExp(test=test, body=body, orelse=other):
            return _value(body if _value(test, names) else other, names)
    raise ValueError(f"{type(node).__name__} is not allowed here")


def _table(tree: ast.AST, names: list[str]) -> list[bool]:
    return [
        _value(tree, dict(zip(names, row, strict=True)))
        for row in itertools.product([False, True], repeat=len(names))
    ]


def _task(signature: str, returns: str, expression: str) -> dict:
    entry, _, names = signature.rstrip(")").partition("(")
    table = _table(ast.parse(expression, mode="eval").body, names.split(", "))
    rows = list(itertools.product([False, True], repeat=len(names.split(", "))))
    shown = "\n".join(
        f">>> {entry}({', '.join(map(str, rows[row]))})\n{table[row]}"
        for row in (table.index(True), table.index(False))
    )
    return {
        "prompt": f"Write a Python function {signature} of truth values that returns {returns}. "
        f"Its body is one return of an expression with the "
        f"arguments, True, False, and, or, not, ==, != (of two sides) and if-else. Reply "
        f"with the program only.\n{shown}",
        "answer": {"entry": entry, "names": names, "table": table},
        "program": f"def {signature}:\n    return {expression}\n",
    }


TASKS = [_task(*row) for row in KATA]


def reward(prompt: str, completion: str, answer: dict) -> float:
    if len(completion) > 400 or not completion.isascii():
        return 0.0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            (function,) = ast.parse(completion).body
        (returned,) = function.body
        if (
            type(function) is not ast.FunctionDef
            or type(returned) is not ast.Return
            or function.decorator_list
        ):
            return 0.0
        if function.name != answer["entry"] or ast.unparse(function.args) != answer["names"]:
            return 0.0
        return (
            1.0 if _table(returned.value, answer["names"].split(", ")) == answer["table"] else 0.0
        )
    except (SyntaxError, ValueError, TypeError, AttributeError, RecursionError, MemoryError):
        return 0.0


def oracle(task: dict) -> str:
    return task["program"]
