"""Writes the HDF5 files beside it that the Rust binding cannot write. Needs h5py; run it in this folder.

Each holds a training part of 4 pictures of 2 x 2 x 3 that is valid but for what the file's name says. The files
whose names begin with `good_` are valid altogether.
"""

import struct
import zlib
from pathlib import Path

import h5py
import numpy as np

HERE = Path(__file__).parent
X = (np.arange(4 * 12, dtype="u1") * 5).reshape(4, 2, 2, 3)
Y = np.array([0, 1, 1, 0], dtype="<i8")
CLASSES = np.array([b"non-cat", b"cat"])


def write(name, x=X, y=Y, classes=CLASSES, **file_options):
    """Opens a new file and writes what is not None; the caller adds the rest and closes it."""
    file = h5py.File(HERE / f"{name}.h5", "w", **file_options)
    for dataset, value in (("train_set_x", x), ("train_set_y", y), ("list_classes", classes)):
        if value is not None:
            file.create_dataset(dataset, data=value)
    return file


def chunked(file, name, shape, chunk, dtype, filters=(), longest=None):
    """A chunked dataset with any pipeline, also one that h5py's own interface refuses."""
    creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    creation.set_chunk(chunk)
    for add in filters:
        add(creation)
    space = h5py.h5s.create_simple(shape, longest)
    kind = h5py.h5t.py_create(np.dtype(dtype))
    return h5py.h5d.create(file.id, name, kind, space, creation)


def patch(name, old, new):
    """Replaces the one place where `old` stands in a finished file."""
    path = HERE / f"{name}.h5"
    content = path.read_bytes()
    assert content.count(old) == 1 and len(old) == len(new), (name, content.count(old))
    path.write_bytes(content.replace(old, new))


def chunk_entry(size):
    """The entry of the first chunk of X in a version 1 B-tree: size, filter mask, offsets."""
    return struct.pack("<II5Q", size, 0, 0, 0, 0, 0, 0)


def deflate(creation):
    creation.set_deflate(9)


# Bytes that lie elsewhere.
with write("external_storage", x=None) as f:
    f.create_dataset("train_set_x", shape=X.shape, dtype="u1", external=[("generate.py", 0, X.size)])
with write("external_link", x=None) as f:
    f["train_set_x"] = h5py.ExternalLink("good_plain.h5", "/train_set_x")
with write("external_link_in_group", x=None) as f:
    f["group"] = h5py.ExternalLink("good_plain.h5", "/")
with write("soft_link", x=None) as f:
    f["outside"] = h5py.ExternalLink("good_plain.h5", "/")
    f["train_set_x"] = h5py.SoftLink("/outside/train_set_x")
with write("virtual", x=None) as f:
    layout = h5py.VirtualLayout(shape=X.shape, dtype="u1")
    layout[:] = h5py.VirtualSource("good_plain.h5", "train_set_x", shape=X.shape)
    f.create_virtual_dataset("train_set_x", layout)

# Sizes that are free to declare.
with write("terabytes_contiguous", x=None) as f:
    f.create_dataset("train_set_x", shape=(10**6, 1000, 1000, 3), dtype="u1")
with write("terabytes_chunked", x=None) as f:
    f.create_dataset("train_set_x", shape=(10**6, 1000, 1000, 3), dtype="u1", chunks=(1, 100, 100, 3))
with write("overflowing", x=None) as f:
    f.create_dataset("train_set_x", shape=(2**31, 2**31, 2**31, 3), dtype="u1", chunks=(1, 1, 1, 3))
with write("never_written", x=None) as f:
    f.create_dataset("train_set_x", shape=X.shape, dtype="u1")
with write("missing_chunk", x=None) as f:
    x = f.create_dataset("train_set_x", shape=X.shape, dtype="u1", chunks=(1, 2, 2, 3))
    x[:3] = X[:3]
with write("zeros_compressed", x=None, y=np.zeros(4, "<i8")) as f:
    f.create_dataset("train_set_x", data=np.zeros((4, 512, 512, 3), "u1"), compression="gzip", chunks=(4, 512, 512, 3))
with write("huge_chunk", x=None) as f:
    x = chunked(f, b"train_set_x", (4, 12), (2**20, 2**10), "<i2", [deflate], (h5py.h5s.UNLIMITED,) * 2)
    x.write_direct_chunk((0, 0), zlib.compress(b"\0" * 100))
with write("chunk_inflates_beyond_its_size", x=None) as f:
    x = chunked(f, b"train_set_x", X.shape, X.shape, "u1", [deflate])
    x.write_direct_chunk((0, 0, 0, 0), zlib.compress(b"\0" * 4_000_000, 9))
with write("chunk_inflates_to_too_little", x=None) as f:
    x = chunked(f, b"train_set_x", X.shape, X.shape, "u1", [deflate])
    x.write_direct_chunk((0, 0, 0, 0), zlib.compress(X.tobytes()[:40]))
