//! The dependence of the pictures on the seed, and on nothing that would give the class away.

use sha2::{Digest, Sha256};

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

/// The arithmetic is IEEE 754's alone, so another machine or release of a crate draws the same bytes.
#[test]
fn pictures_have_the_bytes_that_they_were_published_with() {
    let bytes: Vec<u8> = (0..8).flat_map(|index| draw(1, index, is_cat(1, index), 33)).collect();
    let sha256: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(sha256, "bdc10ecde390ca2e7efd42cf8291088d0d93ea11f26e88b10911af1cf735659d");
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
