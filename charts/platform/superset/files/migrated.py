"""Waits until the tables of this version are in the database, which the Job "init" makes."""
import importlib.util
import os
import pathlib
import re
import sys
import time

import psycopg2

STATEMENT = r"^%s\b[^=\n]*=\s*(\([^)]*\)|[^\n]*)"


def named(text, variable):
    """The revisions that a migration assigns to a variable."""
    found = re.search(STATEMENT % variable, text, re.MULTILINE)
    return set(re.findall(r"[\"'](\w+)[\"']", found[1])) if found else set()


def heads(folder):
    """The newest revisions: those that no other one follows."""
    texts = [path.read_text() for path in folder.glob("*.py")]
    return set().union(*(named(text, "revision") for text in texts)) - set().union(*(named(text, "down_revision") for text in texts))


def present():
    login = {"host": "DB_HOST", "port": "DB_PORT", "user": "DB_USER", "password": "DB_PASS", "dbname": "DB_NAME"}
    connection = psycopg2.connect(connect_timeout=10, **{name: os.environ[variable] for name, variable in login.items()})
    try:
        with connection.cursor() as cursor:
            cursor.execute("select version_num from alembic_version")
            return {row[0] for row in cursor.fetchall()}
    finally:
        connection.close()


wanted = heads(pathlib.Path(importlib.util.find_spec("superset").origin).parent / "migrations" / "versions")
while True:
    try:
        found = present()
        if found == wanted:
            sys.exit(0)
        reason = f"it is at {', '.join(sorted(found))}, not at {', '.join(sorted(wanted))}"
    except psycopg2.Error as error:
        reason = str(error).strip()
    print(f"waiting for the database: {reason}", flush=True)
    time.sleep(5)
