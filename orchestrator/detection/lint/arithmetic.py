"""Arithmetic on fields of events: it fails whenever a number arrives as the other kind."""

from collections.abc import Iterator

from orchestrator.detection.compiled import expressions_of
from orchestrator.detection.lint.findings import Code, Finding, LintedRule
from orchestrator.detection.lint.trees import Call, Constant, Name, Node, field_of, tree_of, walk
from orchestrator.sayings import saying

_SIGNS = {"_+_": "+", "_-_": "-", "_*_": "*", "_/_": "/", "_%_": "%", "-_": "-"}

_AS_IT_ARRIVES = "{named} stands beside {sign} as it arrives: whole numbers are int and others double, which do not mix."


def mixed_arithmetic(linted: LintedRule) -> Iterator[Finding]:
    """Yield a finding for each expression that calculates with a field that is not wrapped in `double()` or `int()`.

    Numbers arrive as int where they are whole and as double where not, and CEL's arithmetic takes two of a kind.
    """
    for path, source, yields in expressions_of(linted.document):
        wrong = next(_wrong(tree_of(source, yields)), None)
        if wrong is None:
            continue
        sign, operand, is_text = wrong
        named, field = field_of(operand) or saying("a value whose kind nobody can know"), field_of(operand) or "x"
        if is_text:
            message = saying("{named} is joined to a text, which fails when it is not one.", named=named)
            fix = saying("Write {code} ….", code=f"string({field}) {sign}")
            yield linted.warning(Code.MIXED_ARITHMETIC, path, message, fix)
        else:
            message = saying(_AS_IT_ARRIVES, named=named, sign=sign)
            fix = saying("Write {code} …, with every number as a double, such as 2.0.", code=f"double({field}) {sign}")
            yield linted.warning(Code.MIXED_ARITHMETIC, path, message, fix)


def _wrong(tree: Node) -> Iterator[tuple[str, Node, bool]]:
    for node in walk(tree):
        if not isinstance(node, Call) or node.function not in _SIGNS:
            continue
        for operand in node.arguments:
            if _is_as_it_arrived(operand):
                yield _SIGNS[node.function], operand, any(_is_text(each) for each in node.arguments)


def _is_as_it_arrived(node: Node) -> bool:
    """A field, or a choice between fields; a sum of fields is told by its own parts."""
    if isinstance(node, Call) and node.function in _SIGNS:
        return False
    return node.is_dynamic or (field_of(node) is not None and not isinstance(node, Name))


def _is_text(node: Node) -> bool:
    if isinstance(node, Call):
        return node.function == "string" or (node.function == "_+_" and any(_is_text(each) for each in node.arguments))
    return isinstance(node, Constant) and isinstance(node.value, str)