with write("chunk_shuffled_too_short", x=None) as f:
    x = chunked(f, b"train_set_x", X.shape, X.shape, "u1", [lambda creation: creation.set_shuffle()])
    x.write_direct_chunk((0, 0, 0, 0), X.tobytes()[:40])
with write("chunk_entry_too_short", x=None) as f:
    f.create_dataset("train_set_x", data=X, chunks=X.shape)
patch("chunk_entry_too_short", chunk_entry(48), chunk_entry(8))
with write("chunk_entry_beyond_the_file", x=None) as f:
    f.create_dataset("train_set_x", data=X, chunks=X.shape)
patch("chunk_entry_beyond_the_file", chunk_entry(48), chunk_entry(2**31))
with write("bytes_beyond_the_file") as f:
    place = f["train_set_x"].id.get_offset()
patch("bytes_beyond_the_file", struct.pack("<QQ", place, X.size), struct.pack("<QQ", 2**40, X.size))
with write("bytes_fewer_than_declared") as f:
    place = f["train_set_x"].id.get_offset()
patch("bytes_fewer_than_declared", struct.pack("<QQ", place, X.size), struct.pack("<QQ", place, 8))

# Filters.
with write("filter_lzf", x=None) as f:
    f.create_dataset("train_set_x", data=X, compression="lzf")
with write("filter_deflate_twice", x=None) as f:
    x = chunked(f, b"train_set_x", X.shape, X.shape, "u1", [deflate, deflate])
    x.write_direct_chunk((0, 0, 0, 0), zlib.compress(zlib.compress(X.tobytes())))
with write("filter_with_many_numbers", x=None) as f:
    numbers = tuple(range(40))  # the binding has room for 32
    x = chunked(f, b"train_set_x", X.shape, X.shape, "u1", [lambda creation: creation.set_filter(3, 1, numbers)])
    h5py.Dataset(x)[:] = X

# Types.
write("type_big_endian_labels", y=Y.astype(">i8")).close()
write("type_big_endian_features", x=X.reshape(4, 12).astype(">f4")).close()
write("type_half_floats", x=X.reshape(4, 12).astype("<f2")).close()
write("type_booleans", y=Y.astype(bool)).close()
write("type_compound", y=np.zeros(4, dtype=[("a", "<i8"), ("b", "<f4")])).close()
write("type_text_labels", y=np.array([b"0", b"1", b"1", b"0"])).close()
write("type_floats_in_pictures", x=X.astype("<f4")).close()

# Class names.
write("classes_not_utf8", classes=np.array([b"non-cat", b"\xff\xfe"])).close()
write("classes_control", classes=np.array([b"non-cat", b"\x1b[31mcat"])).close()
write("classes_empty_name", classes=np.array([b"", b"cat"])).close()
write("classes_numbers", classes=np.array([0, 1])).close()
with write("classes_variable_length", classes=None) as f:
    f.create_dataset("list_classes", data=["non-cat", "cat"])
with write("classes_too_long", classes=None) as f:
    f.create_dataset("list_classes", shape=(2,), dtype="S65537")

# Valid files.
write("good_plain").close()
write("good_one_byte_names", classes=np.array([b"n", b"c"])).close()
with write("good_full_width_names", classes=None) as f:
    # Exactly as long as their storage: no terminator.
    f.create_dataset("list_classes", data=np.array([b"abc", b"xyz"], dtype="S3"))
with write("good_wide_names", classes=None) as f:
    names = np.array([b"non-cat", b"cat"], dtype="S65535")
    f.create_dataset("list_classes", data=names, chunks=(2,), compression="gzip")
with write("good_utf8_names", classes=None) as f:
    names = np.array(["chien".encode(), "été".encode()], dtype=h5py.string_dtype("utf-8", 9))
    f.create_dataset("list_classes", data=names)
with write("good_compressed", x=None, libver=("v110", "v110")) as f:
    f.create_dataset("train_set_x", data=X, chunks=(3, 2, 1, 3), compression="gzip", shuffle=True, fletcher32=True)
with write("good_checksum_inside", x=None) as f:
    x = chunked(f, b"train_set_x", X.shape, (3, 2, 2, 3), "u1", [lambda creation: creation.set_fletcher32(), deflate])
    h5py.Dataset(x)[:] = X
with write("good_incompressible", x=None) as f:
    # The filter mask says that deflate was left out for this chunk.
    x = chunked(f, b"train_set_x", X.shape, X.shape, "u1", [deflate])
    x.write_direct_chunk((0, 0, 0, 0), X.tobytes(), filter_mask=1)
with write("good_column_labels", y=Y.reshape(4, 1).astype("i1")) as f:
    pass
