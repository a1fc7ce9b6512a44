//! Pictures of a part in a grid, as one PNG, framed in the colour of their class.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use ndarray::ArrayView1;

use super::error::Error;
use super::part::{Part, Pixels};
use super::targets::Targets;
use crate::files::write_whole;

/// Pixels of frame around a picture, and of white between frames.
const FRAME: usize = 3;
const GAP: usize = 4;
const WHITE: [u8; 3] = [255, 255, 255];
/// Blue for label 0, orange for label 1, ...: the Okabe-Ito palette, told apart by colour-blind readers too. Label 8 begins
/// it anew.
const CLASS_COLOURS: [[u8; 3]; 8] = [
    [0, 114, 178],
    [230, 159, 0],
    [0, 158, 115],
    [213, 94, 0],
    [86, 180, 233],
    [204, 121, 167],
    [240, 228, 66],
    [0, 0, 0],
];
/// Around pictures whose targets are values.
const GREY: [u8; 3] = [128, 128, 128];
/// The largest sheet drawn, in bytes before compression.
const MOST_BYTES: usize = 1 << 28;

/// How a contact sheet is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContactSheet {
    /// Pictures in a row.
    pub columns: usize,
    /// Pictures at most, from the first example on.
    pub most: usize,
}

impl Default for ContactSheet {
    fn default() -> Self {
        Self { columns: 16, most: 256 }
    }
}

/// RGB pixels, row by row.
struct Canvas {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

impl ContactSheet {
    /// Writes the first pictures of `part` as a PNG at `path`, whole or not at all, and returns how many there are.
    ///
    /// # Errors
    ///
    /// The part holds no 8-bit pictures of 1, 3 or 4 channels, the sheet would be larger than 256 MiB, or the file
    /// cannot be written.
    pub fn write(&self, part: &Part, path: &Path) -> Result<usize, Error> {
        let refuse = |reason: String| Error::ContactSheet { path: path.to_owned(), reason };
        let canvas = self.draw(part).map_err(refuse)?;
        let png = encode(&canvas).map_err(|error| refuse(error.to_string()))?;
        if is_something_else(path) {
            return Err(refuse(
                "there is a file that is no PNG, which is not written over; choose another name".to_owned(),
            ));
        }
        write_whole(path, true, |out| out.write_all(&png))?;
        Ok(part.examples().min(self.most))
    }

    fn draw(&self, part: &Part) -> Result<Canvas, String> {
        let (Some([height, width, channels]), Pixels::U8(rows)) = (part.image_shape, &part.pixels) else {
            return Err("the examples are not stored as 8-bit pictures [m, h, w, c]".to_owned());
        };
        if !matches!(channels, 1 | 3 | 4) {
            return Err(format!("the pictures have {channels} channels; 1, 3 or 4 can be drawn"));
        }
        let shown = part.examples().min(self.most);
        if shown == 0 || self.columns == 0 {
            return Err("no pictures and no columns make no sheet; ask for at least 1 of each".to_owned());
        }
        let columns = self.columns.min(shown);
        let span = |pictures: usize, pixels: usize| {
            let cell = pixels.checked_add(2 * FRAME + GAP)?;
            pictures.checked_mul(cell)?.checked_add(GAP)
        };
        let size = span(columns, width).zip(span(shown.div_ceil(columns), height));
        let area = |(width, height): (usize, usize)| width.checked_mul(height)?.checked_mul(3);
        let Some(((sheet_width, sheet_height), bytes)) =
            size.zip(size.and_then(area)).filter(|&(_, bytes)| bytes <= MOST_BYTES)
        else {
            return Err(format!("{shown} pictures of {height} × {width} make more than 256 MiB; ask for fewer"));
        };
        let mut canvas = Canvas { width: sheet_width, height: sheet_height, rgb: vec![WHITE[0]; bytes] };
        let colour = |example: usize| match &part.targets {
            Targets::Classes(labels) => CLASS_COLOURS[labels[example] as usize % CLASS_COLOURS.len()],
            Targets::Values(_) => GREY,
        };
        for (index, picture) in rows.outer_iter().take(shown).enumerate() {
            let left = GAP + (index % columns) * (width + 2 * FRAME + GAP);
            let top = GAP + (index / columns) * (height + 2 * FRAME + GAP);
            canvas.fill(left, top, width + 2 * FRAME, height + 2 * FRAME, colour(index));
            canvas.paint(left + FRAME, top + FRAME, picture, width, channels);
        }
        Ok(canvas)
    }
}

impl Canvas {
    fn fill(&mut self, left: usize, top: usize, width: usize, height: usize, colour: [u8; 3]) {
        for y in top..top + height {
            let start = (y * self.width + left) * 3;
            self.rgb[start..start + width * 3].as_chunks_mut().0.fill(colour);
        }
    }

