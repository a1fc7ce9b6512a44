//! Sheets read back pixel by pixel, and what can't be a sheet.

use std::fs;

use ndarray::Array2;

use super::*;

/// `examples` pictures of 2 × 2 pixels, each pixel unlike the others, two classes in turn.
fn split(examples: usize, channels: usize) -> Split {
    split_of(2, examples, channels)
}

fn split_of(classes: usize, examples: usize, channels: usize) -> Split {
    let features = 4 * channels;
    Split {
        x: Features::U8(Array2::from_shape_fn((examples, features), |(i, j)| (i * features + j) as u8)),
        image_shape: Some([2, 2, channels]),
        targets: Targets::Classes((0..examples).map(|example| (example % classes) as u32).collect()),
        rows: (0..examples).collect(),
        sha256: String::new(),
    }
}

/// Writes all pictures of `split`.
fn write(sheet: &ContactSheet, split: &Split, path: &Path) -> Result<usize, Error> {
    sheet.write(split, &(0..split.examples()).collect::<Vec<_>>(), path)
}

fn decoded(path: &Path) -> RgbImage {
    image::load_from_memory(&fs::read(path).unwrap()).unwrap().into_rgb8()
}

fn at(sheet: &RgbImage, x: usize, y: usize) -> Rgb<u8> {
    *sheet.get_pixel(x as u32, y as u32)
}

#[test]
fn pictures_stand_in_a_grid_framed_by_class() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sheet.png");
    let sheet = ContactSheet { columns: 2, max_pictures: 3 };
    assert_eq!(write(&sheet, &split(9, 3), &path).unwrap(), 3);
    let canvas = decoded(&path);
    let cell = 2 + 2 * FRAME + GAP;
    assert_eq!(canvas.dimensions(), ((2 * cell + GAP) as u32, (2 * cell + GAP) as u32));
    assert_eq!(at(&canvas, 0, 0), WHITE);
    assert_eq!(at(&canvas, GAP, GAP), CLASS_COLOURS[0].1);
    assert_eq!(at(&canvas, GAP + cell, GAP), CLASS_COLOURS[1].1);
    let first = GAP + FRAME;
    assert_eq!(at(&canvas, first, first), Rgb([0, 1, 2]));
    assert_eq!(at(&canvas, first + 1, first), Rgb([3, 4, 5]));
    assert_eq!(at(&canvas, first, first + 1), Rgb([6, 7, 8]));
    assert_eq!(at(&canvas, first + cell, first), Rgb([12, 13, 14]));
    assert_eq!(at(&canvas, first, first + cell), Rgb([24, 25, 26]));
    assert_eq!(at(&canvas, first + cell, first + cell), WHITE);
}

#[test]
fn many_classes_take_turns_with_the_colours_and_values_have_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sheet.png");
    let sheet = ContactSheet { columns: 20, max_pictures: 20 };
    let pictures = split_of(10, 10, 1);
    write(&sheet, &pictures, &path).unwrap();
    let frame = |label: usize| at(&decoded(&path), GAP + label * (2 + 2 * FRAME + GAP), GAP);
    assert_eq!([frame(2), frame(7), frame(8), frame(9)], [Rgb([0, 158, 115]), Rgb([0; 3]), frame(0), frame(1)]);
    let values = Targets::Values(Array2::zeros((3, 10)));
    write(&sheet, &Split { targets: values, ..pictures }, &path).unwrap();
    assert_eq!([0, 1].map(|example| at(&decoded(&path), GAP + example * (2 + 2 * FRAME + GAP), GAP)), [GREY; 2]);
}

#[test]
fn grey_pictures_and_those_with_a_fourth_channel_are_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sheet.png");
    let first = GAP + FRAME;
    write(&ContactSheet::default(), &split(1, 1), &path).unwrap();
    assert_eq!(at(&decoded(&path), first + 1, first + 1), Rgb([3, 3, 3]));
    write(&ContactSheet::default(), &split(1, 4), &path).unwrap();
    assert_eq!(at(&decoded(&path), first + 1, first + 1), Rgb([12, 13, 14]));
}

#[test]
fn what_cannot_be_drawn_is_said_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sheet.png");
    let features = Split { image_shape: None, ..split(2, 3) };
    let wide = Split { image_shape: Some([1, 1 << 30, 1]), ..split(1, 1) };
    let none = ContactSheet { columns: 0, max_pictures: 1 };
    let sheet = ContactSheet::default();
    for (sheet, split, words) in [
        (sheet, split(1, 2), "2 channels"),
        (sheet, features, "8-bit pictures"),
        (sheet, wide, "more than 256 MiB"),
        (none, split(1, 3), "at least 1"),
    ] {
        let error = write(&sheet, &split, &path).unwrap_err().to_string();
        assert!(error.contains(words) && error.contains("sheet.png"), "{error}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_sheet_takes_the_place_of_a_sheet_and_of_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.h5");
    let mut photo = Cursor::new(Vec::new());
    RgbImage::from_pixel(9, 9, WHITE).write_to(&mut photo, ImageFormat::Png).unwrap();
    for mine in [&b"years of work"[..], b"png", photo.get_ref()] {
        fs::write(&path, mine).unwrap();
        let error = write(&ContactSheet::default(), &split(1, 3), &path).unwrap_err().to_string();
        assert!(error.contains("data.h5") && error.contains("no contact sheet"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), mine);
    }
    fs::remove_file(&path).unwrap();
    write(&ContactSheet::default(), &split(1, 3), &path).unwrap();
    write(&ContactSheet::default(), &split(2, 3), &path).unwrap();
    assert_eq!(decoded(&path).width() as usize, 2 * (2 + 2 * FRAME + GAP) + GAP);
}

#[test]
fn a_sheet_never_replaces_what_is_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sheet.png");
    for target in ["/dev/null", "nowhere"] {
        std::os::unix::fs::symlink(target, &path).unwrap();
        let error = write(&ContactSheet::default(), &split(1, 3), &path).unwrap_err().to_string();
        assert!(error.contains("which no file replaces"), "{error}");
        assert_eq!(fs::read_link(&path).unwrap(), Path::new(target));
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn a_sheet_that_cannot_be_put_in_place_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    // A folder in the picture's place cannot be replaced by a file.
    let path = folder.path().join("sheet.png");
    fs::create_dir(&path).unwrap();
    let error = write(&ContactSheet::default(), &split(1, 3), &path).unwrap_err().to_string();
    assert!(error.contains("this is a folder"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    assert!(write(&ContactSheet::default(), &split(1, 3), &folder.path().join("none/sheet.png")).is_err());
}

#[test]
fn chosen_pictures_stand_in_the_order_of_the_choice() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sheet.png");
    assert_eq!(ContactSheet::default().write(&split(9, 1), &[4, 1], &path).unwrap(), 2);
    let canvas = decoded(&path);
    let (first, cell) = (GAP + FRAME, 2 + 2 * FRAME + GAP);
    assert_eq!([at(&canvas, first, first), at(&canvas, first + cell, first)], [Rgb([16; 3]), Rgb([4; 3])]);
    assert_eq!([at(&canvas, GAP, GAP), at(&canvas, GAP + cell, GAP)], [CLASS_COLOURS[0].1, CLASS_COLOURS[1].1]);
    assert_eq!([0, 1, 8].map(ContactSheet::colour), ["blue", "orange", "blue"]);
}
