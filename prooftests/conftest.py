"""Fixtures of the proofs: databases that are copies of the addon's template."""

import contextlib
import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

import harness


@contextlib.contextmanager
def new_accounts(template):
    """Give a database with a chart of accounts, without demo data; drop it at the end."""
    database = harness.Database(os.environ[template], os.environ["CB_PROOF_CONFIG"])
    database.call("load_accounts")
    yield database
    database.drop()


@pytest.fixture(scope="session")
def accounts():
    """Return a database with the addon alone."""
    with new_accounts("CB_PROOF_TEMPLATE") as database:
        yield database


@pytest.fixture(scope="module")
def queue_accounts():
    """Return a database with the addon and its jobs for the queue."""
    with new_accounts("CB_PROOF_QUEUE_TEMPLATE") as database:
        yield database


@contextlib.contextmanager
def new_databases(accounts):
    """Give a function that makes copies of a database, by default of `accounts`; drop them at the end."""
    made = []

    def make(source=accounts):
        made.append(source.copy())
        return made[-1]

    yield make
    for database in made:
        database.drop()


@pytest.fixture
def databases(accounts):
    """Return a function that copies a database, by default the one with a chart of accounts."""
    with new_databases(accounts) as make:
        yield make


@pytest.fixture(scope="module")
def prepared(accounts):
    """Return a function like `databases` for what all proofs of a file begin with."""
    with new_databases(accounts) as make:
        yield make


@pytest.fixture
def database(databases):
    """Return a new database with a chart of accounts."""
    return databases()
