//! A grid of pictures as one PNG, each framed in the colour of its class.

mod mark;

use std::io::Cursor;
use std::path::Path;

use image::{DynamicImage, GrayImage, ImageFormat, Rgb, RgbImage, RgbaImage, imageops};
use ndarray::Array2;

use self::mark::{is_marked, marked};
use crate::contract::error::Error;
use crate::contract::targets::Targets;
use crate::files::{Part, regular_file, write_whole};
use crate::split::Split;
use crate::split::features::Features;

/// The width of the frame around a picture, in pixels.
const FRAME: usize = 3;
/// The width of the white between two frames, in pixels.
const GAP: usize = 4;
const WHITE: Rgb<u8> = Rgb([255; 3]);
/// The colours of the frames, label by label: the Okabe-Ito palette, which colour-blind readers can tell apart. Label 8 begins it
/// anew.
const CLASS_COLOURS: [(&str, Rgb<u8>); 8] = [
    ("blue", Rgb([0, 114, 178])),
    ("orange", Rgb([230, 159, 0])),
    ("green", Rgb([0, 158, 115])),
    ("red", Rgb([213, 94, 0])),
    ("light blue", Rgb([86, 180, 233])),
    ("pink", Rgb([204, 121, 167])),
    ("yellow", Rgb([240, 228, 66])),
    ("black", Rgb([0, 0, 0])),
];
/// The frame of a picture whose targets are values.
const GREY: Rgb<u8> = Rgb([128; 3]);
/// The largest sheet, in bytes before compression.
const MOST_BYTES: usize = 1 << 28;

/// The layout of a contact sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContactSheet {
    /// The number of pictures in a row.
    pub columns: usize,
    /// The most pictures.
    pub max_pictures: usize,
}

impl Default for ContactSheet {
    fn default() -> Self {
        Self { columns: 16, max_pictures: 256 }
    }
}

impl ContactSheet {
    /// Returns the colour of the frames around pictures with this label, in words.
    pub fn colour(label: usize) -> &'static str {
        CLASS_COLOURS[label % CLASS_COLOURS.len()].0
    }

    /// Checks before any work that a sheet can be written at `path`: makes a file in its folder that is deleted at once.
    ///
    /// # Errors
    ///
    /// If something else than a sheet is at `path`, or its folder takes no file.
    pub fn can_be_at(path: &Path) -> Result<(), Error> {
        if regular_file::is_at(path)? && !is_marked(path) {
            return Err(refused(
                path,
                "there is a file that is no contact sheet, which is not written over; choose another name",
            ));
        }
        Ok(Part::new(path).map(drop)?)
    }

    /// Checks that the examples of `split` can be drawn on a sheet at `path`.
    ///
    /// # Errors
    ///
    /// If they are no 8-bit pictures of 1, 3 or 4 channels.
    pub fn can_show(split: &Split, path: &Path) -> Result<(), Error> {
        pictures(split).map(drop).map_err(|reason| refused(path, &reason))
    }

    /// Writes the first of these `examples` of `split`, given by their indices, as a PNG at `path`, whole or not at all, and returns
    /// the number of pictures on it.
    ///
    /// # Errors
    ///
    /// If the split holds no 8-bit pictures of 1, 3 or 4 channels, the sheet would be larger than 256 MiB, a file that is no
    /// sheet is at `path`, or the file cannot be written.
    ///
    /// # Panics
    ///
    /// If there is no such example.
    pub fn write(&self, split: &Split, examples: &[usize], path: &Path) -> Result<usize, Error> {
        Self::can_be_at(path)?;
        let mut png = Cursor::new(Vec::new());
        let examples = &examples[..examples.len().min(self.max_pictures)];
        self.draw(split, examples)
            .and_then(|sheet| sheet.write_to(&mut png, ImageFormat::Png).map_err(|error| error.to_string()))
            .map_err(|reason| refused(path, &reason))?;
        let png = marked(png.get_ref());
        write_whole(path, true, |out| out.write_all(&png))?;
        Ok(examples.len())
    }

    fn draw(&self, split: &Split, examples: &[usize]) -> Result<RgbImage, String> {
        let ([height, width, channels], rows) = pictures(split)?;
        let shown = examples.len();
        if shown == 0 || self.columns == 0 {
            return Err("no pictures and no columns make no sheet; ask for at least 1 of each".to_owned());
        }
        let columns = self.columns.min(shown);
        let length = |pictures: usize, pixels: usize| {
            pixels.saturating_add(2 * FRAME + GAP).saturating_mul(pictures).saturating_add(GAP)
        };
        let (sheet_width, sheet_height) = (length(columns, width), length(shown.div_ceil(columns), height));
        if sheet_width.saturating_mul(sheet_height).saturating_mul(3) > MOST_BYTES {
            return Err(format!("{shown} pictures of {height} × {width} make more than 256 MiB; ask for fewer"));
        }
        let mut sheet = RgbImage::from_pixel(sheet_width as u32, sheet_height as u32, WHITE);
        for (index, &example) in examples.iter().enumerate() {
            let pixels = rows.row(example);
            let colour = match &split.targets {
                Targets::Classes(labels) => CLASS_COLOURS[labels[example] as usize % CLASS_COLOURS.len()].1,
                Targets::Values(_) => GREY,
            };
            let frame = RgbImage::from_pixel((width + 2 * FRAME) as u32, (height + 2 * FRAME) as u32, colour);
            let picture = picture(pixels.to_vec(), [height, width, channels]);
            let left = GAP + (index % columns) * (width + 2 * FRAME + GAP);
            let top = GAP + (index / columns) * (height + 2 * FRAME + GAP);
            imageops::replace(&mut sheet, &frame, left as i64, top as i64);
            imageops::replace(&mut sheet, &picture, (left + FRAME) as i64, (top + FRAME) as i64);
        }
        Ok(sheet)
    }
}

fn refused(path: &Path, reason: &str) -> Error {
    Error::file(path, format!("cannot draw a contact sheet: {reason}"))
}

/// Returns the height, width and channels of the pictures of `split`, and their pixels, a picture a row.
fn pictures(split: &Split) -> Result<([usize; 3], &Array2<u8>), String> {
    match (split.image_shape, &split.x) {
        (Some(shape @ [_, _, 1 | 3 | 4]), Features::U8(rows)) => Ok((shape, rows)),
        (Some([_, _, channels]), Features::U8(_)) => {
            Err(format!("the pictures have {channels} channels; 1, 3 or 4 can be drawn"))
        }
        _ => Err("the examples are not stored as 8-bit pictures [m, h, w, c]".to_owned()),
    }
}

/// Makes a picture of bytes in C order, and drops a fourth channel.
fn picture(bytes: Vec<u8>, [height, width, channels]: [usize; 3]) -> RgbImage {
    const WHOLE: &str = "a picture has its bytes";
    let (width, height) = (width as u32, height as u32);
    let picture: DynamicImage = match channels {
        1 => GrayImage::from_raw(width, height, bytes).expect(WHOLE).into(),
        3 => RgbImage::from_raw(width, height, bytes).expect(WHOLE).into(),
        _ => RgbaImage::from_raw(width, height, bytes).expect(WHOLE).into(),
    };
    picture.into_rgb8()
}

#[cfg(test)]
mod tests;
