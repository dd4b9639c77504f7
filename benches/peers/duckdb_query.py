#!/usr/bin/env python3
"""Runs one rule as SQL in DuckDB over NDJSON, on one thread: duckdb_query.py event|sequence EVENTS.

The queries say what the rules EVENT and SEQUENCE of `peers.py` say. Only the columns that the rule
reads are named, so that DuckDB skips the rest of each document.
"""
import sys

import duckdb

EVENT = """
    SELECT count(*) FROM read_json(?, format = 'newline_delimited', columns = {
        event: 'STRUCT(category VARCHAR[], "type" VARCHAR[])',
        process: 'STRUCT(name VARCHAR, parent STRUCT(name VARCHAR))'})
    WHERE list_contains(event.category, 'process') AND list_contains(event."type", 'start')
      AND lower(process.name) IN ('cmd.exe', 'powershell.exe', 'pwsh.exe')
      AND lower(process.parent.name) IN ('svchost.exe', 'services.exe', 'wmiprvse.exe', 'wsmprovhost.exe')
"""
# An event that meets the second stage completes the sequence of its process if the event before it,
# of those that meet either stage, meets the first and lies within the span.
SEQUENCE = """
    WITH stages AS (
        SELECT process.entity_id AS process, "@timestamp" AS time,
               CASE WHEN list_contains(event.category, 'process') AND list_contains(event."type", 'start')
                         AND lower(process.name) IN ('cmd.exe', 'powershell.exe', 'pwsh.exe') THEN 1
                    WHEN list_contains(event.category, 'library')
                         AND lower(dll.name) LIKE 'system.management.automation%.dll' THEN 2 END AS stage
        FROM read_json(?, format = 'newline_delimited', columns = {
            "@timestamp": 'TIMESTAMP',
            event: 'STRUCT(category VARCHAR[], "type" VARCHAR[])',
            process: 'STRUCT(name VARCHAR, entity_id VARCHAR)',
            dll: 'STRUCT(name VARCHAR)'})
        WHERE stage IS NOT NULL AND process IS NOT NULL
    ), ordered AS (
        SELECT stage, time, lag(stage) OVER keyed AS earlier, lag(time) OVER keyed AS start
        FROM stages WINDOW keyed AS (PARTITION BY process ORDER BY time)
    )
    SELECT count(*) FROM ordered
    WHERE stage = 2 AND earlier = 1 AND time - start <= INTERVAL 10 SECOND
"""


def main():
    connection = duckdb.connect(config={'threads': 1, 'preserve_insertion_order': False})
    query = {'event': EVENT, 'sequence': SEQUENCE}[sys.argv[1]]
    print(connection.execute(query, [sys.argv[2]]).fetchone()[0])


if __name__ == '__main__':
    main()
