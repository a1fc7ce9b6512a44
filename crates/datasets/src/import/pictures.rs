//! Pictures: folders with a folder for each class, named after it, and single ones.

mod deep;
mod kinds;
mod left_out;

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::error::{LimitError, LimitErrorKind};
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, Rgba};

use self::deep::Deep;
use self::kinds::{KINDS, is_picture};
use self::left_out::LeftOut;
use super::error::{Error, one_line};
use super::jpeg::is_cut_off;
use super::open::{check_size, read_up_to};
use super::request::Request;
use super::source::{ExampleReader, FeatureBuffer, Rules, Source, SourceTargets, Summary};
use crate::contract::problem::MOST_CLASSES;
use crate::split::features::FeatureType;

/// The most bytes that one picture may take, in its file and decoded.
const MOST_BYTES: u64 = 1 << 29;
/// The largest width and height.
const LONGEST_SIDE: u32 = 1 << 16;

pub(super) const RULES: Rules = Rules {
    name: "a folder of pictures",
    paths: 1,
    options: &["--side (or --height and --width)", "--grey"],
    begins: |_| false,
    endings: &[],
    holds_both: false,
    open: |request, split, _| Ok(Box::new(Folder::scan(&request.paths(split)[0], request)?)),
};

/// A folder of pictures, with a folder for each class.
struct Folder {
    files: Vec<PathBuf>,
    /// True if pictures are resized; if not, each must have the size of the first.
    resized: bool,
    left_out: LeftOut,
    summary: Summary,
}

impl Folder {
    /// Lists the pictures below `path`, the classes and the files of each in the order of their names. They have the requested size, or
    /// else that of the first.
    fn scan(path: &Path, request: &Request) -> Result<Self, Error> {
        let (mut files, mut labels, mut words, mut left_out) = (Vec::new(), Vec::new(), Vec::new(), LeftOut::default());
        for class in entries(path)? {
            if !class.is_dir() {
                left_out.add(&class);
                continue;
            }
            let word = class.file_name().and_then(|name| name.to_str());
            let word = word.ok_or_else(|| Error::file(&class, "the name of a class must be UTF-8"))?;
            let before = files.len();
            for file in entries(&class)? {
                if file.is_dir() {
                    let problem = "a folder within a class; pictures must lie in the class's folder itself";
                    return Err(Error::file(&file, problem));
                }
                if is_picture(&file) {
                    files.push(file);
                    labels.push(words.len() as u32);
                } else {
                    left_out.add(&file);
                }
            }
            if files.len() == before {
                return Err(Error::file(&class, format!("no picture ({KINDS}) in this folder of a class")));
            }
            words.push(word.to_owned());
            if words.len() > MOST_CLASSES {
                return Err(Error::file(path, format!("more than {MOST_CLASSES} folders; at most as many classes")));
            }
        }
        let Some(first) = files.first() else {
            return Err(Error::file(path, "no folders in it; a folder of pictures for each class is required"));
        };
        let (height, width) = match request.size {
            Some(size) => size,
            None => {
                let picture = decoded(first)?;
                (picture.height() as usize, picture.width() as usize)
            }
        };
        let channels = if request.grey { 1 } else { 3 };
        check_size(path, &[files.len(), height, width, channels], request.max_bytes)?;
        let targets = SourceTargets::Labels { codes: labels, names: words, may_be_numbers: false };
        let summary = Summary::new(vec![height, width, channels], FeatureType::U8, targets);
        Ok(Folder { files, resized: request.size.is_some(), left_out, summary })
    }
}

impl Source for Folder {
    fn summary(&self) -> &Summary {
        &self.summary
    }

    fn read(&self) -> Result<Box<dyn ExampleReader + '_>, Error> {
        Ok(Box::new(Pictures { folder: self, next: 0, deep: Deep::default() }))
    }

    fn remark(&self) -> Option<String> {
        self.left_out.remark()
    }
}

/// A reader of the pictures in a folder.
struct Pictures<'f> {
    folder: &'f Folder,
    next: usize,
    deep: Deep,
}

impl ExampleReader for Pictures<'_> {
    fn next(&mut self, buffer: &mut FeatureBuffer) -> Result<(), Error> {
        let Folder { files, resized, summary, .. } = self.folder;
        let path = &files[self.next];
        let shape = [summary.shape[0], summary.shape[1], summary.shape[2]];
        let picture = decoded(path)?;
        let (height, width) = (picture.height() as usize, picture.width() as usize);
        if !resized && [height, width] != shape[..2] {
            let found = format!("{height} x {width} pixels, but the first picture has {} x {}", shape[0], shape[1]);
            return Err(Error::file(
                path,
                format!("{found} (height x width); --side, or --height and --width resize all"),
            ));
        }
        self.deep.add(&picture);
        if let FeatureBuffer::U8(bytes) = buffer {
            bytes.extend_from_slice(&flattened(&picture, shape));
        }
        self.next += 1;
        Ok(())
    }

    fn end(&mut self) -> Result<Option<String>, Error> {
        Ok(self.deep.remark())
    }
}

