//! Broken, truncated and hostile files: one clear line each, and nothing left behind.

use super::*;

/// Good labels for three examples.
fn labels(bench: &Bench) -> PathBuf {
    bench.put("y", idx(8, &[3], &[0, 1, 1]))
}

#[test]
fn idx_files_that_are_not_as_they_say() {
    let bench = Bench::new();
    let y = labels(&bench);
    let good = idx(8, &[3, 2, 2], &[5; 12]);
    for (bytes, words) in [
        (good[..good.len() - 1].to_vec(), &["x: byte 27: it ends here; its header declares 28 bytes"][..]),
        (gzipped(&good)[..20].to_vec(), &["x: "]),
        ([&good[..], &[0]].concat(), &["x: byte 28: more bytes follow than its header declares"]),
        (good[..9].to_vec(), &["byte 9: it ends within its header"]),
        (b"\0\0\x08\x05aaaa".to_vec(), &["begins with [00, 00, 08, 05]", "1 to 4 dimensions"]),
        (b"%PDF-1.7".to_vec(), &["begins with [25, 50, 44, 46]"]),
        (Vec::new(), &["begins with []"]),
        (idx(8, &[u32::MAX, u32::MAX, u32::MAX], &[]), &["needs more than 2^64 bytes as f64"]),
        (idx(8, &[3, 1 << 16, 1 << 8], &[0; 4]), &["[3, 65536, 256]", "the limit is 1048576", "--max-bytes"]),
        (idx(8, &[3, 0], &[]), &["[3, 0]", "[m, features]"]),
        (idx(8, &[3], &[1, 2, 3]), &["its shape is [3]"]),
        (idx(8, &[2, 2], &[1, 2, 3, 4]), &["y: has 3 labels, but there are 2 examples"]),
        (
            idx(0x0d, &[3, 1], &[0.0, f32::NAN, 1.0].map(f32::to_be_bytes).concat()),
            &["row 1, column 0: the value is NaN"],
        ),
    ] {
        let x = bench.put("x", bytes);
        bench.assert_refused(&Request { format: Some(Format::Idx), ..bench.request(&[&x, &y]) }, words);
    }
    let x = bench.put("x", good);
    bench.assert_refused(&bench.request(&[&x]), &["a file of examples and a file of labels", "found 1"]);
    bench.assert_refused(&bench.request(&[&x, &bench.path("none")]), &["none: cannot read it", "No such file"]);
}

#[test]
fn a_gzip_bomb_is_not_unpacked() {
    let bench = Bench::new();
    let y = labels(&bench);
    // A header that declares a gigabyte, and zeros that would be one.
    let x = bench.put("x.gz", gzipped(&[idx(8, &[3, 1 << 15, 10_000], &[]), vec![0; 1 << 24]].concat()));
    bench.assert_refused(&bench.request(&[&x, &y]), &["needs 7864320000 bytes as f64", "1048576"]);
    let x = bench.put("x.gz", gzipped(&[idx(8, &[3, 1, 1], &[1, 2, 3]), vec![0; 1 << 24]].concat()));
    bench.assert_refused(&bench.request(&[&x, &y]), &["byte 19: more bytes follow"]);
}

