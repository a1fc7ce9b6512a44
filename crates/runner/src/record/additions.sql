-- Tables that records of the first releases lack; a runner that opens one for writing adds them. No seal covers another table's rows.

CREATE TABLE IF NOT EXISTS tag (
    trial TEXT NOT NULL,                     -- a trial's id; '' is the sweep itself
    tag   TEXT NOT NULL,
    PRIMARY KEY (trial, tag)
) WITHOUT ROWID, STRICT;
CREATE TABLE IF NOT EXISTS note (
    trial TEXT PRIMARY KEY,                  -- as in tag
    text  TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS former (          -- plans that another one has taken the place of, and whose trials are kept
    number INTEGER PRIMARY KEY,
    name   TEXT NOT NULL,                    -- these three as in experiment
    toml   TEXT NOT NULL,
    data   TEXT NOT NULL,
    axes   TEXT NOT NULL,                    -- JSON: key, scale and factor of each axis, in order
    points TEXT NOT NULL,                    -- JSON: trial's id and point of each, in order
    digest TEXT NOT NULL                     -- the seal of this row (seal.rs)
) STRICT;
CREATE TABLE IF NOT EXISTS shard (           -- one row in the record of a shard
    number INTEGER NOT NULL,                 -- from 0
    count  INTEGER NOT NULL,
    trials TEXT NOT NULL                     -- JSON: the ids of the trials of the plan that are the shard's
) STRICT;
CREATE TABLE IF NOT EXISTS whole_plan (      -- one row in the record of a shard, whose own plan has only the shard's points
    digest TEXT NOT NULL,                    -- the seal of the plan of all shards
    points INTEGER NOT NULL,                 -- the number of its points
    trials INTEGER NOT NULL                  -- and of its trials
) STRICT;
