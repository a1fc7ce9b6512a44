//! Pictures of 16 bits a channel, which lose bits when they are reduced to bytes.

use image::DynamicImage;

use crate::text::count;

/// The number of pictures of 16 bits a channel, and their greatest value.
#[derive(Default)]
pub(super) struct Deep {
    pictures: usize,
    most: u16,
}

impl Deep {
    /// Counts a picture if it is of 16 bits.
    pub(super) fn add(&mut self, picture: &DynamicImage) {
        // Of three or one channel, without opacity, which tells nothing of the range.
        let most = match picture {
            DynamicImage::ImageLuma16(_) | DynamicImage::ImageLumaA16(_) => {
                picture.to_luma16().into_raw().into_iter().max()
            }
            DynamicImage::ImageRgb16(_) | DynamicImage::ImageRgba16(_) => {
                picture.to_rgb16().into_raw().into_iter().max()
            }
            _ => return,
        };
        self.pictures += 1;
        self.most = self.most.max(most.unwrap_or_default());
    }

    /// Describes the loss, if there was one.
    pub(super) fn remark(&self) -> Option<String> {
        (self.pictures > 0).then(|| {
            format!(
                "{} of 16 bits a channel reduced to 8 (v / 257): values up to {} became bytes up to {}; an import of NPY keeps them",
                count(self.pictures, "picture"),
                self.most,
                (u32::from(self.most) + 128) / 257
            )
        })
    }
}