#[test]
fn numpy_files_that_cannot_be_read() {
    let bench = Bench::new();
    let y = bench.put("y.npy", npy("'|i1'", false, "(3,)", &[0, 1, 0]));
    let header = |text: &str| npy_of(text, &[]);
    for (bytes, words) in [
        (npy("'|O'", false, "(3, 2)", &[0; 48]), &["'|O'", "integers of 8 to 64 bits"][..]),
        (npy("'<f16'", false, "(3, 2)", &[0; 96]), &["'<f16'", "float16, float32 and float64"]),
        (npy("'>f2'", false, "(3, 1)", &[0, 0, 0x7c, 0, 0, 0]), &["row 1, column 0: the value is inf"]),
        (npy("'<U5'", false, "(3, 2)", &[0; 12]), &["'<U5'"]),
        (npy("[('a', '<f4')]", false, "(3,)", &[0; 12]), &["[('a', '<f4')]"]),
        (npy("'<f4'", false, "(3, 2)", &[0; 23]), &["it ends here"]),
        (npy("'<f4'", true, "(3, 2)", &[0; 23]), &["it ends here"]),
        (npy("'<f4'", true, "(3, 2)", &[0; 25]), &["more bytes follow"]),
        (npy("'<f4'", false, "()", &[0; 4]), &["a single number"]),
        (npy("'<f4'", false, "(3, -2)", &[]), &["is not NumPy's"]),
        (npy("'<f4'", false, "(3, 99999999999999999999)", &[]), &["is not NumPy's"]),
        (npy("'<f4'", false, "(3, 1, 1, 1, 2)", &[0; 24]), &["[3, 1, 1, 1, 2]"]),
        (npy("'<f4'", true, "(3, 18446744073709551615)", &[]), &["more than 2^64"]),
        (
            npy("'<f8'", false, "(3, 1)", &[0.0, f64::INFINITY, 0.0].map(f64::to_le_bytes).concat()),
            &["row 1, column 0", "inf"],
        ),
        (
            npy("'<i8'", false, "(3, 1)", &[0, 1 << 60, 0].map(i64::to_le_bytes).concat()),
            &["row 1, column 0", "1152921504606846976"],
        ),
        (header("{'descr': '<f4'"), &["is not NumPy's"]),
        (header("\u{1b}[31m"), &["is not NumPy's", r"\u{1b}"]),
        (b"\x93NUMPY\x01\x00\xff\xff{".to_vec(), &["it ends within its header"]),
        (b"\x93NUMPY\x02\x00\xff\xff\xff\xff{".to_vec(), &["a header of 4294967295 bytes"]),
        (b"\x93NUMPY\x09\x00aaaaaaaa".to_vec(), &["NPY version 9"]),
    ] {
        let x = bench.put("x.npy", bytes);
        bench.assert_refused(&bench.request(&[&x, &y]), words);
    }
}

#[test]
fn archives_that_cannot_be_unpacked() {
    let bench = Bench::new();
    let y = || npy("'|i1'", false, "(3,)", &[0, 1, 0]);
    let request = |bytes: Vec<u8>| {
        let path = bench.put("a.npz", bytes);
        bench.request(&[&path])
    };
    let good = npz(&[("x", npy("'|u1'", false, "(3, 1)", &[1, 2, 3])), ("y", y())]);
    bench.assert_refused(&request(good[..good.len() / 2].to_vec()), &["a.npz: cannot be unpacked"]);
    let bomb = npz(&[("x", npy("'|u1'", false, "(3, 1)", &vec![0; 1 << 22])), ("y", y())]);
    bench.assert_refused(&request(bomb), &["a.npz: x.npy: unpacks to 4194", "--max-bytes"]);
    // The same, but its sizes, in both directories of the archive, are lies.
    let x = npy("'|u1'", false, "(3, 1)", &vec![0; 1 << 22]);
    let mut lying = npz(&[("x", x.clone()), ("y", y())]);
    let declared = (x.len() as u32).to_le_bytes();
    let places: Vec<usize> = (0..lying.len() - 4).filter(|&at| lying[at..at + 4] == declared).collect();
    assert!(!places.is_empty());
    places.iter().for_each(|&at| lying[at..at + 4].copy_from_slice(&100u32.to_le_bytes()));
    bench.assert_refused(&request(lying), &["a.npz: x.npy: cannot be unpacked: File is larger than its declared"]);
    bench.assert_refused(&request(npz(&[("data\n", y())])), &["holds the arrays data ", "--features"]);
    let mut broken = good.clone();
    let elements = broken.windows(6).position(|bytes| bytes == b"x.npyc" || bytes.starts_with(b"x.npy")).unwrap();
    broken[elements + 12] ^= 0xff;
    bench.assert_refused(&request(broken), &["a.npz: x.npy"]);
    let none = Request { features: Some("z".to_owned()), label: Some("y".to_owned()), ..request(good.clone()) };
    bench.assert_refused(&none, &["no array is called \"z\"; there are x, y"]);
    let half = Request { features: Some("x".to_owned()), ..request(good.clone()) };
    bench.assert_refused(&half, &["--features and --label"]);
    bench.assert_refused(&Request { test_share: None, ..request(good) }, &["not x_train, y_train, x_test and y_test"]);
}

