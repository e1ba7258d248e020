"""The shapes of a log's lines: exceptions, frames, wrappers, retries, the marks of an attempt."""

import re

EXCEPTION = re.compile(
    r"^\W{0,3}(?:[\w ]{0,40}: )?"
    r"(?:Caused by: |Exception in thread \"[^\"]{0,80}\" |Unhandled exception[:.]? "
    r"|User class threw exception: )?"
    r"(?P<type>(?:[A-Za-z_][\w$]{0,60}\.){0,12}(?:Exception$|Exception(?=:)|[A-Z]\w{0,80}?"
    r"(?:Error|Exception|Failure|Failed|Timeout|Fault|Exit|Interrupt|Denied|NotFound|Violation"
    r"|Canceled|Killed\w{0,8}|Undefined\w{1,20}|Terminated|TypePushed|Refused|Conflict"
    r"|Table|Column|Error_|Insufficient\w{1,20}))"
    # A class of a library that names its errors otherwise; the dotted path shows that it is one.
    r"|(?:[a-z_]\w{0,60}\.){1,12}[A-Z][A-Za-z]{3,80}(?=: |$))"
    r"(?::\s?(?P<message>.*))?$"
)
# Of these a log's reader learns nothing that a line before or after does not say better.
CONSEQUENCE = re.compile(
    r"^(?:Failed to execute (?:job|task)|Task failed with exception|Failure caused by"
    r"|Task (?:exited|failed)\b|Top level error|\[?ERROR\]? ?$|Error: ?$"
    r"|dbt (?:build|run|test|command) failed|Error while sending|During handling|npm ERR! (?:code"
    r"|errno|A complete log))"
    r"|Bash command failed|Docker container failed|Celery command failed|raised unexpected:"
    r"|Pod \S+ returned a failure|returned (?:a )?non-zero|exit(?:ed)?(?: with)?(?: status"
    r"| code)? ?=? ?[1-9]\d{0,2}\W*$"
    r"|exit status = ?\d|Cannot execute: .*Error code is"
    r"|Py4JJavaError: An error occurred while calling"
    r"|Process completed with exit code|Error occurred while executing op"
    r"|Flow run encountered an exception"
    r"|Encountered an exception during execution|TaskDeferralError: Trigger failure"
    r"|error executing class|make: \*\*\* \["
    # What Airflow says of its own reading of the log, above or instead of the log.
    r"|^\*\*\* (?:Unable to read|Could not read|Failed to (?:fetch|read|load)|Log file does not"
    r"|Fetching|Reading|Attempting|Found|No logs?|Local log|Trying|An error occurred \(\w+\) when"
    r" calling the (?:Get|Describe|Filter)Log\w+ )",
    re.IGNORECASE,
)
RETRIED = re.compile(
    r"retry|retries left|re-?try|attempt \d+ ?(?:of|/)|will try again|backing off|reconnect"
    r"|trying again",
    re.IGNORECASE,
)
RETRIES = re.compile(
    r"\bretrying\b|\bretry (?:in|after|attempt|number|\d)|attempt \d+ ?(?:of|/) ?\d+ failed"
    r"|will retry"
    r"|will try again|backing off|trying again|sleeping .{0,40}before",
    re.IGNORECASE,
)
# The same program says that it goes on all the same.
TOLERATED = re.compile(
    r"\bskipping\b|\bignor(?:ed|ing)\b|fall(?:ing|s)? ?back|using (?:the )?default|non-?fatal"
    r"|continuing"
    r"|(?:not found|not exist|missing)\W{1,3}(?:will be |so )?(?:creat|us|install|download)(?:ed"
    r"|ing|e)\b|best effort",
    re.IGNORECASE,
)
# A program's own words for trouble, where no signal knows them better.
TROUBLE = re.compile(
    r"\b(?:errors?|fail(?:ed|ure|s|ing)?|fatal|denied|cannot|can't|could ?n[o']t|unable|invalid"
    r"|illegal|not found"
    r"|missing|refused|no such|unexpected|abort(?:ed|ing)?|reject(?:ed)?|undefined|unknown|panic"
    r"|exceed(?:ed|s)?"
    r"|unsupported|not supported|does ?n[o']t|is not|must be|mismatch|corrupt(?:ed)?|expired"
    r"|forbidden|unauthorized)\b"
    r"|ERR!|erreur|fehler|error en|erro |échec|falló|falha"
    r"|ошибк|失败|失敗|エラー|错误|오류|실패",
    re.IGNORECASE,
)
SAYS_ERROR = re.compile(
    r"^\W{0,4}(?:\w{1,20}: )?(?:fatal |internal )?(?:error|fatal|panic|exception)\b", re.IGNORECASE
)
# What follows the error's own line and explains it.
DETAIL = re.compile(
    r"^\s{0,12}(?:DETAIL|HINT|CONTEXT|STATEMENT|QUERY|LINE \d{1,6}|PL/pgSQL)\b"
    r"|^\(?Background on this error|^\[(?:SQL|parameters|cached)"
    r"|^\s{0,8}(?:For more information|See |Traceback \(most)"
)
# A line with none of these matches none of the six below.
MARKS = (
    "ask",
    "Starting attempt",
    "UP_FOR_RETRY",
    "State.FAILED",
    "mport",
    "DAG",
    "bag",
    "processor.py",
    "dbt",
)
ATTEMPT = re.compile(r"Starting attempt \d|Starting attempt|Executing <Task\(")
RUNNING = re.compile(r"Executing <Task\(|Running <TaskInstance|Starting attempt")
SUCCESS = re.compile(r"Marking task as SUCCESS|Task exited with return code 0")
OVER = re.compile(
    r"Marking task as (?:FAILED|UP_FOR_RETRY)|Task exited with return code [1-9-]|UP_FOR_RETRY"
    r"|\bState\.FAILED"
)
ENDS = re.compile(r"^Task failed with exception")
FRAME = re.compile(
    r"^\s{1,12}(?:File \"|at [\w$.<>]+[(/]|\^|~|\.\.\. \d+ more|\[Previous line)|^Traceback"
)
CODE_PLACE = re.compile(r"^\s*(?:File \"|at [\w$.<>]+ ?\()")
# Airflow 3's page prints the frames under the exception, the outermost exception first.
PAGE_FRAME = re.compile(r"^File \"[^\"]{1,300}\", line \d+ in ")
IMPORTING = re.compile(
    r"Failed to (?:import|bag_dag)|Broken DAG|DagBag import|processor\.py|BundleDagBag"
    r"|Import error\b"
    r"|import_errors",
    re.IGNORECASE,
)
END_OF_HEADING = re.compile(
    r"compiled (?:code|SQL) at|^\s*(?:Done\.|Finished)|> in macro|^\s*\d+ of \d+", re.IGNORECASE
)
# Frames of what tells people about a failure, or logs it: their own failures come after it.
ASIDE = re.compile(
    r"utils/email\.py|smtplib\.py|slack_sdk|hooks/slack|notifications?/|logging/__init__\.py"
    r"|handle_failure"
    r"|_callback\w*\.py|alert\w*\.py|stats\.py|openlineage|listener"
)
DRIVER = re.compile(
    r"(?:redshift_connector|psycopg2?|pg8000|pymysql|MySQLdb|snowflake[/.]connector|pyodbc"
    r"|oracledb|pymssql"
    r"|asyncpg|sqlalchemy|com\.amazon\.redshift|org\.postgresql|com\.mysql|net\.snowflake"
    r"|clickhouse_driver|clickhouse_connect|trino|prestodb|pymongo|pyhive|cassandra)\b"
)
SDK = re.compile(r"API_SERVER_ERROR")
# A driver's frame so few lines above an exception: the refusal was a database's.
NEAR = 40