/// Lists the pictures in a folder and in the folders in it, in the order of their names, and describes what else is there; hidden files are
/// left out.
///
/// # Errors
/// If a folder can't be read, or there is no picture.
pub fn pictures_in(folder: &Path) -> Result<(Vec<PathBuf>, Option<String>), Error> {
    let (mut pictures, mut left_out) = (Vec::new(), LeftOut::default());
    for entry in entries(folder)? {
        let files = if entry.is_dir() { entries(&entry)? } else { vec![entry] };
        for file in files {
            if is_picture(&file) {
                pictures.push(file);
            } else {
                left_out.add(&file);
            }
        }
    }
    if pictures.is_empty() {
        let left_out = left_out.remark().map_or(String::new(), |remark| format!("; {remark}"));
        return Err(Error::file(folder, format!("no picture ({KINDS}) in this folder{left_out}")));
    }
    Ok((pictures, left_out.remark()))
}

/// Reads the picture at `path` as the bytes of an example of shape `[height, width, channels]`, with 1 (grey) or 3 channels.
///
/// # Errors
/// If it can't be read, or is of another kind.
pub fn picture(path: &Path, shape: [usize; 3]) -> Result<Vec<u8>, Error> {
    let metadata = fs::metadata(path).map_err(|reason| Error::read(path, &reason))?;
    // Checked before opening: to open a pipe would wait for its writer.
    if !metadata.is_file() {
        return Err(Error::file(path, format!("not a regular file; a picture ({KINDS}) is required")));
    }
    Ok(flattened(&decoded(path)?, shape))
}

/// Returns the bytes of a picture, over white where it is transparent, resized to `[height, width, channels]`.
fn flattened(picture: &DynamicImage, [height, width, channels]: [usize; 3]) -> Vec<u8> {
    // Converted before resizing, which would mix palette indices, and the colours of transparent pixels.
    let picture = if picture.color().has_alpha() { &over_white(picture) } else { picture };
    let picture = match channels {
        1 => DynamicImage::from(picture.to_luma8()),
        _ => DynamicImage::from(picture.to_rgb8()),
    };
    if (picture.height() as usize, picture.width() as usize) == (height, width) {
        return picture.into_bytes();
    }
    // A triangle as wide as the reduction: every pixel counts, so nothing is aliased.
    picture.resize_exact(width as u32, height as u32, FilterType::Triangle).into_bytes()
}

/// Lays a picture over white: the colours of transparent pixels are arbitrary.
fn over_white(picture: &DynamicImage) -> DynamicImage {
    let mut rgba = picture.to_rgba8();
    for Rgba([colour @ .., alpha]) in rgba.pixels_mut() {
        let share = u32::from(std::mem::replace(alpha, 255));
        colour
            .iter_mut()
            .for_each(|value| *value = ((u32::from(*value) * share + 255 * (255 - share) + 127) / 255) as u8);
    }
    DynamicImage::from(rgba)
}

/// Decodes the picture, and turns it as its EXIF tag says.
fn decoded(path: &Path) -> Result<DynamicImage, Error> {
    let read = fs::File::open(path).and_then(|mut file| read_up_to(&mut file, MOST_BYTES));
    let bytes = read.map_err(|reason| Error::read(path, &reason))?;
    let no_picture = |problem: &str| Error::file(path, format!("no picture ({KINDS}) that can be read: {problem}"));
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(LONGEST_SIDE), Some(LONGEST_SIDE));
    limits.max_alloc = Some(MOST_BYTES);
    let decode = || {
        // By content: a JPEG may be called .png.
        let mut reader = ImageReader::new(Cursor::new(&bytes)).with_guessed_format()?;
        reader.limits(limits);
        let mut decoder = reader.into_decoder()?;
        // The declared size is allocated at once.
        if decoder.total_bytes() > MOST_BYTES {
            return Err(ImageError::Limits(LimitError::from_kind(LimitErrorKind::InsufficientMemory)));
        }
        let orientation = decoder.orientation()?;
        let mut picture = DynamicImage::from_decoder(decoder)?;
        picture.apply_orientation(orientation);
        Ok(picture)
    };
    let picture = decode().map_err(|error: ImageError| no_picture(&one_line(&error.to_string())))?;
    if image::guess_format(&bytes).is_ok_and(|format| format == ImageFormat::Jpeg) && is_cut_off(&bytes) {
        return Err(no_picture("the file ends before the picture does"));
    }
    Ok(picture)
}

/// Lists a folder, sorted by name, without hidden files.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let read = || -> std::io::Result<Vec<PathBuf>> {
        let mut paths: Vec<PathBuf> =
            fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
        paths.retain(|path| path.file_name().is_some_and(|name| !name.as_encoded_bytes().starts_with(b".")));
        paths.sort();
        Ok(paths)
    };
    read().map_err(|reason| Error::read(folder, &reason))
}
