"""Many rows go to PostgreSQL at once, and not one by one."""

from __future__ import annotations

from contextlib import closing

import pytest

from tests.contract.state.examples import intent, put, sku, wishes_for
from tests.postgres_states import new_account
from tests.servers import Server

_MANY = 1200
_COUNT_STATEMENTS = """
CREATE TABLE statements (about text);
CREATE FUNCTION count_statement() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  INSERT INTO statements VALUES (TG_TABLE_NAME); RETURN NULL;
END$$;
CREATE TRIGGER count_statement AFTER INSERT ON sku
  FOR EACH STATEMENT EXECUTE FUNCTION count_statement();
CREATE TRIGGER count_statement AFTER INSERT ON journal
  FOR EACH STATEMENT EXECUTE FUNCTION count_statement();
"""


@pytest.mark.usefixtures("cache")
def test_many_rows_take_as_few_statements_as_one(postgres_server: Server) -> None:
    with new_account(postgres_server) as account, closing(account.open()) as state:
        account.run(_COUNT_STATEMENTS)
        ids = [f"SKU-{number}" for number in range(_MANY)]
        put(state, map(sku, ids))
        with state.transaction() as transaction:
            assert transaction.begin(wishes_for(*(f"new {each}" for each in ids)))
            assert len(set(transaction.begin_writes([intent(each) for each in ids]))) == _MANY

        told = account.ask("SELECT about, count(*) FROM statements GROUP BY about ORDER BY about")
        assert told == [("journal", 1), ("sku", 2)]
        counted = account.ask("SELECT (SELECT count(*) FROM sku), (SELECT count(*) FROM journal)")
        assert counted == [(2 * _MANY, _MANY)]
