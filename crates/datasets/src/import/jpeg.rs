//! JPEG files that end too early. The decoder fills the missing part of a picture with grey, which is no picture that anybody took.

/// Returns whether a JPEG ends before its picture does: before the marker of its end (EOI; ITU-T T.81, B.1.1.3 and B.2.1).
pub(super) fn is_cut_off(jpeg: &[u8]) -> bool {
    let mut rest = jpeg;
    // A marker is 0xff and a code. In compressed data a byte of zero follows each 0xff, or a code of a restart.
    while let Some(marker) = rest.windows(2).position(|pair| pair[0] == 0xff && !matches!(pair[1], 0 | 0xff)) {
        let code = rest[marker + 1];
        rest = &rest[marker + 2..];
        match code {
            0xd9 => return false,
            // The start of the image, restarts and one temporary marker have no length.
            0x01 | 0xd0..=0xd8 => {}
            // A segment, such as a camera's preview, which has markers of its own.
            _ => {
                let Some(&length) = rest.first_chunk() else { break };
                rest = rest.get(usize::from(u16::from_be_bytes(length))..).unwrap_or_default();
            }
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use image::{ImageFormat, RgbImage};

    use super::is_cut_off;

    #[test]
    fn every_beginning_of_a_jpeg_is_cut_off_and_the_whole_is_not() {
        let picture = RgbImage::from_fn(24, 17, |x, y| image::Rgb([(x * 9) as u8, (y * 13) as u8, (x * y) as u8]));
        let mut jpeg = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut jpeg, ImageFormat::Jpeg).unwrap();
        let whole = jpeg.into_inner();
        // A preview within a segment ends before the picture does.
        let length = (whole.len() as u16 + 2).to_be_bytes();
        let with_preview = [&whole[..2], &[0xff, 0xe1], &length, &whole, &whole[2..]].concat();
        for whole in [whole, with_preview] {
            assert!((0..whole.len()).all(|length| is_cut_off(&whole[..length])));
            assert!(!is_cut_off(&whole));
            assert!(!is_cut_off(&[&whole[..], b"appended by a camera"].concat()));
        }
    }
}