#[test]
fn tables_with_wrong_cells() {
    let bench = Bench::new();
    for (text, words) in [
        ("1,2,a\n3,b\n", &["t.csv: line 2: 2 columns; the first line has 3"][..]),
        ("1,2,a\n3,4,5,b\n", &["line 2: 4 columns"]),
        (
            "a,b,c\n1,2,x\n3,?,y\n",
            &["line 3: column 2, \"b\", is \"?\"; a finite number is required", "--missing drop"],
        ),
        ("1,2,x\n3,,y\n", &["line 2: column 2 is \"\""]),
        ("1,2,x\n3,nan,y\n", &["line 2: column 2 is \"nan\""]),
        ("1,2,x\n3,1e999,y\n", &["1e999"]),
        ("1,2,x\n3,4,\n", &["line 2: column 3 is empty; every row needs a label"]),
        ("1,2,x\n\"3\n4\",4,y\n", &["line 2: column 1 is \"3\\n4\""]),
        (&format!("1,2,x\n3,4,{}\n", "y".repeat(2000)), &["line 2: column 3 is a label of 2000 bytes; at most 1024"]),
        ("1,2,0.5\n3,4,0.25\n", &["labels such as 0.", "--target"]),
        ("1,2,x\n3,4,x\n", &["every label is \"x\"; at least 2 classes"]),
        ("a,b,c\n", &["a header without rows"]),
        ("", &["an empty table"]),
        ("1\n2\n", &["1 column, and none is a feature"]),
        ("a,b,c\n1,2,x\n3,\"4,y\n5,6,x\n", &["line 3: a quote opens in this row and is never closed"]),
        ("\"a,b\";\"c\"\n1;\"2\n", &["line 2: a quote opens"]),
        ("1\0,\x002\0\n\0", &["line 1: a byte of zero", "UTF-16"]),
    ] {
        let path = bench.put("t.csv", text);
        bench.assert_refused(&bench.request(&[&path]), words);
    }
    // The comma within quotes is not the delimiter.
    bench.assert_refused(
        &bench.request(&[&bench.put("t.csv", "\"a,b,c\";\"d\"\n1;\n")]),
        &["line 2: column 2", "empty"],
    );
    let path = bench.put("t.csv", b"1,2,x\n3,4,\xff\xfe\n");
    bench.assert_refused(&bench.request(&[&path]), &["line 2: column 3 is \"\\xff\\xfe\", which is not UTF-8"]);
    let path = bench.put("t.csv", "a,b,a\n1,2,3\n");
    for (label, words) in [
        ("c", "no column is called \"c\"; there are \"a\", \"b\""),
        ("a", "two columns are called"),
        ("9", "no column 9"),
    ] {
        bench.assert_refused(&Request { label: Some(label.to_owned()), ..bench.request(&[&path]) }, &["line 1", words]);
    }
    let cut = gzipped(&"1,2,x\n3,4,y\n".repeat(50).into_bytes());
    let path = bench.put("t.csv.gz", &cut[..cut.len() - 9]);
    bench.assert_refused(&bench.request(&[&path]), &["t.csv.gz: cannot read it: incomplete deflate stream"]);
}

#[test]
fn a_table_without_end_is_not_kept_in_memory() {
    let bench = Bench::new();
    let path = bench.put("t.csv.gz", gzipped(&vec![b'1'; 65 << 20]));
    bench.assert_refused(&bench.request(&[&path]), &["a row of more than 64 MiB"]);
    let open_quote = [&b"1,\""[..], &vec![b'\n'; 65 << 20]].concat();
    let path = bench.put("t.csv.gz", gzipped(&open_quote));
    bench.assert_refused(&bench.request(&[&path]), &["a row of more than 64 MiB (a quote without its second?)"]);
    let path = bench.put("t.csv.gz", gzipped(&b"1,2\n".repeat(200_000)));
    bench.assert_refused(&bench.request(&[&path]), &["--max-bytes", "1048576"]);
}

