-- The record of a sweep. A trial is absent or complete: it enters with its history in one transaction. Digests are the
-- seals of seal.rs.

CREATE TABLE experiment (
    name        TEXT NOT NULL,
    description TEXT NOT NULL,
    toml        TEXT NOT NULL,               -- as resolved
    data        TEXT NOT NULL,               -- what the data were, in words
    digest      TEXT NOT NULL                -- the seal of this row and of the tables axis and plan (seal.rs)
) STRICT;
CREATE TABLE axis (
    position INTEGER PRIMARY KEY,
    key      TEXT NOT NULL,
    scale    TEXT NOT NULL,                  -- list, linear, log or rungs
    factor   INTEGER                         -- keys of the same factor advance together; NULL: follows from the others
) STRICT;
CREATE TABLE plan (                          -- every point of the newest run, finished or not
    position INTEGER PRIMARY KEY,
    trial    TEXT NOT NULL,                  -- a trial's id; points may share one
    point    TEXT NOT NULL                   -- JSON: swept key -> value
) STRICT;
CREATE TABLE file (                          -- what was written beside this database; nothing while a run is under way
    name   TEXT PRIMARY KEY,                 -- experiment.toml, machine.toml, trials.csv or history.csv
    sha256 TEXT NOT NULL
) STRICT;
CREATE TABLE machine (
    number      INTEGER PRIMARY KEY,
    fingerprint TEXT NOT NULL,               -- what the bits of a result depend on
    toml        TEXT NOT NULL,
    UNIQUE (fingerprint, toml)
) STRICT;
CREATE TABLE data (
    number INTEGER PRIMARY KEY,
    said   TEXT NOT NULL UNIQUE              -- what ids say of the data: hashes of the files, their datasets, what was made of them
) STRICT;
CREATE TABLE fleet (
    number INTEGER PRIMARY KEY,
    trials TEXT NOT NULL UNIQUE              -- JSON: the ids of the trials that were trained together, in their order
) STRICT;
CREATE TABLE trial (
    number         INTEGER PRIMARY KEY,
    id             TEXT NOT NULL UNIQUE,     -- the first 12 digits of SHA-256 over config, a line feed and data.said
    config         TEXT NOT NULL,            -- JSON: every key -> value
    engine         TEXT NOT NULL,            -- how the first layer was trained: direct, reduced or dual
    status         TEXT NOT NULL CHECK (status IN ('completed', 'diverged', 'failed')),
    reason         TEXT,                     -- why it failed, or stopped before its last iteration
    ended_at       INTEGER,                  -- the iteration at which it diverged or stopped
    final_cost     REAL,                     -- the last of its history, or with train.restore_best the lowest that it watched
    train_cost     REAL,                     -- this and the next ones: of the final parameters
    train_accuracy REAL,
    test_accuracy  REAL,
    test_cost      REAL,
    validation_accuracy REAL,
    validation_cost     REAL,
    drift          REAL,                     -- of the dual engine: the most that z[1] was off, over its largest element
    seconds        REAL NOT NULL,            -- its share of its fleet's time
    metrics        TEXT NOT NULL,            -- JSON: the names of what is recorded beside the cost
    machine        INTEGER NOT NULL REFERENCES machine (number),
    data           INTEGER NOT NULL REFERENCES data (number),
    fleet          INTEGER NOT NULL REFERENCES fleet (number),
    digest         TEXT NOT NULL             -- the seal of id to metrics, of what the numbers refer to, and of its history (seal.rs)
) STRICT;
CREATE TABLE history (
    trial     INTEGER NOT NULL REFERENCES trial (number),
    iteration INTEGER NOT NULL,
    cost      REAL NOT NULL,
    metrics   TEXT,                          -- JSON: a value for each name, null for one that is not finite
    PRIMARY KEY (trial, iteration)
) WITHOUT ROWID, STRICT;
