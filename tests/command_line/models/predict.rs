//! `runner predict` on pictures.

use std::fs;

use serde_json::Value;

use super::{bench, half_transparent, succeeds};
use crate::support::{failure, json_lines, text};

#[test]
fn pictures_are_laid_over_white_and_resized_and_named() {
    let bench = bench();
    succeeds(&bench, &["train", "one.toml", "--out", "m.h5"]);
    half_transparent(&bench.path("transparent.png"));
    let white = |x| if x < 6 { image::Rgb([255, 255, 255]) } else { image::Rgb([200, 40, 90]) };
    image::RgbImage::from_fn(12, 9, |x, _| white(x)).save(bench.path("white.png")).unwrap();
    image::RgbImage::from_pixel(8, 8, image::Rgb([10, 20, 30])).save(bench.path("dark.png")).unwrap();

    let pictures = ["transparent.png", "white.png", "data/test_drawn.h5", "dark.png"];
    let answers = json_lines(&succeeds(&bench, &[&["predict", "m.h5", "--json"], &pictures[..]].concat()));
    assert_eq!(answers.len(), 1 + 1 + 12 + 1);
    assert_eq!(answers[0]["probabilities"], answers[1]["probabilities"], "transparent is white");
    assert_ne!(answers[0]["probabilities"], answers[14]["probabilities"]);
    for answer in &answers {
        let probabilities: Vec<f64> =
            answer["probabilities"].as_array().unwrap().iter().map(|share| share.as_f64().unwrap()).collect();
        let best = usize::from(probabilities[1] > 0.5);
        assert_eq!(answer["class"], best);
        assert_eq!(answer["name"], ["non-cat", "cat"][best]);
        assert_eq!(answer["probability"].as_f64(), Some(probabilities[best]));
        assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-15);
    }
    assert_eq!((&answers[2]["example"], &answers[13]["example"]), (&Value::from(0), &Value::from(11)));
    let table = succeeds(&bench, &["predict", "m.h5", "dark.png", "white.png"]);
    let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["input", "class", "probability"]);
    assert_eq!((rows[1][0], rows[2][0], rows.len()), ("dark.png", "white.png", 3));
    assert_eq!(rows[1][1], answers[14]["name"]);

    let (code, line) = failure(&bench.run(&["predict", "m.h5", "dark.png", "--dataset", "nothing"]));
    assert!(code == Some(2) && line.contains("--dataset nothing names the examples of an HDF5 file"), "{line}");
    bench.write("no.png", "text");
    bench.write("no.h5", "text");
    for (what, parts) in [
        ("no.png", &["no.png", "no picture (PNG, JPEG, WebP, GIF or BMP)"][..]),
        ("none.jpg", &["none.jpg", "No such file"]),
        ("data", &["data", "no picture", "in this folder"]),
        ("no.h5", &["no.h5", "not an HDF5 file", "runner data import"]),
    ] {
        let run = bench.run(&["predict", "m.h5", "dark.png", what]);
        let (code, line) = failure(&run);
        assert!(code == Some(2) && parts.iter().all(|part| line.contains(part)), "{line}");
        assert!(run.stdout.is_empty(), "half an answer");
    }
    let (code, line) = failure(&bench.run(&["predict", "no.h5", "dark.png"]));
    assert!(code == Some(2) && line.ends_with("; a model is a file that runner train writes"), "{line}");
}

#[test]
fn a_folder_of_pictures_is_asked_about_picture_by_picture() {
    let bench = bench();
    succeeds(&bench, &["train", "one.toml", "--out", "m.h5"]);
    fs::create_dir_all(bench.path("all/inner")).unwrap();
    let names = ["all/1.png", "all/2.bmp", "all/inner/3.webp", "all/inner/4.png"];
    for (name, grey) in names.into_iter().zip([20, 90, 160, 230]) {
        image::RgbImage::from_pixel(8, 8, image::Rgb([grey, 20, 30])).save(bench.path(name)).unwrap();
    }
    bench.write("all/notes.txt", "no picture");
    bench.write("all/.hidden.png", "hidden");
    let all = json_lines(&succeeds(&bench, &["predict", "m.h5", "all", "--json"]));
    let one_by_one = json_lines(&succeeds(&bench, &[&["predict", "m.h5", "--json"], &names[..]].concat()));
    assert_eq!(all, one_by_one);
    assert_eq!(all.iter().map(|answer| answer["input"].as_str().unwrap()).collect::<Vec<_>>(), names);
    let said = text(&bench.run(&["predict", "m.h5", "all"]).stderr);
    assert!(
        said.contains("all: 1 file that is not named as a picture (PNG, JPEG, WebP, GIF or BMP) left out"),
        "{said}"
    );
}

/// A picture file doesn't tell the range of the floats, and the runner doesn't guess it.
#[test]
fn a_model_of_float_pictures_takes_them_from_hdf5_files_alone() {
    let bench = bench();
    let x = ndarray::Array4::from_shape_fn((8, 2, 2, 3), |(i, y, x, c)| ((i + y + x + c) % 2) as f32);
    let file = hdf5::File::create(bench.path("floats.h5")).unwrap();
    file.new_dataset_builder().with_data(&x).create("train_set_x").unwrap();
    file.new_dataset_builder().with_data(&ndarray::array![0u8, 1, 0, 1, 0, 1, 0, 1]).create("train_set_y").unwrap();
    file.close().unwrap();
    succeeds(&bench, &["train", "one.toml", "data.train=floats.h5", "--out", "m.h5"]);
    assert_eq!(succeeds(&bench, &["predict", "m.h5", "floats.h5"]).lines().count(), 9);
    image::RgbImage::new(2, 2).save(bench.path("black.png")).unwrap();
    let (code, line) = failure(&bench.run(&["predict", "m.h5", "black.png"]));
    assert!(code == Some(2) && line.contains("black.png: the model takes pictures of f32"), "{line}");
}
