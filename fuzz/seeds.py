"""Writes inputs to begin with into corpus/TARGET: a few valid files of each format. Needs numpy:

    .venv/bin/python fuzz/seeds.py
"""

import gzip
import io
import struct
import zlib
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent


def keep(target, name, content):
    folder = HERE / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


def two(first, second):
    return struct.pack("<H", len(first)) + first + second


def idx(values):
    codes = {"uint8": 8, "int8": 9, "int16": 11, "int32": 12, "float32": 13, "float64": 14}
    head = struct.pack(">HBB", 0, codes[values.dtype.name], values.ndim) + struct.pack(f">{values.ndim}I", *values.shape)
    return head + values.astype(values.dtype.newbyteorder(">")).tobytes()


def npy(values):
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()


def png(height, width, channels):
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    colour = {1: 0, 3: 2, 4: 6}[channels]
    rows = b"".join(b"\0" + bytes((row * 7 + column) % 256 for column in range(width * channels)) for row in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


for path in sorted((HERE.parent / "experiments").rglob("*.toml")):
    keep("experiment", path.name, path.read_bytes())

rng = np.random.default_rng(1)
pictures = rng.integers(0, 256, (6, 3, 3), dtype=np.uint8)
labels = np.arange(6, dtype=np.uint8) % 3
for name, x, y in (
    ("pictures", pictures, labels),
    ("floats", pictures.reshape(6, 9).astype("f4"), labels.astype("i4")),
    ("signed", pictures.reshape(6, 9).astype("i2"), labels.astype("f8") / 2),
):
    keep("idx", name, two(idx(x), idx(y)))
    keep("npy", name, two(npy(x), npy(y)))
    keep("npy", f"{name}_big", two(npy(x.astype(x.dtype.newbyteorder(">"))), npy(np.asfortranarray(y))))
keep("idx", "gzipped", two(gzip.compress(idx(pictures), 9, mtime=0), idx(labels)))
for compressed in (np.savez, np.savez_compressed):
    file = io.BytesIO()
    compressed(file, x_train=pictures, y_train=labels, x_test=pictures[:2], y_test=labels[:2])
    keep("npz", compressed.__name__, file.getvalue())

keep("csv", "numbers", b"\0\0" + b"1,2,0\n3,4,1\n5,6,0\n7,8,1\n")
keep("csv", "words", b"\4\2" + b'a,b,kind\n1.5,2,"cat"\n3,4e-3,dog\n5,6,cat\n')
keep("csv", "values", b"\x87\0" + b"1;2;0\n3;4;1\n5;6;0\n")

for channels in (1, 3, 4):
    keep("picture", f"{channels}.png", png(5, 7, channels))
