"""The library's tables. `library.db` is the one store of truth."""

from __future__ import annotations

__all__ = ["APPLICATION_ID", "SCHEMA_VERSION", "STEPS"]

APPLICATION_ID = 0x43495445
"""`CITE` in ASCII, in the file's header: tells our file from another SQLite file."""

_ARTICLES = """
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

# No foreign key ties a correction to its article: an article is replaced by deleting its
# row and writing another, which its corrections outlive.
_SHELF = """
CREATE TABLE corrections (
  article_id TEXT PRIMARY KEY,
  outlet TEXT,              -- each JSON, null for "not known"; NULL where not corrected
  published TEXT,
  title TEXT
) WITHOUT ROWID;

CREATE TABLE removed (
  id TEXT PRIMARY KEY,
  source TEXT NOT NULL,
  removed_at TEXT NOT NULL, -- ISO date and time with microseconds, UTC
  article TEXT NOT NULL,    -- JSON: the row of `articles` by column
  belongings TEXT NOT NULL  -- JSON: rows of the other tables; vectors in base64
);
CREATE INDEX removed_by_source ON removed (source);
CREATE INDEX removed_by_day ON removed (removed_at);
"""

# Rows of sentences hold vectors: in a table without rowids each took a page of its own, and
# 4,863 articles 1.9 GB.
_FILES = """
ALTER TABLE articles ADD COLUMN file TEXT;
UPDATE articles SET file = source;
CREATE INDEX articles_by_file ON articles (file);

ALTER TABLE sentences RENAME TO sentences_2;
CREATE TABLE sentences (
  article_id TEXT NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
  n INTEGER NOT NULL,       -- position in the article, from 0
  start INTEGER NOT NULL,
  end INTEGER NOT NULL,
  vector BLOB NOT NULL,     -- float16, (384,), unit length: the sentence alone
  titled BLOB NOT NULL,     -- likewise: the sentence after the article's title
  PRIMARY KEY (article_id, n)
);
INSERT INTO sentences SELECT article_id, n, start, end, vector, titled FROM sentences_2;
DROP TABLE sentences_2;

CREATE TABLE files (
  path TEXT PRIMARY KEY,    -- absolute, or an address on the web
  stamp TEXT NOT NULL,      -- what changes when it is written; empty where it has to be read
  digest TEXT NOT NULL,     -- SHA-256 of its bytes
  reading TEXT NOT NULL,    -- hash of everything that decided how it was read
  others TEXT NOT NULL      -- JSON: what became of articles in it that are not stored under it
) WITHOUT ROWID;

CREATE TABLE versions (
  article_id TEXT NOT NULL,
  content_hash TEXT NOT NULL,
  replaced_at TEXT NOT NULL, -- ISO date and time, UTC
  article TEXT NOT NULL,    -- JSON: the row of `articles` by column
  PRIMARY KEY (article_id, content_hash)
);
"""

STEPS = (_ARTICLES, _SHELF, _FILES)
"""What leads from one version to the next, from nothing to the first; statements end in `;`."""

SCHEMA_VERSION = len(STEPS)
