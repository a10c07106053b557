"""Programs that differ from a given one in one place: an operator, a number, a branch, a call.

One family of edits is one method of `Edit`. Left out: edits that need to know types or libraries.
"""

import ast
import copy
from collections.abc import Iterator
from typing import Any

import msgspec

from firsthand.audit.formats.programs import parsed

MOST = 60
"""Edits of one program; references of the corpus have 5 to 50 places to edit."""
SWAP: dict[type[ast.AST], Any] = {
    **{ast.Lt: ast.GtE, ast.LtE: ast.Gt, ast.Gt: ast.LtE, ast.GtE: ast.Lt},
    **{ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In},
    **{ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And},
    **{ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Pow: ast.Mult},
    **{ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv},
}
"""What stands in the place of an operator once it is negated or replaced."""
EDGE: dict[type[ast.AST], Any] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}
"""Comparisons that differ at their limit only."""
OUTER = ("sorted", "abs", "set", "reversed", "max", "min", "sum")
"""Calls of one argument that may be left out."""


class Mutant(msgspec.Struct, frozen=True):
    """A program that is wrong on `share` of the inputs, for example on `where`.

    `family` tells what a grader that pays for it does not look at: `code`, `constant`, or one of
    the families of edited outputs.
    """

    operator: str
    code: str
    share: float = 0.0
    where: str = ""
    family: str = "code"


class Edit(ast.NodeTransformer):
    """Makes the edit number `wanted` of all that there are; `operator` names it once made."""

    def __init__(self, wanted: int) -> None:
        self.wanted, self.count, self.operator = wanted, 0, ""

    def _now(self, operator: str) -> bool:
        self.count += 1
        if self.count - 1 == self.wanted:
            self.operator = operator
            return True
        return False

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        """Negate a comparison, or move its edge."""
        self.generic_visit(node)
        if type(node.ops[0]) in SWAP and self._now("comparison negated"):
            node.ops[0] = SWAP[type(node.ops[0])]()
        elif type(node.ops[0]) in EDGE and self._now("edge of a comparison moved"):
            node.ops[0] = EDGE[type(node.ops[0])]()
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        """Replace an arithmetic operator."""
        self.generic_visit(node)
        if type(node.op) in SWAP and self._now("arithmetic operator replaced"):
            node.op = SWAP[type(node.op)]()
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        """Replace the operator of an assignment."""
        self.generic_visit(node)
        if type(node.op) in SWAP and self._now("arithmetic operator replaced"):
            node.op = SWAP[type(node.op)]()
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        """Swap `and` and `or`."""
        self.generic_visit(node)
        if self._now("`and` and `or` swapped"):
            node.op = SWAP[type(node.op)]()
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        """Drop a `not` or a sign."""
        self.generic_visit(node)
        return node.operand if self._now("`not` or sign dropped") else node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        """Move a number by one, or negate a truth value."""
        if isinstance(node.value, bool):
            return ast.Constant(not node.value) if self._now("truth value negated") else node
        if isinstance(node.value, (int, float)) and not isinstance(node.value, complex):
            if self._now("number raised by one"):
                return ast.Constant(node.value + 1)
            if self._now("number lowered by one"):
                return ast.Constant(node.value - 1)
        return node

    def visit_If(self, node: ast.If) -> ast.AST:
        """Drop a branch, or the other one."""
        self.generic_visit(node)
        if self._now("branch dropped"):
            node.test = ast.Constant(False)
        elif node.orelse and self._now("else branch dropped"):
            node.orelse = []
        return node

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        """Take one side of a conditional expression."""
        self.generic_visit(node)
        return node.orelse if self._now("branch dropped") else node

    def visit_Return(self, node: ast.Return) -> ast.AST:
        """Return nothing."""
        self.generic_visit(node)
        if node.value is not None and self._now("return value dropped"):
            node.value = ast.Constant(None)
        return node

    def visit_Slice(self, node: ast.Slice) -> ast.AST:
        """Drop the bounds or the step of a slice."""
        self.generic_visit(node)
        if (node.lower or node.upper) and self._now("bounds of a slice dropped"):
            node.lower = node.upper = None
        elif node.step and self._now("step of a slice dropped"):
            node.step = None
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Shorten a range, swap two arguments, or leave a call of one argument out."""
        self.generic_visit(node)
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name == "range" and len(node.args) < 3 and self._now("range one short"):
            node.args[-1] = ast.BinOp(node.args[-1], ast.Sub(), ast.Constant(1))
        elif (
            len(node.args) == 2
            and name not in ("range", "isinstance")
            and self._now("arguments swapped")
        ):
            node.args = node.args[::-1]
        elif name in OUTER and len(node.args) == 1 and self._now(f"{name} left out"):
            return node.args[0]
        return node


def mutants(code: str, *, most: int = MOST) -> Iterator[Mutant]:
    """Yield programs that differ from `code` in one place."""
    tree = parsed(code)
    if tree is None:
        return
    for number in range(most):
        edit = Edit(number)
        changed = ast.fix_missing_locations(edit.visit(copy.deepcopy(tree)))
        if not edit.operator:
            return
        try:
            yield Mutant(edit.operator, ast.unparse(changed))
        except (ValueError, RecursionError):
            continue
