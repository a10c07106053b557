"""Functions of one return over whole numbers, read as a syntax tree and computed here: nothing
submitted is ever executed."""

import ast
import operator
import warnings

BINARY = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
COMPARE = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
RANGE = range(-9, 30)
KATA = [
    (
        "tax(x)",
        "a third of x, rounded down, when x is above 10, and otherwise 1",
        "x // 3 if x > 10 else 1",
    ),
    ("wheel(x)", "the remainder of 5 times x plus 2 by 12", "(5 * x + 2) % 12"),
    (
        "score(x, y)",
        "3 points for each x and 1 for each y, doubled when x equals y",
        "(3 * x + y) * 2 if x == y else 3 * x + y",
    ),
    ("seats(x, y)", "x rows of y seats without the two seats at the front", "x * y - 2"),
    ("dozen(x)", "how many boxes of 12 are needed for x eggs", "(x + 11) // 12"),
    (
        "clash(x, y)",
        "1 when x is even and y is not a multiple of 3, and otherwise 0",
        "1 if x % 2 == 0 and y % 3 != 0 else 0",
    ),
    (
        "fare(x)",
        "4 for the first five stops or fewer, and 2 more for each stop after the fifth",
        "4 if x <= 5 else 2 * x - 6",
    ),
    ("corner(x, y)", "the square of x less the square of y", "x * x - y * y"),
]


def _value(node: ast.AST, names: dict[str, int]) -> int | bool:
    match node:
        case ast.Constant(value=value) if type(value) in (int, bool) and abs(value) < 10**9:
            return value
        case ast.Name(id=name) if name in names:
            return names[name]
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -_value(inner, names)
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return not _value(inner, names)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in BINARY:
            return BINARY[type(op)](_value(left, names), _value(right, names))
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in COMPARE:
            return COMPARE[type(op)](_value(left, names), _value(right, names))
        case ast.BoolOp(op=op, values=parts):
            for part in parts:
                value = _value(part, names)
                if bool(value) == isinstance(op, ast.Or):
                    break
            return value
        case ast.IfExp(test=test, body=body, orelse=other):
            return _value(body if _value(test, names) else other, names)
    raise ValueError(f"{type(node).__name__} is not allowed here")


def _inputs(signature: str) -> list[tuple[int, ...]]:
    return (
        [(x, y) for x in RANGE[::3] for y in RANGE[::2]] + [(x, x) for x in RANGE[:12]]
        if "y" in signature.split("(")[1]
        else [(x,) for x in RANGE]
    )


def _task(signature: str, does: str, expression: str) -> dict:
    names = signature.split("(")[1].rstrip(")").split(", ")
    tree = ast.parse(expression, mode="eval").body
    cases = [
        [list(given), _value(tree, dict(zip(names, given, strict=True)))]
        for given in _inputs(signature)
    ]
    shown = "\n".join(
        f">>> {signature.split('(')[0]}({', '.join(map(str, given))})\n{value}"
        for given, value in cases[14:17]
    )
    return {
        "prompt": f"Write a Python function {signature} that returns {does}. Its body is a single "
        f"return of an expression of whole numbers, "
        f"the arguments, + - * // %, single comparisons, and, or, not, and if-else. "
        f"Reply with the program only.\n{shown}",
        "answer": cases,
        "program": f"def {signature}:\n    return {expression}\n",
    }


TASKS = [_task(*kata) for kata in KATA]


def reward(prompt: str, completion: str, answer: list) -> float:
    signature = prompt.removeprefix("Write a Python function ").split(")")[0]
    entry, _, names = signature.partition("(")
    if len(completion) > 400 or not completion.isascii():
        return 0.0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            (function,) = ast.parse(completion).body
        (returned,) = function.body
        plain = (
            type(function) is ast.FunctionDef
            and type(returned) is ast.Return
            and not function.decorator_list
        )
        if not plain or function.name != entry or ast.unparse(function.args) != names:
            return 0.0
        for given, expected in answer:
            value = _value(returned.value, dict(zip(names.split(", "), given, strict=True)))
            if type(value) is not int or value != expected:
                return 0.0
    except (
        SyntaxError,
        ValueError,
        TypeError,
        AttributeError,
        ArithmeticError,
        RecursionError,
        MemoryError,
    ):
        return 0.0
    return 1.0


def oracle(task: dict) -> str:
    return task["program"]
