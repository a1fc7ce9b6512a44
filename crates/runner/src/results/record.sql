-- The record of a sweep. A trial is absent or complete: it enters with its history in one transaction.

CREATE TABLE experiment (
    name        TEXT NOT NULL,
    description TEXT NOT NULL,
    toml        TEXT NOT NULL,               -- as resolved
    data        TEXT NOT NULL                -- what the pictures were, in words
);
CREATE TABLE axis (
    position INTEGER PRIMARY KEY,
    key      TEXT NOT NULL,
    scale    TEXT NOT NULL,                  -- list, linear, log or rungs
    factor   INTEGER                         -- keys of the same factor advance together; NULL: follows from the others
);
CREATE TABLE plan (                          -- every point of the newest run, finished or not
    position INTEGER PRIMARY KEY,
    trial    TEXT NOT NULL,                  -- a trial's id; points may share one
    point    TEXT NOT NULL                   -- JSON: swept key -> value
);
CREATE TABLE machine (
    number      INTEGER PRIMARY KEY,
    fingerprint TEXT NOT NULL UNIQUE,        -- what the bits of a result depend on
    toml        TEXT NOT NULL
);
CREATE TABLE trial (
    number         INTEGER PRIMARY KEY,
    id             TEXT NOT NULL UNIQUE,
    config         TEXT NOT NULL,            -- JSON: every key -> value
    engine         TEXT NOT NULL,            -- how the first layer was trained: direct, reduced or dual
    status         TEXT NOT NULL CHECK (status IN ('completed', 'diverged', 'failed')),
    reason         TEXT,                     -- why it failed, or stopped before its last iteration
    ended_at       INTEGER,                  -- the iteration at which it diverged or stopped
    final_cost     REAL,                     -- the last of its history
    train_cost     REAL,                     -- this and the next ones: after the last update
    train_accuracy REAL,
    test_accuracy  REAL,
    test_cost      REAL,
    validation_accuracy REAL,
    validation_cost     REAL,
    drift          REAL,                     -- of the dual engine: the most that z[1] was off, over its largest element
    seconds        REAL NOT NULL,            -- its share of its fleet's time
    metrics        TEXT NOT NULL,            -- JSON: the names of what is recorded beside the cost
    machine        INTEGER NOT NULL REFERENCES machine (number),
    digest         TEXT NOT NULL             -- SHA-256 of the results in this row and of its history
);
CREATE TABLE history (
    trial     INTEGER NOT NULL REFERENCES trial (number),
    iteration INTEGER NOT NULL,
    cost      REAL NOT NULL,
    metrics   TEXT,                          -- JSON: a value for each name, null for one that is not finite
    PRIMARY KEY (trial, iteration)
) WITHOUT ROWID;