    /// Paints a picture stored row by row; a fourth channel is left out.
    fn paint(&mut self, left: usize, top: usize, picture: ArrayView1<u8>, width: usize, channels: usize) {
        for (index, pixel) in picture.exact_chunks(channels).into_iter().enumerate() {
            let colour = if channels == 1 { [pixel[0]; 3] } else { [pixel[0], pixel[1], pixel[2]] };
            let start = ((top + index / width) * self.width + left + index % width) * 3;
            self.rgb[start..start + 3].copy_from_slice(&colour);
        }
    }
}

/// Whether there is a file at `path` that no sheet can have been.
fn is_something_else(path: &Path) -> bool {
    const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";
    let mut begins = [0; SIGNATURE.len()];
    let is_file = fs::metadata(path).is_ok_and(|found| found.is_file());
    is_file && !File::open(path).is_ok_and(|mut file| file.read_exact(&mut begins).is_ok() && begins == SIGNATURE)
}

fn encode(canvas: &Canvas) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    // A sheet is at most MOST_BYTES, so both sides fit u32.
    let mut encoder = png::Encoder::new(&mut bytes, canvas.width as u32, canvas.height as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&canvas.rgb)?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use ndarray::Array2;

    use super::*;

    /// `examples` pictures of 2 × 2 pixels, each pixel unlike the others, two classes in turn.
    fn part(examples: usize, channels: usize) -> Part {
        part_of(2, examples, channels)
    }

    fn part_of(classes: usize, examples: usize, channels: usize) -> Part {
        let features = 4 * channels;
        Part {
            pixels: Pixels::U8(Array2::from_shape_fn((examples, features), |(i, j)| (i * features + j) as u8)),
            image_shape: Some([2, 2, channels]),
            targets: Targets::Classes((0..examples).map(|example| (example % classes) as u32).collect()),
            sha256: String::new(),
        }
    }

