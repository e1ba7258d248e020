"""Say whether a statement is one read-only query of Redshift; whatever is in doubt is not.

The first of two locks on SQL: this one reads the statement's tree (sqlglot, Redshift dialect)
against lists of what may stand in it. The second is the database's own (a read-only transaction).
"""

import logging
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

# It warns of statements that it cannot parse; they are refused with a reason anyway.
logging.getLogger("sqlglot").setLevel(logging.ERROR)
LONGEST = 50_000
_SHOW = re.compile(
    r"show\s+(?:[a-z_]{1,60}|(?:databases?|schemas?|tables?|columns?|grants|functions?|procedures?"
    r"|parameters|datashares?|views?|external\s+tables?|models?|constraints|indexes|policies"
    r"|materialized\s+views?|session\s+authorization|time\s+zone|transaction\s+isolation\s+level"
    r")\b[\s\w.,()\"'%-]{0,400})\s*",
    re.IGNORECASE | re.ASCII,
)
_EXPLAIN = re.compile(r"explain\s+(?:verbose\s+)?(?=select\b|with\b|\()", re.IGNORECASE | re.ASCII)
_START = re.compile(r"(?:\(\s*){0,50}(?:select|with)\b", re.IGNORECASE | re.ASCII)
# Where a parser and a database could disagree on where a string or a comment ends: a comment in a
# comment, a $tag$, a backslash before a quote (an even number of them reads the same either way).
_AMBIGUOUS = re.compile(
    r"/\*(?:[^*/]|\*(?!/)|/(?!\*))*/\*|\$(?:[^\W\d][\w$]*|[^\x00-\x7f][^\s$]*)?\$"
    r"|(?<!\\)(?:\\\\)*\\'"
)
_LEADING = re.compile(r"(?:\s+|--[^\r\n]*(?:[\r\n]|$)|/\*.*?\*/)+", re.DOTALL)
# What ends a line for one reader and not for another, and what no statement needs.
_STRAY = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]|\r(?!\n)")
_QUOTED = re.compile(r"'(?:[^'\\]|\\.|'')*'|\"(?:[^\"]|\"\")*\"|--[^\r\n]*|/\*.*?\*/", re.DOTALL)
# The parser takes {# #} for a comment (of a template), which no database does.
_TEMPLATE = re.compile(r"[{}`\\]")
# What other databases read in place of a table.
_FILE = re.compile(r"^[/.~\\]|://")
_QUERIES = (exp.Select, exp.SetOperation, exp.Subquery)
_FORBIDDEN = (
    exp.DML, exp.DDL, exp.Into, exp.Lock, exp.Command, exp.Set, exp.SetItem, exp.Use, exp.Kill,
    exp.Transaction, exp.Commit, exp.Rollback, exp.Copy, exp.Merge, exp.Alter, exp.Drop, exp.Grant,
    exp.TruncateTable, exp.Analyze, exp.Pragma, exp.Cache, exp.Refresh, exp.LoadData, exp.Describe,
    exp.Comment, exp.NextValueFor, exp.Execute, exp.Operator, exp.WithTableHint, exp.PropertyEQ,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason` says in one sentence why; for a refusal also what would be allowed."""

    allowed: bool
    reason: str


def check_sql(sql: str) -> Verdict:
    """Allow one SELECT, WITH or set operation, EXPLAIN of these, or SHOW; refuse the rest."""
    reason = _refusal(sql)
    return Verdict(False, reason) if reason else Verdict(True, "one read-only statement")


def _refusal(sql: str) -> str:
    if len(sql) > LONGEST:
        return f"the statement is longer than {LONGEST} characters; shorten it"
    if reason := _text_refusal(sql):
        return reason
    # Comments before the statement; comments inside are the parser's business.
    text = sql[found.end() :] if (found := _LEADING.match(sql)) else sql
    text = text.strip()
    if not text:
        return "there is no statement; give one SELECT"
    if _SHOW.fullmatch(text.rstrip(";").rstrip()):
        return ""
    body = _EXPLAIN.sub("", text, count=1)
    if not _START.match(body):
        return "only SELECT, WITH, EXPLAIN of these, and SHOW are allowed"
    return _tree_refusal(body)


def _text_refusal(sql: str) -> str:
    """What could be read differently by the parser and the database."""
    if _STRAY.search(sql):
        return "it holds control characters or odd line ends; remove them"
    if _AMBIGUOUS.search(sql):
        return (
            "nested comments, $$ quotes and \\' read differently here and there; write it without"
        )
    if _TEMPLATE.search(_QUOTED.sub(" ", sql)):
        return "braces, backticks and backslashes outside of strings are no SQL of Redshift"
    return ""


def _tree_refusal(body: str) -> str:
    try:
        parsed = sqlglot.parse(body, read="redshift")
        # A comment behind the last semicolon is a statement to the parser.
        statements = [s for s in parsed if s is not None and not isinstance(s, exp.Semicolon)]
    except RecursionError:
        return "it is nested too deeply; simplify it"
    except (SqlglotError, ValueError) as wrong:
        return f"it does not parse as Redshift SQL ({type(wrong).__name__}); correct it"
    if len(statements) != 1:
        return f"{len(statements)} statements; send them one at a time"
    [tree] = statements
    if not isinstance(tree, _QUERIES):
        return f"{tree.key.upper()} is not a query; only SELECT, WITH, EXPLAIN and SHOW are allowed"
    if isinstance(tree, exp.Select) and not tree.expressions:
        return "it selects nothing; name the columns"
    return next((said for node in tree.walk() if (said := _node_refusal(node))), "")


def _node_refusal(node: exp.Expr) -> str:
    if isinstance(node, _FORBIDDEN):
        return f"it holds {node.key.upper()}, which is not read-only"
    if isinstance(node, exp.CTE) and not isinstance(node.this, _QUERIES):
        return "a WITH part is not a query"
    if isinstance(node, exp.Table) and _FILE.search(node.name):
        return "it reads a file or an address, not a table"
    if node.args.get("into") or node.args.get("locks"):
        return "SELECT INTO and FOR UPDATE are not read-only"
    if (called := _called_by_schema(node)) is not None:
        return f"{called.sql()[:60]} is called by schema: not a known built-in function"
    return _function_refusal(node)


def _called_by_schema(node: exp.Expr) -> exp.Expr | None:
    """A function with a schema before it, which may hide a user's own; pg_catalog's are built in.

    The function itself is judged when the walk meets it.
    """
    if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Func):
        is_built_in = isinstance(node.this, exp.Identifier) and node.this.name == "pg_catalog"
        return None if is_built_in else node.expression
    if isinstance(node, exp.Table) and isinstance(node.this, exp.Func) and node.db:
        return None if node.db == "pg_catalog" and not node.catalog else node.this
    return None


def _function_refusal(node: exp.Expr) -> str:
    if isinstance(node, exp.Anonymous | exp.AnonymousAggFunc):
        name = str(node.this).strip('"')
        name = name.lower() if name.isascii() else name
    elif isinstance(node, exp.Func) and type(node) not in _SYNTAX:
        name = node.sql_name().lower()
    else:
        return ""
    return "" if name in _allowed() else f"{name}() is not on the list of functions without effects"


# Functions and operators that the parser knows by a class of their own; all without effects.
_SYNTAX_NAMES = """
    Case Cast TryCast And Or Xor If Exists Array JSONExtract JSONExtractScalar DateAdd DateDiff
    TsOrDsAdd TsOrDsDiff TimestampTrunc DateTrunc CurrentDate CurrentTimestamp CurrentTime
    CurrentUser CurrentSchema ApproxDistinct GroupConcat StrPosition SHA2 MD5 SHA ParseJSON
    Explode Unnest GenerateSeries ConvertTimezone LastDay AddMonths TimeToStr StrToTime
    StrToDate TsOrDsToDate Extract SafeDivide RegexpExtract RegexpReplace RegexpCount
    RegexpInstr Length Substring Coalesce Nullif DecodeCase Nvl2 PercentileCont PercentileDisc
    Median Variance VariancePop Stddev StddevPop StddevSamp LogicalAnd LogicalOr Pow Log Ln
    Ceil Round FromBase ToChar ToNumber Convert Quantile UnixToTime Upper Lower Trim SplitPart
    Concat Rand Greatest Least CurrentDatabase SessionUser Getdate StringToArray
    ObjectTransform Initcap Left Right ApproxQuantile RegexpLike RegexpILike Pad Overlay
    BitwiseAndAgg BitwiseOrAgg BitwiseXorAgg LowerHex Hex Unhex FarmFingerprint
    ExplodingGenerateSeries ArrayIntersect Getbit Space
"""
_SYNTAX = frozenset(getattr(exp, n) for n in _SYNTAX_NAMES.split() if hasattr(exp, n))


@cache
def _allowed() -> frozenset[str]:
    file = resources.files("mcp_server.diagnostics").joinpath("sql_functions.toml")
    return frozenset(tomllib.loads(file.read_text("utf-8"))["allowed"])
