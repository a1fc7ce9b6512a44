//! Cats and non-cats, drawn by a program: the built-in data set needs no network and no licence.
//!
//! Every choice in a picture (what it shows, pose, colours, light, noise) comes from that picture's own stream of
//! ChaCha8, so picture 17 is the same whether 20 or 20,000 are drawn. Shapes live in a unit square: another side gives
//! the same scene at another resolution. Cats and non-cats share their palettes, backdrops, occluders and light, so no
//! mean colour gives a cat away; many non-cats (dogs, rabbits, bears, owls) share everything but the ears and the muzzle.
//!
//! The same build draws the same bytes. Another processor family may round a pixel's blend differently.

mod anatomy;
mod beast;
mod canvas;
mod cat;
mod chance;
mod finish;
mod other;
mod palette;
mod scenery;

use std::ops::RangeInclusive;

use canvas::{Canvas, Pose};
use chance::Chance;

/// The sides, in pixels, that a picture may have.
pub const SIDES: RangeInclusive<u32> = 8..=1024;

/// Whether picture `index` of the set of `seed` shows a cat.
///
/// Pictures 2k and 2k+1 are one cat and one non-cat, in an order drawn from `seed` and k: any first m pictures hold
/// m/2 cats, give or take half of one.
pub fn is_cat(seed: u64, index: u64) -> bool {
    let first_is_cat = Chance::for_order(seed, index / 2).happens(0.5);
    first_is_cat == index.is_multiple_of(2)
}

/// Picture `index` of the set of `seed`, as `side * side * 3` bytes: rows from the top, then columns, then R, G, B.
///
/// `is_cat` says what to draw; the data set asks [`is_cat`]. Both choices of it share the picture's backdrop and light.
///
/// # Panics
///
/// When `side` is outside [`SIDES`].
#[track_caller]
pub fn draw(seed: u64, index: u64, is_cat: bool, side: u32) -> Vec<u8> {
    assert!(SIDES.contains(&side), "a picture's side is {} to {} pixels, not {side}", SIDES.start(), SIDES.end());
    let mut chance = Chance::for_picture(seed, index);
    let mut canvas = Canvas::new(side);
    let backdrop = scenery::backdrop(&mut canvas, &mut chance);
    let pose = Pose::random(&mut chance);
    if is_cat {
        cat::cat(&mut canvas, &mut chance, pose, backdrop);
    } else {
        other::other(&mut canvas, &mut chance, pose, backdrop);
    }
    // The picture's own stream has advanced by a different amount in each branch; light and noise must not depend on it.
    let mut chance = Chance::for_light(seed, index);
    scenery::occlude(&mut canvas, &mut chance);
    finish::develop(canvas, &mut chance)
}

#[cfg(test)]
mod tests {
    use super::{draw, is_cat};

    #[test]
    fn a_picture_depends_on_seed_index_and_class_alone() {
        let alone = draw(3, 17, true, 32);
        (0..17).for_each(|index| drop(draw(3, index, false, 32)));
        assert_eq!(draw(3, 17, true, 32), alone);
        assert_ne!(draw(4, 17, true, 32), alone);
        for other in [0, 1, 16, 18, 19, 17 + (1 << 32)] {
            assert_ne!(draw(3, other, true, 32), alone, "picture {other}");
        }
        assert_ne!(draw(3, 17, false, 32), alone);
    }

    #[test]
    fn any_first_pictures_are_half_cats_in_no_fixed_order() {
        let labels: Vec<bool> = (0..1000).map(|index| is_cat(9, index)).collect();
        let mut cats = 0;
        for (i, cat) in labels.iter().enumerate() {
            cats += i64::from(*cat);
            assert!((2 * cats - (i as i64 + 1)).abs() <= 1, "{cats} cats among the first {}", i + 1);
        }
        let cats_that_come_first = labels.iter().step_by(2).filter(|cat| **cat).count();
        assert!((200..300).contains(&cats_that_come_first), "{cats_that_come_first} of 500 pairs");
        assert_ne!(labels, (0..1000).map(|index| is_cat(10, index)).collect::<Vec<_>>());
    }

    #[test]
    fn any_admitted_side_has_its_bytes() {
        for side in [8, 9, 64, 131] {
            for index in 0..20 {
                let picture = draw(1, index, is_cat(1, index), side);
                assert_eq!(picture.len(), (side * side * 3) as usize);
                let (darkest, brightest) = (picture.iter().min(), picture.iter().max());
                assert!(brightest > darkest, "picture {index} at side {side} is blank");
            }
        }
    }

    #[test]
    #[should_panic(expected = "a picture's side is 8 to 1024 pixels, not 0")]
    fn a_side_of_zero_panics_with_the_range() {
        draw(1, 0, true, 0);
    }

    #[test]
    fn another_side_shows_the_same_scene() {
        let (small, large) = (32, 128);
        let times = large / small;
        for index in 0..12 {
            let coarse = draw(5, index, is_cat(5, index), small as u32);
            let fine = draw(5, index, is_cat(5, index), large as u32);
            let off = |(i, byte): (usize, &u8)| {
                let (row, column, channel) = (i / 3 / small, i / 3 % small, i % 3);
                let block = (0..times * times).map(|k| {
                    let (row, column) = (row * times + k / times, column * times + k % times);
                    f64::from(fine[(row * large + column) * 3 + channel])
                });
                (block.sum::<f64>() / (times * times) as f64 - f64::from(*byte)).abs()
            };
            let mean_off = coarse.iter().enumerate().map(off).sum::<f64>() / coarse.len() as f64;
            assert!(mean_off < 9.0, "picture {index} is off by {mean_off} of 255");
        }
    }

    /// The best single threshold on the mean of a channel, or of all, must not tell cats much better than a coin.
    #[test]
    fn the_mean_colour_does_not_give_cats_away() {
        const COUNT: u64 = 1000;
        let pictures: Vec<(Vec<u8>, bool)> =
            (0..COUNT).map(|index| (draw(2, index, is_cat(2, index), 16), is_cat(2, index))).collect();
        let channels: [&[usize]; 4] = [&[0], &[1], &[2], &[0, 1, 2]];
        for channels in channels {
            let mut means: Vec<(u64, bool)> = pictures
                .iter()
                .map(|(bytes, cat)| {
                    let of_pixel = |pixel: &[u8]| channels.iter().map(|&c| u64::from(pixel[c])).sum::<u64>();
                    (bytes.chunks_exact(3).map(of_pixel).sum(), *cat)
                })
                .collect();
            means.sort_unstable();
            let mut cats_minus_others = 0_i64;
            let mut furthest = 0;
            for (_, cat) in means {
                cats_minus_others += if cat { 1 } else { -1 };
                furthest = furthest.max(cats_minus_others.abs());
            }
            // With as many cats as others, c cats and o others below the threshold make COUNT/2 + c - o right answers.
            let accuracy = 0.5 + furthest as f64 / COUNT as f64;
            assert!(accuracy < 0.62, "channels {channels:?}: {accuracy}");
        }
    }
}
