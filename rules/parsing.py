"""Reads the text of a rule into a syntax tree, in time linear in its length."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from rules.errors import RuleError
from rules.syntax import Call, Listed, Name, Node, Number, Operation, Text, Truth

MOST_CHARACTERS: Final = 2_000
MOST_NODES: Final = 400
DEEPEST: Final = 30

_GRAMMAR = r"""
?start: choice
?choice: either | either "?" either ":" choice
?either: both (OR both)*
?both: relation (AND relation)*
?relation: sum (RELATION sum)*
?sum: product (SIGN product)*
?product: unary (TIMES unary)*
?unary: member | NOT unary -> negated | SIGN unary -> signed
?member: primary | member "." NAME -> attribute | member "[" STRING "]" -> keyed
?primary: NAME -> name
        | NAME "(" [choice ("," choice)*] ")" -> call
        | "(" choice ")"
        | NUMBER -> number
        | STRING -> string
        | "[" [item ("," item)*] "]" -> listed
?item: NUMBER -> number | STRING -> string | SIGN NUMBER -> negative
OR: "||"
AND: "&&"
RELATION.2: "==" | "!=" | "<=" | ">=" | "<" | ">" | /in(?![A-Za-z0-9_])/
SIGN: "+" | "-"
TIMES: "*" | "/"
NOT: "!"
NAME: /[A-Za-z_][A-Za-z0-9_]*/
NUMBER: /[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?/
STRING: /"([^"\\\n]|\\["'\\])*"|'([^'\\\n]|\\["'\\])*'/
%ignore /[ \t\n]+/
"""
_WORDS = {
    "OR": "'||'", "AND": "'&&'", "RELATION": "a comparison (== != < <= > >= in)", "SIGN": "'+' or '-'",
    "TIMES": "'*' or '/'", "NOT": "'!'", "NAME": "a name", "NUMBER": "a number", "STRING": "a string",
    "LPAR": "'('", "RPAR": "')'", "LSQB": "'['", "RSQB": "']'", "DOT": "'.'", "COMMA": "','",
    "QMARK": "'?'", "COLON": "':'", "$END": "the end",
}  # fmt: skip
_LEAVES = ("name", "number", "negative", "string")
_NOT_CEL = {"and": "&&", "or": "||", "not": "!", "=": "==", "AND": "&&", "OR": "||", "NOT": "!"}


def parse(text: str) -> Node:
    """Read an expression.

    Args:
        text: The expression, at most `MOST_CHARACTERS` characters.

    Returns:
        Its tree, of at most `MOST_NODES` nodes and `DEEPEST` levels.

    Raises:
        RuleError: It is no expression; the message names place, what was found and what is allowed.
    """
    if not text.strip():
        raise RuleError("the expression is empty; write a condition such as: amount > 500")
    if len(text) > MOST_CHARACTERS:
        raise RuleError(f"the expression has {len(text):,} characters, allowed are {MOST_CHARACTERS:,}")
    _refuse_hidden(text)
    try:
        tree = _parser().parse(text)
    except UnexpectedInput as error:
        raise _explained(error, text) from None
    return _Reader().read(tree, 0)


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", propagate_positions=True, maybe_placeholders=False)


def _refuse_hidden(text: str) -> None:
    """Refuse characters that a reader does not see, such as those that change the direction of writing."""
    for at, character in enumerate(text):
        if character not in "\t\n" and unicodedata.category(character) in (
            "Cc",
            "Cf",
            "Co",
            "Cs",
            "Cn",
            "Zl",
        ):
            named = unicodedata.name(character, "a control character")
            raise RuleError(
                f"found U+{ord(character):04X} ({named}), which cannot be seen; delete it", at + 1
            )


def _explained(error: UnexpectedInput, text: str) -> RuleError:
    column = (error.pos_in_stream or 0) + 1
    if isinstance(error, UnexpectedCharacters):
        found = text[column - 1]
        if found in "\"'":
            return RuleError(
                "found a quote that is never closed, or a backslash before another letter", column
            )
        known = f"; write {_NOT_CEL[found]}" if found in _NOT_CEL else ""
        named = f" ({unicodedata.name(found, 'no name')})" if ord(found) > 126 else ""
        return RuleError(f"found {found!r}{named}, which is no part of the language{known}", column)
    if isinstance(error, UnexpectedToken):
        found = str(error.token)
        if error.token.type == "$END":
            found, column = "the end", len(text) + 1
        elif found in _NOT_CEL:
            return RuleError(f"found {found!r}; write {_NOT_CEL[found]}", column)
        allowed = ", ".join(sorted(_WORDS[name] for name in error.accepts or error.expected))
        return RuleError(f"found {found}, allowed here: {allowed}", column)
    return RuleError("cannot be read", column)


class _Reader:
    """Turns lark's tree into ours, and counts its nodes."""

    def __init__(self) -> None:
        self._nodes = 0

    def read(self, tree: Tree[Token], depth: int) -> Node:
        column = (tree.meta.start_pos if not tree.meta.empty else 0) + 1
        self._nodes += 1
        if depth > DEEPEST:
            raise RuleError(f"nested deeper than {DEEPEST} levels; split the rule", column)
        if self._nodes > MOST_NODES:
            raise RuleError(f"more than {MOST_NODES} parts; split the rule, or use a list", column)
        if tree.data in _LEAVES:
            return _leaf(str(tree.data), "".join(map(str, tree.children)), column)
        match tree.data:
            case "attribute" | "keyed":
                return self._member(tree, column, depth)
            case "call":
                function, *arguments = tree.children
                return Call(str(function), self._all(arguments, depth), column)
            case "listed":
                items = self._all(tree.children, depth)
                return Listed(tuple(item for item in items if isinstance(item, Number | Text)), column)
            case "negated" | "signed":
                operator, operand = tree.children
                return Operation(str(operator), self._all([operand], depth), column)
            case "choice":
                return Operation("?:", self._all(tree.children, depth), column)
        return self._chain(tree.children, column, depth)

    def _all(self, trees: list[Tree[Token] | Token], depth: int) -> tuple[Node, ...]:
        return tuple(self.read(tree, depth + 1) for tree in trees if isinstance(tree, Tree))

    def _chain(self, parts: list[Tree[Token] | Token], column: int, depth: int) -> Node:
        """Read `a + b - c` from the left; `&&` and `||` take all their operands at once."""
        operands, operators = self._all(parts[::2], depth), [str(one) for one in parts[1::2]]
        if operators[0] in ("&&", "||"):
            return Operation(operators[0], operands, column)
        if len(operators) > 1 and operators[0] not in "+-*/":
            raise RuleError("comparisons in a row; join them with &&, as in a < b && b < c", column)
        found = operands[0]
        for operator, operand in zip(operators, operands[1:], strict=True):
            found = Operation(operator, (found, operand), column)
        return found

    def _member(self, tree: Tree[Token], column: int, depth: int) -> Node:
        of, last = tree.children
        assert isinstance(of, Tree)
        owner = self.read(of, depth + 1)
        if not isinstance(owner, Name):
            raise RuleError("only names have parts, as in card.count_1h", column)
        if tree.data == "attribute":
            return Name((*owner.path, str(last)), owner.column, owner.key)
        if owner.key is not None or len(owner.path) > 1:
            raise RuleError('brackets come once, after the first word, as in episode["gift cards"]', column)
        return Name(owner.path, owner.column, _unquoted(str(last)))


def _leaf(kind: str, text: str, column: int) -> Node:
    if kind == "string":
        return Text(_unquoted(text), column)
    if kind != "name":
        return Number(float(text), column)
    if text in ("true", "false"):
        return Truth(text == "true", column)
    return Name((text,), column)


def _unquoted(quoted: str) -> str:
    inner, out, at = quoted[1:-1], [], 0
    while at < len(inner):
        at += inner[at] == "\\"
        out.append(inner[at])
        at += 1
    return "".join(out)