#[test]
fn pictures_that_cannot_be_decoded() {
    let bench = Bench::new();
    let good = png(4, 4, &[9; 48]);
    let folder = |name: &str, bytes: &[u8]| {
        let path = bench.path(name);
        for picture in ["a/1.png", "a/2.png", "b/1.png"] {
            bench.put(&format!("{name}/{picture}"), &good);
        }
        bench.put(&format!("{name}/b/2.jpg"), bytes);
        path
    };
    let jpeg = jpeg(4, 4, &[9; 48]);
    let mut huge = good.clone();
    // IHDR's width and height, and its checksum.
    huge[16..24].copy_from_slice(&[0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff]);
    let mut crc = flate2::Crc::new();
    crc.update(&huge[12..29]);
    huge[29..33].copy_from_slice(&crc.sum().to_be_bytes());
    for (name, bytes, words) in [
        ("cut", &good[..good.len() / 2], &["2.jpg: no picture (PNG, JPEG, WebP, GIF or BMP) that can be read"][..]),
        ("cut-jpeg", &jpeg[..jpeg.len() - 2], &["2.jpg: no picture", "the file ends before the picture does"]),
        ("text", b"no picture", &["2.jpg: no picture"]),
        ("jpeg", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", &["2.jpg: no picture"]),
        ("gif", b"GIF89a\x01\x00\x01\x00", &["2.jpg: no picture"]),
        ("huge", &huge, &["2.jpg: no picture (PNG, JPEG, WebP, GIF or BMP) that can be read", "emory"]),
        ("other", &png(4, 5, &[9; 60]), &["2.jpg: 5 x 4 pixels, but the first picture has 4 x 4", "--side"]),
    ] {
        let path = folder(name, bytes);
        bench.assert_refused(&bench.request(&[&path]), words);
    }
    let path = folder("large", &good);
    bench.assert_refused(
        &Request { size: Some((400, 400)), ..bench.request(&[&path]) },
        &["[4, 400, 400, 3]", "--max-bytes"],
    );
    fs::create_dir(path.join("c")).unwrap();
    bench.assert_refused(&bench.request(&[&path]), &["large/c: no picture"]);
    fs::create_dir(path.join("a/nested")).unwrap();
    bench.assert_refused(&bench.request(&[&path]), &["nested: a folder within a class"]);
    bench.assert_refused(&bench.request(&[&path.join("a")]), &["nested: no picture"]);
    let test = bench.path("test");
    bench.put("test/z/1.png", &good);
    bench.put("train/a/1.png", &good);
    bench.put("train/b/1.png", &good);
    let request = Request { test: vec![test], test_share: None, ..bench.request(&[&bench.path("train")]) };
    bench.assert_refused(&request, &["test: label \"z\" is not among the training examples' labels"]);
}

#[test]
fn no_flipped_byte_breaks_a_reader() {
    let bench = Bench::new();
    let (x, y) = (npy("'<f4'", true, "(4, 2)", &[7; 32]), npy("'|u1'", false, "(4,)", &[0, 1, 0, 1]));
    let colours: Vec<u8> = (0..48).collect();
    for picture in ["a/1.png", "a/2.png", "b/0.png"] {
        bench.put(&format!("all/{picture}"), png(4, 4, &[9; 48]));
    }
    let files = [
        ("x.idx", idx(8, &[4, 2, 2], &[5; 16])),
        ("x.npy", x.clone()),
        ("a.npz", npz(&[("x", x), ("y", y.clone())])),
        ("t.csv", b"a,b,c\n1,2.5,x\n3,\"4\",y\n5,6,x\n7,8e1,y\n".to_vec()),
        ("t.csv.gz", gzipped(b"1,2,x\n3,4,y\n5,6,x\n7,8,y\n")),
        ("all/b/1.png", png(4, 4, &colours)),
        ("all/b/1.jpg", jpeg(4, 4, &colours)),
    ];
    let (y_idx, y_npy) = (bench.put("y.idx", idx(8, &[4], &[0, 1, 0, 1])), bench.put("y.npy", y));
    for (name, whole) in files {
        let (mut good, mut bad) = (0, 0);
        for position in (0..whole.len()).step_by(1 + whole.len() / 150) {
            let mut edited = whole.clone();
            edited[position] ^= 1 << (position % 8);
            let path = bench.put(name, edited);
            let request = match name {
                "x.idx" => bench.request(&[&path, &y_idx]),
                "x.npy" => bench.request(&[&path, &y_npy]),
                name if name.starts_with("all") => {
                    Request { test_share: Some(0.5), ..bench.request(&[&bench.path("all")]) }
                }
                _ => bench.request(&[&path]),
            };
            match import(&request, |_| true) {
                Ok(files) => {
                    // Labels may have become too many for the names, or one class, but never something else.
                    DataSet::load(&Source::of_files(&files, &Names::default(), LIMIT))
                        .unwrap_or_else(|error| panic!("{name} {position}: {error}"));
                    good += 1;
                }
                Err(error) => {
                    assert!(!error.to_string().contains('\n'), "{error}");
                    bad += 1;
                }
            }
        }
        assert!(good > 0 && bad > 0, "{name}: {good} were read, {bad} were not");
        let _ = fs::remove_file(bench.path(name));
    }
}