    fn decoded(path: &Path) -> Canvas {
        let mut reader = png::Decoder::new(BufReader::new(File::open(path).unwrap())).read_info().unwrap();
        let mut rgb = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut rgb).unwrap();
        Canvas { width: frame.width as usize, height: frame.height as usize, rgb }
    }

    impl Canvas {
        fn at(&self, x: usize, y: usize) -> [u8; 3] {
            let start = (y * self.width + x) * 3;
            self.rgb[start..start + 3].try_into().unwrap()
        }
    }

    #[test]
    fn pictures_stand_in_a_grid_framed_by_class() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sheet.png");
        let sheet = ContactSheet { columns: 2, most: 3 };
        assert_eq!(sheet.write(&part(9, 3), &path).unwrap(), 3);
        let canvas = decoded(&path);
        let cell = 2 + 2 * FRAME + GAP;
        assert_eq!((canvas.width, canvas.height), (2 * cell + GAP, 2 * cell + GAP));
        assert_eq!(canvas.at(0, 0), WHITE);
        assert_eq!(canvas.at(GAP, GAP), CLASS_COLOURS[0]);
        assert_eq!(canvas.at(GAP + cell, GAP), CLASS_COLOURS[1]);
        let first = GAP + FRAME;
        assert_eq!(canvas.at(first, first), [0, 1, 2]);
        assert_eq!(canvas.at(first + 1, first), [3, 4, 5]);
        assert_eq!(canvas.at(first, first + 1), [6, 7, 8]);
        assert_eq!(canvas.at(first + cell, first), [12, 13, 14]);
        assert_eq!(canvas.at(first, first + cell), [24, 25, 26]);
        assert_eq!(canvas.at(first + cell, first + cell), WHITE);
    }

    #[test]
    fn many_classes_take_turns_with_the_colours_and_values_have_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sheet.png");
        let sheet = ContactSheet { columns: 20, most: 20 };
        let pictures = part_of(10, 10, 1);
        sheet.write(&pictures, &path).unwrap();
        let frame = |label: usize| decoded(&path).at(GAP + label * (2 + 2 * FRAME + GAP), GAP);
        assert_eq!([frame(2), frame(7), frame(8), frame(9)], [[0, 158, 115], [0; 3], frame(0), frame(1)]);
        let values = Targets::Values(Array2::zeros((3, 10)));
        sheet.write(&Part { targets: values, ..pictures }, &path).unwrap();
        assert_eq!([0, 1].map(|example| decoded(&path).at(GAP + example * (2 + 2 * FRAME + GAP), GAP)), [GREY; 2]);
    }

    #[test]
    fn grey_pictures_and_those_with_a_fourth_channel_are_drawn() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sheet.png");
        let first = GAP + FRAME;
        ContactSheet::default().write(&part(1, 1), &path).unwrap();
        assert_eq!(decoded(&path).at(first + 1, first + 1), [3, 3, 3]);
        ContactSheet::default().write(&part(1, 4), &path).unwrap();
        assert_eq!(decoded(&path).at(first + 1, first + 1), [12, 13, 14]);
    }

    #[test]
    fn what_cannot_be_drawn_is_said_and_nothing_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sheet.png");
        let features = Part { image_shape: None, ..part(2, 3) };
        let wide = Part { image_shape: Some([1, 1 << 30, 1]), ..part(1, 1) };
        let none = ContactSheet { columns: 0, most: 1 };
        let sheet = ContactSheet::default();
        for (sheet, part, words) in [
            (sheet, part(1, 2), "2 channels"),
            (sheet, features, "8-bit pictures"),
            (sheet, wide, "more than 256 MiB"),
            (none, part(1, 3), "at least 1"),
        ] {
            let error = sheet.write(&part, &path).unwrap_err().to_string();
            assert!(error.contains(words) && error.contains("sheet.png"), "{error}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_sheet_takes_the_place_of_a_sheet_and_of_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data.h5");
        for mine in ["years of work", "png"] {
            fs::write(&path, mine).unwrap();
            let error = ContactSheet::default().write(&part(1, 3), &path).unwrap_err().to_string();
            assert!(error.contains("data.h5") && error.contains("no PNG"), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), mine);
        }
        fs::remove_file(&path).unwrap();
        ContactSheet::default().write(&part(1, 3), &path).unwrap();
        ContactSheet::default().write(&part(2, 3), &path).unwrap();
        assert_eq!(decoded(&path).width, 2 * (2 + 2 * FRAME + GAP) + GAP);
    }

    #[test]
    fn a_sheet_that_cannot_be_put_in_place_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        // A folder in the picture's place cannot be replaced by a file.
        let path = folder.path().join("sheet.png");
        fs::create_dir(&path).unwrap();
        let error = ContactSheet::default().write(&part(1, 3), &path).unwrap_err().to_string();
        assert!(error.contains("cannot write"), "{error}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(ContactSheet::default().write(&part(1, 3), &folder.path().join("none/sheet.png")).is_err());
    }
}
