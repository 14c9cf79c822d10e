"""The library's tables. `library.db` is the one store of truth."""

from __future__ import annotations

__all__ = ["APPLICATION_ID", "SCHEMA", "SCHEMA_VERSION"]

APPLICATION_ID = 0x43495445
"""`CITE` in ASCII, in the file's header: tells our file from another SQLite file."""

SCHEMA_VERSION = 1

SCHEMA = """
CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE articles (
  id TEXT PRIMARY KEY,
  source TEXT NOT NULL UNIQUE,
  text TEXT NOT NULL,
  title TEXT,
  outlet TEXT,
  published TEXT,           -- ISO date, or NULL where the file gives none
  byline TEXT,
  url TEXT,
  skipped TEXT NOT NULL,    -- JSON: [[start, end, kind], ...]
  content_hash TEXT NOT NULL,
  pipeline_hash TEXT NOT NULL,
  ingested_at TEXT NOT NULL -- ISO date and time, UTC
);
CREATE INDEX articles_by_content ON articles (content_hash);

CREATE TABLE sentences (
  article_id TEXT NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
  n INTEGER NOT NULL,       -- position in the article, from 0
  start INTEGER NOT NULL,
  end INTEGER NOT NULL,
  vector BLOB NOT NULL,     -- float16, (384,), unit length: the sentence alone
  titled BLOB NOT NULL,     -- likewise: the sentence after the article's title
  PRIMARY KEY (article_id, n)
) WITHOUT ROWID;

CREATE TABLE passages (
  id TEXT PRIMARY KEY,
  article_id TEXT NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
  n INTEGER NOT NULL,
  first INTEGER NOT NULL,   -- positions of its first and last sentence
  last INTEGER NOT NULL,
  vector BLOB NOT NULL      -- float32, (384,), unit length
);
CREATE INDEX passages_by_article ON passages (article_id, n);
"""
