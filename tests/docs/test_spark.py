"""Spark counts the same, by the snippet and by the DDL of the page. Needs Java, and the extra `spark`."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pyarrow as pa
import pytest

from assets.conversion.schema import MESSAGES_SCHEMA
from assets.coverage.table import COVERAGE_SCHEMA
from assets.daily.schema import DAILY_SCHEMA
from tests.docs.answers import MESSAGES_PER_HOUR, plain
from tests.docs.archive import LocalArchive
from tests.docs.page import block
from tests.docs.test_engines import run
from tests.left_out import leave_out

SPARK = "PySpark"
SPARK_SQL = "Spark SQL"

_TYPES = {
    "string": "string",
    "timestamp[ms, tz=UTC]": "timestamp",
    "int64": "bigint",
    "int32": "int",
    "double": "double",
    "date32[day]": "date",
    "bool": "boolean",
}


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Start a Spark of one thread, in memory and on loopback; the snippet then finds it running."""
    if shutil.which("java") is None:
        leave_out("Java, which Spark needs")
    if find_spec("pyspark") is None:
        leave_out("pyspark")
    pyspark = import_module("pyspark.sql")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        patch.chdir(tmp_path_factory.mktemp("spark"))
        session = (
            pyspark.SparkSession.builder.master("local[1]")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.ui.enabled", "false")
            .config("spark.ui.showConsoleProgress", "false")
            .config("spark.sql.session.timeZone", "UTC")
            .config("spark.sql.shuffle.partitions", "1")
            .config("spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("warehouse")))
            .getOrCreate()
        )
        session.sparkContext.setLogLevel("ERROR")
        yield session
        session.stop()


def test_pyspark_counts_everything_once(spark: Any, archive: LocalArchive) -> None:
    assert spark.version
    assert plain(run(SPARK, archive).collect()) == MESSAGES_PER_HOUR


def test_tables_of_spark_hold_everything_once_and_have_the_columns_of_the_schemas(
    spark: Any, archive: LocalArchive
) -> None:
    *declarations, question = block(SPARK_SQL, "sql").at(archive.root).strip().rstrip(";").split(";\n")
    for declaration in declarations:
        spark.sql(declaration)
    assert plain(spark.sql(question).collect()) == MESSAGES_PER_HOUR
    partitions = [("app", "string"), ("date", "date")]
    assert _columns(spark, "messages_daily") == _of_schema(DAILY_SCHEMA) + partitions
    assert _columns(spark, "messages") == [*_of_schema(MESSAGES_SCHEMA), *partitions, ("hour", "int")]
    assert _columns(spark, "coverage") == _of_schema(COVERAGE_SCHEMA)


def _columns(spark: Any, table: str) -> list[tuple[str, str]]:
    return list(spark.table(table).dtypes)


def _of_schema(schema: pa.Schema) -> list[tuple[str, str]]:
    return [(field.name, _TYPES[str(field.type)]) for field in schema]
