//! Imports of folders of pictures.

use super::*;
use crate::Features;
use crate::generate::draw::draw;

#[test]
fn folders_of_pictures_are_classes_resized_and_turned_to_grey() {
    let bench = Bench::new();
    for index in 0..4 {
        bench.put(&format!("all/cat/{index}.png"), png(16, 16, &draw(5, index, true, 16)));
        bench.put(&format!("all/Other/{index}.PNG"), png(16, 16, &draw(5, index, false, 16)));
    }
    bench.put("all/cat/notes.txt", "no picture");
    bench.put("all/cat/.hidden.png", "hidden");
    let all = bench.path("all");
    let set = imported(&bench.request(&[&all]));
    assert_eq!(set.classes, ["Other", "cat"]);
    assert_eq!(set.train.image_shape, Some([16, 16, 3]));
    assert_eq!((set.train.examples(), set.test.as_ref().unwrap().examples()), (6, 2));
    let Features::U8(rows) = &set.train.x else { panic!() };
    let Targets::Classes(labels) = &set.train.targets else { panic!() };
    for (row, &label) in rows.outer_iter().zip(labels) {
        let drawn = (0..4).any(|index| draw(5, index, label == 1, 16) == row.to_vec());
        assert!(drawn, "a picture under the wrong class, or changed");
    }

    let grey = imported(&Request { size: Some((4, 8)), grey: true, ..bench.request(&[&all]) });
    assert_eq!(grey.train.image_shape, Some([4, 8, 1]));
    let mut found = Vec::new();
    let request = Request { size: Some((4, 8)), ..bench.request(&[&all]) };
    import(&request, |progress| {
        found.extend(match progress {
            Progress::Found(found) => Some(found),
            _ => None,
        });
        true
    })
    .unwrap();
    assert_eq!(
        found,
        [
            "1 file that is not named as a picture (PNG, JPEG, WebP, GIF or BMP) left out",
            "6 training and 2 test examples of 4 x 8 x 3 (u8), 2 classes"
        ]
    );
}

#[test]
fn a_picture_of_one_colour_keeps_it_when_resized_and_a_jpeg_nearly() {
    let bench = Bench::new();
    let colour = |picture: &[u8]| picture.as_chunks::<3>().0[0];
    let flat = |rgb: [u8; 3]| rgb.repeat(10 * 6);
    // By content: this one is called .png.
    bench.put("train/a/1.png", jpeg(10, 6, &flat([200, 40, 90])));
    bench.put("train/b/1.png", png(10, 6, &flat([10, 250, 30])));
    bench.put("test/b/1.png", png(3, 3, &[7; 27]));
    let test = bench.path("test");
    let request =
        Request { test: vec![test], test_share: None, size: Some((3, 3)), ..bench.request(&[&bench.path("train")]) };
    let set = imported(&request);
    let Features::U8(rows) = &set.train.x else { panic!() };
    assert_eq!(rows.row(1).to_vec(), [10, 250, 30].repeat(9));
    let near = |a: u8, b: u8| a.abs_diff(b) < 6;
    let found = colour(&rows.row(0).to_vec());
    assert!(found.iter().zip([200, 40, 90]).all(|(&a, b)| near(a, b)), "{found:?}");
    assert_eq!(set.test.as_ref().unwrap().targets, Targets::Classes(vec![1]), "numbered as the training classes are");
}

#[test]
fn lossless_pictures_of_every_kind_give_the_same_bytes() {
    let bench = Bench::new();
    let drawn = draw(5, 1, true, 16);
    let picture = image::RgbImage::from_raw(16, 16, drawn.clone()).unwrap();
    let write = |name: &str, kind: image::ImageFormat| {
        let mut bytes = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut bytes, kind).unwrap();
        bench.put(name, bytes.into_inner())
    };
    for (name, kind) in
        [("a.png", image::ImageFormat::Png), ("a.bmp", image::ImageFormat::Bmp), ("a.webp", image::ImageFormat::WebP)]
    {
        assert_eq!(super::picture(&write(name, kind), [16, 16, 3]).unwrap(), drawn, "{name}");
    }
    // A GIF has 256 colours: as many as these four.
    let four: Vec<u8> = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [9, 9, 9]].concat();
    let picture = image::RgbaImage::from_fn(2, 2, |x, y| {
        let place = 3 * (2 * y + x) as usize;
        image::Rgba([four[place], four[place + 1], four[place + 2], 255])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Gif).unwrap();
    assert_eq!(super::picture(&bench.put("a.gif", bytes.into_inner()), [2, 2, 3]).unwrap(), four);
}

