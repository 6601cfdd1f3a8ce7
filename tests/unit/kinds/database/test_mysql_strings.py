"""MySQL's strings end where a setting says; what follows one that moves the end is not read as if it did not."""

from __future__ import annotations

import pytest

from gitops_ci.kinds.database import mysql, mysql_reading
from gitops_ci.kinds.database.sql.refusals import MigrationError


@pytest.mark.parametrize(
    "sql",
    [
        "SET sql_mode='NO_BACKSLASH_ESCAPES'; SELECT '\\'; DROP TABLE users; -- '",
        "SET SESSION sql_mode := CONCAT('NO_BACKSLASH', '_ESCAPES');",
        "SET @@session.`sql_mode` = 'STRICT_ALL_TABLES,ANSI_QUOTES';",
        "SET sql_mode = 'STRICT_ALL_TABLES' 'ANSI';",
        "SET @m = 'ANSI'; SET sql_mode = @m;",
        "SET @m = @@sql_mode; SET @m := 'ANSI'; SET sql_mode = @m;",
        "SET NAMES gbk; SELECT 'x\\'; DROP TABLE users; -- '",
        "SET NAMES 'sjis' COLLATE sjis_bin;",
        "SET CHARACTER SET big5;",
        "SET CHARSET cp932;",
        "SET autocommit = 0, character_set_client = gb18030;",
    ],
)
def test_a_setting_that_moves_the_end_of_strings_is_undecided(sql: str) -> None:
    for read in (mysql.found, mysql_reading.refuse_unknown):
        with pytest.raises(MigrationError, match="may end strings elsewhere") as refused:
            read(sql)
        assert refused.value.code == "unsupported"


@pytest.mark.parametrize(
    "sql",
    [
        "SET @OLD_SQL_MODE = @@SQL_MODE, SQL_MODE = 'NO_AUTO_VALUE_ON_ZERO,STRICT_ALL_TABLES'; SET SQL_MODE = @OLD_SQL_MODE;",
        "SET sql_mode = DEFAULT; SET NAMES utf8mb4; SET NAMES 'utf8mb4' COLLATE 'utf8mb4_bin'; SET CHARACTER SET latin1;",
        "CREATE TABLE t (name varchar(9) CHARACTER SET gbk) DEFAULT CHARACTER SET = gbk;",
        "SET FOREIGN_KEY_CHECKS = 0;",
    ],
)
def test_what_dumps_and_migrations_set_is_read(sql: str) -> None:
    mysql_reading.refuse_unknown(sql)
    assert mysql.found(sql) == ()