#[test]
fn what_is_left_out_is_told_apart() {
    let bench = Bench::new();
    let picture = png(2, 2, &[7; 12]);
    for name in ["a/1.png", "a/2.png", "b/1.png", "b/2.png"] {
        bench.put(&format!("all/{name}"), &picture);
    }
    let all = bench.path("all");
    let request = Request { test_share: Some(0.5), ..bench.request(&[&all]) };
    let left_out = || remarks(&request).into_iter().find(|words| words.ends_with("left out"));
    assert_eq!(left_out(), None);
    bench.put("all/stray.png", &picture);
    assert_eq!(left_out().unwrap(), "1 picture outside the folders of the classes left out");
    std::os::unix::fs::symlink("nothing.png", all.join("a/3.png")).unwrap();
    std::os::unix::fs::symlink("nothing", all.join("c")).unwrap();
    bench.put("all/notes.txt", "no picture");
    assert_eq!(
        left_out().unwrap(),
        "1 file that is not named as a picture (PNG, JPEG, WebP, GIF or BMP), 1 picture outside the folders of the classes, \
         2 links to a file that is not there left out"
    );
    let (pictures, left_out) = super::pictures_in(&all).unwrap();
    assert_eq!(pictures.len(), 5, "the stray one is a picture too");
    assert_eq!(
        left_out.unwrap(),
        "1 file that is not named as a picture (PNG, JPEG, WebP, GIF or BMP), 2 links to a file that is not there left out"
    );
}

#[test]
fn pictures_of_16_bits_are_remarked_on_with_what_is_left_of_them() {
    let bench = Bench::new();
    let deep = |value: u16| {
        let mut bytes = std::io::Cursor::new(Vec::new());
        let picture = image::ImageBuffer::<image::Luma<u16>, _>::from_raw(2, 1, vec![value; 2]).unwrap();
        picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        bytes.into_inner()
    };
    let plain = png(2, 1, &[9; 6]);
    for (name, bytes) in
        [("a/1.png", deep(4095)), ("a/2.png", plain.clone()), ("b/1.png", deep(100)), ("b/2.png", plain)]
    {
        bench.put(&format!("all/{name}"), bytes);
    }
    let all = bench.path("all");
    let request = Request { test_share: Some(0.5), ..bench.request(&[&all]) };
    let remarked = || remarks(&request).into_iter().find(|words| words.contains("16 bits"));
    assert_eq!(
        remarked().unwrap(),
        "2 pictures of 16 bits a channel reduced to 8 (v / 257): values up to 4095 became bytes up to 16; \
         an import of NPY keeps them"
    );
    let set = imported(&request);
    let most = |part: &crate::Split| part.rows::<f64>(&crate::Scaling::None).iter().copied().fold(0.0, f64::max);
    assert_eq!(most(&set.train).max(most(&set.test.unwrap())), 16.0);
    for class in ["a", "b"] {
        bench.put(&format!("all/{class}/1.png"), png(2, 1, &[9; 6]));
    }
    assert_eq!(remarked(), None);
}

#[test]
fn folders_whose_names_are_the_same_number_are_classes_of_their_own() {
    let bench = Bench::new();
    let put = |set: &str, folders: &[&str]| {
        for (folder, colour) in folders.iter().zip(1..) {
            for index in 0..2 {
                bench.put(&format!("{set}/{folder}/{index}.png"), png(1, 1, &[colour; 3]));
            }
        }
        bench.path(set)
    };
    let classes = |set: &Path| {
        let set = imported(&Request { test_share: Some(0.5), ..bench.request(&[set]) });
        (set.task, set.classes)
    };
    for (set, folders) in [("releases", ["1.1", "1.10", "2"]), ("spellings", ["1", "1.0", "10"])] {
        assert_eq!(classes(&put(set, &folders)), (crate::Task::Classes(3), folders.map(str::to_owned).to_vec()));
    }
    let unnamed = put("digits", &["0", "1", "2"]);
    assert_eq!(classes(&unnamed), (crate::Task::Classes(3), Vec::new()));
    let (train, test) = (put("train", &["1", "2"]), put("test", &["1.0", "2"]));
    let request = Request { test: vec![test], test_share: None, ..bench.request(&[&train]) };
    bench.assert_refused_after(request, &["test: label \"1.0\" is not among the training examples' labels"]);
}

#[test]
fn pictures_below_the_folders_of_a_folder_are_said_to_be_left_out() {
    let bench = Bench::new();
    let picture = png(2, 2, &[7; 12]);
    for name in ["all/1.png", "all/a/1.png", "all/a/b/1.png", "all/a/c/1.png", "deep/a/b/1.png"] {
        bench.put(name, &picture);
    }
    let (pictures, left_out) = super::pictures_in(&bench.path("all")).unwrap();
    assert_eq!(pictures, ["all/1.png", "all/a/1.png"].map(|name| bench.path(name)));
    assert_eq!(left_out.unwrap(), "2 folders inside its folders left out");
    let error = super::pictures_in(&bench.path("deep")).unwrap_err().to_string();
    assert!(error.ends_with("in this folder; 1 folder inside its folders left out"), "{error}");
}
